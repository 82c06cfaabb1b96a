"""Land of a plant: acres by its parts, price by the state, room by density and protected share."""

from __future__ import annotations

from math import exp

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.economics.hub_prices import to_dollar_year
from pipelines.places.land import ACRES_PER_SQMI, FACTS, land_columns, land_of_regions, land_use
from pipelines.settings import REFERENCE_DIR, Settings

ON = Settings()


def county(
    price: float | None = 3000.0, protected: float | None = 0.2, people: float = 50_000.0, density: float = 100.0
):
    return pl.DataFrame([("here", price, protected, people, density)], schema=["region_id", *FACTS], orient="row")


def plant(solar_mw: float, bess_mwh: float = 0.0) -> pl.DataFrame:
    return pl.DataFrame({"region_id": ["here"], "solar_mw": [solar_mw], "bess_mwh": [bess_mwh], "reserve_mwh": [0.0]})


def room(**kwargs) -> float:
    return land_of_regions(county(**kwargs), ON)["land_room_acres"][0]


def test_acres_are_those_of_the_cited_figures_and_the_site() -> None:
    solar, battery = land_use(REFERENCE_DIR)
    assert (solar, battery) == (4.17, 0.25)
    found = land_columns(plant(100.0, 40.0), county(), ON)["land_acres"][0]
    assert found == pytest.approx(100.0 * solar + 40.0 * battery + ON.site_acres_per_mw * ON.site_it_mw)


def test_room_is_a_share_of_what_is_neither_protected_nor_built_up() -> None:
    # 50,000 people at 100 per square mile are 500 square miles.
    open_acres = 500.0 * ACRES_PER_SQMI * 0.8 * exp(-100.0 / ON.land_density_per_sqmi)
    assert room() == pytest.approx(ON.land_parcel_frac * open_acres)


@given(st.floats(1.0, 20_000.0), st.floats(1.0, 20_000.0), st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_a_denser_or_more_protected_county_of_the_same_size_has_no_more_room(a, b, p, q) -> None:
    sparse, dense = sorted((a, b))
    less, more = sorted((p, q))
    assert room(people=300.0 * dense, density=dense) <= room(people=300.0 * sparse, density=sparse) * (1.0 + 1e-9)
    assert room(protected=more) <= room(protected=less) * (1.0 + 1e-9)


def test_a_plant_that_does_not_fit_says_so_and_one_without_solar_always_fits() -> None:
    city = county(people=5e6, density=5000.0)
    assert not land_columns(plant(50.0), city, ON)["has_land_room"][0]
    assert land_columns(plant(0.0), city, ON)["has_land_room"][0]
    assert land_columns(plant(50.0), county(), ON)["has_land_room"][0]
    assert land_columns(plant(50.0), county(protected=None), ON)["has_land_room"][0]


def test_the_price_is_the_states_in_the_dollar_year_and_a_national_one_where_unknown() -> None:
    paid = land_of_regions(county(price=1000.0), ON)["parcel_usd_per_acre"][0]
    assert paid == pytest.approx(ON.land_price_factor * to_dollar_year(1000.0, 2017, ON))
    unknown = land_of_regions(county(price=None), ON)["parcel_usd_per_acre"][0]
    assert unknown == pytest.approx(paid * ON.unknown_land_usd_per_acre / 1000.0)


def test_switched_off_land_says_nothing() -> None:
    off = land_columns(plant(50.0), county(), Settings(has_land_by_place=False))
    assert off.select("land_acres", "has_land_room").row(0) == (None, None)
