"""What is new since the night before: rows that came, rows that went, cells that differ, and nothing else."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.contracts.base import validate
from pipelines.settings import Settings
from pipelines.sources.archive import Archive
from pipelines.sources.asking import Asking
from pipelines.sources.changes import differences, input_changes
from pipelines.sources.client import Client
from pipelines.sources.live import LiveInputs
from pipelines.sources.night import Round, fetch_night
from pipelines.sources.parsing import Parser
from pipelines.sources.registry import connectors
from pipelines.warehouse import Cache, RawStore

CELLS = st.lists(
    st.tuples(st.integers(0, 8), st.one_of(st.none(), st.integers(0, 2)), st.sampled_from(["x", "y"])),
    unique_by=lambda row: row[0],
    max_size=8,
)


def table(rows: list[tuple[int, int | None, str]]) -> pl.DataFrame:
    schema = {"id": pl.Int64, "size": pl.Int64, "name": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


@given(CELLS, CELLS)
@settings(max_examples=40, deadline=None)
def test_the_differences_lead_from_one_state_to_the_other(before, now):
    found = differences(table(before), table(now), ["id"])
    state = {str(row[0]): {"size": row[1], "name": row[2]} for row in before}
    after = {str(row[0]): {"size": row[1], "name": row[2]} for row in now}
    for row in found.iter_rows(named=True):
        if row["change"] == "removed":
            del state[row["row_key"]]
        elif row["change"] == "added":
            state[row["row_key"]] = after[row["row_key"]]
        else:
            old = state[row["row_key"]][row["column_name"]]
            assert (None if old is None else str(old)) == row["before"] != row["after"]
            state[row["row_key"]][row["column_name"]] = after[row["row_key"]][row["column_name"]]
    assert state == after
    assert found.is_unique().all()


@pytest.fixture
def nights(tmp_path, server, replay_server, publishers, weather_payloads, shared):
    """Return a function that runs a night of the MISO queue and the EIA prices, and its clock."""
    environment = publishers.install(server, replay_server, weather_payloads, shared)
    wanted = {"queue_miso", "eia_v2"}
    off = tuple(name for name in publishers.source_ids() if name not in wanted)
    chosen = Settings(
        eia_api_key=publishers.FAKE_KEY, source_off=off, http_pause_factor=0.001, http_attempts=1, data_dir=tmp_path
    )
    raw, kept = RawStore(tmp_path), Cache(tmp_path / "cache")

    def run(as_of: date) -> LiveInputs:
        now = datetime(as_of.year, as_of.month, as_of.day, 5, 30)
        client = Client(chosen, environment=environment, now=lambda: now.replace(tzinfo=UTC))
        asking = Asking(as_of, pl.DataFrame({"region_id": ["a"]}), chosen)
        work = Round(asking, client, Archive(raw), Parser(raw, kept), now=lambda: now)
        return LiveInputs(fetch_night(work, connectors(chosen)), connectors(chosen), Parser(raw, kept))

    return run


def test_two_nights_of_queues_and_prices(nights, server, replay_server, publishers, monkeypatch):
    day = date(2026, 11, 20)
    first = nights(day)
    assert input_changes(None, first).is_empty()
    queue = json.loads(server.routes["/api/giqueue/getprojects"].content)
    gone, changed, new = queue[10], queue[20], {**queue[30], "projectNumber": "J9999", "id": 9_999_999}
    changed["summerNetMW"] = changed["winterNetMW"] = 77.5
    edited = [row for row in queue if row is not gone] + [new]
    server.add("/api/giqueue/getprojects", replay_server.Reply(json.dumps(edited).encode(), "application/json"))
    monkeypatch.setattr(publishers, "HENRY_HUB_USD_PER_MMBTU", 4.5)
    second = nights(day + timedelta(days=1))
    found = validate(input_changes(first, second), "mart.input_changes")
    queues = found.filter(pl.col("table_name") == "core.queue_projects")
    whole = dict(queues.filter(pl.col("column_name") == "").select("row_key", "change").iter_rows())
    assert {key.split(" | ")[2]: change for key, change in whole.items()} == {
        gone["projectNumber"]: "removed",
        "J9999": "added",
    }
    cells = queues.filter(pl.col("column_name") != "")
    assert cells["row_key"].str.contains(changed["projectNumber"]).all()
    assert "77.5" in cells.filter(pl.col("column_name") == "capacity_mw")["after"].to_list()
    prices = found.filter(pl.col("table_name") == "core.gas_prices")
    assert set(prices["column_name"]) == {"price"}
    assert set(prices["before"]) == {"4.25"}
    assert set(prices["after"]) == {"4.5"}
    assert found["before_as_of"].unique().to_list() == [day]
    # A source that is down brings no news.
    server.disturb("/api/giqueue/getprojects", "500")
    third = nights(day + timedelta(days=2))
    assert input_changes(second, third).is_empty()
