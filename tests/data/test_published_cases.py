"""The carried tables: each is cited, and each figure is that of the full original where that is there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from published_cases import (
    FOLDER,
    case_ids,
    hourly,
    industry_series,
    offgridai_year,
    quantities,
    rts79_load,
    rts79_units,
    texas_solar_frac,
)

# The four weeks of NREL's dispatch that are carried: battery full and empty, at its limits, charged from sun and grid.
DISPATCH_HOURS = slice(6552, 7224)


@pytest.fixture(scope="module")
def originals(shared: Path) -> Path:
    return shared / "cases"


def test_every_table_and_every_figure_is_cited() -> None:
    sources = pl.read_csv(FOLDER / "sources.csv")
    assert sources["source_id"].is_unique().all()
    assert sources.null_count().sum_horizontal().item() == 0
    tables = {path.stem for path in FOLDER.glob("*.csv")} - {"sources"}
    assert set(sources["tables"].str.split(" ").explode()) == tables
    cases = pl.read_csv(FOLDER / "cases.csv")
    assert set(cases["source_id"]) == set(sources.filter(pl.col("tables").str.starts_with("cases"))["source_id"])
    assert cases.null_count().sum_horizontal().item() == 0
    assert cases.select("case_id", "quantity").is_unique().all()


def _original(folder: Path, case_id: str) -> Any:
    """Read the full original of a case of `cases.csv`, with the same names of quantities."""

    def read(name: str) -> Any:
        return json.loads((folder / name).read_text(encoding="utf-8"))

    family, _, name = case_id.partition("_")
    if family == "newkirk":
        market, _, gpus = name.rpartition("_")
        found = pl.read_csv(folder.parent / "facts/reference_lcoe_by_market.csv")
        return found.row(by_predicate=(pl.col("market_id") == market) & (pl.col("gpu_count") == int(gpus)), named=True)
    files = {
        "rts79": "rts79/expected.json",
        "reopt_dispatch": "reopt/erp_reopt_dispatch_expected.json",
        "offgridai": "offgridai/inputs.json",
        "offgridai_pure_gas": "offgridai/expected_pure_gas.json",
        "offgridai_year": "offgridai/expected_dispatch.json",
    }
    if case_id in files:
        found = read(files[case_id])
        renamed = {"rts79": ("convolution", "recomputed_here"), "offgridai_year": ("expected", "year1_500_300_125")}
        ours, theirs = renamed.get(case_id, (None, None))
        return found if ours is None else {**found, ours: found[theirs]}
    if family == "microgrids":
        part, _, key = name.partition("_")
        if part == "cost":
            return read("microgrids_x/economics_expected.json")[key]
        return {"expected": read("microgrids_x/week168_expected.json")["expected"][key]}
    listed = read({"pras": "pras_analytic.json", "reopt": "reopt/erp_expected.json"}[family])["cases"]
    found = next(one for one in listed if one["id"] == name)
    return {"inputs": read(found["inputs_file"]), **found} if "inputs_file" in found else found


@pytest.mark.parametrize("case_id", case_ids())
def test_each_carried_figure_is_the_originals(originals: Path, case_id: str) -> None:
    original = _original(originals, case_id)
    for name, value in quantities(case_id).items():
        at: Any = original
        for branch in name.split("."):
            at = at[int(branch)] if isinstance(at, list) else at[branch]
        assert value == at, name


def test_carried_hours_are_the_originals(originals: Path) -> None:
    week, printed = hourly("microgrids_week"), pl.read_csv(originals / "microgrids_x/week168_hourly.csv")
    assert week.equals(printed.select(week.columns))
    hospital, inputs = hourly("reopt_hospital"), json.loads((originals / "reopt/erp_hospital_inputs.json").read_text())
    assert hospital["critical_load_kw"].to_list() == inputs["critical_loads_kw"]
    for source in ("pv", "wind"):
        assert hospital["production_frac"].to_list() == inputs[f"{source}_production_factor_series"]
    dispatch = hourly("reopt_dispatch")
    year = pl.read_csv(originals / "reopt/erp_reopt_hourly_dispatch_8760.csv")[DISPATCH_HOURS]
    for ours, theirs in (
        ("load_kw", ["load_kw"]),
        ("sun_and_wind_kw", ["pv_to_load_kw", "pv_to_storage_kw", "wind_to_load_kw", "wind_to_storage_kw"]),
        ("grid_kw", ["grid_to_load_kw", "grid_to_storage_kw"]),
        ("charge_kw", ["pv_to_storage_kw", "wind_to_storage_kw", "grid_to_storage_kw"]),
        ("discharge_kw", ["storage_to_load_kw"]),
        ("soc_frac", ["soc_fraction_end"]),
    ):
        np.testing.assert_allclose(dispatch[ours], year.select(pl.sum_horizontal(theirs)).to_series(), atol=1e-9)


def test_carried_months_are_the_originals(shared: Path) -> None:
    for series_id, months in industry_series().items():
        lines = (shared / f"real/fred/{series_id}.csv").read_text(encoding="utf-8").splitlines()[1:]
        printed = [(line[:7], line.partition(",")[2]) for line in lines]
        assert months == [row for row in printed if row[0] >= months[0][0]], series_id


def test_the_carried_test_system_is_the_original(originals: Path) -> None:
    assert rts79_units().equals(pl.read_csv(originals / "rts79/units.csv"))
    # Printed to five decimals of a MW.
    np.testing.assert_allclose(
        rts79_load(), pl.read_csv(originals / "rts79/load_8736.csv")["load_mw"], rtol=0, atol=0.5e-5 + 1e-9
    )


def test_the_carried_calculator_year_is_the_original(originals: Path) -> None:
    printed = pl.read_csv(originals / "offgridai/hourly_year1_pv500_bess300x4h_gas125_texas2022.csv")
    year = offgridai_year()
    for ours, theirs in (
        ("solar_mwh", "scaled_solar_generation_mw"),
        ("state_mwh", "battery_state_mwh"),
        ("generator_mwh", "generator_output_mwh"),
        ("curtailed_mwh", "curtailed_solar_mwh"),
    ):
        assert year[ours].round(7).to_list() == printed[theirs].to_list(), ours
    battery = printed["battery_discharge_mwh"] - printed["battery_charge_mwh"]
    np.testing.assert_allclose(year["battery_mwh"], battery, rtol=0, atol=2e-7)
    assert printed["unmet_load_mwh"].max() == 0.0
    weather = pl.read_csv(originals / "weather/era5_texas_32p5N_100W_cf_2015_2025.csv")["solar_2022"].drop_nulls()
    assert np.round(texas_solar_frac(), 8).tolist() == weather.to_list()
    designs = pl.read_csv(FOLDER / "offgridai_designs.csv")
    assert designs.equals(pl.read_csv(originals / "offgridai/designs_30_texas2022.csv").select(designs.columns))
