"""Frost: it strikes in the region's own cold alone, for as long as stated, and not where a table has it already."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipelines.plant.technology import FirmTechnology
from pipelines.reliability.freeze import gas_freeze, is_struck_by_frost, outage_probability
from pipelines.reliability.parts import NEVER, chain
from pipelines.settings import Settings

ENGINE = FirmTechnology("engine", 2.5, 8.5, 0.1, 0.4, 0.025, (), 0.05, 3000, 16, 0.0, 40.0, 0.0, "natural_gas")


def _year(mean_c: float) -> np.ndarray:
    hour = np.arange(8760)
    return mean_c - 12 * np.cos(2 * np.pi * hour / 8760) + np.random.default_rng(3).normal(0, 5, 8760)


def test_the_coldest_hours_of_a_cold_region_and_none_of_a_mild_one() -> None:
    settings = Settings()
    cold, mild = gas_freeze(_year(8.0), settings), gas_freeze(_year(25.0), settings)
    assert not np.any(mild.failure)
    struck = np.flatnonzero(cold.failure)
    assert len(struck) == pytest.approx(settings.gas_freeze_coldest_frac * 8760, abs=1)
    assert _year(8.0)[struck].max() <= settings.gas_freeze_below_c
    assert cold.repair == pytest.approx(1 / settings.gas_freeze_hours)


def test_time_lost_is_the_stated_share_of_the_cold() -> None:
    settings = Settings(gas_freeze_outage_frac=0.1)
    temperature = np.full(4000, 10.0)
    temperature[1000:3000] = -20.0
    frost = gas_freeze(temperature, Settings(gas_freeze_outage_frac=0.1, gas_freeze_coldest_frac=1.0))
    lost = outage_probability(frost, 4000)
    assert lost[:1000].max() == 0.0
    assert lost[1500:3000] == pytest.approx(0.1, abs=1e-6)
    # What begins in the cold outlasts it.
    assert lost[3000] == pytest.approx(0.1 * (1 - 1 / settings.gas_freeze_hours), rel=1e-6)
    assert lost[-1] < 1e-9
    assert lost.sum() == pytest.approx(200, rel=0.05)


def test_a_steady_chain_is_out_for_its_rate() -> None:
    np.testing.assert_allclose(outage_probability(chain(0.07, 30.0), 500), 0.07, rtol=1e-9)
    np.testing.assert_array_equal(outage_probability(NEVER, 10), 0.0)


def test_a_unit_whose_table_holds_frost_is_not_struck_again() -> None:
    assert is_struck_by_frost(ENGINE)
    assert not is_struck_by_frost(replace(ENGINE, forced_outage_by_temperature=((-15.0, 0.2), (30.0, 0.04))))
    assert not is_struck_by_frost(replace(ENGINE, fuel="diesel"))
