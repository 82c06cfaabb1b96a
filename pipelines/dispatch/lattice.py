"""The lattice of sizes: the stacks whose sizes are continuous, laid out finely around any design of the grid.

Every axis runs over the values of the design grid with each gap split evenly, so that designs of the grid are points of
the lattice, a lattice design has its name from its sizes, and the lattice does not depend on prices.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import fields
from functools import cache
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.dispatch.basis import Layout
from pipelines.dispatch.inputs import DesignSet

SUBSTEPS = 16
"""Parts that the finest lattice splits a gap of the grid into."""

# Solar and battery as multiples of the load, storage in hours; the values of the design grid.
AXES: dict[str, dict[str, tuple[float, ...]]] = {
    "solar_bess_gas": {
        "solar": (1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0),
        "power": (0.5, 0.75, 1.0, 1.5),
        "hours": (1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0),
    },
    "solar_bess": {
        "solar": (4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 12.0, 15.0, 20.0),
        "hours": (12.0, 16.0, 20.0, 24.0, 36.0, 48.0, 72.0, 96.0),
    },
    "grid_bess_bridge": {"hours": (1.0, 2.0, 4.0, 6.0, 8.0, 12.0)},
}


@cache
def axis_points(values: tuple[float, ...], parts: int = SUBSTEPS) -> NDArray[np.float64]:
    """Return the values with each gap split into equal parts, shape ((len(values) - 1) * parts + 1,)."""
    gaps = [np.linspace(low, high, parts, endpoint=False) for low, high in itertools.pairwise(values)]
    points = np.round(np.concatenate([*gaps, np.array(values[-1:])]), 12)
    points.flags.writeable = False
    return points


def place_of(stack_id: str, design: dict[str, float], load_mw: float) -> tuple[int, ...]:
    """Return where a design lies on its stack's lattice: the nearest point on each axis.

    Parameters
    ----------
    stack_id : str
        A stack of `AXES`.
    design : dict[str, float]
        solar_mw, bess_mw, bess_mwh.
    load_mw : float
        Load that multiples refer to; storage of a bridge is in hours of its own power.
    """
    per_mw = load_mw if stack_id == "solar_bess" else design["bess_mw"]
    sizes = {
        "solar": design["solar_mw"] / load_mw,
        "power": design["bess_mw"] / load_mw,
        "hours": design["bess_mwh"] / per_mw,
    }
    return tuple(int(np.argmin(np.abs(axis_points(values) - sizes[name]))) for name, values in AXES[stack_id].items())


def neighbours(stack_id: str, centre: Sequence[int], step: int, reach: int) -> NDArray[np.int64]:
    """Return the lattice points around a centre: up to `reach` steps either way on every axis, within its ends.

    Parameters
    ----------
    stack_id : str
    centre : Sequence[int]
        Position on each axis, in parts of `SUBSTEPS`.
    step : int
        Parts per step.
    reach : int
        Steps.

    Returns
    -------
    NDArray[np.int64]
        Shape (n_points, n_axes), the last axis fastest.
    """
    ranges = []
    for position, values in zip(centre, AXES[stack_id].values(), strict=True):
        last = (len(values) - 1) * SUBSTEPS
        ranges.append(np.unique(np.clip(position + step * np.arange(-reach, reach + 1), 0, last)))
    return np.stack(np.meshgrid(*ranges, indexing="ij"), axis=-1).reshape(-1, len(ranges))


def grid_points(stack_id: str, parts: int = 1) -> NDArray[np.int64]:
    """Return every lattice point of a grid that splits the gaps of the design grid into so many parts."""
    ranges = [np.arange(0, (len(values) - 1) * SUBSTEPS + 1, SUBSTEPS // parts) for values in AXES[stack_id].values()]
    return np.stack(np.meshgrid(*ranges, indexing="ij"), axis=-1).reshape(-1, len(ranges))


def lattice_sizes(stack_id: str, places: NDArray[np.int64], layout: Layout) -> NDArray[np.float64]:
    """Return solar (MW) and battery (MW, MWh) at points of the lattice, shape (n, 3).

    Parameters
    ----------
    stack_id : str
        A stack of `AXES`.
    places : NDArray[np.int64]
        Shape (n, n_axes).
    layout : Layout
    """
    load = layout.load_mw
    axes = {
        axis: axis_points(values)[places[:, column]] for column, (axis, values) in enumerate(AXES[stack_id].items())
    }
    if stack_id == "solar_bess_gas":
        sizes = (axes["solar"] * load, axes["power"] * load, axes["power"] * load * axes["hours"])
    elif stack_id == "solar_bess":
        # Discharge must carry the load alone; charging must take most of the noon surplus.
        power = np.maximum(1.25, 0.5 * (axes["solar"] - 1.0)) * load
        sizes = (axes["solar"] * load, power, axes["hours"] * load)
    else:
        power = np.full(len(places), layout.peak_mw)
        sizes = (np.zeros(len(places)), power, layout.peak_mw * axes["hours"])
    return np.column_stack(sizes)


def lattice_designs(stack_id: str, places: NDArray[np.int64], units: NDArray[np.int64], layout: Layout) -> pl.DataFrame:
    """Return the designs at points of the lattice.

    Parameters
    ----------
    stack_id : str
        A stack of `AXES`.
    places : NDArray[np.int64]
        Shape (n, n_axes).
    units : NDArray[np.int64]
        Firm units of each, shape (n,); not used by a stack without firm units.
    layout : Layout

    Returns
    -------
    pl.DataFrame
        Contract `sim.designs`, in the order given.
    """
    names = {
        axis: [_written(values)[place] for place in places[:, column].tolist()]
        for column, (axis, values) in enumerate(AXES[stack_id].items())
    }
    solar_mw, bess_mw, bess_mwh = lattice_sizes(stack_id, places, layout).T
    n, has_units = len(places), units > 0
    columns: dict[str, Any] = {
        "stack_id": stack_id,
        "solar_mw": solar_mw, "bess_mw": bess_mw, "bess_mwh": bess_mwh,
        "reserve_mw": 0.0, "reserve_mwh": 0.0,
        "grid_mw": 0.0, "is_grid_flexible": False,
        "baseload_technology": "", "baseload_units": 0, "baseload_unit_mw": 0.0,
        "firm_technology": np.where(has_units, layout.unit.technology, ""),
        "firm_units": units,
        "firm_unit_mw": np.where(has_units, layout.unit.unit_mw, 0.0),
        "rule": "load_following",
    }  # fmt: skip
    if stack_id == "solar_bess_gas":
        parts = zip(names["solar"], names["power"], names["hours"], units, strict=True)
        columns |= {
            "design_id": [f"{stack_id}-s{solar}-b{power}x{hours}h-n{count}" for solar, power, hours, count in parts],
            "reserve_mw": layout.reserve_mw,
            "reserve_mwh": layout.reserve_mwh,
        }
    elif stack_id == "solar_bess":
        columns["design_id"] = [
            f"{stack_id}-s{solar}-b{hours}h" for solar, hours in zip(names["solar"], names["hours"], strict=True)
        ]
    else:
        columns |= {
            "design_id": [f"{stack_id}-b{hours}h-n{count}" for hours, count in zip(names["hours"], units, strict=True)],
            "grid_mw": 1.1 * layout.peak_mw,
            "is_grid_flexible": True,
        }
    return pl.DataFrame(
        {
            field.name: values if isinstance(values := columns[field.name], list) else np.broadcast_to(values, n).copy()
            for field in fields(DesignSet)
        }
    )


@cache
def _written(values: tuple[float, ...]) -> list[str]:
    """Return the points of an axis as they stand in the names of designs."""
    return [f"{point:.6g}" for point in axis_points(values)]
