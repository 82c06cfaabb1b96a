"""What building costs at a place: the location tables' cities, interpolated."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.errors import InputError
from pipelines.reference.technologies import technologies
from pipelines.settings import Settings

UNLISTED_STATES = ("AK", "HI")
"""States outside the location tables."""
_CITIES = 3
# Within this distance of a city its own figure counts alone, in effect (km).
_NEAR_KM = 10.0
_EARTH_KM = 6371.0


def locational_multipliers(regions: pl.DataFrame, multipliers: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Compute the regional factor on capital cost for each technology.

    The mean of the three nearest cities of the location tables (U.S. Energy Information Administration / Sargent &
    Lundy, 2020), weighted by the inverse square of the distance (Shepard 1968): cost does not jump at a state's border,
    and a city does not represent all of its state. Those tables are the only ones with all technologies and states;
    they are older than 2024.

    Parameters
    ----------
    regions : pl.DataFrame
        region_id, state, latitude, longitude (degrees).
    multipliers : pl.DataFrame
        Reference table `locational_multipliers` (technology, state, city, latitude, longitude, multiplier).
    settings : Settings
        `unlisted_state_cost_factor`, the factor in `UNLISTED_STATES`; the folder of reference tables, whose
        `technologies.csv` names the reference plant of each technology.

    Returns
    -------
    pl.DataFrame
        region_id, technology, location_factor; one row per region and technology, `site_works` included.

    Raises
    ------
    InputError
        If the tables do not have a technology's reference plant, or do not have the same cities for all.
    """
    proxies = {name: own.location_proxy for name, own in technologies(settings).items() if own.location_proxy}
    cities = multipliers.select("state", "city", "latitude", "longitude").unique().sort("state", "city")
    weights = _weights(regions, cities)
    is_listed = ~regions["state"].is_in(UNLISTED_STATES).to_numpy()
    found = {}
    for proxy in sorted(set(proxies.values())):
        own = cities.join(
            multipliers.filter(pl.col("technology") == proxy).select("state", "city", "multiplier"),
            on=["state", "city"],
            how="left",
            maintain_order="left",
        )["multiplier"]
        if own.null_count():
            place = cities.row(int(own.is_null().arg_true()[0]), named=True)
            raise InputError(
                f"no regional cost of {proxy} in {place['city']}, {place['state']}",
                file="locational_multipliers.csv",
                column="city",
                remedy="add a row for it",
            )
        # Summed city by city: a matrix product may add in another order.
        factor = (weights * own.to_numpy()).cumsum(axis=1)[:, -1]
        found[proxy] = np.where(is_listed, factor, settings.unlisted_state_cost_factor)
    return (
        pl.concat(
            [
                regions.select(
                    "region_id",
                    pl.lit(name).alias("technology"),
                    pl.Series("location_factor", found[proxy]),
                    pl.lit(order).alias("_order"),
                ).with_row_index("_row")
                for order, (name, proxy) in enumerate(proxies.items())
            ]
        )
        .sort("_row", "_order")
        .select("region_id", "technology", "location_factor")
    )


def _weights(regions: pl.DataFrame, cities: pl.DataFrame) -> NDArray[np.float64]:
    """Compute the share of each city in each region, shape (n_regions, n_cities); rows sum to one."""
    here, there = (_directions(frame) for frame in (regions, cities))
    cosine = np.clip(np.stack([(here * city).sum(axis=1) for city in there], axis=1), -1.0, 1.0)
    distance = np.maximum(_EARTH_KM * np.arccos(cosine), _NEAR_KM)
    order = np.argsort(distance, axis=1, kind="stable")
    weights = distance**-2.0
    np.put_along_axis(weights, order[:, _CITIES:], 0.0, axis=1)
    return weights / weights.sum(axis=1, keepdims=True)


def _directions(frame: pl.DataFrame) -> NDArray[np.float64]:
    """Compute unit vectors from the Earth's centre, shape (n, 3)."""
    latitude, longitude = (np.radians(frame[name].to_numpy()) for name in ("latitude", "longitude"))
    return np.stack(
        [np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)], axis=1
    )
