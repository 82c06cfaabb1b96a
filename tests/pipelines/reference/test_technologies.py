"""The table of technologies: every row is complete, figures come from where they say, faults are named."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipelines.errors import InputError
from pipelines.reference.load import load_reference
from pipelines.reference.parameters import parameters
from pipelines.reference.technologies import FILE, technologies
from pipelines.settings import REFERENCE_DIR, Settings


@pytest.fixture
def own(tmp_path: Path) -> Settings:
    """Return settings with a copy of the table."""
    shutil.copy(REFERENCE_DIR / FILE, tmp_path / FILE)
    return Settings(reference_dir=tmp_path)


def edited(settings: Settings, before: str, after: str) -> Settings:
    """Replace a text of the table."""
    path = settings.reference_dir / FILE
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))
    return settings


def test_every_reference_plant_is_in_the_location_tables() -> None:
    known = set(load_reference("locational_multipliers", REFERENCE_DIR)["technology"])
    proxies = {own.location_proxy for own in technologies(Settings()).values()}
    assert proxies <= known


def test_a_figure_comes_from_a_setting_the_technology_table_or_the_cell() -> None:
    settings = Settings(engine_derate_per_c=0.02)
    figures = parameters(load_reference("technology", REFERENCE_DIR))
    engine = technologies(settings)["recip_genset"]
    assert engine.figure("derate_per_c", settings) == 0.02
    assert engine.figure("unit_mw", settings, figures, "MW") == figures.value("recip_genset", "unit_mw")
    assert technologies(settings)["fuel_cell"].figure("start_failure", settings) == 0.0


@pytest.mark.parametrize("text", ["setting:no_such_setting", "parameter:", "much"])
def test_a_cell_that_says_nothing_is_named(own: Settings, text: str) -> None:
    engine = technologies(edited(own, "setting:engine_derate_per_c", text))["recip_genset"]
    with pytest.raises(InputError, match="derate_per_c") as caught:
        engine.figure("derate_per_c", own)
    assert str(own.reference_dir / FILE) in str(caught.value) and "row 4" in str(caught.value)


def test_a_technology_that_is_there_twice_is_named(own: Settings) -> None:
    with pytest.raises(InputError, match="'bess' is there twice"):
        technologies(edited(own, "solar_pv_tracking,solar plant", "bess,solar plant"))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="FIRSTMW_REFERENCE_DIR"):
        technologies(Settings(reference_dir=tmp_path))
