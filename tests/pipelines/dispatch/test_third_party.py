"""The dispatch against other people's models, each under its own conventions."""

from __future__ import annotations

from math import sqrt

import numpy as np
import polars as pl
import pytest
from published_cases import FOLDER, hourly, offgridai_year, published_case, texas_solar_frac

from pipelines.dispatch.batch import simulate_batch
from pipelines.dispatch.options import DispatchOptions
from pipelines.dispatch.trace import TraceLimits, check_trace, simulate_trace
from pipelines.plant.technology import Battery

# --- Microgrids.jl: a week of PV, battery and one generator, kW and kWh; the same physics holds at any scale ---

# Stored energy changes by 0.95 of what is charged and 1.05 of what is discharged.
MICROGRIDS = Battery(charge_efficiency=0.95, discharge_efficiency=1 / 1.05, soc_floor_frac=1 / 6, soc_start_frac=1 / 3)
VARIANTS = {
    "base": {},
    "slow_charge_rate_1_30": {"charge_power_frac": 1 / 30},
    "slow_discharge_rate_1_30": {"discharge_power_frac": 1 / 30},
}


def _microgrid(technology, site_year, design_set, variant, step_hours=1.0):
    hours = np.arange(round(168 / step_hours)) * step_hours
    site = site_year(1000 * (1 - hours / 168), 500 * (1 - np.cos(2 * np.pi * hours / 24)), step_hours=step_hours)
    design = design_set(solar_mw=1.0, bess_mw=6000.0, bess_mwh=6000.0, firm_units=1, firm_unit_mw=500.0)
    # Fuel in litres: 0.24 per kWh and 0.05 per kW of rating and hour of running.
    engine = technology(heat_rate_mmbtu_per_mwh=0.29, no_load_frac=0.05 / 0.29)
    options = DispatchOptions(**VARIANTS.get(variant, {}))
    trace = simulate_trace(site, design, 0, {"engine": engine}, MICROGRIDS, options=options)
    batch = simulate_batch([site], design, {"engine": engine}, MICROGRIDS, dtype=np.float64, options=options)
    return trace, batch


def test_microgrids_week_hour_by_hour(technology, site_year, design_set) -> None:
    """Every printed digit: the file gives nine decimals, the statistics below all of theirs."""
    expected = hourly("microgrids_week")
    trace, batch = _microgrid(technology, site_year, design_set, "base")
    stored = np.concatenate([[2000.0], trace["soc_mwh"].to_numpy()])
    assert len(stored) == 169
    found = {
        "storage_kwh_start": stored[:-1],
        "gen_kw": trace["firm_mw"],
        "storage_kw": trace["discharge_mw"] - trace["charge_mw"],
        "spill_kw": trace["curtailed_mw"],
        "shed_kw": trace["unserved_mw"],
    }
    for name, values in found.items():
        # Half of the ninth decimal is their rounding, the rest that of sums over up to 168 hours of 1e3 kWh.
        np.testing.assert_allclose(values, expected[name], rtol=0, atol=0.5e-9 + 1e-11, err_msg=name)
    # The 169th level is not printed; it follows from the last hour that is.
    last = expected.row(-1, named=True)
    change = last["storage_kw"] + 0.05 * abs(last["storage_kw"])
    assert stored[-1] == pytest.approx(last["storage_kwh_start"] - change, abs=1e-9)
    assert batch.soc_end_mwh.item() == pytest.approx(stored[-1], abs=1e-9)


@pytest.mark.parametrize("variant", [*VARIANTS, "dt_half_hour"])
def test_microgrids_week_statistics(technology, site_year, design_set, variant) -> None:
    expected = published_case(f"microgrids_week_{variant}")["expected"]
    step_hours = 0.5 if variant == "dt_half_hour" else 1.0
    trace, batch = _microgrid(technology, site_year, design_set, variant, step_hours)
    found = {
        "served_kwh": batch.load_mwh - batch.unserved_mwh,
        "shed_kwh": batch.unserved_mwh,
        "shed_max_kw": trace["unserved_mw"].max(),
        "shed_hours": batch.unserved_hours,
        "gen_kwh": batch.firm_mwh,
        "gen_hours": batch.firm_run_hours,
        "fuel_l": batch.firm_fuel_mmbtu,
        "charge_kwh": batch.charge_mwh,
        "discharge_kwh": batch.discharge_mwh,
        "storage_loss_kwh": batch.charge_mwh - batch.discharge_mwh - (batch.soc_end_mwh - batch.soc_start_mwh),
        "spilled_kwh": batch.curtailed_mwh,
        "spilled_max_kw": trace["curtailed_mw"].max(),
        "storage_cycles": (batch.charge_mwh + batch.discharge_mwh) / (2 * 6000.0),
        "renewable_rate": batch.renewable_frac,
    }
    compared = [name for name in found if name in expected]
    assert len(compared) >= 6
    for name in compared:
        assert np.ravel(found[name])[0] == pytest.approx(expected[name], rel=1e-9), name


# --- offgridai: 100 MW with solar, a four-hour battery and gas ---

