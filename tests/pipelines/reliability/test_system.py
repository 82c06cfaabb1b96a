"""A design as a system: without outages it is the dispatch, with them the convolution where nothing bridges."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl
import pytest

from pipelines.dispatch.batch import NeedBlock, simulate_batch
from pipelines.dispatch.inputs import DesignSet, SiteYear
from pipelines.plant.technology import Battery, FirmTechnology
from pipelines.reference.parameters import Parameters
from pipelines.reliability.adequacy import NeedAdequacy, adequacy_of_need
from pipelines.reliability.availability import Operation, availability
from pipelines.reliability.common_mode import (
    GAS_BASIN,
    GridService,
    bridge_hours,
    common_mode,
    grid_unavailability,
    unavailability,
)
from pipelines.reliability.freeze import gas_freeze, loses_gas, outage_probability
from pipelines.reliability.monte_carlo import sample_years, summarise
from pipelines.reliability.starts import start_failures
from pipelines.reliability.system import system_of_design
from pipelines.settings import Settings

HOURS = 24 * 60
CITED = {"source_title": "a table", "publisher": "a publisher", "url": "", "as_of": "2026"}
ENGINE = FirmTechnology("engine", 2.5, 8.5, 0.1, 0.4, 0.04, (), 0.05, 2300, 24, 0.0, 40.0, 0.0, "natural_gas", 0.002)
REACTOR = FirmTechnology("reactor", 5.0, 10.4, 0.0, 0.0, 0.05, (), 0.0, 9000, 100, 0.0, 40.0, 0.0, "uranium")
STANDBY = FirmTechnology("standby", 2.5, 9.0, 0.1, 0.0, 0.01, (), 0.0, 1100, 24, 0.0, 40.0, 0.0, "diesel", 0.01)
TECHNOLOGIES = {unit.technology: unit for unit in (ENGINE, REACTOR, STANDBY)}
BATTERY = Battery(0.95, 0.95, 0.1, 0.5)
GRID = GridService(routine_events=20.0, routine_hours=40.0, major_events=4.0, major_hours=48.0, source=CITED)


def _parameters(bess_rate: float = 0.0) -> Parameters:
    figures = {
        ("transformer", "mtbf"): 200_000.0,
        ("transformer", "mttr"): 168.0,
        ("mv_switchgear", "mtbf"): 50_000.0,
        ("mv_switchgear", "mttr"): 24.0,
        ("bess", "mttr"): 24.0,
        ("bess", "forced_outage_rate"): bess_rate,
        ("bess", "planned_outage_rate"): 0.0,
    }
    return Parameters({k: {"mid": v, "low": None, "high": None, "unit": "hours", **CITED} for k, v in figures.items()})


def _site() -> SiteYear:
    rng = np.random.default_rng(17)
    hour = np.arange(HOURS)
    sun = np.maximum(np.sin((hour % 24 - 6) * np.pi / 12), 0.0) * np.repeat(rng.uniform(0.2, 1.0, HOURS // 24), 24)
    available = np.ones(HOURS)
    available[400:412] = 0.0
    return SiteYear(
        region_id="here",
        weather_year=1,
        start_utc=datetime(2025, 1, 1),
        step_hours=1.0,
        solar_mw_per_mw=sun,
        load_mw=20.0 + 2.0 * np.sin(hour * 2 * np.pi / 24),
        grid_available_frac=available,
        temperature_c=np.full(HOURS, 15.0),
        capacity_frac={name: 1.0 - 0.1 * sun for name in TECHNOLOGIES},
    )


def _designs() -> DesignSet:
    rows: list[dict[str, Any]] = [
        {"stack_id": "solar_bess_gas", "solar_mw": 60.0, "bess_mw": 20.0, "bess_mwh": 80.0, "firm": ("engine", 8)},
        {"stack_id": "solar_bess_gas", "solar_mw": 90.0, "bess_mw": 40.0, "bess_mwh": 200.0, "firm": ("engine", 5)},
        {"stack_id": "gas_recip", "firm": ("engine", 11)},
        {"stack_id": "solar_bess", "solar_mw": 150.0, "bess_mw": 60.0, "bess_mwh": 500.0},
        {"stack_id": "smr_hybrid", "baseload": ("reactor", 3), "firm": ("engine", 7)},
        {"stack_id": "grid", "grid_mw": 25.0, "firm": ("standby", 9)},
        {"stack_id": "flexible_grid_bess", "grid_mw": 30.0, "bess_mw": 25.0, "bess_mwh": 100.0, "firm": ("standby", 8)},
    ]
    for row in rows:
        row |= {"reserve_mw": 10.0, "reserve_mwh": 10.0}
        for block in ("firm", "baseload"):
            technology, units = row.pop(block, ("", 0))
            row |= {
                f"{block}_technology": technology,
                f"{block}_units": units,
                f"{block}_unit_mw": TECHNOLOGIES[technology].unit_mw if units else 0.0,
            }
        row["is_grid_flexible"] = row["stack_id"] == "flexible_grid_bess"

    def column(name: str) -> Any:
        return np.array([row.get(name, 0) for row in rows], dtype=np.int64 if name.endswith("units") else np.float64)

    return DesignSet(
        design_id=[f"d{i}" for i in range(len(rows))],
        stack_id=[row["stack_id"] for row in rows],
        is_grid_flexible=np.array([row["is_grid_flexible"] for row in rows]),
        baseload_technology=[row["baseload_technology"] for row in rows],
        firm_technology=[row["firm_technology"] for row in rows],
        rule=["load_following"] * len(rows),
        **{
            name: column(name)
            for name in (
                "solar_mw", "bess_mw", "bess_mwh", "reserve_mw", "reserve_mwh", "grid_mw", "baseload_units",
                "baseload_unit_mw", "firm_units", "firm_unit_mw",
            )
        },
    )  # fmt: skip


NOTHING_FAILS = Settings(gas_interruptions_per_year=0.0, gas_start_failure=0.0, solar_outage_frac=0.0)
ALL_FAIL = Settings(
    gas_interruptions_per_year=4.0,
    ups_failure_frac=0.0,
    gas_start_failure=0.0,
    solar_outage_frac=0.0,
)


def test_without_outages_the_simulation_is_the_dispatch() -> None:
    site, designs = _site(), _designs()
    perfect = {
        name: FirmTechnology(
            **{**vars(unit), "forced_outage_rate": 0.0, "planned_outage_rate": 0.0, "start_failure": 0.0}
        )
        for name, unit in TECHNOLOGIES.items()
    }
    dispatch = simulate_batch([site], designs, perfect, BATTERY, dtype=np.float64)
    parameters = _parameters()
    causes = common_mode(parameters, NOTHING_FAILS).clear()
    for index in range(len(designs)):
        system = system_of_design(site, designs, index, perfect, BATTERY, causes, parameters, NOTHING_FAILS)
        year = sample_years(system, 1, seed=1)
        assert year.unserved_mwh[0] == pytest.approx(dispatch.unserved_mwh[0, index], abs=1e-6)
        assert year.short_hours[0] == pytest.approx(dispatch.unserved_hours[0, index])
    assert dispatch.unserved_mwh[0].max() > 1.0


def _adequacy_frame(site: SiteYear, designs: DesignSet, causes: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Return `sim.adequacy` columns by convolution, with interruptions of seconds left out."""
    found: list[NeedAdequacy] = []
    without_gas = outage_probability(gas_freeze(site.temperature_c, causes, settings), HOURS)

    def on_site(_: int, need: NeedBlock) -> None:
        found.append(
            adequacy_of_need(
                need.firm_need_mw,
                designs,
                TECHNOLOGIES,
                site.capacity_frac,
                site.temperature_c,
                second_mw=need.second_mw,
                load_mw=site.load_mw,
                grid_unavailability=grid_unavailability(causes, bridge_hours(designs, BATTERY, site.load_mw)),
                series_unavailability=unavailability(causes, "unit_transformer"),
                start_failure=start_failures(TECHNOLOGIES),
                supply_loss={name: without_gas for name, unit in TECHNOLOGIES.items() if loses_gas(unit)},
            )
        )

    simulate_batch([site], designs, TECHNOLOGIES, BATTERY, with_need=on_site)
    nothing = np.zeros(len(designs))
    return availability(
        designs,
        found[0],
        Operation(site.load_mw, 1.0, nothing, nothing),
        causes,
        TECHNOLOGIES,
        settings,
        reserve_unavailability=0.0,
    )


