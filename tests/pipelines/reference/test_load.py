"""The reference tables as embedded: whole, joined, true to their sources, and every fault named with its place."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from pipelines.errors import InputError, UsageError
from pipelines.reference import load_reference, parameters, reference_tables
from pipelines.settings import REFERENCE_DIR

Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def tables() -> dict[str, pl.DataFrame]:
    """Return every reference table."""
    return {name: load_reference(name, REFERENCE_DIR) for name in reference_tables()}


def test_every_csv_file_is_a_reference_table() -> None:
    # What a technology is, and which figure it takes, is no figure itself.
    assert sorted(path.stem for path in REFERENCE_DIR.glob("*.csv")) == sorted(
        [*reference_tables(), "technologies", "unread_rows"]
    )


def test_files_are_tidy() -> None:
    for path in REFERENCE_DIR.glob("*.csv"):
        content = path.read_bytes()
        assert b"\r" not in content, path.name
        assert content.endswith(b"\n"), path.name
        content.decode("utf-8")
        # A row is a line, so that an error's row number is the editor's line number.
        with path.open(encoding="utf-8", newline="") as handle:
            assert sum(1 for _ in csv.reader(handle)) == content.count(b"\n"), path.name


def test_sources_table_counts_rows_of_every_other_table(tables: dict[str, pl.DataFrame]) -> None:
    listed = dict(tables["sources"].select("source_id", "rows").iter_rows())
    assert listed == {name: frame.height for name, frame in tables.items() if name != "sources"}
    latest = dict(tables["sources"].select("source_id", "as_of").iter_rows())
    for name, as_of in latest.items():
        # Months are of the date of their station.
        dated = tables["climate_stations" if name == "climatology_monthly" else name]
        assert as_of == dated["as_of"].max(), name


def test_markets_are_complete(tables: dict[str, pl.DataFrame]) -> None:
    markets = tables["candidate_markets"]
    ranked = markets.filter("is_rankable")
    assert (markets.height, ranked.height) == (151, 133)
    assert set(ranked["country"]) == {"US"}
    assert "US" not in set(markets.filter(~pl.col("is_rankable"))["country"])
    for column in ("state", "county_fips", "iso", "egrid_subregion", "gas_price_state"):
        assert ranked[column].null_count() == 0, column
    # Within the box of the contiguous states.
    assert ranked["latitude"].is_between(24.5, 49.5).all()
    assert ranked["longitude"].is_between(-125.0, -66.5).all()


def test_every_rankable_market_finds_its_facts(tables: dict[str, pl.DataFrame]) -> None:
    ranked = tables["candidate_markets"].filter("is_rankable")
    months = tables["climatology_monthly"].group_by("station_id").agg(pl.col("month").sort())
    assert set(months["station_id"]) == set(tables["climate_stations"]["station_id"])
    assert all(found == list(range(1, 13)) for found in months["month"].to_list())
    subregions = tables["emission_factors"].filter(
        (pl.col("factor_type") == "grid_subregion") & (pl.col("pollutant") == "CO2") & (pl.col("data_year") == 2024)
    )
    assert set(ranked["egrid_subregion"]) <= set(subregions["region_or_fuel"])
    assert set(ranked["region_id"]) == set(tables["gas_hub_rules"]["region_id"].drop_nulls())
    for name in ("power_prices", "grid_reliability", "locational_multipliers"):
        assert set(ranked["state"]) <= set(tables[name]["state"]), name
    industrial = tables["gas_prices"].filter(
        (pl.col("geography_type") == "state") & (pl.col("sector") == "industrial") & (pl.col("frequency") == "monthly")
    )
    assert set(ranked["gas_price_state"]) <= set(industrial["state"])


def test_climatology_is_physical(tables: dict[str, pl.DataFrame]) -> None:
    months = tables["climatology_monthly"]
    ordered = (
        (pl.col("temperature_min_c") <= pl.col("temperature_mean_daily_min_c"))
        & (pl.col("temperature_mean_daily_min_c") < pl.col("temperature_mean_c"))
        & (pl.col("temperature_mean_c") < pl.col("temperature_mean_daily_max_c"))
        & (pl.col("temperature_mean_daily_max_c") <= pl.col("temperature_max_c"))
        & ((pl.col("dhi_kwh_per_m2_day") < pl.col("ghi_kwh_per_m2_day")) | (pl.col("ghi_kwh_per_m2_day") < 0.01))
    )
    assert months.filter(~ordered).is_empty()


def test_climatology_and_heights_are_those_of_the_facts(tables: dict[str, pl.DataFrame], shared: Path) -> None:
    facts = pl.read_csv(shared / "facts" / "climatology_stations.csv", schema_overrides={"station_id": pl.String})
    months = tables["climatology_monthly"].join(facts, on=["station_id", "month"], how="inner")
    assert months.height == facts.height == tables["climatology_monthly"].height
    for ours, theirs in (
        ("ghi_kwh_per_m2_day", "ghi_kwh_m2_day"),
        ("dni_kwh_per_m2_day", "dni_kwh_m2_day"),
        ("dhi_kwh_per_m2_day", "dhi_kwh_m2_day"),
        ("temperature_mean_c", "temp_mean_c"),
        ("temperature_min_c", "temp_min_c"),
        ("wind_mean_m_per_s", "wind_speed_mean_m_s"),
    ):
        assert (months[ours] == months[theirs]).all(), ours
    assert tables["climate_stations"].filter(pl.col("clock_off_months") > 0).height == 15
    cells = pl.read_parquet(shared / "facts" / "places" / "cells_h3r6.parquet", columns=["h3", "elevation_m"])
    heights = tables["place_heights"].with_columns(h3=pl.col("cell_id").str.to_integer(base=16, dtype=pl.UInt64))
    found = heights.join(cells, on="h3", how="left", suffix="_cell")
    assert (found["elevation_m"] == found["elevation_m_cell"]).all()
    # 133 markets, and all counties of the contiguous states but eight at a shore or in the highest mountains.
    assert heights.filter(pl.col("region_id").str.contains(r"^\d{5}$")).height == 3142 - 34 - 8


def test_units_of_gas_prices_are_never_mixed(tables: dict[str, pl.DataFrame]) -> None:
    units = tables["gas_prices"].group_by("geography_type").agg(pl.col("unit").unique()).sort("geography_type")
    found = {place: sorted(unit) for place, unit in units.iter_rows()}
    assert found == {
        "hub": ["USD_per_MMBtu"],
        "nation": ["USD_per_Mcf"],
        "state": ["USD_per_Mcf"],
    }
    heat = tables["emission_factors"].filter(
        (pl.col("factor_type") == "heat_content") & (pl.col("region_or_fuel") == "US")
    )
    assert heat.height == 1
    assert heat["value"].item() == pytest.approx(1036, rel=0.01)


def test_every_hub_of_a_rule_has_a_basis(tables: dict[str, pl.DataFrame]) -> None:
    hubs, rules = tables["gas_hubs"], tables["gas_hub_rules"]
    assert hubs["gas_hub"].n_unique() == 50
    assert set(rules["gas_hub"]) <= set(hubs["gas_hub"])
    assert set(tables["carbon_rules"]["carbon_rule"]) == set(tables["carbon_prices"]["carbon_rule"])


def test_figures_without_a_document_are_called_assumptions(tables: dict[str, pl.DataFrame]) -> None:
    for name in ("gas_hubs", "gas_hub_rules", "henry_hub_path", "carbon_prices", "carbon_rules"):
        undocumented = tables[name].filter(pl.col("url").is_null())
        assert set(undocumented["publisher"]) <= {"firstmw"}, name
        # Henry Hub less itself is the one figure that needs no document.
        judged = undocumented.filter(pl.col("verification") != "judgement")
        assert judged.height == (2 if name == "gas_hubs" else 0), name


def test_no_anonymous_source_is_a_default_unless_it_says_so(tables: dict[str, pl.DataFrame]) -> None:
    anonymous = tables["technology"].filter(
        pl.col("is_default") & pl.col("publisher").str.starts_with("public engineering repository")
    )
    assert anonymous.filter(~pl.col("choice_reason").str.contains("anonymous")).is_empty()
    group = ["technology", "parameter"]
    others = (
        tables["technology"]
        .join(anonymous.select(group), on=group, how="semi")
        .filter(~pl.col("publisher").str.starts_with("public engineering repository"))
    )
    assert others.is_empty(), "a named source exists beside an anonymous default"


def test_assumed_figures_of_technologies_are_those_that_no_document_gives(
    tables: dict[str, pl.DataFrame], shared: Path
) -> None:
    facts = pl.read_csv(shared / "facts" / "technology_costs.csv", infer_schema=False)
    figures = [pl.col(name).cast(pl.Float64).fill_null(-1.0) for name in ("low", "mid", "high")]
    key = ["technology", "parameter", "unit"]
    known = set(facts.select(*key, *figures).iter_rows())
    figures = [pl.col(name).fill_null(-1.0) for name in ("low", "mid", "high")]
    assumed = tables["technology"].filter(pl.col("publisher") == "firstmw")
    assert assumed.height == 8
    assert not known & set(assumed.select(*key, *figures).iter_rows())
    assert assumed["url"].is_null().all()


def test_derived_rows_say_how(tables: dict[str, pl.DataFrame]) -> None:
    assert tables["technology"].filter(pl.col("is_derived") & pl.col("note").is_null()).is_empty()


def test_henry_hub_months_are_means_of_the_daily_spot_price(tables: dict[str, pl.DataFrame], shared: Path) -> None:
    daily = pl.read_csv(shared / "real" / "fred" / "DHHNGSP_2010_2025.csv", infer_schema=False).select(
        pl.col("observation_date").str.slice(0, 7).alias("period"),
        pl.col("DHHNGSP").cast(pl.Float64, strict=False).alias("daily"),
    )
    means = daily.drop_nulls().group_by("period").agg(pl.col("daily").mean(), pl.len().alias("days"))
    monthly = tables["gas_prices"].filter(pl.col("geography_type") == "hub")
    compared = monthly.join(means.filter(pl.col("days") >= 19), on="period")
    assert compared.height >= 100
    # Published to the cent, so half a cent of rounding and a revised day or two.
    assert (compared["price"] - compared["daily"]).abs().max() < 0.01


def test_grid_reliability_is_the_published_one(tables: dict[str, pl.DataFrame], shared: Path) -> None:
    published = pl.read_csv(shared / "real" / "reliability" / "ieee_by_state_2013_2023.csv", infer_schema=False)
    ours = tables["grid_reliability"].filter((pl.col("state") == "AL") & (pl.col("year") == 2020)).row(0, named=True)
    theirs = published.filter((pl.col("State") == "Alabama") & (pl.col("Year") == "2020")).row(0, named=True)
    assert ours["saidi_all_events_minutes"] == float(theirs["SAIDI_All_Events"])
    assert ours["saifi_without_major_event_days"] == float(theirs["SAIFI_Without_Major_Event_Days"])
    assert ours["caidi_all_events_minutes"] == float(theirs["CAIDI_All_Events"])


def test_minutes_without_grid_are_interruptions_times_their_length(tables: dict[str, pl.DataFrame]) -> None:
    whole = tables["grid_reliability"].drop_nulls(
        ["saidi_all_events_minutes", "saifi_all_events", "caidi_all_events_minutes"]
    )
    product = whole["saifi_all_events"] * whole["caidi_all_events_minutes"]
    assert ((product / whole["saidi_all_events_minutes"] - 1.0).abs() < 0.02).mean() > 0.9


def test_published_technology_figures_are_carried_over_unchanged(tables: dict[str, pl.DataFrame], shared: Path) -> None:
    facts = pl.read_csv(shared / "facts" / "technology_costs.csv", infer_schema=False)
    figures = [pl.col(name).cast(pl.Float64).fill_null(-1.0) for name in ("low", "mid", "high")]
    known = set(facts.select("source_title", "unit", *figures).iter_rows())
    controls = pl.read_csv(shared / "facts" / "fast_power" / "emission_control_costs.csv", infer_schema=False)
    # What was read in a document, not what was recalled or computed.
    seen = controls.filter(pl.col("verification") == "seen")
    known |= set(seen.select("source_title", "unit", *figures).iter_rows())
    # Named assumptions are not published; they are in the table of assumptions.
    published = tables["technology"].filter(~pl.col("is_derived") & (pl.col("publisher") != "firstmw"))
    figures = [pl.col(name).fill_null(-1.0) for name in ("low", "mid", "high")]
    absent = [
        row
        for row in published.select("source_title", "unit", *figures).iter_rows()
        if row not in known
        and row[0] not in {"Bloom Energy Server data sheet 2024", "Annual Technology Baseline 2020, utility-scale PV"}
    ]
    assert absent == []


# --- faults ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def spoiled(tmp_path: Path) -> Callable[[str, Callable[[Rows], Rows]], Path]:
    """Return a function that writes a changed copy of one table and returns its folder."""

    def write(name: str, change: Callable[[Rows], Rows]) -> Path:
        with (REFERENCE_DIR / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
            rows = change(list(csv.DictReader(handle)))
        with (tmp_path / f"{name}.csv").open("w", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        return tmp_path

    return write


def _set(line: int, **cells: str) -> Callable[[Rows], Rows]:
    """Return a change that sets cells in a line of the file (header = line 1)."""

    def change(rows: Rows) -> Rows:
        rows[line - 2].update(cells)
        return rows

    return change


@pytest.mark.parametrize(
    ("table", "line", "column", "value"),
    [
        ("candidate_markets", 5, "latitude", "95"),
        ("candidate_markets", 9, "latitude", "-90.5"),
        ("candidate_markets", 7, "longitude", "ten"),
        ("candidate_markets", 2, "state", "ZZ"),
        ("candidate_markets", 3, "gas_price_state", "Texas"),
        ("candidate_markets", 4, "is_rankable", "maybe"),
        ("candidate_markets", 6, "county_fips", "4844"),
        ("climatology_monthly", 20, "month", "1.5"),
        ("climatology_monthly", 30, "ghi_kwh_per_m2_day", "-1"),
        ("climatology_monthly", 31, "ghi_kwh_per_m2_day", "nan"),
        ("gas_hubs", 4, "basis_mid_usd_per_mmbtu", "-9"),
        ("gas_hubs", 5, "verification", "rumour"),
        ("gas_hub_rules", 3, "adder_mid_usd_per_mmbtu", "4.5"),
        ("gas_hub_rules", 140, "latitude_from", "134"),
        ("gas_hub_rules", 2, "priority", "1"),
        ("henry_hub_path", 7, "henry_hub_usd_per_mmbtu", "-3"),
        ("henry_hub_path", 3, "outlook_case", "boom"),
        ("carbon_prices", 3, "growth_frac_per_year", "5"),
        ("carbon_rules", 3, "unit_mw_from", "-25"),
        ("gas_prices", 2, "price", "-0.01"),
        ("gas_prices", 3, "unit", "USD_per_therm"),
        ("gas_prices", 4, "period", "2024-13"),
        ("power_prices", 8, "price_usd_per_mwh", "-5"),
        ("power_prices", 9, "state", "XX"),
        ("technology", 3, "mid", "1,5"),
        ("temperature_outage", 4, "forced_outage_rate", "1.2"),
        ("equipment_lead_times", 6, "mid_months", "-3"),
        ("grid_reliability", 12, "saidi_all_events_minutes", "-1"),
        ("locational_multipliers", 2, "multiplier", "0"),
        ("policy", 2, "url", "example.org"),
    ],
)
def test_a_bad_value_is_named_with_file_row_column_and_value(
    spoiled: Callable[[str, Callable[[Rows], Rows]], Path], table: str, line: int, column: str, value: str
) -> None:
    folder = spoiled(table, _set(line, **{column: value}))
    with pytest.raises(InputError) as caught:
        load_reference(table, folder)
    error = caught.value
    assert (error.file, error.row, error.column) == (str(folder / f"{table}.csv"), line, column)
    shown = str(error)
    assert value in shown or repr(float(value)) in shown
    assert f"{table}.csv, row {line}, column {column}" in shown
    assert "\n" not in shown


def test_an_empty_cell_that_must_be_filled_is_named(spoiled: Callable[[str, Callable[[Rows], Rows]], Path]) -> None:
    folder = spoiled("gas_prices", _set(17, source_title=""))
    with pytest.raises(InputError, match="row 17, column source_title: the cell is empty"):
        load_reference("gas_prices", folder)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"policy\.csv: the reference table is missing; restore") as caught:
        load_reference("policy", tmp_path)
    assert caught.value.file == str(tmp_path / "policy.csv")


def test_an_empty_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "policy.csv").write_bytes(b"")
    with pytest.raises(InputError, match=r"policy\.csv"):
        load_reference("policy", tmp_path)


def test_a_file_that_is_no_utf8_text_is_named(tmp_path: Path) -> None:
    shutil.copy(REFERENCE_DIR / "policy.csv", tmp_path)
    with (tmp_path / "policy.csv").open("ab") as handle:
        handle.write(b"\xff\xfe,broken\n")
    with pytest.raises(InputError, match=r"policy\.csv"):
        load_reference("policy", tmp_path)


def test_a_row_cut_short_is_named(tmp_path: Path) -> None:
    whole = (REFERENCE_DIR / "temperature_outage.csv").read_text(encoding="utf-8")
    (tmp_path / "temperature_outage.csv").write_text(whole[: whole.rindex(",") - 60], encoding="utf-8")
    with pytest.raises(InputError, match=r"temperature_outage\.csv, row 34") as caught:
        load_reference("temperature_outage", tmp_path)
    assert caught.value.column in {"url", "as_of", "publisher", "source_title"}


@pytest.mark.parametrize(("table", "column"), [("candidate_markets", "latitude"), ("gas_prices", "unit")])
def test_a_missing_column_is_named(
    spoiled: Callable[[str, Callable[[Rows], Rows]], Path], table: str, column: str
) -> None:
    folder = spoiled(table, lambda rows: [{k: v for k, v in row.items() if k != column} for row in rows])
    with pytest.raises(InputError, match="the column is missing") as caught:
        load_reference(table, folder)
    assert caught.value.column == column


def test_a_repeated_key_is_named(spoiled: Callable[[str, Callable[[Rows], Rows]], Path]) -> None:
    folder = spoiled("candidate_markets", lambda rows: [*rows[:10], rows[4], *rows[10:]])
    with pytest.raises(InputError, match="repeats the key region_id=") as caught:
        load_reference("candidate_markets", folder)
    assert caught.value.row == 12


def test_a_negative_basis_is_no_fault(tables: dict[str, pl.DataFrame]) -> None:
    waha = tables["gas_hubs"].filter((pl.col("gas_hub") == "waha") & (pl.col("year") == 2027))
    assert waha["basis_mid_usd_per_mmbtu"].item() == -1.0


@pytest.mark.parametrize("defaults", [0, 2])
def test_a_parameter_needs_exactly_one_default(
    spoiled: Callable[[str, Callable[[Rows], Rows]], Path], defaults: int
) -> None:
    def change(rows: Rows) -> Rows:
        group = [row for row in rows if (row["technology"], row["parameter"]) == ("recip_genset", "capex")]
        for index, row in enumerate(group):
            row["is_default"] = "true" if index < defaults else "false"
            row["choice_reason"] = "chosen"
        return rows

    with pytest.raises(InputError, match="exactly one default") as caught:
        load_reference("technology", spoiled("technology", change))
    assert caught.value.column == "is_default"


@pytest.mark.parametrize(
    ("publisher", "url", "is_derived", "reason"),
    [
        ("firstmw", "https://example.org/a", "false", "assumption"),
        ("firstmw", "", "true", "assumption"),
        ("firstmw", "", "false", "newest edition"),
        ("A house that prints", "", "false", "assumption"),
    ],
)
def test_an_assumption_and_a_document_are_not_mixed(
    spoiled: Callable[[str, Callable[[Rows], Rows]], Path], publisher: str, url: str, is_derived: str, reason: str
) -> None:
    change = _set(2, publisher=publisher, url=url, is_derived=is_derived, choice_reason=reason, note="how")
    with pytest.raises(InputError, match="address not given") as caught:
        load_reference("technology", spoiled("technology", change))
    assert caught.value.column == "url"


def test_a_default_without_reason_is_refused(spoiled: Callable[[str, Callable[[Rows], Rows]], Path]) -> None:
    folder = spoiled("technology", _set(2, is_default="true", choice_reason=""))
    with pytest.raises(InputError, match="no choice_reason"):
        load_reference("technology", folder)


def test_a_rankable_market_without_state_is_refused(
    spoiled: Callable[[str, Callable[[Rows], Rows]], Path],
) -> None:
    with pytest.raises(InputError, match="needs a state"):
        load_reference("candidate_markets", spoiled("candidate_markets", _set(2, state="", is_rankable="true")))


def test_an_unknown_table_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match="candidate_markets"):
        load_reference("markets", REFERENCE_DIR)


def test_reading_is_deterministic(tables: dict[str, pl.DataFrame]) -> None:
    for name, frame in tables.items():
        assert load_reference(name, REFERENCE_DIR).equals(frame), name
    assert parameters(tables["technology"]).rows == parameters(tables["technology"].reverse()).rows
