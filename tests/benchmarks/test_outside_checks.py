"""The outside checks: every figure has a source and a band, and the page says what lies outside."""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl
import pytest

from benchmarks.outside_checks import BAND_FRAC, CHECKS, Outcome, band, page, read_checks
from pipelines.contracts.base import REGISTRY
from pipelines.errors import InputError

# What must be among the published figures whatever else is added.
_NEEDED = {
    "gas_opal", "gas_ut", "gas_co", "gas_or", "gas_wa", "gas_waha_2027", "capital_engine", "capital_reactor_fleet",
    "capital_fuel_cell", "operation_fuel_cell", "capital_plant_engines", "capital_solar_dc", "yield_solar_abilene",
    "heat_rate_engine", "heat_rate_fuel_cell", "outage_engine_forced", "outage_engine_planned",
}  # fmt: skip


def test_the_list_has_the_named_figures_each_with_a_citation() -> None:
    checks = read_checks()
    assert len(checks) >= 25
    assert set(checks["check_id"]) >= _NEEDED
    assert not any((checks[name] == "").any() for name in ("source_title", "publisher", "as_of"))
    ordered = checks.drop_nulls(["low", "high"])
    assert ordered.filter(pl.col("low") > pl.col("high")).is_empty()


def test_every_query_runs_on_the_tables_of_a_release() -> None:
    # A release without a table or column has no figure, so a renamed column would pass in silence.
    with duckdb.connect() as connection:
        for name, table in REGISTRY.items():
            if name.startswith("mart."):
                connection.register(name.removeprefix("mart."), table.schema.create_empty())
        for check in read_checks().iter_rows(named=True):
            assert len(connection.execute(check["measure"]).description) == 1, check["check_id"]


def test_a_band_is_the_sources_range_or_a_share_of_its_figure() -> None:
    assert band(3.0, 3.2, 4.0, None, to_year=2025, escalation=0.025) == (3.0, 4.0)
    assert band(None, 100.0, None, None, to_year=2025, escalation=0.025) == pytest.approx((85.0, 115.0))
    # A basis can be negative: the lower bound is still the lower one.
    low, high = band(None, -1.0, None, None, to_year=2025, escalation=0.025)
    assert (low, high) == pytest.approx((-1 - BAND_FRAC, -1 + BAND_FRAC))


def test_money_moves_to_the_releases_dollars() -> None:
    assert band(100.0, None, 200.0, 2023, to_year=2025, escalation=0.1) == pytest.approx((121.0, 242.0))
    assert band(100.0, None, 200.0, 2026, to_year=2025, escalation=0.25) == pytest.approx((80.0, 160.0))


def test_a_figure_that_the_release_does_not_have_is_not_inside() -> None:
    assert not Outcome("gas", 1.0, 2.0, None).is_inside
    assert Outcome("gas", 1.0, 2.0, 2.0).is_inside


def test_the_page_counts_and_explains_only_what_lies_outside() -> None:
    checks = read_checks().head(2).with_columns(explanation=pl.lit("because of carbon"))
    ids = list(checks["check_id"])
    text = page(checks, [Outcome(ids[0], 1, 2, 1.5), Outcome(ids[1], 1, 2, 3.0)], {ids[1]: 1.0}, ("old", "new"))
    assert "Inside: 1 of 2 in release new, 1 in release old" in text
    assert text.count("because of carbon") == 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("a,t,q,u,,1,x,,select 1,s,p,url,2025,\n", "is not a number"),
        ("a,t,q,u,,,,,select 1,s,p,url,2025,\n", "no published figure"),
        ("a,t,q,u,,,1,,select 1,s,p,url,2025,\na,t,q,u,,,1,,select 1,s,p,url,2025,\n", "occurs twice"),
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, line: str, message: str) -> None:
    file = tmp_path / "checks.csv"
    header = CHECKS.read_text(encoding="utf-8").splitlines(keepends=True)[0]
    file.write_text(header + line, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_checks(file)
