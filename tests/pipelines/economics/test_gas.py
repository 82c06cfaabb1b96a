"""Gas by region and year: the published path, the judged basis, and what a new spot price moves."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from pipelines.contracts.base import REGISTRY
from pipelines.economics.gas import gas_price_years, gas_prices_by_region, gas_ranges
from pipelines.economics.gas_supply import gas_supply, hub_basis_by_year
from pipelines.economics.hub_prices import henry_hub_by_year, henry_hub_spot, outlook_path, spot_weight
from pipelines.economics.outlook import CASES, energy_outlook
from pipelines.errors import InputError
from pipelines.reference.load import load_reference
from pipelines.settings import Settings

AS_OF = date(2026, 11, 22)
YEARS = np.arange(2027, 2047)
# The facts level their prices at 4.8 percent real, from 2027 to 2046.
WEIGHTS = 1.048 ** -np.arange(20.0)


def level_at_facts_rate(path: np.ndarray) -> float:
    return float(path @ WEIGHTS / WEIGHTS.sum())


@pytest.fixture(scope="module")
def paths(facts) -> dict[str, np.ndarray]:
    """Return the delivered price of every market on the outlook's path, 2027 to 2046, without the spot price."""
    own, settings = facts.gas_facts, facts.settings
    supply = gas_supply(facts.regions, own.gas_hub_rules, settings)
    basis = hub_basis_by_year(supply, own.gas_hubs, own.gas_hub_rules, YEARS, settings)["mid"]
    henry_hub = outlook_path(own.henry_hub_path, "reference", YEARS, settings)
    delivered = henry_hub[None, :] + basis + supply["adder_mid_usd_per_mmbtu"].to_numpy()[:, None]
    return dict(zip(supply["region_id"], delivered, strict=True))


@pytest.mark.parametrize(
    ("market", "next_year", "twenty_years"),
    [
        ("salt_lake_ut", 3.30, 5.32),
        ("denver_co", 3.35, 5.25),
        ("quincy_wa", 3.10, 5.36),
        ("boardman_or", 2.55, 4.81),
        ("reno_nv", 3.40, 5.42),
        ("billings_mt", 2.35, 4.61),
        ("niagara_ny", 3.35, 4.50),
        ("farmington_nm", 2.75, 4.57),
    ],
)
def test_prices_are_those_of_the_facts(paths, market: str, next_year: float, twenty_years: float) -> None:
    assert paths[market][0] == pytest.approx(next_year, abs=0.005)
    assert level_at_facts_rate(paths[market]) == pytest.approx(twenty_years, abs=0.02)


def test_every_market_has_the_price_of_the_facts(paths, shared: Path) -> None:
    with (shared / "facts" / "gas" / "market_hubs.csv").open(encoding="utf-8") as handle:
        rows = {row["market_id"]: row for row in csv.DictReader(handle)}
    assert set(rows) == set(paths)
    for market, path in paths.items():
        assert path[0] == pytest.approx(float(rows[market]["default_delivered_2027"]), abs=0.01), market
        level = float(rows[market]["default_delivered_levelised_2027_2046"])
        assert level_at_facts_rate(path) == pytest.approx(level, abs=0.02), market


def test_no_market_takes_the_last_resort_and_levels_lie_close(facts) -> None:
    gas = facts.gas()
    assert gas.height == 133
    assert not gas["is_fallback"].any()
    assert not gas["is_floored"].any()
    assert (gas["price_basis"] == "henry_hub_plus_basis").all()
    levels = gas["gas_level_usd_per_mmbtu"]
    assert levels.is_between(4.0, 6.3).all()
    # The state's retail average would cost some of them two or three times as much.
    assert (gas["state_industrial_usd_per_mmbtu"] / gas["gas_level_usd_per_mmbtu"]).max() > 2.0


