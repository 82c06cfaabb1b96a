"""Counties as regions: grid operator, price region and height of each, by rules that the docs state."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from pipelines.contracts.sites import BARE_REGIONS
from pipelines.counties.table import county_table, needed
from pipelines.errors import InputError
from pipelines.settings import Settings
from pipelines.sources import county_zones
from pipelines.sources.user_files import UserFile
from pipelines.weather.climate import nearest_stations
from pipelines.weather.files import great_circle_km

_STATES = Path(__file__).with_name("states_without_market.csv")
_FEET_M = 0.3048
_AIRFIELDS = 5
_FROM_MARKET = ["iso", "balancing_area", "egrid_subregion", "gas_price_state"]


def county_regions(
    markets: pl.DataFrame, stations: pl.DataFrame, heights: pl.DataFrame, settings: Settings
) -> pl.DataFrame:
    """Make a region of every county and county equivalent of the states and the District.

    Parameters
    ----------
    markets : pl.DataFrame
        Reference table `candidate_markets`: the nearest rankable market of the same state lends grid operator,
        balancing area and eGRID subregion; a state without one has its own row in `states_without_market.csv`.
    stations : pl.DataFrame
        Reference table `climate_stations`.
    heights : pl.DataFrame
        Reference table `place_heights`; airfields give the height of a county that it lacks.
    settings : Settings
        `counties_file`, `county_edition`; where `county_zones_file` and `zone_hierarchy_file` are given, grid operator
        and balancing area come from the county's own zone.

    Returns
    -------
    pl.DataFrame
        Columns `BARE_REGIONS` of `core.regions`, in order of region_id.
    """
    counties = county_table(settings)
    counties = counties.with_columns(pl.Series("elevation_m", heights_m(counties, heights)))
    counties = pl.concat([counties, _lent(counties, markets)], how="horizontal")
    if settings.county_zones_file is not None and settings.zone_hierarchy_file is not None:
        counties = _zoned(counties, settings)
    nearest = nearest_stations(counties.select("latitude", "longitude", region_id="county_fips"), stations)
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
            nearest.drop("station_id"),
            on="region_id",
            how="left",
            maintain_order="left",
        )
        .select(BARE_REGIONS)
        .sort("region_id")
    )


def heights_m(counties: pl.DataFrame, heights: pl.DataFrame) -> NDArray[np.float64]:
    """Find the height of each county (m), shape (n,).

    It is that of the cell around the county's population-weighted centre. In Alaska and Hawaii, in the highest
    mountains and in counties of another edition than 2010 to 2020, which have none, it is the median of the five
    airfields nearest to the county's centre, from the airportsdata package: airfields lie where ground is level and
    reached by road, as sites do.

    Parameters
    ----------
    counties : pl.DataFrame
        county_fips, latitude, longitude.
    heights : pl.DataFrame
        Reference table `place_heights`.
    """
    known = counties.select(region_id="county_fips").join(
        heights.select("region_id", "elevation_m"), on="region_id", how="left", maintain_order="left"
    )["elevation_m"]
    found = known.fill_null(np.nan).to_numpy().copy()
    is_open = np.isnan(found)
    if is_open.any():
        fields, places = _airfields(), counties.filter(pl.Series(is_open))
        # On the unit sphere the nearest by chord are the nearest by arc.
        _, nearest = cKDTree(on_sphere(fields[:, 0], fields[:, 1])).query(
            on_sphere(places["latitude"].to_numpy(), places["longitude"].to_numpy()), k=_AIRFIELDS
        )
        found[is_open] = np.median(fields[nearest, 2], axis=1)
    return found


def on_sphere(latitude: NDArray[np.float64], longitude: NDArray[np.float64]) -> NDArray[np.float64]:
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
