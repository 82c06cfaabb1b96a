"""What a dispatch is run on: one site's year of hours, and the designs to be run over it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.identity import content_hash


@dataclass(frozen=True)
class SiteYear:
    """One site's weather year at the bus, interval starts in UTC.

    Attributes
    ----------
    region_id : str
    weather_year : int
        Calendar year of an actual year; 1, 2, ... for synthetic reference years; 0 for a typical year from a file.
    start_utc : datetime
        Start of the first interval.
    step_hours : float
        Length of one interval (h).
    solar_mw_per_mw : NDArray[np.float64]
        AC output per MW AC of solar, shape (n_hours,).
    load_mw : NDArray[np.float64]
        Load at the bus (MW), shape (n_hours,).
    grid_available_frac : NDArray[np.float64]
        Share of a flexible grid service's limit that is available, shape (n_hours,); a firm service has 1 throughout.
    temperature_c : NDArray[np.float64]
        Ambient temperature (deg C), shape (n_hours,).
    capacity_frac : dict[str, NDArray[np.float64]]
        Technology to share of the rating available, shape (n_hours,).
    """

    region_id: str
    weather_year: int
    start_utc: datetime
    step_hours: float
    solar_mw_per_mw: NDArray[np.float64]
    load_mw: NDArray[np.float64]
    grid_available_frac: NDArray[np.float64]
    temperature_c: NDArray[np.float64]
    capacity_frac: dict[str, NDArray[np.float64]]

    @cached_property
    def series_hash(self) -> str:
        """Return the hash of all hourly values; worked out once, since many results are kept by it."""
        series = (self.solar_mw_per_mw, self.load_mw, self.grid_available_frac, self.temperature_c)
        capacity = [self.capacity_frac[name] for name in sorted(self.capacity_frac)]
        return content_hash(*(np.ascontiguousarray(values).tobytes() for values in (*series, *capacity)))


@dataclass(frozen=True)
class DesignSet:
    """Designs as columns, one entry each; powers in MW, energies in MWh, empty technology where a part is absent."""

    design_id: list[str]
    stack_id: list[str]
    solar_mw: NDArray[np.float64]
    bess_mw: NDArray[np.float64]
    bess_mwh: NDArray[np.float64]
    reserve_mw: NDArray[np.float64]
    reserve_mwh: NDArray[np.float64]
    grid_mw: NDArray[np.float64]
    is_grid_flexible: NDArray[np.bool_]
    baseload_technology: list[str]
    baseload_units: NDArray[np.int64]
    baseload_unit_mw: NDArray[np.float64]
    firm_technology: list[str]
    firm_units: NDArray[np.int64]
    firm_unit_mw: NDArray[np.float64]
    rule: list[str]

    def __len__(self) -> int:
        """Return the number of designs."""
        return len(self.design_id)

    @cached_property
    def alike(self) -> dict[tuple[str, str, str, bool], NDArray[np.int64]]:
        """Group the positions of designs by rule, baseload and firm technology (empty where absent), flexible grid.

        In the order in which they first appear. Cached, since the sets of a search are dispatched at many sites.
        """
        base = np.where(self.baseload_units > 0, np.array(self.baseload_technology, np.str_), "").tolist()
        firm = np.where(self.firm_units > 0, np.array(self.firm_technology, np.str_), "").tolist()
        is_flexible = (self.is_grid_flexible & (self.grid_mw > 0)).tolist()
        members: dict[tuple[str, str, str, bool], list[int]] = {}
        for position, key in enumerate(zip(self.rule, base, firm, is_flexible, strict=True)):
            members.setdefault(key, []).append(position)
        return {key: np.array(positions, np.int64) for key, positions in members.items()}

    @classmethod
    def from_frame(cls, frame: pl.DataFrame) -> DesignSet:
        """Build from a `sim.designs` frame, in its row order."""
        columns: dict[str, Any] = {}
        for column in fields(cls):
            series = frame[column.name]
            columns[column.name] = series.to_list() if series.dtype == pl.String else series.to_numpy().copy()
        return cls(**columns)

    def take(self, rows: NDArray[np.int64]) -> DesignSet:
        """Return the designs at some positions, in the order of these."""
        places = rows.tolist()
        columns: dict[str, Any] = {}
        for column in fields(self):
            values = getattr(self, column.name)
            columns[column.name] = [values[place] for place in places] if isinstance(values, list) else values[rows]
        return DesignSet(**columns)

    def to_frame(self) -> pl.DataFrame:
        """Return the designs as a frame, one row each."""
        return pl.DataFrame({column.name: getattr(self, column.name) for column in fields(self)})