def test_waha_follows_its_years(facts) -> None:
    own = facts.gas_facts
    supply = gas_supply(facts.regions.filter(pl.col("region_id") == "reeves_tx"), own.gas_hub_rules, facts.settings)
    assert supply.row(0, named=True) == {
        "region_id": "reeves_tx",
        "gas_rule": "reeves_tx",
        "gas_hub": "waha",
        "adder_low_usd_per_mmbtu": 0.05,
        "adder_mid_usd_per_mmbtu": 0.15,
        "adder_high_usd_per_mmbtu": 0.35,
    }
    years = np.array([2025, 2027, 2028, 2029, 2030, 2045])
    basis = hub_basis_by_year(supply, own.gas_hubs, own.gas_hub_rules, years, facts.settings)
    assert basis["mid"][0] == pytest.approx([-1.0, -1.0, -0.8, -0.65, -0.6, -0.6])
    assert (basis["low"] < basis["mid"]).all()
    assert (basis["mid"] < basis["high"]).all()


def test_a_basis_goes_linearly_from_near_to_long_run(facts) -> None:
    own = facts.gas_facts
    supply = gas_supply(facts.regions.filter(pl.col("region_id") == "quincy_wa"), own.gas_hub_rules, facts.settings)
    years = np.array([2027, 2028, 2029, 2032, 2040])
    basis = hub_basis_by_year(supply, own.gas_hubs, own.gas_hub_rules, years, facts.settings)["mid"][0]
    assert basis == pytest.approx([-1.2, -0.98, -0.76, -0.1, -0.1])


def test_the_spot_holds_a_year_and_is_gone_after_three(facts) -> None:
    # Decided on in November 2026: from December 2026 to November 2027 gas costs what it costs tonight.
    weight = spot_weight(np.arange(2026, 2031), AS_OF, facts.settings)
    assert weight[0] == 1.0
    # December 2027 is month 13: one of 24 steps down.
    assert weight[1] == pytest.approx((11.0 + 23.0 / 24.0) / 12.0)
    assert weight[2] == pytest.approx(np.mean([1.0 - k / 24.0 for k in range(2, 14)]))
    assert weight[3] == pytest.approx(np.mean([max(0.0, 1.0 - k / 24.0) for k in range(14, 26)]))
    assert weight[4] == 0.0


@given(moved=st.floats(-2.0, 12.0))
@hypothesis_settings(max_examples=20, deadline=None)
def test_a_new_spot_moves_every_level_alike_and_less_than_itself(facts, moved: float) -> None:
    own = facts.gas_facts
    years = np.arange(2028, 2048)
    spot, _ = henry_hub_spot(own.gas_prices, AS_OF, facts.settings)
    before, after = (
        henry_hub_by_year(own.henry_hub_path, price, "reference", years, AS_OF, facts.settings)
        for price in (spot, spot + moved)
    )
    assert after - before == pytest.approx(spot_weight(years, AS_OF, facts.settings) * moved, abs=1e-12)
    assert (after[2:] == before[2:]).all()


def test_the_newest_month_alone_is_the_spot(facts) -> None:
    prices = facts.gas_facts.gas_prices
    spot, month = henry_hub_spot(prices, AS_OF, facts.settings)
    # July 2026 cost 2.89; one year of escalation brings it to dollars of 2025.
    assert (spot, month) == (pytest.approx(2.89 / 1.025), "2026-07")
    assert henry_hub_spot(prices, date(2024, 6, 30), facts.settings)[1] == "2024-06"
    with pytest.raises(InputError, match="no Henry Hub month up to 2010-01"):
        henry_hub_spot(prices, date(2010, 1, 31), facts.settings)


