"""Scenarios: what they may change, and every fault named with its row."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.dispatch.designs import design_grid
from pipelines.errors import InputError, UsageError
from pipelines.plant.firm import battery, firm_technologies
from pipelines.ranking.cases import other_settings
from pipelines.ranking.scenarios import read_scenarios, scenario_settings
from pipelines.reference.load import load_reference
from pipelines.reference.parameters import parameters
from pipelines.settings import SCENARIOS_FILE, Settings, marked

SETTINGS = Settings()


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "scenarios.csv"
    path.write_text("scenario_id,setting,value,meaning\n" + text, encoding="utf-8")
    return path


def test_the_shipped_scenarios_are_read_and_change_what_they_say() -> None:
    changes = scenario_settings(read_scenarios(SCENARIOS_FILE))
    assert {"high_gas", "no_itc", "slow_transformers", "carbon_100"} <= set(changes)
    for name, change in changes.items():
        assert other_settings(SETTINGS, change) != SETTINGS, name
    assert other_settings(SETTINGS, changes["carbon_100"]).carbon_price_usd_per_tonne == 100.0
    assert other_settings(SETTINGS, changes["no_itc"]).has_tax_credits is False


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("x,site_it_mw,40,bigger\n", "dispatch or outages"),
        ("x,no_such_setting,1,what\n", "no setting"),
        ("x,energy_outlook,boom,what\n", "energy_outlook"),
        ("x,carbon_price_usd_per_tonne,-5,what\n", "carbon_price"),
    ],
)
def test_a_scenario_that_cannot_be_is_named_with_its_row(tmp_path: Path, line: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem) as caught:
        read_scenarios(written(tmp_path, "ok,carbon_price_usd_per_tonne,50,fine\n" + line))
    assert "row 3" in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="missing"):
        read_scenarios(tmp_path / "none.csv")


def test_physics_does_not_read_an_economic_setting() -> None:
    technology = load_reference("technology", SETTINGS.reference_dir)
    outages = load_reference("temperature_outage", SETTINGS.reference_dir)
    own = parameters(technology)

    def physics(settings: Settings) -> tuple:
        firm = firm_technologies(own, outages, settings)
        return firm, battery(own, settings), design_grid(firm, settings).hash_rows().sum()

    here = physics(SETTINGS)
    for name in marked("economics"):
        value = getattr(SETTINGS, name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            continue
        assert physics(SETTINGS.model_copy(update={name: value * 1.01 + 0.001})) == here, name


def test_a_physical_setting_is_refused() -> None:
    with pytest.raises(UsageError, match="shares them with the night"):
        other_settings(SETTINGS, {"availability_target": 0.99})