def test_simulation_and_convolution_agree_where_nothing_bridges() -> None:
    site, designs, parameters = _site(), _designs(), _parameters()
    causes = common_mode(parameters, ALL_FAIL, fuels=["natural_gas"], grid=GRID)
    exact = _adequacy_frame(site, designs, causes, ALL_FAIL)
    expected = exact["eue_mwh_per_year"].to_numpy()
    hours = exact["lolh_hours_per_year"].to_numpy()
    calm = TECHNOLOGIES | {"standby": replace(STANDBY, mtbf_hours=1e12)}
    for index, stack in enumerate(designs.stack_id):
        system = system_of_design(site, designs, index, calm, BATTERY, causes, parameters, ALL_FAIL)
        result = summarise(sample_years(system, 6000, seed=index, is_conserving=False))
        # A standby set that did not start is repaired while a long loss of the grid goes on, and the battery of the
        # bridge carries what the sets do not, not the whole load: less is lost there than the convolution says.
        slack = 0.1 if "grid" in stack else 0.0
        error, lole = result.eue_mwh.mean - expected[index], result.lole_hours.mean - hours[index]
        assert -3.5 * result.eue_mwh.standard_error - slack * expected[index] < error, stack
        assert error < 3.5 * result.eue_mwh.standard_error, stack
        assert -3.5 * result.lole_hours.standard_error - slack * hours[index] < lole, stack
        assert lole < 3.5 * result.lole_hours.standard_error, stack


