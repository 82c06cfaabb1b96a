"""How close a region is to demand: people within reach, the nearest large metropolitan area."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.contracts.places import PEOPLE_WITHIN_KM
from pipelines.counties.places import on_sphere
from pipelines.places.counties import county_facts
from pipelines.settings import Settings

_EARTH_KM = 6371.0
_LARGE_METRO_CODE = 1.0
"""Rural-urban continuum code of counties in metropolitan areas of a million people or more."""


def demand_columns(regions: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Count the people within reach of each region and measure the way to the nearest metropolitan area of a million.

    A county counts whole where its centre of population lies within the distance, along the great circle.

    Parameters
    ----------
    regions : pl.DataFrame
        region_id, latitude, longitude (deg).
    settings : Settings
        The people within 250 km that score 0 and 100, on a logarithmic scale.

    Returns
    -------
    pl.DataFrame
        region_id, people_within_100km, people_within_250km, people_within_500km, metro_million_km, demand_score; rows
        in the order of `regions`.
    """
    places = county_facts().drop_nulls(["population_centre_latitude", "population"])
    centres = on_sphere(*(places[f"population_centre_{name}"].to_numpy() for name in ("latitude", "longitude")))
    people = places["population"].to_numpy()
    is_large = (places["rural_urban_code_2013"] == _LARGE_METRO_CODE).fill_null(value=False).to_numpy()
    own = on_sphere(*(regions[name].to_numpy() for name in ("latitude", "longitude")))
    counted = np.empty((regions.height, len(PEOPLE_WITHIN_KM)))
    metro = np.empty(regions.height)
    for start in range(0, regions.height, 256):
        part = slice(start, start + 256)
        apart = arcs_km(own[part], centres)
        # Whole people: their sum is exact in any order.
        counted[part] = np.stack([(apart <= reach) @ people for reach in PEOPLE_WITHIN_KM], axis=1)
        metro[part] = apart[:, is_large].min(axis=1)
    low, high = np.log10([settings.demand_low_people, settings.demand_high_people])
    score = 100.0 * np.clip((np.log10(np.maximum(counted[:, 1], 1.0)) - low) / (high - low), 0.0, 1.0)
    return regions.select("region_id").with_columns(
        *(pl.Series(f"people_within_{reach}km", counted[:, column]) for column, reach in enumerate(PEOPLE_WITHIN_KM)),
        pl.Series("metro_million_km", metro),
        pl.Series("demand_score", score),
    )


def arcs_km(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute great-circle distances (km) between unit vectors of shapes (n, 3) and (m, 3), shape (n, m)."""
    chord = np.sqrt(np.maximum(2.0 - 2.0 * (sum(one[:, axis, None] * other[None, :, axis] for axis in range(3))), 0.0))
    return 2.0 * _EARTH_KM * np.arcsin(np.minimum(chord / 2.0, 1.0))
