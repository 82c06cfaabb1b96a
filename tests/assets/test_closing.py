"""A night that the orchestrator started says how it ended, as one from the command line does."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from assets.resources import NightResource
from pipelines.nightlog import events, last_night
from pipelines.warehouse import BuildLock, current_run_id

DAY = "2026-11-22"


@dg.asset
def broken(night: NightResource) -> None:
    """Fail as an input would."""
    assert night.night.run_id
    raise ValueError("gas_prices.csv, row 7: price -5")


@dg.asset
def released(night: NightResource) -> None:
    """End as the release of the same night does where it stands already."""
    night.night.finish_step("release", started=datetime.now(UTC).replace(tzinfo=None), rows=1, is_cache_hit=None)


def _run(asset: dg.AssetsDefinition, *, is_subset: bool = False, **config: object) -> bool:
    job = dg.define_asset_job("nightly", selection=[asset])
    definitions = dg.Definitions([asset], jobs=[job], resources={"night": NightResource(as_of=DAY, **config)})
    with dg.DagsterInstance.ephemeral() as instance:
        chosen = [asset.key] if is_subset else None
        made = definitions.resolve_job_def("nightly")
        return made.execute_in_process(instance=instance, asset_selection=chosen, raise_on_error=False).success


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRSTMW_DATA_DIR", str(tmp_path))


def test_a_failed_run_of_the_orchestrator_says_so_in_the_log(tmp_path: Path) -> None:
    assert not _run(broken, regions=["abilene_tx"])
    ended = last_night(tmp_path)
    assert ended is not None
    assert (ended["outcome"], ended["as_of"], ended["profile"]) == ("failed", DAY, "reference")
    assert "gas_prices.csv, row 7: price -5" in ended["problem"]
    assert ended["seconds"] > 0


def test_a_run_that_finds_the_build_taken_names_its_holder(tmp_path: Path) -> None:
    with BuildLock(tmp_path):
        assert not _run(broken, wait_seconds=0.0)
    ended = last_night(tmp_path)
    assert ended is not None
    assert "another refresh holds" in ended["problem"]


def test_the_command_line_writes_the_line_itself_and_a_part_of_the_assets_is_no_night(tmp_path: Path) -> None:
    assert not _run(broken, is_logged=False)
    assert last_night(tmp_path) is None


def test_a_night_that_stands_already_is_told_as_reused(night: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRSTMW_DATA_DIR", str(night))
    before = len(events(night))
    assert _run(released, regions=["abilene_tx", "columbus_oh", "imperial_ca"])
    assert [event["event"] for event in events(night)[before:]] == ["step", "night"]
    ended = last_night(night)
    assert ended is not None
    assert (ended["outcome"], ended["run_id"]) == ("reused", current_run_id(night))
