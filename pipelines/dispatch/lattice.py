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
from pipelines.plant.stack import Axes, Stack

SUBSTEPS = 16
"""Parts that the finest lattice splits a gap of the grid into."""


@cache
def axis_points(values: tuple[float, ...], parts: int = SUBSTEPS) -> NDArray[np.float64]:
    """Return the values with each gap split into equal parts, shape ((len(values) - 1) * parts + 1,)."""
    gaps = [np.linspace(low, high, parts, endpoint=False) for low, high in itertools.pairwise(values)]
    points = np.round(np.concatenate([*gaps, np.array(values[-1:])]), 12)
    points.flags.writeable = False
    return points


def place_of(axes: Axes, design: dict[str, float], load_mw: float) -> tuple[int, ...]:
    """Return where a design lies on its stack's lattice: the nearest point on each axis.

    Parameters
    ----------
    axes : Axes
    design : dict[str, float]
        solar_mw, bess_mw, bess_mwh.
    load_mw : float
        Load that multiples refer to.
    """
    per_mw = load_mw if axes.hours_of == "load" else design["bess_mw"]
    sizes = {
        "solar": design["solar_mw"] / load_mw,
        "power": design["bess_mw"] / load_mw,
        "hours": design["bess_mwh"] / per_mw,
    }
    return tuple(int(np.argmin(np.abs(axis_points(values) - sizes[name]))) for name, values in axes.values.items())


def neighbours(axes: Axes, centre: Sequence[int], step: int, reach: int) -> NDArray[np.int64]:
    """Return the lattice points around a centre: up to `reach` steps either way on every axis, within its ends.

    Parameters
    ----------
    axes : Axes
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
    for position, values in zip(centre, axes.values.values(), strict=True):
        last = (len(values) - 1) * SUBSTEPS
        ranges.append(np.unique(np.clip(position + step * np.arange(-reach, reach + 1), 0, last)))
    return np.stack(np.meshgrid(*ranges, indexing="ij"), axis=-1).reshape(-1, len(ranges))


def grid_points(axes: Axes, parts: int = 1) -> NDArray[np.int64]:
    """Return every lattice point of a grid that splits the gaps of the design grid into so many parts."""
    ranges = [np.arange(0, (len(values) - 1) * SUBSTEPS + 1, SUBSTEPS // parts) for values in axes.values.values()]
    return np.stack(np.meshgrid(*ranges, indexing="ij"), axis=-1).reshape(-1, len(ranges))


def lattice_sizes(axes: Axes, places: NDArray[np.int64], layout: Layout) -> NDArray[np.float64]:
    """Return solar (MW) and battery (MW, MWh) at points of the lattice, shape (n, 3).

    Parameters
    ----------
    axes : Axes
    places : NDArray[np.int64]
        Shape (n, n_axes).
    layout : Layout
    """
    points = {axis: axis_points(values)[places[:, column]] for column, (axis, values) in enumerate(axes.values.items())}
    return np.column_stack(axes.sizes(points, layout.load_mw, layout.peak_mw))


def lattice_designs(stack: Stack, places: NDArray[np.int64], units: NDArray[np.int64], layout: Layout) -> pl.DataFrame:
    """Return the designs at points of the lattice.

    Parameters
    ----------
    stack : Stack
        A stack with continuous sizes.
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
    axes = stack.continuous()
    names = [
        [_written(values)[place] for place in places[:, column].tolist()]
        for column, values in enumerate(axes.values.values())
    ]
    named = f"{stack.id}-{stack.design_name}".format
    design_id = [
        named(**dict(zip(axes.values, own, strict=True)), units=count)
        for *own, count in zip(*names, units.tolist(), strict=True)
    ]
    columns = {"design_id": design_id} | _columns(stack, places, units, layout)
    return pl.DataFrame({field.name: columns[field.name] for field in fields(DesignSet)})


def lattice_set(stack: Stack, places: NDArray[np.int64], units: NDArray[np.int64], layout: Layout) -> DesignSet:
    """Return the designs at points of the lattice for a dispatch, without their names; see `lattice_designs`."""
    columns = _columns(stack, places, units, layout)
    texts = {name: values.tolist() for name, values in columns.items() if values.dtype.kind == "U"}
    return DesignSet(**(columns | texts | {"design_id": [""] * len(places)}))


def _columns(stack: Stack, places: NDArray[np.int64], units: NDArray[np.int64], layout: Layout) -> dict[str, Any]:
    """Return the columns of the designs at points of the lattice but their names, each of shape (n,)."""
    solar_mw, bess_mw, bess_mwh = lattice_sizes(stack.continuous(), places, layout).T
    n, unit = len(places), layout.unit
    reserve_mw, reserve_mwh = layout.reserve_of(solar_mw)
    has_units = (units > 0) & (unit is not None)
    columns: dict[str, Any] = {
        "stack_id": stack.id,
        "solar_mw": solar_mw, "bess_mw": bess_mw, "bess_mwh": bess_mwh,
        "reserve_mw": reserve_mw, "reserve_mwh": reserve_mwh,
        "grid_mw": stack.grid.per_peak * layout.peak_mw if stack.grid else 0.0,
        "is_grid_flexible": bool(stack.grid and stack.grid.is_flexible),
        "baseload_technology": "", "baseload_units": 0, "baseload_unit_mw": 0.0,
        "firm_technology": np.where(has_units, unit.technology if unit else "", ""),
        "firm_units": units,
        "firm_unit_mw": np.where(has_units, unit.unit_mw if unit else 0.0, 0.0),
        "rule": "load_following",
    }  # fmt: skip
    return {name: np.broadcast_to(values, n).copy() for name, values in columns.items()}


@cache
def _written(values: tuple[float, ...]) -> list[str]:
    """Return the points of an axis as they are written in the names of designs."""
    return [f"{point:.6g}" for point in axis_points(values)]
