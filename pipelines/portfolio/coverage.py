"""People within reach of the sites of a plan, and the sites that reach the most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.counties.places import on_sphere
from pipelines.errors import UsageError
from pipelines.places.counties import county_facts
from pipelines.places.demand import arcs_km
from pipelines.portfolio.programme import Programme, solve

_GAP, _NODE_LIMIT = 1e-4, 2000
# Among choices that reach as many, the more valuable one: no value outweighs this share of all people.
_VALUE_WEIGHT = 1e-4


def reached(places: pl.DataFrame, reach_km: float) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Find which counties lie within reach of each place, by their centres of population.

    Parameters
    ----------
    places : pl.DataFrame
        latitude, longitude (deg).
    reach_km : float
        Great-circle distance (km).

    Returns
    -------
    tuple[NDArray[np.bool_], NDArray[np.float64]]
        Shape (n_places, n_counties), and the people of each county, shape (n_counties,).
    """
    counties = county_facts().drop_nulls(["population_centre_latitude", "population"])
    centres = on_sphere(*(counties[f"population_centre_{name}"].to_numpy() for name in ("latitude", "longitude")))
    own = on_sphere(*(places[name].to_numpy() for name in ("latitude", "longitude")))
    return arcs_km(own, centres) <= reach_km, counties["population"].to_numpy()


def people_reached(places: pl.DataFrame, reach_km: float) -> float:
    """Count the people within reach of at least one place."""
    within, people = reached(places, reach_km)
    return float(people[within.any(axis=0)].sum())


def covering(
    within: NDArray[np.bool_],
    people: NDArray[np.float64],
    value: NDArray[np.float64],
    count: int,
    domains: Mapping[str, Sequence[str]],
    max_per_domain: int,
) -> NDArray[np.int64]:
    """Choose the places that reach the most people (maximal covering location problem; Church and ReVelle 1974).

    Where the limit on domains leaves no choice of so many places it is loosened step by step.

    Parameters
    ----------
    within : NDArray[np.bool_]
        Whether a place reaches a county, shape (n_places, n_counties).
    people : NDArray[np.float64]
        Shape (n_counties,).
    value : NDArray[np.float64]
        Worth of each place, which decides among choices that reach as many; shape (n_places,).
    count : int
        Places to choose.
    domains : Mapping[str, Sequence[str]]
        By kind, the domain of each place; at most `max_per_domain` are chosen in any.
    max_per_domain : int

    Returns
    -------
    NDArray[np.int64]
        Places chosen, in order, shape (count,).

    Raises
    ------
    UsageError
        If there are fewer places than are to be chosen.
    """
    n = len(within)
    if count > n:
        raise UsageError(f"{count} sites are to be chosen and {n} regions can carry one; ask for fewer nodes.")
    # Counties that the same places reach are one.
    patterns, group = np.unique(within[:, within.any(axis=0)].T, axis=0, return_inverse=True)
    weight = np.bincount(group.ravel(), weights=people[within.any(axis=0)], minlength=len(patterns)) / people.sum()
    scaled = value / max(float(np.abs(value).max(initial=0.0)), 1e-12)
    while True:
        objective = np.concatenate([_VALUE_WEIGHT / count * scaled, weight])
        made = Programme(objective, np.ones(len(objective)), np.arange(len(objective)) < n)
        made.add(("at_most",), np.arange(n), 1.0, count)
        made.add(("at_least",), np.arange(n), -1.0, -count)
        for row, pattern in enumerate(patterns):
            places = np.flatnonzero(pattern)
            made.add(("reached", str(row)), [n + row, *places], [1.0, *np.full(len(places), -1.0)], 0.0)
        for kind, names in domains.items():
            for name in sorted(set(names)):
                inside = np.flatnonzero(np.array(names) == name)
                if len(inside) > max_per_domain:
                    made.add((kind, name), inside, 1.0, max_per_domain)
        try:
            solution = solve(made, gap=_GAP, node_limit=_NODE_LIMIT)
        except UsageError:
            if max_per_domain >= count:
                raise
            max_per_domain += 1
            continue
        return np.flatnonzero(solution.x[:n] > 0.5)
