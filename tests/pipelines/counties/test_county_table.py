"""The county table: every county once, codes of other editions named, places where other people's tables put them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipelines.contracts.base import validate
from pipelines.counties.places import county_regions
from pipelines.counties.table import centre_of_area, county_table, named_counties
from pipelines.errors import UsageError
from pipelines.places.facts import with_place_facts
from pipelines.places.permission import permission
from pipelines.reference.load import load_reference
from pipelines.settings import REFERENCE_DIR, Settings
from pipelines.weather.files import great_circle_km

pytest.importorskip("_plotly_geo", reason="needs the extra firstmw[counties]")
pytest.importorskip("airportsdata", reason="needs the extra firstmw[counties]")

FACTS = [load_reference(name, REFERENCE_DIR) for name in ("candidate_markets", "climate_stations", "place_heights")]


def known_places(regions: pl.DataFrame) -> pl.DataFrame:
    """Add what is known of the places and whether a site may be built there, as the night does."""
    stops, rules = (load_reference(name, REFERENCE_DIR) for name in ("local_stops", "state_rules"))
    may = permission(regions, stops, rules, date(2026, 12, 1), Settings())
    return pl.concat([with_place_facts(regions, Settings()), may.drop("region_id")], how="horizontal")


@pytest.fixture(scope="module")
def table() -> pl.DataFrame:
    return county_table(Settings())


@pytest.fixture(scope="module")
def regions() -> pl.DataFrame:
    return county_regions(*FACTS, Settings())


def test_the_edition_of_2016_has_3142_counties_in_50_states_and_the_district(table: pl.DataFrame) -> None:
    # Census Bureau, Tallies of 2010 census geography with the changes up to 2016.
    assert table.height == 3142
    assert table["state"].n_unique() == 51
    assert table["county_fips"].str.len_chars().unique().to_list() == [5]
    assert table["county_fips"].is_unique().all()
    names = dict(table.select("county_fips", "county_name").iter_rows())
    assert (names["01001"], names["22071"], names["51510"]) == ("Autauga County", "Orleans Parish", "Alexandria city")


def test_centres_lie_near_the_internal_points_of_the_gazetteer(table: pl.DataFrame, shared: Path) -> None:
    given = county_table(
        Settings(counties_file=shared / "real" / "geography" / "gazetteer_counties_2017_pipe.txt", county_edition=2017)
    )
    assert given.height == 3142
    both = table.join(given, on="county_fips", suffix="_given")
    assert both.height == 3142
    apart = great_circle_km(
        *(both[name].to_numpy() for name in ("latitude", "longitude", "latitude_given", "longitude_given"))
    )
    assert np.median(apart) < 2.0
    # Internal points are moved onto land; the largest gaps are counties with much water or many islands.
    assert np.quantile(apart, 0.95) < 15.0


def test_lost_leading_zeros_are_put_back_and_other_editions_are_named(table: pl.DataFrame) -> None:
    assert named_counties(["1001", "48441"], table) == ["01001", "48441"]
    # Connecticut's planning regions replaced its counties in 2022.
    with pytest.raises(UsageError, match=r"'09110'.*2016.*09003"):
        named_counties(["09110"], table)
    with pytest.raises(UsageError, match="give the five digits"):
        named_counties(["99999"], table)


def test_the_centre_of_a_square_with_a_hole_is_that_of_what_is_left() -> None:
    outer = np.array([[0.0, 0.0], [0.0, 0.02], [0.02, 0.02], [0.02, 0.0], [0.0, 0.0]])
    hole = np.array([[0.01, 0.0], [0.02, 0.0], [0.02, 0.02], [0.01, 0.02], [0.01, 0.0]])
    latitude, longitude = centre_of_area(np.concatenate([outer, hole]), [0, 5])
    assert (latitude, longitude) == pytest.approx((0.01, 0.005), abs=1e-9)


def test_every_county_of_the_states_and_the_district_is_a_region(regions: pl.DataFrame, table: pl.DataFrame) -> None:
    validate(known_places(regions), "core.regions")
    assert regions.height == table.height == 3142
    assert regions.filter(pl.col("state").is_in(["AK", "HI"])).height == 34
    by_id = {row["region_id"]: row for row in regions.iter_rows(named=True)}
    # Known heights of the level ground there: Denver 1600 m, Lake County's Leadville 3000 m, New Orleans at the sea.
    assert by_id["08031"]["elevation_m"] == pytest.approx(1640, abs=120)
    assert by_id["08065"]["elevation_m"] > 2200
    assert abs(by_id["22071"]["elevation_m"]) < 15
    assert (by_id["25017"]["iso"], by_id["25017"]["egrid_subregion"]) == ("ISO-NE", "NEWE")


def test_counties_of_alaska_and_hawaii_have_grids_stations_and_heights(regions: pl.DataFrame) -> None:
    found = regions.filter(pl.col("state").is_in(["AK", "HI"]))
    # The subregions that EPA's eGRID names for the two states: the grid of the Railbelt and Oahu, and all else.
    grids = dict(found.select("region_id", "egrid_subregion").iter_rows())
    assert [grids[county] for county in ("02020", "02185", "15001", "15003")] == ["AKGD", "AKMS", "HIMS", "HIOA"]
    # Sites lie low there: Anchorage at the sea, Fairbanks at 135 m.
    heights = dict(found.select("region_id", "elevation_m").iter_rows())
    assert heights["15003"] < 60
    assert heights["02090"] == pytest.approx(150, abs=60)
    assert found["climate_station_distance_km"].median() < 60


def test_zones_that_the_user_brings_say_whose_grid_a_county_is_on(shared: Path, regions: pl.DataFrame) -> None:
    folder = shared / "real" / "geography"
    settings = Settings(
        county_zones_file=folder / "reeds_county2zone.csv", zone_hierarchy_file=folder / "reeds_hierarchy.csv"
    )
    zoned = county_regions(*FACTS, settings)
    validate(known_places(zoned), "core.regions")
    both = regions.join(zoned, on="region_id", suffix="_zone")
    share = both.select((pl.col("iso") == pl.col("iso_zone")).mean()).item()
    # The rule without zones is right for most counties, and this says for how many.
    assert 0.80 < share < 1.0