def test_prices_are_made_of_their_parts_year_by_year(facts) -> None:
    gas = facts.gas()
    years = gas_price_years(facts.regions, gas, facts.gas_facts, AS_OF, facts.settings)
    assert years.height == 133 * facts.settings.project_years
    parts = years["henry_hub_usd_per_mmbtu"] + years["basis_usd_per_mmbtu"]
    assert years["gas_price_usd_per_mmbtu"].to_numpy() == pytest.approx(parts.to_numpy())
    weights = (1.0 + facts.own.real_equity_rate) ** -np.arange(1.0, 21.0)
    by_region = years.group_by("region_id", maintain_order=True).agg("gas_price_usd_per_mmbtu")
    levels = dict(gas.select("region_id", "gas_level_usd_per_mmbtu").iter_rows())
    for region_id, path in by_region.iter_rows():
        assert levels[region_id] == pytest.approx(np.dot(path, weights) / weights.sum()), region_id
    assert set(years.filter(pl.col("carbon_usd_per_mmbtu") > 0)["region_id"]) >= {"quincy_wa", "imperial_ca"}


def test_every_contiguous_county_has_a_rule_and_the_others_take_the_last_resort(facts) -> None:
    pytest.importorskip("_plotly_geo", reason="needs the extra firstmw[counties]")
    from pipelines.counties.table import county_table

    counties = county_table(Settings()).rename({"county_fips": "region_id"})
    supply = gas_supply(counties, facts.gas_facts.gas_hub_rules, facts.settings).hstack(counties.select("state"))
    unmapped = supply.filter(pl.col("gas_hub").is_null())
    assert set(unmapped["state"]) == {"AK", "HI"}
    mapped = dict(supply.drop_nulls("gas_hub").select("region_id", "gas_rule").iter_rows())
    # Taylor County, Harris County, the District, Los Angeles, San Bernardino, Kittitas, Laramie County WY.
    assert [mapped[fips] for fips in ("48441", "48201", "11001", "06037", "06071", "53037", "56021")] == [
        "tx_rolling_plains",
        "tx_gulf",
        "dc_all",
        "ca_south",
        "ca_desert",
        "wa_east",
        "wy_southeast",
    ]
    gas = facts.gas_of(counties)
    last = gas.filter("is_fallback")
    assert set(last["state"]) == {"AK", "HI"}
    assert (last["gas_level_usd_per_mmbtu"] == last["state_industrial_usd_per_mmbtu"]).all()
    assert (last["price_basis"] == "state_industrial").all()
    # Held for the project in every year.
    some = counties.filter(pl.col("state") == "HI").head(1)
    held = gas_price_years(some, facts.gas_of(some), facts.gas_facts, AS_OF, facts.settings)
    assert held["gas_price_usd_per_mmbtu"].n_unique() == 1
    assert held["basis_usd_per_mmbtu"].null_count() == held.height


def test_the_floor_holds_in_each_year(facts) -> None:
    settings = facts.settings.model_copy(update={"gas_floor_usd_per_mmbtu": 3.0})
    gas = facts.gas(settings).sort("gas_level_usd_per_mmbtu")
    assert gas.filter(pl.col("region_id") == "reeves_tx")["is_floored"].item()
    # A floor in the first years lifts the level a little.
    plain = dict(facts.gas().select("region_id", "gas_level_usd_per_mmbtu").iter_rows())
    for region_id, level, is_floored in gas.select("region_id", "gas_level_usd_per_mmbtu", "is_floored").iter_rows():
        assert (level > plain[region_id]) == is_floored, region_id


def test_dollars_of_another_year_move_what_has_a_dollar_year(facts) -> None:
    later = facts.settings.model_copy(update={"dollar_year": 2026})
    both = facts.gas().join(facts.gas(later), on="region_id", suffix="_later")
    ratio = (both["gas_level_usd_per_mmbtu_later"] / both["gas_level_usd_per_mmbtu"]).to_numpy()
    assert ratio == pytest.approx(1.025)


def test_ranges_lie_around_the_level(facts) -> None:
    ranges = gas_ranges(facts.gas())
    assert set(ranges) == {"gas_basis", "gas_adder"}
    assert len(ranges["gas_adder"]) == 133
    for of_effect in ranges.values():
        assert all(low <= 0.0 <= high for low, high in of_effect.values())
    # Waha has 0.6 below and 0.3 above in the long run, a little more below while pipes are built.
    assert ranges["gas_basis"]["waha"] == (pytest.approx(-0.6, abs=0.05), pytest.approx(0.3, abs=0.05))