def test_frost_and_failed_starts_are_the_same_both_ways() -> None:
    site, designs, parameters = _site(), _designs(), _parameters()
    freeze = {"cause": GAS_BASIN, "takes": "gas_units", "events_per_year": 7.3, "hours_per_event": 24.0}
    freeze |= {"unavailability_frac": 0.02, **CITED}
    none = common_mode(parameters, NOTHING_FAILS)
    causes = pl.concat([none, pl.DataFrame([freeze]).select(none.columns)])
    chilly = replace(site, temperature_c=np.where(np.arange(HOURS) % 700 < 60, -12.0, 15.0))
    settings = NOTHING_FAILS.model_copy(update={"gas_freeze_coldest_frac": 0.08, "gas_start_failure": 0.02})
    exact = _adequacy_frame(chilly, designs, causes, settings)
    without = _adequacy_frame(site, designs, none, NOTHING_FAILS)
    for index in (0, 2, 4):
        system = system_of_design(chilly, designs, index, TECHNOLOGIES, BATTERY, causes, parameters, settings)
        result = summarise(sample_years(system, 6000, seed=index, is_conserving=False))
        expected = exact["eue_mwh_per_year"][index]
        assert expected > without["eue_mwh_per_year"][index]
        assert exact["unserved_gas_supply_mwh"][index] > 100.0
        # A call fails when the unit is wanted, which a share of the time in repair does not see.
        assert result.eue_mwh.mean == pytest.approx(expected, rel=0.02, abs=3.5 * result.eue_mwh.standard_error)
    assert any(outage.name == GAS_BASIN for outage in system.shared)


def test_solar_keeps_its_yearly_energy_when_its_blocks_fail() -> None:
    site, designs, parameters = _site(), _designs(), _parameters()
    causes = common_mode(parameters, NOTHING_FAILS).clear()
    hazy = replace(site, solar_mw_per_mw=0.9 * site.solar_mw_per_mw)
    for outages in (0.0, 0.03):
        settings = NOTHING_FAILS.model_copy(update={"solar_outage_frac": outages})
        system = system_of_design(hazy, designs, 3, TECHNOLOGIES, BATTERY, causes, parameters, settings)
        assert system.free_mw is not None
        assert (1 - outages) * system.free_mw.sum() == pytest.approx(150 * hazy.solar_mw_per_mw.sum(), rel=1e-9)
        # No block gives more than its rating.
        assert system.free_mw.max() <= 150.0 + 1e-9


def test_an_operator_with_sight_of_outages_and_a_battery_leaves_less_unserved() -> None:
    site, designs, parameters = _site(), _designs(), _parameters()
    causes = common_mode(parameters, NOTHING_FAILS, grid=GRID)
    system = system_of_design(site, designs, 0, TECHNOLOGIES, BATTERY, causes, parameters, NOTHING_FAILS)
    blind = summarise(sample_years(system, 1000, seed=3, is_conserving=False))
    sighted = summarise(sample_years(system, 1000, seed=3))
    assert sighted.eue_mwh.mean < blind.eue_mwh.mean - 3 * blind.eue_mwh.standard_error
    failing = _parameters(bess_rate=0.2)
    weaker = system_of_design(site, designs, 3, TECHNOLOGIES, BATTERY, causes, failing, NOTHING_FAILS)
    whole = system_of_design(site, designs, 3, TECHNOLOGIES, BATTERY, causes, parameters, NOTHING_FAILS)
    lost, kept = (summarise(sample_years(one, 300, seed=3)).eue_mwh.mean for one in (weaker, whole))
    assert lost > kept


def test_a_cause_that_strikes_once_in_decades_moves_no_mean_of_few_years() -> None:
    """Ten years seldom see the loss of a site once in a century: their mean must hold it all the same."""
    site, designs, parameters = _site(), _designs(), _parameters()
    causes = common_mode(parameters, NOTHING_FAILS, fuels=["natural_gas"])
    engines = designs.stack_id.index("gas_recip")
    system = system_of_design(site, designs, engines, TECHNOLOGIES, BATTERY, causes, parameters, NOTHING_FAILS)
    few = [sample_years(system, 10, seed) for seed in range(40)]
    means = np.array([own.controlled_mwh.mean() for own in few])
    raw = np.array([own.unserved_mwh.mean() for own in few])
    lost = unavailability(causes, "switchgear") * site.load_mw.sum()
    assert lost > 0.0
    assert means.std() < 0.5 * raw.std()
    many = sample_years(system, 6000, 9)
    error = many.controlled_mwh.mean() - many.unserved_mwh.mean()
    assert abs(error) < 3.5 * many.unserved_mwh.std() / np.sqrt(6000)
    assert many.controlled_mwh.min() >= -1e-6
    assert abs(many.controlled_hours.mean() - many.short_hours.mean()) < 3.5 * many.short_hours.std() / np.sqrt(6000)
