"""How a night of many sites is cut, run and kept."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class Scale(BaseModel):
    """How a night of many sites is cut, run and kept."""

    engine: Literal["local", "dask"] = Field("local", description="what runs the chunks of a night of many sites")
    dask_address: str = Field("", description="address of the Dask scheduler, such as tcp://127.0.0.1:8786")
    chunk_store: str = Field(
        "", description="shared folder or fsspec address that chunks leave their results in; default in data_dir"
    )
    chunk_workers: int = Field(2, ge=1, le=64, description="processes of this machine that run chunks (count)")
    chunk_sites: int = Field(
        48, ge=1, le=1000, description="most sites of a chunk; memory of a worker grows with it (count)"
    )
    county_solar_parts: Literal[1, 2, 4, 8] = Field(
        2, description="parts that counties split each gap between the solar sizes of solar_bess_gas into"
    )
    trace_sites: int = Field(
        100, ge=1, le=1000, description="best counties whose designs are traced hour by hour (count)"
    )
    sample_sites: int = Field(
        20, ge=1, le=1000, description="best counties whose designs are sampled by sequential Monte Carlo (count)"
    )