# That model measures room before the loss, limits discharge at the cell side and starts full.
OFFGRIDAI = Battery(sqrt(0.92), sqrt(0.92), soc_floor_frac=0.0, soc_start_frac=1.0)
OFFGRIDAI_OPTIONS = DispatchOptions(is_room_before_loss=True, discharge_power_frac=sqrt(0.92))


def test_offgridai_year_hour_by_hour(technology, site_year, design_set) -> None:
    expected = offgridai_year()
    site = site_year(np.full(8760, 100.0), texas_solar_frac())
    design = design_set(solar_mw=500.0, bess_mw=300.0, bess_mwh=1200.0, firm_units=1, firm_unit_mw=125.0)
    trace = simulate_trace(site, design, 0, {"engine": technology()}, OFFGRIDAI, options=OFFGRIDAI_OPTIONS)
    found = {
        "curtailed_mwh": trace["curtailed_mw"],
        "generator_mwh": trace["firm_mw"],
        "battery_mwh": trace["discharge_mw"] - trace["charge_mw"],
        "state_mwh": np.concatenate([[1200.0], trace["soc_mwh"][:-1]]),
    }
    for name, values in found.items():
        np.testing.assert_allclose(values, expected[name], rtol=0, atol=1e-6, err_msg=name)
    sums = {"generator": "firm", "charge": "charge", "discharge": "discharge", "curtailed": "curtailed"}
    for theirs, ours in {**sums, "unmet": "unserved"}.items():
        annual = published_case("offgridai_year")["expected"][f"{theirs}_mwh"]
        assert trace[f"{ours}_mw"].sum() == pytest.approx(annual, abs=1e-3), theirs


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_offgridai_thirty_designs(technology, site_year, design_set, dtype) -> None:
    expected = pl.read_csv(FOLDER / "offgridai_designs.csv")
    site = site_year(np.full(8760, 100.0), texas_solar_frac())
    designs = design_set(
        len(expected),
        solar_mw=expected["solar_mw_dc"],
        bess_mw=expected["bess_mw"],
        bess_mwh=expected["bess_mwh"],
        firm_units=1,
        firm_unit_mw=expected["gen_mw"],
    )
    found = simulate_batch([site], designs, {"engine": technology()}, OFFGRIDAI, options=OFFGRIDAI_OPTIONS, dtype=dtype)
    names = {
        "y1_solar_raw_mwh": found.solar_potential_mwh,
        "y1_curtailed_mwh": found.curtailed_mwh,
        "y1_bess_charged_mwh": found.charge_mwh,
        "y1_bess_discharged_mwh": found.discharge_mwh,
        "y1_gen_mwh": found.firm_mwh,
        "y1_load_served_mwh": found.load_mwh - found.unserved_mwh,
    }
    for theirs, ours in names.items():
        np.testing.assert_allclose(ours[0], expected[theirs], atol=2.0, err_msg=theirs)


# --- REopt: the validator on an NREL dispatch ---


def _reopt() -> tuple[pl.DataFrame, TraceLimits]:
    system = published_case("reopt_dispatch")["system"]
    trace = hourly("reopt_dispatch").select(
        pl.col("load_kw").alias("load_mw"),
        pl.col("sun_and_wind_kw").alias("solar_mw"),
        pl.lit(0.0).alias("curtailed_mw"),
        pl.col("charge_kw").alias("charge_mw"),
        pl.col("discharge_kw").alias("discharge_mw"),
        pl.col("grid_kw").alias("grid_mw"),
        pl.lit(0.0).alias("baseload_mw"),
        pl.lit(0.0).alias("firm_mw"),
        pl.lit(0).alias("firm_units_on"),
        pl.lit(0.0).alias("unserved_mw"),
        (pl.col("soc_frac") * system["battery_kwh"]).alias("soc_mwh"),
    )
    limits = TraceLimits(
        bess_charge_mw=system["battery_kw"],
        bess_discharge_mw=system["battery_kw"],
        soc_floor_mwh=system["soc_min"] * system["battery_kwh"],
        soc_full_mwh=system["battery_kwh"],
        charge_efficiency=system["eta_charge"],
        discharge_efficiency=system["eta_discharge"],
    )
    return trace, limits


def test_validator_accepts_the_nrel_dispatch_within_its_rounding() -> None:
    trace, limits = _reopt()
    # Powers are printed to 0.001 kW, so that five of them balance to 0.002; stored energy to 0.001 of 1000 kWh.
    violations = {violation.rule: violation for violation in check_trace(trace, limits, tolerance=0.0025)}
    assert set(violations) == {"stored energy follows charge and discharge"}
    assert violations["stored energy follows charge and discharge"].worst <= 1.0 + 1e-6


def test_validator_rejects_a_dispatch_with_an_hour_changed() -> None:
    trace, limits = _reopt()
    row = pl.int_range(pl.len()) == 500
    for column, rule in (
        ("grid_mw", "supply equals load"),
        ("charge_mw", "charge is within its limit"),
        ("soc_mwh", "stored energy is at most full"),
    ):
        changed = trace.with_columns(pl.when(row).then(pl.col(column) + 1000.0).otherwise(pl.col(column)).alias(column))
        broken = {violation.rule: violation for violation in check_trace(changed, limits, tolerance=1.5)}
        assert broken[rule].first_row == 500
        assert broken[rule].hours == 1
