"""What Dagster sees: every asset, its layer, its blocking check, the job and the schedule."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest
import yaml

from assets.definitions import defs
from assets.mart.release import PUBLISHED
from assets.resources import end_abandoned_runs
from assets.schedules import nightly_schedule
from assets.sql_tables import SQL_DIR
from pipelines.contracts.base import REGISTRY
from pipelines.reference.load import reference_tables
from pipelines.warehouse import RunMark
from pipelines.warehouse.sqltext import upstream_tables


@pytest.fixture(scope="module")
def graph() -> dg.AssetGraph:
    return defs.resolve_asset_graph()


def test_every_asset_has_a_contract_a_layer_and_a_blocking_check(graph: dg.AssetGraph) -> None:
    checks = {key.asset_key for key in graph.asset_check_keys}
    for key in graph.get_all_asset_keys():
        if key.path == ["release"]:
            continue
        name = ".".join(key.path)
        assert name in REGISTRY
        assert graph.get(key).group_name == key.path[0]
        assert graph.get(key).description
        assert key in checks
    # A source that is down is a warning: its last good answer serves. So is a table that grew or moved.
    warnings = {key.name for key in graph.asset_check_keys if not graph.get(key).blocking}
    assert warnings <= {"fresh", "row_counts", "distribution_shift"}
    # Ranks that change by themselves are not shown without a look.
    assert graph.get(dg.AssetCheckKey(dg.AssetKey(["release"]), "rank_churn")).blocking


def test_no_asset_reads_a_table_that_nothing_makes(graph: dg.AssetGraph) -> None:
    missing = [key.to_user_string() for key in graph.get_all_asset_keys() if not graph.get(key).is_materializable]
    assert missing == []


def test_layers_only_build_on_earlier_ones(graph: dg.AssetGraph) -> None:
    order = {"raw": 0, "core": 1, "sim": 2, "mart": 3, "release": 4}
    for key in graph.get_all_asset_keys():
        for parent in graph.get(key).parent_keys:
            assert order[parent.path[0]] <= order[key.path[0]], f"{parent} -> {key}"


def test_the_release_waits_for_every_published_table(graph: dg.AssetGraph) -> None:
    parents = {".".join(key.path) for key in graph.get(dg.AssetKey(["release"])).parent_keys}
    assert parents == set(PUBLISHED)
    assert {"mart.ranked_sites", "mart.dispatch_hourly", "mart.data_status"} <= parents


def test_every_reference_table_and_sql_file_is_an_asset(graph: dg.AssetGraph) -> None:
    known = {".".join(key.path) for key in graph.get_all_asset_keys()}
    assert {f"core.{name}" for name in reference_tables()} <= known
    for path in [*SQL_DIR.glob("core/*.sql"), *SQL_DIR.glob("mart/*.sql")]:
        assert f"{path.parent.name}.{path.stem}" in known


def test_upstream_tables_are_read_from_the_statement_and_not_from_its_comments(tmp_path: Path) -> None:
    path = tmp_path / "x.sql"
    path.write_text("-- from core.nothing\nselect 1 from core.a as a\njoin sim.b as b on true -- join mart.c\n")
    assert upstream_tables(path) == ["core.a", "sim.b"]


def test_the_nightly_run_is_about_the_date_of_its_tick() -> None:
    context = dg.build_schedule_context(scheduled_execution_time=datetime(2026, 11, 22, 5, 30, tzinfo=UTC))
    request = nightly_schedule(context)
    assert isinstance(request, dg.RunRequest)
    assert request.run_config["resources"]["night"]["config"]["as_of"] == "2026-11-22"
    assert request.run_key == "2026-11-22"


def test_a_run_left_open_by_a_kill_is_ended_and_one_that_waits_is_not(tmp_path: Path, repository: Path) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        job = defs.resolve_job_def("nightly")
        states = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTED]
        killed, unstarted, waiting = (instance.create_run_for_job(job, status=state).run_id for state in states)
        young = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTING).run_id
        hold = "import os, sys; from pathlib import Path; from pipelines.warehouse import RunMark\n"
        hold += "for run in sys.argv[2:]: RunMark(Path(sys.argv[1]), run).__enter__()\n"
        hold += "os.kill(os.getpid(), 9)"
        subprocess.run([sys.executable, "-c", hold, str(tmp_path), killed, unstarted], cwd=repository, check=False)
        with RunMark(tmp_path, waiting):
            assert set(end_abandoned_runs(instance, tmp_path, "another")) == {killed, unstarted}
            assert end_abandoned_runs(instance, tmp_path, "another") == []
        for run_id, status in (
            (killed, dg.DagsterRunStatus.FAILURE),
            (waiting, dg.DagsterRunStatus.STARTED),
            (young, dg.DagsterRunStatus.STARTING),
        ):
            assert instance.get_run_by_id(run_id).status == status


def test_the_workspace_loads_these_definitions_and_telemetry_is_off(repository: Path) -> None:
    workspace = yaml.safe_load((repository / "workspace.yaml").read_text())
    assert workspace == {"load_from": [{"python_module": "assets.definitions"}]}
    assert yaml.safe_load((repository / "dagster.yaml").read_text())["telemetry"] == {"enabled": False}


def test_a_night_starts_without_what_only_some_steps_need(repository: Path) -> None:
    late = "{'scipy.stats', 'scipy.interpolate', 'pvlib'}"
    said = f"import sys, assets.definitions; print(sorted({late} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", said], cwd=repository, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
