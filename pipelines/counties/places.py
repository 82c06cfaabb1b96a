"""Counties as regions: grid operator, price region and height of each, by rules that the docs state."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from pipelines.contracts import sites as _contracts  # noqa: F401 - registers the tables
from pipelines.contracts.base import REGISTRY
from pipelines.counties.climate import climate_stations, interpolated_climatology
from pipelines.counties.table import county_table, needed
from pipelines.errors import InputError
from pipelines.settings import Settings
from pipelines.sources import county_zones
from pipelines.sources.user_files import UserFile
from pipelines.weather.files import great_circle_km

_STATES = Path(__file__).with_name("states_without_market.csv")
_FEET_M = 0.3048
_AIRFIELDS = 5
NOT_COVERED = ("AK", "HI")
"""States without a climate station within reach: their counties are regions only where fetched weather is held."""
_FROM_MARKET = ["iso", "balancing_area", "egrid_subregion", "gas_price_state"]


def county_regions(
    markets: pl.DataFrame, climatology: pl.DataFrame, settings: Settings, with_weather: Collection[str] = ()
) -> pl.DataFrame:
    """Return every county that can be ranked as a region: those of the contiguous states and the District, and others
    that have weather of their own.

    Parameters
    ----------
    markets : pl.DataFrame
        Reference table `candidate_markets`: the nearest rankable market of the same state lends grid operator,
        balancing area and eGRID subregion; a state without one has its own row in `states_without_market.csv`.
    climatology : pl.DataFrame
        Reference table `climatology_monthly`.
    settings : Settings
        `counties_file`, `county_edition`; where `county_zones_file` and `zone_hierarchy_file` are given, grid operator
        and balancing area come from the county's own zone.
    with_weather : Collection[str]
        Counties with fetched weather; those of `NOT_COVERED` are regions only where they are among these.

    Returns
    -------
    pl.DataFrame
        Contract `core.regions`, in order of region_id.
    """
    counties = county_table(settings).filter(
        ~pl.col("state").is_in(NOT_COVERED) | pl.col("county_fips").is_in(list(with_weather))
    )
    counties = counties.with_columns(pl.Series("elevation_m", heights_m(counties)))
    counties = pl.concat([counties, _lent(counties, markets)], how="horizontal")
    if settings.county_zones_file is not None and settings.zone_hierarchy_file is not None:
        counties = _zoned(counties, settings)
    placed = counties.select(pl.col("county_fips").alias("region_id"), "latitude", "longitude", "elevation_m")
    stations = interpolated_climatology(placed, climate_stations(climatology)).unique("region_id", maintain_order=True)
    return (
        counties.with_columns(
            pl.col("county_fips").alias("region_id"),
            (pl.col("county_name") + ", " + pl.col("state")).alias("region_name"),
            pl.lit("county").alias("market_type"),
            pl.lit("").alias("lead_project"),
            pl.lit("").alias("project_status"),
            pl.lit("county table").alias("verification"),
        )
        .join(
            stations.select("region_id", "climate_station", "climate_station_distance_km"),
            on="region_id",
            how="left",
            maintain_order="left",
        )
        .select(REGISTRY["core.regions"].schema.column_names())
        .sort("region_id")
    )


def heights_m(places: pl.DataFrame) -> NDArray[np.float64]:
    """Return the height of each place: the median of the five airfields nearest to it (m), shape (n,).

    Airfields lie where ground is level and reached by road, as sites do; heights are those of the airportsdata package.
    """
    fields = _airfields()
    # On the unit sphere the nearest by chord are the nearest by arc.
    _, nearest = cKDTree(_on_sphere(fields[:, 0], fields[:, 1])).query(
        _on_sphere(places["latitude"].to_numpy(), places["longitude"].to_numpy()), k=_AIRFIELDS
    )
    return np.median(fields[nearest, 2], axis=1)


def _on_sphere(latitude: NDArray[np.float64], longitude: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return unit vectors, shape (n, 3)."""
    north, east = np.radians(latitude), np.radians(longitude)
    return np.stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)], axis=1)


@lru_cache(maxsize=1)
def _airfields() -> NDArray[np.float64]:
    """Return latitude, longitude and height (m) of the airfields of the United States, shape (n, 3), sorted."""
    table = needed("airportsdata").load("LID")
    rows = sorted(
        (field["lat"], field["lon"], field["elevation"] * _FEET_M)
        for field in table.values()
        if field["country"] == "US"
    )
    return np.array(rows)


def _lent(counties: pl.DataFrame, markets: pl.DataFrame) -> pl.DataFrame:
    """Return what the nearest market of the same state, or the state itself, lends to each county."""
    rankable = markets.filter("is_rankable").sort("region_id")
    states = pl.read_csv(_STATES, schema_overrides={"county_fips": pl.String})
    own = {str(state): frame for (state,), frame in rankable.partition_by("state", as_dict=True).items()}
    without = states.partition_by("state", as_dict=True)
    rows: list[pl.DataFrame] = []
    for (state,), places in counties.with_row_index("row").partition_by("state", as_dict=True).items():
        if state in own:
            apart = great_circle_km(
                places["latitude"].to_numpy()[:, None],
                places["longitude"].to_numpy()[:, None],
                own[str(state)]["latitude"].to_numpy()[None, :],
                own[str(state)]["longitude"].to_numpy()[None, :],
            )
            lent = own[str(state)].select(_FROM_MARKET)[apart.argmin(axis=1).tolist()]
        elif (state,) in without:
            lent = _of_state(places, without[state,])
        else:
            raise InputError(
                f"the state {state} has no market and no row",
                file=_STATES.name,
                column="state",
                remedy="add its grid operator and eGRID subregion",
            )
        rows.append(pl.concat([places.select("row"), lent], how="horizontal"))
    return pl.concat(rows).sort("row").drop("row")


def _of_state(places: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Return for each county the row of its state that names it, else the one that names none."""
    named = rows.with_columns(pl.col("county_fips").str.split(" ")).explode("county_fips")
    rest = rows.filter(pl.col("county_fips").is_null())
    found = places.select("county_fips").join(named, on="county_fips", how="left", maintain_order="left")
    return found.select(pl.col(name).fill_null(rest[name].item()) for name in _FROM_MARKET)


def _zoned(counties: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Return the counties with grid operator and balancing area of their zones."""
    assert settings.county_zones_file is not None and settings.zone_hierarchy_file is not None
    when = datetime(settings.county_edition, 1, 1, tzinfo=UTC)
    source = county_zones.SOURCE.source_id
    files = (
        UserFile(source, county_zones.COUNTY_KEY, settings.county_zones_file, "county_zones_file"),
        UserFile(source, county_zones.HIERARCHY_KEY, settings.zone_hierarchy_file, "zone_hierarchy_file"),
    )
    zone_of, zones = (county_zones.parse(file.payload(when)).rows for file in files)
    empty = [pl.lit(None, dtype=pl.String).alias(name) for name in ("zone", "transmission_region")]
    plain = counties.drop("iso", "balancing_area").with_columns(
        *empty,
        *(pl.lit(None, dtype=pl.String).alias(name) for name in ("balancing_area", "iso")),
        pl.lit(None, dtype=pl.Boolean).alias("is_zone_mapped"),
    )
    found = county_zones.with_zones(plain, zone_of, zones)
    return found.with_columns(
        pl.coalesce(found["iso"], counties["iso"]).alias("iso"),
        pl.coalesce(found["balancing_area"], counties["balancing_area"]).alias("balancing_area"),
    ).drop("zone", "transmission_region", "is_zone_mapped")
