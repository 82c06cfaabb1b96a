"""What bi/ gives to other programs fits the published tables: columns, metrics, references, views."""

from __future__ import annotations

import importlib.util
import re
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import pytest
import yaml
from small_release import write_small_release

import pipelines.contracts  # noqa: F401 - registers every table
from pipelines.contracts.base import REGISTRY


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def folder(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder whose `data` holds the small release."""
    place = tmp_path_factory.mktemp("checkout")
    write_small_release(place / "data")
    return place


@pytest.fixture(scope="module")
def files(repository: Path) -> dict[str, Any]:
    """Return the Superset files by place."""
    root = repository / "bi" / "superset"
    return {path.relative_to(root).as_posix(): yaml.safe_load(path.read_text()) for path in root.rglob("*.yaml")}


def of(files: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [content for name, content in sorted(files.items()) if name.startswith(kind + "/")]


def test_datasets_name_published_tables_columns_and_metrics_that_run(folder: Path, files: dict[str, Any]) -> None:
    with duckdb.connect(str(folder / "data/releases/current/firstmw.duckdb"), read_only=True) as release:
        for dataset in of(files, "datasets"):
            published = REGISTRY[f"mart.{dataset['table_name']}"].schema.columns()
            assert {column["column_name"] for column in dataset["columns"]} <= set(published)
            for metric in dataset["metrics"]:
                assert release.sql(f"select {metric['expression']} from main.{dataset['table_name']}").fetchall()[0][0]


def test_charts_and_dashboard_refer_to_what_is_there(files: dict[str, Any]) -> None:
    datasets = {dataset["uuid"]: dataset for dataset in of(files, "datasets")}
    charts = {chart["uuid"]: chart for chart in of(files, "charts")}
    assert {dataset["database_uuid"] for dataset in datasets.values()} == {of(files, "databases")[0]["uuid"]}
    for chart in charts.values():
        dataset = datasets[chart["dataset_uuid"]]
        columns = {column["column_name"] for column in dataset["columns"]}
        metrics = {metric["metric_name"] for metric in dataset["metrics"]}
        params = chart["params"]
        axis = [params["x_axis"]] if "x_axis" in params else []
        assert set(params.get("all_columns", []) + params.get("groupby", []) + axis) <= columns, chart["slice_name"]
        assert set(params.get("metrics", []) + [params[name] for name in ("metric",) if name in params]) <= metrics
    position = of(files, "dashboards")[0]["position"]
    placed = [item["meta"]["uuid"] for item in position.values() if isinstance(item, dict) and item["type"] == "CHART"]
    assert sorted(placed) == sorted(charts)


def test_the_bundle_holds_every_file_and_the_readers_database(repository: Path, files: dict[str, Any]) -> None:
    made = load(repository / "bi" / "superset_bundle.py").bundle(Path("/srv/x/firstmw.duckdb"))
    assert {name.partition("/")[2] for name in made} == set(files)
    database = yaml.safe_load(made["firstmw_dashboard/databases/firstmw.yaml"])
    assert database["sqlalchemy_uri"] == "duckdb:////srv/x/firstmw.duckdb"
    assert database["extra"]["engine_params"]["connect_args"] == {"read_only": True}


def test_views_follow_the_current_release_on_an_open_connection(
    repository: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (repository / "bi" / "views.sql").read_text()
    named = set(re.findall(r"create or replace view (\w+)", text))
    assert {"ranked_sites", "dispatch_hourly", "data_status"} <= named
    assert {f"mart.{name}" for name in named} <= set(REGISTRY)
    monkeypatch.chdir(folder)
    releases = folder / "data" / "releases"
    with duckdb.connect() as own:
        own.execute(text)
        for name in sorted(named):
            own.sql(f"select count(*) from {name}").fetchall()
        before = own.sql("select count(*) from ranked_sites").fetchall()[0][0]
        current = (releases / "current").readlink()
        shutil.copytree(releases / current, releases / "next")
        target = releases / "next" / "parquet" / "ranked_sites.parquet"
        target.chmod(0o644)
        duckdb.sql(f"copy (from '{releases / current}/parquet/ranked_sites.parquet' limit 7) to '{target}'")
        (releases / "swap").symlink_to("next")
        (releases / "swap").replace(releases / "current")
        assert (before, own.sql("select count(*) from ranked_sites").fetchall()[0][0]) == (48, 7)


def test_the_page_on_dashboards_shows_python_and_sql_that_run(
    repository: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks = re.findall(r"```(\w+)\n(.*?)```", (repository / "docs" / "bi.md").read_text(), flags=re.DOTALL)
    monkeypatch.chdir(folder)
    names: dict[str, Any] = {}
    for text in (text for language, text in blocks if language == "python"):
        exec(text, names)
    assert names["best"].height > 0
    with duckdb.connect() as own:
        own.execute((repository / "bi" / "views.sql").read_text())
        for text in (text for language, text in blocks if language == "sql"):
            own.sql(text).fetchall()
