"""Nights of counties with live weather through the real command: killed, gone on with, and complete."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from pipelines.warehouse import current_run_id, open_release

pytest.importorskip("_plotly_geo", reason="needs the extra firstmw[counties]")
pytest.importorskip("airportsdata", reason="needs the extra firstmw[counties]")
pytestmark = pytest.mark.campaign

COUNTIES = ["02020", "15003", "44001", "44003", "44005"]
WEATHER = "/api/temporal/hourly/point"
LEAN = {
    "SOURCE_LIMITS": "nasa_power=4/day",
    "WEATHER_SOURCES": "nasa_power",
    "COUNTY_EDITION": "2016",
    "CHUNK_SITES": "2",
    "CHUNK_WORKERS": "1",
    "TRACE_SITES": "2",
    "SAMPLE_SITES": "1",
    "REGRET_REGIONS": "0",
    "MONTE_CARLO_YEARS": "2",
    "TIMELINE_SAMPLES": "100",
    "ROBUSTNESS_DRAWS": "100",
}


class Counties:
    """A data folder and the command."""

    def __init__(self, data_dir: Path, repository: Path, environment: dict[str, str]) -> None:
        self.data_dir, self._repository = data_dir, repository
        self.folder = data_dir / "counties"
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith("FIRSTMW_")}
        self._environment |= environment | {"FIRSTMW_DATA_DIR": str(data_dir)}
        self._environment |= {f"FIRSTMW_{name}": value for name, value in LEAN.items()}

    def start(self, as_of: str, command: str = "refresh") -> subprocess.Popen[str]:
        scope = [command, "--publish", "--scope", "counties", "--regions", ",".join(COUNTIES)]
        scope += ["--profile", "live"] if command == "refresh" else []
        return subprocess.Popen(
            [sys.executable, "-m", "pipelines.cli.main", *scope, "--as-of", as_of],
            cwd=self._repository,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def status(self) -> dict[str, Any]:
        done = subprocess.run(
            [sys.executable, "-m", "pipelines.cli.main", "status", "--json"],
            cwd=self._repository,
            env=self._environment | {"FIRSTMW_DATA_DIR": str(self.folder)},
            capture_output=True,
            text=True,
            check=False,
        )
        return dict(json.loads(done.stdout))

    def a_day_later(self) -> None:
        """Let all calls be a day older, as they are on the next night."""
        path = self.folder / "raw" / "ledger.jsonl"
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        for row in rows:
            row["retrieved_at_utc"] = (datetime.fromisoformat(row["retrieved_at_utc"]) - timedelta(days=1)).isoformat()
        path.write_text("".join(f"{json.dumps(row, sort_keys=True)}\n" for row in rows))

    def metadata(self, asset: str) -> dict[str, Any]:
        """Return the metadata of an asset's last materialisation, as the orchestrator keeps it."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DAGSTER_HOME", str(self.folder / "dagster"))
            with dg.DagsterInstance.get() as instance:
                event = instance.get_latest_materialization_event(dg.AssetKey(asset.split(".")))
        assert event is not None
        assert event.asset_materialization is not None
        return {name: entry.value for name, entry in event.asset_materialization.metadata.items()}

    def table(self, name: str) -> pl.DataFrame:
        with open_release(self.folder) as release:
            return release.table(name)


def test_weather_comes_over_nights_survives_a_kill_and_remakes_one_chunk(
    repository: Path, shared: Path, replay_server: Any, publishers: Any, weather_payloads: Any, tmp_path: Path
) -> None:
    with replay_server.serving() as server:
        environment = publishers.install(server, replay_server, weather_payloads, shared)
        scenarios = (repository / "pipelines" / "ranking" / "scenarios.csv").read_text().splitlines(keepends=True)
        (tmp_path / "one_scenario.csv").write_text("".join(scenarios[:2]))
        environment |= {
            "FIRSTMW_SCENARIOS_FILE": str(tmp_path / "one_scenario.csv"),
            "FIRSTMW_SOURCE_OFF": "eia_files,census_counties",
        }
        environment.pop("FIRSTMW_NRI_FILE")
        nights = Counties(tmp_path, repository, environment)

        def asked() -> list[str]:
            return [call.query["latitude"][0][:4] for call in server.calls(WEATHER)]

        # Killed while the third county is on its way.
        answer = server.routes[WEATHER]

        def held_up(path: str, query: dict[str, list[str]], body: bytes) -> Any:
            if len(server.calls(WEATHER)) == 3:
                time.sleep(30)
            return answer(path, query, body)

        server.add(WEATHER, held_up)
        process = nights.start("2025-12-19")
        until = time.monotonic() + 120
        while len(asked()) < 3 and time.monotonic() < until and process.poll() is None:
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        _, said = process.communicate()
        assert len(asked()) == 3, said
        server.add(WEATHER, answer)
        # The same date goes on with what the day still takes; the call in flight is the only one made twice.
        out, err = nights.start("2025-12-19").communicate()
        first = asked()
        assert [count for _, count in sorted(Counter(first).items())].count(2) == 1, (out, err)
        assert len(first) == 5
        assert "nasa_power 2 of 2" in out
        choice = nights.table("regions").select("region_id", "weather_source").rows()
        assert choice == [*((name, "nasa_power") for name in COUNTIES[:4]), ("44005", "synthetic")]
        told = nights.status()
        assert {name: told["county_weather"][name] for name in ("fetched", "requests_left", "complete_on")} == {
            "fetched": 4,
            "requests_left": 1,
            "complete_on": "2025-12-20",
        }
        assert nights.metadata("raw.fetches")["county_weather_nights_left"] == 1
        assert nights.metadata("sim.grid_annual")["chunks_from_cache"] == 0
        gas = nights.table("fuel_prices").filter(pl.col("region_id").is_in(["02020", "15003"]))
        assert gas.filter(pl.col("fuel") == "natural_gas")["is_fallback"].to_list() == [True, True]
        # The next night fetches the last one, and makes its chunk anew alone.
        nights.a_day_later()
        out, err = nights.start("2025-12-20").communicate()
        assert len(asked()) == 6, (out, err)
        assert "weather of counties: 5 of 5 counties have fetched weather; none is left to fetch." in out
        chunks = nights.metadata("sim.grid_annual")
        assert (chunks["chunks"], chunks["chunks_from_cache"]) == (4, 3)
        regions = nights.table("regions")
        assert regions["weather_source"].unique().to_list() == ["nasa_power"]
        assert regions["weather_retrieved_at_utc"].is_not_null().all()
        # Built again from the stored bytes it is the same run, and nobody is asked.
        run_id = current_run_id(nights.folder)
        out, err = nights.start("2025-12-20", command="replay").communicate()
        assert f"verified and reused release {run_id}" in out, err
        assert len(asked()) == 6
