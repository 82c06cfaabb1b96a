"""Terms of cited large-load tariffs: whom they bind, and what they cost, against bills written out by hand."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.economics.large_load import TERMS, large_load_usd_per_year, terms_by_region
from pipelines.reference.load import load_reference
from pipelines.settings import REFERENCE_DIR, Settings

# A site of 40 MW of IT: it contracts its peak load at the design temperature, 40 x (1.098 + 0.004 x 35).
LARGE = Settings(site_it_mw=40.0)
CONTRACT_MW = 40.0 * 1.238
PRICE = 60.0
FULL_USD = CONTRACT_MW * 8760.0 * PRICE
_NO_TERMS = dict.fromkeys(TERMS)


@pytest.fixture(scope="module")
def tariffs() -> pl.DataFrame:
    return load_reference("large_load_tariffs", REFERENCE_DIR)


def cost(tariff: dict, used: float, settings: Settings = LARGE, *, grid_mw: float = 54.0) -> float:
    row = {
        **_NO_TERMS,
        **{name: tariff[name] for name in TERMS if name in tariff},
        "grid_mw": grid_mw,
        "load_mwh": used * 8760.0 * settings.site_it_mw * 1.238,
        "power_level_usd_per_mwh": PRICE,
    }
    types = {name: pl.Boolean if name == "has_collateral" else pl.Float64 for name in row}
    return float(pl.DataFrame([row], schema=types).select(large_load_usd_per_year(settings)).item())


def test_the_counties_of_a_utility_have_its_tariff(facts) -> None:
    power = facts.power()
    found = dict(
        power.filter(pl.col("large_load_tariff_id").is_not_null())
        .select("region_id", "large_load_tariff_id")
        .iter_rows()
    )
    assert found == {
        "phoenix_az": "srp_e67",
        "pinal_az": "srp_e67",
        "columbus_oh": "aep_ohio_dct",
        "new_albany_oh": "aep_ohio_dct",
        "pike_oh": "aep_ohio_dct",
        "ashburn_va": "dominion_gs5",
        "boydton_va": "dominion_gs5",
        "pittsylvania_va": "dominion_gs5",
        "prince_william_va": "dominion_gs5",
        "richmond_va": "dominion_gs5",
    }
    # Richmond has one utility, Loudoun County a cooperative as well.
    only = dict(power.select("region_id", "is_only_utility").iter_rows())
    assert only["richmond_va"] is True
    assert only["ashburn_va"] is False
    assert only["abilene_tx"] is None


def test_a_county_with_two_cited_utilities_has_one_row(tariffs: pl.DataFrame) -> None:
    territories = pl.DataFrame(
        {
            "utility_name": ["Salt River Project", "Ohio Power Co"],
            "county_fips": ["39049", "39049"],
            "state": ["OH", "OH"],
            "utilities": [2, 2],
        }
    )
    regions = pl.DataFrame({"region_id": ["columbus_oh"], "county_fips": ["39049"]})
    found = terms_by_region(regions, tariffs, territories)
    assert found["large_load_tariff_id"].to_list() == ["aep_ohio_dct"]


def test_what_is_below_the_least_demand_is_paid(tariffs: pl.DataFrame) -> None:
    rows = {row["tariff_id"]: row for row in tariffs.iter_rows(named=True)}
    # The whole bill, 80 % of it at least.
    assert cost(rows["srp_e67"], 0.70) == pytest.approx(0.10 * FULL_USD)
    assert cost(rows["srp_e67"], 0.81) == 0.0
    # Delivery is 30 % of the price, and a letter of credit over a year's least bill costs 2 % of it.
    collateral = 0.02 * 0.3 * 0.85 * FULL_USD
    assert cost(rows["aep_ohio_dct"], 0.90) == pytest.approx(collateral)
    assert cost(rows["aep_ohio_dct"], 0.75) == pytest.approx(collateral + 0.3 * 0.10 * FULL_USD)
    # Delivery and capacity are 30 % and 20 %; below a load factor of 75 % the class does not hold.
    assert cost(rows["dominion_gs5"], 0.80) == pytest.approx(0.3 * 0.05 * FULL_USD)
    assert cost(rows["dominion_gs5"], 0.74) == 0.0


def test_a_project_shorter_than_the_term_pays_what_is_left(tariffs: pl.DataFrame) -> None:
    row = tariffs.row(by_predicate=pl.col("tariff_id") == "dominion_gs5", named=True)
    short = Settings(site_it_mw=40.0, project_years=10)
    least_usd = (0.3 * 0.85 + 0.2 * 0.6) * FULL_USD
    # Four years' bills at the end, as ten equal payments of the same worth at 9 %.
    payments = sum(1.09**-year for year in range(1, 11))
    assert cost(row, 0.9, short) == pytest.approx(4.0 * least_usd * 1.09**-10 / payments)
    assert cost(row, 0.9) == 0.0


def test_smaller_sites_and_sites_without_grid_pay_nothing(tariffs: pl.DataFrame) -> None:
    for row in tariffs.iter_rows(named=True):
        assert cost(row, 0.76, grid_mw=0.0) == 0.0
        assert cost(row, 0.76, Settings(site_it_mw=15.0)) == 0.0
    assert cost(_NO_TERMS, 0.5) == 0.0
    # 20 MW of IT draw 24.8 MW at most: below the lines of Ohio and Virginia, above that of Salt River Project.
    rows = {row["tariff_id"]: row for row in tariffs.iter_rows(named=True)}
    default = Settings()
    assert cost(rows["aep_ohio_dct"], 0.76, default) == 0.0
    assert cost(rows["dominion_gs5"], 0.76, default) == 0.0
    assert cost(rows["srp_e67"], 0.76, default) > 0.0


@given(used=st.floats(0.3, 0.99), more=st.floats(0.0, 0.01))
def test_using_more_never_costs_more_terms(used: float, more: float) -> None:
    tariff = {"contract_mw_from": 20.0, "minimum_bill_frac": 0.8, "has_collateral": True}
    assert cost(tariff, used + more) <= cost(tariff, used) + 1e-6
    # Energy and terms together are never below the least bill.
    assert used * FULL_USD + cost(tariff, used) >= 0.8 * FULL_USD - 1e-6


def test_the_terms_are_part_of_the_cost_of_stacks_with_a_grid_part(plausible: pl.DataFrame, facts) -> None:
    terms = plausible.select("region_id", "stack_id", "load_mwh", "large_load_terms_usd_per_year")
    paying = terms.filter(pl.col("large_load_terms_usd_per_year") > 0.0)
    assert set(paying["stack_id"]) <= {"grid", "flexible_grid_bess"}
    # The plausible load is far enough below the peak in one place only.
    used = terms["load_mwh"][0] / (8760.0 * 20.0 * 1.238)
    expected = {"phoenix_az", "pinal_az"} if used < 0.8 else set()
    assert set(paying["region_id"]) == expected
