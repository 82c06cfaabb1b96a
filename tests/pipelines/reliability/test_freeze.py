"""Freeze-offs: they begin in the region's own cold, last as long as stated, and take the hours of their table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipelines.contracts import reliability as _contracts  # noqa: F401 - registers core.outage_causes
from pipelines.contracts.base import validate
from pipelines.economics.gas_supply import gas_supply
from pipelines.errors import InputError
from pipelines.plant.technology import FirmTechnology
from pipelines.reference.load import load_reference
from pipelines.reference.parameters import parameters
from pipelines.reference.regions import reference_regions
from pipelines.reliability.common_mode import GAS_BASIN, HOURS_PER_YEAR, region_causes
from pipelines.reliability.freeze import gas_freeze, loses_gas, outage_probability
from pipelines.reliability.gas_basins import (
    FREEZES_FILE,
    OTHER_BASIN,
    freezes_by_hub,
    judged_freezes,
    read_basins,
    read_freezes,
)
from pipelines.reliability.parts import NEVER, chain
from pipelines.settings import REFERENCE_DIR, Settings

ENGINE = FirmTechnology("engine", 2.5, 8.5, 0.1, 0.4, 0.025, (), 0.05, 3000, 16, 0.0, 40.0, 0.0, "natural_gas")


def _year(mean_c: float) -> np.ndarray:
    hour = np.arange(8760)
    return mean_c - 12 * np.cos(2 * np.pi * hour / 8760) + np.random.default_rng(3).normal(0, 5, 8760)


def _causes(events: float, hours: float) -> pl.DataFrame:
    row = {"cause": GAS_BASIN, "events_per_year": events, "hours_per_event": hours}
    return pl.DataFrame([row | {"unavailability_frac": events * hours / HOURS_PER_YEAR}])


@pytest.mark.parametrize("mean_c", [8.0, 25.0])
def test_the_hours_lost_are_those_of_the_events_and_begin_in_the_coldest(mean_c: float) -> None:
    settings, year = Settings(), _year(mean_c)
    freeze = gas_freeze(year, _causes(0.1, 72.0), settings)
    struck = np.flatnonzero(freeze.failure)
    assert len(struck) == pytest.approx(settings.gas_freeze_coldest_frac * 8760, abs=2)
    assert year[struck].max() <= np.quantile(year, settings.gas_freeze_coldest_frac)
    assert freeze.repair == pytest.approx(1 / 72)
    lost = outage_probability(freeze, 8760)
    assert lost.sum() == pytest.approx(7.2, rel=0.01)
    # Winter is at both ends of the year.
    assert lost[2160:-2160].sum() < 0.05 * lost.sum()


def test_a_loss_outlasts_the_cold_and_none_is_there_before_it() -> None:
    temperature = np.full(4000, 10.0)
    temperature[1000:3000] = -20.0
    freeze = gas_freeze(temperature, _causes(1.0, 24.0), Settings(gas_freeze_coldest_frac=0.5))
    lost = outage_probability(freeze, 4000)
    # What fails in the first cold hour is out at its end.
    assert lost[:1000].max() == 0.0
    assert lost[3001] == pytest.approx(lost[3000] * (1 - 1 / 24), rel=1e-6)
    assert lost[-1] < 1e-9
    # A cold first hour does not begin the year in the middle of a loss.
    assert outage_probability(gas_freeze(np.zeros(100), _causes(1.0, 24.0), Settings()), 100)[0] == 0.0


def test_without_the_cause_nothing_is_lost() -> None:
    assert not gas_freeze(_year(8.0), _causes(0.1, 72.0).clear(), Settings()).failure.any()
    assert not gas_freeze(_year(8.0), _causes(0.0, 72.0), Settings()).failure.any()


def test_a_steady_chain_is_out_for_its_rate() -> None:
    np.testing.assert_allclose(outage_probability(chain(0.07, 30.0), 500), 0.07, rtol=1e-9)
    np.testing.assert_array_equal(outage_probability(NEVER, 10), 0.0)


def test_units_on_gas_lose_it_and_no_others() -> None:
    assert loses_gas(ENGINE)
    assert loses_gas(replace(ENGINE, forced_outage_by_temperature=((-15.0, 0.2), (30.0, 0.04))))
    assert not loses_gas(replace(ENGINE, fuel="diesel"))


def test_every_basin_has_its_freezes_and_every_hub_its_basin() -> None:
    freezes = read_freezes()
    assert set(read_basins()["fuel_basin"]) | {OTHER_BASIN} == set(freezes["fuel_basin"])
    hubs = load_reference("gas_hubs", REFERENCE_DIR)["gas_hub"].unique()
    assert set(hubs) == set(read_basins()["gas_hub"])
    found = freezes_by_hub(pl.DataFrame({"gas_hub": ["waha", "opal", None, ""]}))
    assert found["fuel_basin"].to_list() == ["Permian", "Rockies", OTHER_BASIN, OTHER_BASIN]
    events = dict(freezes.select("fuel_basin", "events_mid_per_year").iter_rows())
    assert events["Permian"] == events["Mid-Continent"] > events["Gulf Coast"] > events["Rockies"]
    assert judged_freezes().height == freezes.height


def test_regions_of_one_basin_have_the_same_freezes() -> None:
    settings = Settings()
    regions = reference_regions(REFERENCE_DIR).filter(
        pl.col("region_id").is_in(["abilene_tx", "albuquerque_nm", "cheyenne_wy"])
    )
    hubs = gas_supply(regions, load_reference("gas_hub_rules", REFERENCE_DIR), settings)
    figures = parameters(load_reference("technology", REFERENCE_DIR))
    causes = region_causes(regions, hubs, load_reference("grid_reliability", REFERENCE_DIR), figures, settings)
    validate(causes, "core.outage_causes")
    own = causes.filter(pl.col("cause") == GAS_BASIN)
    lost = {row["region_id"]: row["events_per_year"] * row["hours_per_event"] for row in own.iter_rows(named=True)}
    # Events x hours x half the gas.
    assert lost == pytest.approx({"abilene_tx": 5.4, "albuquerque_nm": 3.6, "cheyenne_wy": 0.72})
    assert causes["region_id"].to_list() == sorted(causes["region_id"], key=regions["region_id"].to_list().index)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("0.075,0.15,0.3,72", "0.075,none,0.3,72", ["events_mid_per_year", "'none'"]),
        ("0.075,0.15,0.3,72", "0.2,0.15,0.3,72", ["do not rise"]),
        ("other,", "elsewhere,", ["'other'"]),
    ],
)
def test_a_bad_figure_is_named_with_its_row(tmp_path: Path, old: str, new: str, words: list[str]) -> None:
    path = tmp_path / "gas_freezes.csv"
    path.write_text(FREEZES_FILE.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_freezes(path)
    assert all(word in str(caught.value) for word in ["gas_freezes.csv", *words])
