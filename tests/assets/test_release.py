"""The release as an asset: drift is measured against a release of the same scope, whatever that is."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from small_release import small_tables

from assets.mart.release import drift_of
from assets.night import Scope, open_night
from assets.resources import NightResource
from pipelines.nightlog import last_night
from pipelines.settings import Settings
from pipelines.warehouse import BuildLock, Publication, Warehouse, publish

DAY = date(2026, 11, 22)
BEFORE = "20261121-0123456789ab"
SCOPES = [
    Scope(DAY),
    Scope(DAY, regions=("abilene_tx",)),
    Scope(DAY, states=("TX",)),
    Scope(DAY, is_counties=True),
    Scope(DAY, states=("RI",), is_counties=True),
    Scope(DAY, regions=("44001", "44003"), is_counties=True),
]


def _shown(data_dir: Path, scope: Scope) -> None:
    """Publish a release of a scope the day before, with all rows of the small one."""
    with BuildLock(data_dir), Warehouse(data_dir / "build" / "firstmw.duckdb", run_id=BEFORE, as_of=DAY) as build:
        build.write("mart.ranked_sites", small_tables()["mart.ranked_sites"].with_columns(run_id=pl.lit(BEFORE)))
        details = {"scope": scope.named(), "code": ""}
        publish(build, data_dir, Publication(BEFORE, DAY, datetime(2026, 11, 21, 6), details=details))


def _row_counts(data_dir: Path, scope: Scope) -> str:
    """Return what the check of row counts says of a night with half of the rows."""
    with open_night(Settings(data_dir=data_dir), scope) as night:
        rows = small_tables()["mart.ranked_sites"]
        night.warehouse.write("mart.ranked_sites", rows.head(rows.height // 2))
        return drift_of(night)["row_counts"].told


@pytest.mark.parametrize("scope", SCOPES, ids=lambda scope: str(scope.named()))
def test_drift_is_measured_for_every_scope_and_against_no_other(tmp_path: Path, scope: Scope) -> None:
    _shown(tmp_path, scope)
    assert "ranked_sites" in _row_counts(tmp_path, scope)
    other = SCOPES[SCOPES.index(scope) - 1]
    assert _row_counts(tmp_path, other) == ""


@dg.asset
def table(night: NightResource) -> None:
    """A stand-in for any table of a night."""
    assert night.night.run_id


@pytest.mark.parametrize(
    ("config", "is_run"),
    [
        ({}, True),
        ({"regions": ["abilene_tx"]}, False),
        ({"regions": ["abilene_tx"], "is_published": True}, True),
        ({"what_if": ["grid_completion_probability=1"]}, False),
        ({"as_of": "2026-11-23"}, False),
        ({"as_of": "2026-11-23", "allows_future": True, "is_published": True}, True),
    ],
)
def test_the_orchestrators_catalogue_takes_nothing_that_is_no_night_of_the_base_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: dict, is_run: bool
) -> None:
    monkeypatch.setenv("FIRSTMW_DATA_DIR", str(tmp_path / "data"))
    home = tmp_path / "home"
    home.mkdir()
    night = NightResource(**({"as_of": "2026-11-22", "today": "2026-11-22", "is_logged": True} | config))
    job = dg.define_asset_job("nightly", selection=[table])
    definitions = dg.Definitions([table], jobs=[job], resources={"night": night})
    with dg.DagsterInstance.local_temp(str(home)) as instance:
        made = definitions.resolve_job_def("nightly").execute_in_process(instance=instance, raise_on_error=False)
        assert made.success == is_run
        assert (instance.get_latest_materialization_event(table.key) is not None) == is_run
    if not is_run:
        # A wrong usage is no refresh that failed.
        assert last_night(tmp_path / "data") is None
