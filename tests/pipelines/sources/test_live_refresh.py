"""`firstmw refresh --profile live` through the real command, against recorded payloads on a loopback server."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.warehouse import current_run_id, list_releases, make_current, open_release, release_info

REGION = "abilene_tx"
FIRST, SECOND = "2025-12-19", "2025-12-20"
# Sources that are asked in these nights, with a path of theirs and the bad day that it has in the second night.
BAD_DAYS = {
    "eia_v2": ("/v2/*", "403"),
    "fred": ("/graph/fredgraph.csv", "500"),
    "census_m3": ("/data/timeseries/eits/m3", "503"),
    "bls_ppi": ("/publicAPI/v1/timeseries/data/", "noise"),
    "queue_caiso": ("/PublishedDocuments/PublicQueueReport.xlsx", "html"),
    "queue_miso": ("/api/giqueue/getprojects", "half"),
    "queue_nyiso": ("/documents/20142/1407078/NYISO-Interconnection-Queue.xlsx", "cut"),
    "queue_isone": ("/reports/exportpublicqueue", "429_for_long"),
    "queue_spp": ("/Studies/*", "empty"),
    "queue_pjm": ("/PJMPlanningApi/api/Queue/ExportToXls", "403_html"),
    "queue_ercot": ("/misdownload/servlets/mirDownload", "hang_up"),
}


@dataclass
class Live:
    """A data folder, a server of publishers, and the command."""

    data_dir: Path
    server: Any
    repository: Path
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("FIRSTMW_")}
        environment |= self.environment | {"FIRSTMW_DATA_DIR": str(self.data_dir), "FIRSTMW_SOURCE_OFF": "eia_files"}
        environment |= {f"FIRSTMW_{name.upper()}": value for name, value in settings.items()}
        return subprocess.run(
            [sys.executable, "-m", "pipelines.cli.main", *arguments, "--regions", REGION, "--json"],
            cwd=self.repository,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def table(self, name: str) -> pl.DataFrame:
        with open_release(self.data_dir) as release:
            return release.table(name)

    def status(self) -> dict[str, dict[str, Any]]:
        return {row["source_id"]: row for row in self.table("data_status").iter_rows(named=True)}

    def checksums(self) -> dict[str, str]:
        folder = release_info(self.data_dir).path / "parquet"
        return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.glob("*.parquet"))}


@pytest.fixture(scope="module")
def live(repository, shared, replay_server, publishers, weather_payloads, tmp_path_factory) -> Iterator[Live]:
    """Return a data folder with one good live night."""
    with replay_server.serving() as server:
        environment = publishers.install(server, replay_server, weather_payloads, shared)
        made = Live(tmp_path_factory.mktemp("live"), server, repository, environment)
        ran = made.run("refresh", "--profile", "live", "--as-of", FIRST)
        assert ran.returncode == 0, ran.stderr
        yield made


def test_a_live_night_is_whole_and_fresh(live, publishers):
    status = live.status()
    asked = set(publishers.source_ids()) - {"eia_files", "nsrdb", "open_meteo", "pvgis"}
    assert {name for name, row in status.items() if row["profile"] == "live"} == asked
    assert not any(row["is_stale"] for row in status.values())
    for name in sorted(asked):
        row = status[name]
        print(f"{name}: {row['rows']:,} rows kept, {row['rejects']:,} rejected")
        assert row["rows"] > 0
        assert row["retrieved_at_utc"] is not None
    assert "FIRSTMW_NSRDB_API_KEY is not set" in status["nsrdb"]["note"]
    ranked = live.table("ranked_sites")
    assert ranked.height == 8
    assert ranked["weather_source"].unique().to_list() == ["nasa_power"]
    assert not ranked["is_stale"].any()


def test_the_live_figures_are_the_ones_used(live, publishers):
    at = publishers.STATES.index("TX")
    prices = live.table("fuel_prices")
    power = prices.filter(pl.col("fuel") == "grid_power")["price"].item()
    assert power == pytest.approx((publishers.POWER_CENTS_PER_KWH + 0.01 * at) * 10)
    assert live.table("weather_monthly")["weather_year"].unique().to_list() == [2024]
    queues = live.table("queue_projects")
    assert set(queues["iso"]) >= {"CAISO", "ERCOT", "ISO-NE", "MISO", "NYISO", "PJM", "SPP"}
    assert queues["county_fips"].is_not_null().mean() > 0.8
    assert live.table("hazards").height > 3000
    assert live.table("lead_time_movement")["is_moved"].any()
    assert {"nasa_power", "queue_miso"} <= set(live.table("sources")["source_id"])


def test_no_key_is_on_the_disk(live, publishers):
    key = publishers.FAKE_KEY.encode()
    assert any(asked.query.get("api_key") == [publishers.FAKE_KEY] for asked in live.server.asked)
    assert any(publishers.FAKE_KEY in value for asked in live.server.asked for value in asked.headers.values())
    files = [path for path in live.data_dir.rglob("*") if path.is_file()]
    assert any("dagster" in path.parts for path in files)
    assert [str(path) for path in files if key in path.read_bytes()] == []


def test_a_bad_night_keeps_the_last_good_answers_and_says_so(live):
    before, queues, prices = live.status(), live.table("queue_projects"), live.table("fuel_prices")
    live.server.calm()
    for path, mode in BAD_DAYS.values():
        live.server.disturb(path, mode)
    ran = live.run("refresh", "--profile", "live", "--as-of", SECOND)
    live.server.calm()
    assert ran.returncode == 3, ran.stderr
    assert json.loads(ran.stdout)["is_stale"]
    assert "Traceback" not in ran.stderr
    status = live.status()
    for name in BAD_DAYS:
        # Sources that are renewed monthly were asked an hour ago and are not asked again tonight.
        is_monthly = name in {"eia_v2", "fred", "census_m3", "bls_ppi", "queue_nyiso", "queue_ercot"}
        assert status[name]["profile"] == ("live" if is_monthly else "last_good"), status[name]
        assert status[name]["is_stale"] == (not is_monthly)
        assert status[name]["rows"] == before[name]["rows"]
        assert status[name]["retrieved_at_utc"] == before[name]["retrieved_at_utc"]
        if not is_monthly:
            assert f"{name}: " in status[name]["note"]
    assert live.table("queue_projects").drop("snapshot_date").equals(queues.drop("snapshot_date"))
    assert live.table("fuel_prices").drop("as_of").equals(prices.drop("as_of"))
    assert live.table("input_changes").height == 0


def test_a_night_is_rebuilt_from_raw_without_network(live, tmp_path):
    run_id, sums, asked = current_run_id(live.data_dir), live.checksums(), len(live.server.asked)
    elsewhere = Live(tmp_path, live.server, live.repository, live.environment)
    shutil.copytree(live.data_dir / "raw", tmp_path / "raw")
    # The night before is where history is carried from; the night itself is not there.
    shutil.copytree(live.data_dir / "releases", tmp_path / "releases", symlinks=True)
    (before,) = [release.run_id for release in list_releases(tmp_path) if release.run_id != run_id]
    make_current(tmp_path, before)
    shutil.rmtree(tmp_path / "releases" / run_id)
    # The physics need not be done again; what the answers say is read from their bytes.
    shutil.copytree(live.data_dir / "cache", tmp_path / "cache", ignore=shutil.ignore_patterns("parsed"))
    # Nothing listens there: a call would fail.
    nowhere = {
        name.removeprefix("FIRSTMW_"): "http://127.0.0.1:9" for name in live.environment if name.endswith("_URL")
    }
    ran = elsewhere.run("replay", "--as-of", SECOND, **nowhere)
    assert ran.returncode == 3, ran.stderr
    assert json.loads(ran.stdout)["run_id"] == run_id
    assert elsewhere.checksums() == sums
    assert len(live.server.asked) == asked
    again = elsewhere.run("replay", "--as-of", SECOND, **nowhere)
    assert (again.returncode, json.loads(again.stdout)["is_reused"]) == (3, True)
    missing = elsewhere.run("replay", "--as-of", "2024-01-01", **nowhere)
    assert missing.returncode == 2
    assert "no night of 2024-01-01" in missing.stderr
