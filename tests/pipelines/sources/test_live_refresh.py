"""`firstmw refresh --profile live` through the real command, against recorded payloads on a loopback server."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.warehouse import current_run_id, list_releases, make_current, open_release, release_info

REGION = "abilene_tx"
FIRST, SECOND = "2025-12-19", "2025-12-20"
# Sources with a path of theirs and the bad day that it has in the second night; `absurd` and `drifted` are answers that
# come well and cannot be used.
BAD_DAYS = {
    "eia_v2": ("/v2/*", "403"),
    "fred": ("/graph/fredgraph.csv", "500"),
    "census_m3": ("/data/timeseries/eits/m3", "503"),
    "bls_ppi": ("/publicAPI/v1/timeseries/data/", "noise"),
    "queue_caiso": ("/PublishedDocuments/PublicQueueReport.xlsx", "html"),
    "queue_miso": ("/api/giqueue/getprojects", "absurd"),
    "queue_nyiso": ("/documents/20142/1407078/NYISO-Interconnection-Queue.xlsx", "cut"),
    "queue_isone": ("/reports/exportpublicqueue", "429_for_long"),
    "queue_spp": ("/Studies/*", "half"),
    "queue_pjm": ("/PJMPlanningApi/api/Queue/ExportToXls", "403_html"),
    "queue_pjm_cycles": ("/m/ProjectTransition/GenerateExcelTransitionProjectsAll", "drifted"),
    "queue_ercot": ("/misdownload/servlets/mirDownload", "hang_up"),
    "eia861": ("/electricity/data/eia861/zip/f8612024.zip", "empty"),
    "queue_lbnl": ("/sites/default/files/2026-05/LBNL_Ix_Queue_Data_File_thru2025.xlsx", "404"),
}
SAID = {
    "eia_v2": "API_KEY_INVALID",
    "fred": "answered with 500 each time",
    "queue_caiso": "a page of markup, expected xlsx",
    "queue_miso": "100 rows for 'getprojects' where the last good answer had 3,792",
    "queue_nyiso": "broke off after",
    "queue_isone": "asks for a pause of 86,400 s",
    "queue_pjm_cycles": "no column of the cycle",
    "queue_ercot": "cannot be reached",
    "queue_lbnl": "no such edition yet",
}
# An edition that is not out is late; the one before is good for two years.
LATE = {"queue_lbnl"}
# Held for good, so that they are asked for only where they are lost.
NOT_ASKED = {"eia861"}
# What the ranking does beside the night's inputs is proven elsewhere.
SMALL = {
    "REGRET_REGIONS": "0",
    "ROBUSTNESS_DRAWS": "100",
    "TIMELINE_SAMPLES": "200",
    "MONTE_CARLO_YEARS": "2",
}


@dataclass
class Live:
    """A data folder, a server of publishers, and the command."""

    data_dir: Path
    server: Any
    repository: Path
    environment: dict[str, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    first_asked: list[Any] = field(default_factory=list)

    def run(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("FIRSTMW_")}
        environment |= self.environment | {"FIRSTMW_DATA_DIR": str(self.data_dir), "FIRSTMW_SOURCE_OFF": "eia_files"}
        environment |= {f"FIRSTMW_{name.upper()}": value for name, value in (SMALL | settings).items()}
        scope = ["--regions", REGION, "--publish"] if arguments[0] != "status" else []
        ran = subprocess.run(
            [sys.executable, "-m", "pipelines.cli.main", *arguments, *scope, "--json"],
            cwd=self.repository,
            env=environment,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        self.said += [ran.stdout, ran.stderr]
        return ran

    def wait(self, days: int) -> None:
        """Let all answers be so many days older: what is renewed monthly is asked again."""
        path = self.data_dir / "raw" / "accepted.jsonl"
        kept = [json.loads(line) for line in path.read_text().splitlines()]
        for good in kept:
            then = datetime.fromisoformat(good["confirmed_at_utc"]) - timedelta(days=days)
            good["confirmed_at_utc"] = then.isoformat()
        path.write_text("".join(f"{json.dumps(good)}\n" for good in kept))

    def fresh_check(self) -> str:
        """Return how the last check of the sources ended, as Dagster keeps it."""
        with closing(sqlite3.connect(self.data_dir / "dagster" / "history" / "runs" / "index.db")) as log:
            found = log.execute("select execution_status from asset_check_executions where check_name = 'fresh'")
            return str(found.fetchall()[-1][0])

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
        scenarios = (repository / "pipelines" / "ranking" / "scenarios.csv").read_text().splitlines(keepends=True)
        (made.data_dir / "one_scenario.csv").write_text("".join(scenarios[:2]))
        environment["FIRSTMW_SCENARIOS_FILE"] = str(made.data_dir / "one_scenario.csv")
        # A source that fails while its address holds the key; the next one has the weather.
        server.disturb("/api/nsrdb/*", "hang_up")
        ran = made.run("refresh", "--profile", "live", "--as-of", FIRST)
        made.first_asked = list(server.asked)
        assert ran.returncode == 0, ran.stderr
        yield made


def test_a_live_night_is_whole_and_fresh(live, publishers):
    status = live.status()
    asked = set(publishers.source_ids()) - {"eia_files", "nsrdb", "open_meteo", "pvgis", "nri"}
    assert {name for name, row in status.items() if row["profile"] == "live"} == asked
    assert status["nri"]["profile"] == "user_file"
    assert not any(row["is_stale"] for row in status.values())
    assert live.fresh_check() == "SUCCEEDED"
    for name in sorted({*asked, "nri"}):
        row = status[name]
        print(f"{name}: {row['rows']:,} rows kept, {row['rejects']:,} rejected")
        assert row["rows"] > 0
        assert row["retrieved_at_utc"] is not None
    assert "nsrdb: 127.0.0.1 cannot be reached" in status["nsrdb"]["note"]
    ranked = live.table("ranked_sites")
    assert ranked.height == 8
    assert ranked["weather_source"].unique().to_list() == ["nasa_power"]
    assert not ranked["is_stale"].any()


def test_the_live_figures_are_the_ones_used(live, publishers):
    at = publishers.STATES.index("TX")
    prices = live.table("fuel_prices")
    power = prices.filter(pl.col("fuel") == "grid_power")["spot_price"].item()
    assert power == pytest.approx((publishers.POWER_CENTS_PER_KWH + 0.01 * at) * 10)
    assert live.table("weather_monthly")["weather_year"].unique().to_list() == [2024]
    queues = live.table("queue_projects")
    assert set(queues["iso"]) >= {"CAISO", "ERCOT", "ISO-NE", "MISO", "NYISO", "PJM", "SPP"}
    assert queues["county_fips"].is_not_null().mean() > 0.8
    assert live.table("hazards").height > 3000
    assert live.table("lead_time_movement")["is_moved"].any()
    assert {"nasa_power", "queue_miso"} <= set(live.table("sources")["source_id"])


def test_a_bad_night_keeps_the_last_good_answers_and_says_so(live, shared, publishers, replay_server):
    before, queues, prices = live.status(), live.table("queue_projects"), live.table("fuel_prices")
    live.server.calm()
    live.wait(days=40)
    for path, mode in BAD_DAYS.values():
        if mode in {"absurd", "drifted"}:
            live.server.add(path, replay_server.Reply(publishers.unusable(shared, mode)))
        else:
            live.server.disturb(path, mode)
    ran = live.run("refresh", "--profile", "live", "--as-of", SECOND)
    asked = {call.path for call in live.server.asked}
    live.server.calm()
    assert ran.returncode == 3, ran.stderr
    assert json.loads(ran.stdout)["is_stale"]
    assert "Traceback" not in ran.stderr
    status = live.status()
    for name, (path, _) in BAD_DAYS.items():
        row = status[name]
        is_asked = any(one.startswith(path.removesuffix("*")) for one in asked)
        assert is_asked == (name not in NOT_ASKED), name
        assert row["profile"] == ("live" if name in NOT_ASKED else "last_good"), row
        assert row["is_stale"] == (name not in LATE | NOT_ASKED), row
        assert row["rows"] == before[name]["rows"]
        assert row["retrieved_at_utc"] == before[name]["retrieved_at_utc"]
        if is_asked:
            assert f"{name}: " in row["note"]
            assert SAID.get(name, "") in row["note"]
    assert live.table("queue_projects").drop("snapshot_date").equals(queues.drop("snapshot_date"))
    assert live.table("fuel_prices").drop("as_of").equals(prices.drop("as_of"))
    assert live.table("input_changes").height == 0
    assert live.table("ranked_sites")["is_stale"].all()
    assert live.fresh_check() == "FAILED"
    shown = live.run("status")
    assert shown.returncode == 3
    assert {row["source_id"] for row in json.loads(shown.stdout)["data_status"] if row["is_stale"]} == (
        set(BAD_DAYS) - LATE - NOT_ASKED
    )


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
    live.said += elsewhere.said


def test_no_key_is_on_the_disk_nor_in_what_was_said(live, publishers):
    marked = publishers.FAKE_KEY
    in_address = {
        name: [call.path for call in live.first_asked if marked in str(call.query.get(name))]
        for name in ("api_key", "key", "email")
    }
    # In the address of a source that failed, too.
    assert any(path.startswith("/api/nsrdb/") for path in in_address["api_key"])
    assert any(path.startswith("/api/nsrdb/") for path in in_address["email"])
    assert any(path.startswith("/v2/") for path in in_address["api_key"])
    assert any("m3" in path for path in in_address["key"])
    assert any(marked in value for call in live.first_asked for value in call.headers.values())
    files = [path for path in live.data_dir.rglob("*") if path.is_file()]
    assert sum("dagster" in path.parts for path in files) > 3
    assert [str(path) for path in files if marked.encode() in path.read_bytes()] == []
    assert len(live.said) >= 8
    assert not any(marked in said for said in live.said)