def test_every_case_of_the_outlook_starts_at_the_spot(facts) -> None:
    folder = facts.settings.reference_dir
    spot, _ = henry_hub_spot(facts.gas_facts.gas_prices, AS_OF, facts.settings)
    tables = load_reference("price_projections", folder), facts.gas_facts.henry_hub_path
    found = energy_outlook(*tables, spot, AS_OF, facts.own, facts.settings)
    levels = dict(found.select("outlook_case", "henry_hub_level_usd_per_mmbtu").unique().iter_rows())
    assert set(levels) == set(CASES)
    assert levels["flat"] == pytest.approx(spot)
    assert levels["high_oil_and_gas_supply"] < levels["reference"] < levels["low_oil_and_gas_supply"]
    assert found.filter("is_used")["outlook_case"].unique().to_list() == ["reference"]
    whole = {case: outlook_path(tables[1], case, YEARS, facts.settings) for case in CASES[1:]}
    # Levelised figures of the facts for 2027 to 2046.
    assert level_at_facts_rate(whole["high_oil_and_gas_supply"]) == pytest.approx(3.34, abs=0.01)
    assert level_at_facts_rate(whole["low_oil_and_gas_supply"]) == pytest.approx(8.44, abs=0.01)
    assert level_at_facts_rate(whole["reference"]) == pytest.approx(4.81, abs=0.03)
    assert (whole["reference"][0], whole["reference"][3]) == (3.40, 4.476)


def test_a_hub_without_a_basis_and_a_path_without_rows_are_named(facts) -> None:
    own = facts.gas_facts
    rules = own.gas_hub_rules.with_columns(
        pl.when(pl.col("rule_id") == "abilene_tx").then(pl.lit("nowhere")).otherwise("gas_hub").alias("gas_hub")
    )
    supply = gas_supply(facts.regions, rules, facts.settings)
    with pytest.raises(InputError, match="'nowhere' has no row") as caught:
        hub_basis_by_year(supply, own.gas_hubs, rules, YEARS, facts.settings)
    assert (caught.value.file, caught.value.row, caught.value.column) == ("gas_hub_rules.csv", 2, "gas_hub")
    with pytest.raises(InputError, match="no Henry Hub path of the case reference") as caught:
        outlook_path(own.henry_hub_path.clear(), "reference", YEARS, facts.settings)
    assert caught.value.file == "henry_hub_path.csv"


def test_a_region_without_hub_and_state_price_is_named(facts) -> None:
    lone = facts.regions.head(1).with_columns(
        pl.lit("nowhere").alias("region_id"), pl.lit("ZZ").alias("state"), pl.lit("ZZ").alias("gas_price_state")
    )
    with pytest.raises(InputError, match="nowhere"):
        gas_prices_by_region(lone, facts.gas_facts, AS_OF, facts.own, facts.settings)


def test_mcf_is_divided_by_the_heat_content(facts) -> None:
    # New Mexico's gas holds 1.02 to 1.03 MMBtu per Mcf.
    months = facts.gas_facts.gas_prices.filter(
        (pl.col("state") == "NM") & (pl.col("sector") == "industrial") & (pl.col("frequency") == "monthly")
    ).sort("period")
    recent = months.tail(12)
    escalated = [
        price * (1.025 if period < "2025" else 1.0) for period, price in recent.select("period", "price").iter_rows()
    ]
    row = facts.gas().filter(pl.col("state") == "NM").row(0, named=True)
    per_mcf = sum(escalated) / 12.0
    assert 1.01 < per_mcf / row["state_industrial_usd_per_mmbtu"] < 1.04


def test_the_contract_holds_for_no_region(facts) -> None:
    empty = facts.regions.clear()
    gas = gas_prices_by_region(empty, facts.gas_facts, AS_OF, facts.own, facts.settings)
    assert gas.columns == REGISTRY["core.gas_prices_by_region"].schema.column_names()
    assert gas.is_empty()
