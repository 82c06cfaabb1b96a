"""How a night of many sites is cut, run and kept."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from pipelines.settings.marks import operation, physics


class Scale(BaseModel):
    """How a night of many sites is cut, run and kept."""

    engine: Literal["local", "dask"] = operation("local", description="what runs the chunks of a night of many sites")
    dask_address: str = operation("", description="address of the Dask scheduler, such as tcp://127.0.0.1:8786")
    chunk_store: str = operation(
        "", description="shared folder or fsspec address that chunks leave their results in; default in data_dir"
    )
    chunk_workers: int = operation(2, ge=1, le=64, description="processes of this machine that run chunks (count)")
    chunk_sites: int = operation(
        48, ge=1, le=1000, description="most sites of a chunk; memory of a worker grows with it (count)"
    )
    county_solar_parts: Literal[1, 2, 4, 8] = physics(
        2,
        "sizing",
        is_for_counties=True,
        description="parts that counties split each gap between the solar sizes beside gas engines into",
    )
    trace_sites: int = physics(
        100,
        "extent",
        is_for_counties=True,
        ge=1,
        le=1000,
        description="best counties whose designs are traced hour by hour (count)",
    )
    sample_sites: int = physics(
        20,
        "extent",
        is_for_counties=True,
        ge=1,
        le=1000,
        description="best counties whose designs are sampled by sequential Monte Carlo (count)",
    )
