"""One site year from whatever is at hand: a capacity-factor column, a weather file, or a reference region."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.dispatch.inputs import DesignSet, SiteYear
from pipelines.errors import InputError, UsageError
from pipelines.plant.technology import FirmTechnology

ISO_TEMPERATURE_C = 15.0
YEAR_HOURS = (8760, 8784)
# Above this a column is in MW or percent, not per MW of rating.
_MOST_CAPACITY_FACTOR = 1.5


def read_column(reference: str, *, most: float | None = None) -> NDArray[np.float64]:
    """Return one column of a CSV file as numbers.

    Parameters
    ----------
    reference : str
        FILE.csv:COLUMN. Empty cells at the end are left out, as where a leap year stands beside common ones.
    most : float | None
        Largest value that can be.

    Returns
    -------
    NDArray[np.float64]
        Shape (n_rows,).

    Raises
    ------
    UsageError
        If no column is named.
    InputError
        If the file or the column does not exist, or a cell is no number, negative or too large; names the row.
    """
    name, _, column = reference.rpartition(":")
    if not name or not column:
        raise UsageError(f"{reference!r} names no column; write FILE.csv:COLUMN.")
    path = Path(name)
    if not path.is_file():
        raise InputError("the file does not exist", file=name, remedy="check the path")
    try:
        header = pl.read_csv(path, n_rows=0, infer_schema=False).columns
        if column not in header:
            raise InputError(f"there is no column {column!r}", file=name, remedy=f"choose one of {', '.join(header)}")
        cells = pl.read_csv(path, columns=[column], infer_schema=False)[column].fill_null("")
    except pl.exceptions.PolarsError as error:
        raise InputError(
            f"it is not a CSV table ({str(error).splitlines()[0]})", file=name, remedy="write comma-separated rows"
        ) from error
    cells = cells.str.strip_chars()
    filled = (cells != "").arg_true()
    cells = cells.head(filled[-1] + 1 if len(filled) else 0)
    values = cells.cast(pl.Float64, strict=False)
    is_bad = values.is_null() | ~values.is_finite() | (values < 0.0)
    if most is not None:
        is_bad = is_bad | (values > most)
    if is_bad.any():
        row = int(is_bad.arg_true()[0])
        bound = "" if most is None else f" of at most {most:g}"
        raise InputError(
            f"{cells[row]!r} is not a number from 0{bound}", file=name, row=row + 2, column=column,
            remedy="correct the cell" if most is None else "give shares of one" if most == 1 else
            "give capacity factors per MW of rating",
        )  # fmt: skip
    if values.is_empty():
        raise InputError("the column is empty", file=name, column=column, remedy="choose a column with numbers")
    return values.to_numpy()


def to_steps(values: NDArray[np.float64], step_minutes: int, row_minutes: int | None = None) -> NDArray[np.float64]:
    """Return a series at the step of the simulation, each row held constant over its length.

    Parameters
    ----------
    values : NDArray[np.float64]
        Shape (n_rows,).
    step_minutes : int
        Step of the simulation.
    row_minutes : int | None
        Length of a row; where not given, the rows of a whole year of hours are hours and any others are steps.

    Raises
    ------
    UsageError
        If a row is not a whole number of steps.
    """
    if row_minutes is None:
        row_minutes = 60 if len(values) in YEAR_HOURS else step_minutes
    if row_minutes % step_minutes:
        raise UsageError(f"rows of {row_minutes} minutes are no whole number of {step_minutes}-minute steps.")
    return np.repeat(values, row_minutes // step_minutes)


def capacity_factors(reference: str) -> NDArray[np.float64]:
    """Return a column of capacity factors: AC output per MW of solar rating, shape (n_rows,)."""
    return read_column(reference, most=_MOST_CAPACITY_FACTOR)


def site_year(
    solar_mw_per_mw: NDArray[np.float64],
    load_mw: NDArray[np.float64] | float,
    technologies: Mapping[str, FirmTechnology],
    *,
    step_minutes: int,
    temperature_c: NDArray[np.float64] | None = None,
    grid_available_frac: NDArray[np.float64] | None = None,
    elevation_m: float = 0.0,
    name: str = "what-if",
    weather_year: int = 0,
    start_utc: datetime = datetime(2025, 1, 1),
) -> SiteYear:
    """Return a site year of series that stand at the step of the simulation already.

    Parameters
    ----------
    solar_mw_per_mw : NDArray[np.float64]
        Shape (n_steps,).
    load_mw : NDArray[np.float64] | float
        Load at the bus (MW), shape (n_steps,) or constant.
    technologies : Mapping[str, FirmTechnology]
    step_minutes : int
    temperature_c : NDArray[np.float64] | None
        Ambient temperature, shape (n_steps,); units give their rating where it is not known.
    grid_available_frac : NDArray[np.float64] | None
        Share of a flexible grid service that is available, shape (n_steps,).
    elevation_m : float
    name : str
    weather_year : int
    start_utc : datetime

    Raises
    ------
    UsageError
        If solar, load and grid do not have the same number of steps.
    """
    n_steps = len(solar_mw_per_mw)
    load = np.asarray(load_mw, np.float64)
    load = np.broadcast_to(load, (n_steps,)) if load.ndim == 0 else load
    if len(load) != n_steps:
        raise UsageError(f"solar has {n_steps} steps and the load {len(load)}; give both the same length.")
    if grid_available_frac is not None and len(grid_available_frac) != n_steps:
        raise UsageError(
            f"the grid's availability has {len(grid_available_frac)} steps and the year {n_steps}; "
            "give both the same length."
        )
    temperature = np.full(n_steps, ISO_TEMPERATURE_C) if temperature_c is None else temperature_c
    ones = np.ones(n_steps)
    return SiteYear(
        region_id=name,
        weather_year=weather_year,
        start_utc=start_utc,
        step_hours=step_minutes / 60.0,
        solar_mw_per_mw=np.ascontiguousarray(solar_mw_per_mw),
        load_mw=np.ascontiguousarray(load),
        grid_available_frac=ones if grid_available_frac is None else grid_available_frac,
        temperature_c=temperature,
        capacity_frac={
            key: ones if temperature_c is None else kind.capacity_frac(temperature, elevation_m)
            for key, kind in technologies.items()
        },
    )


def one_design(**sizes: Any) -> DesignSet:
    """Return a set of one design with the sizes given; what is not given is absent."""
    values: dict[str, Any] = {
        "design_id": "what-if", "stack_id": "what-if", "is_grid_flexible": False, "baseload_technology": "",
        "baseload_units": 0, "firm_technology": "", "firm_units": 0, "rule": "load_following",
    } | sizes  # fmt: skip
    return DesignSet.from_frame(
        pl.DataFrame({column.name: [values.get(column.name, 0.0)] for column in fields(DesignSet)})
    )
