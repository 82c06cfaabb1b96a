"""The log of the nights: whole lines, put aside when long, summed up by run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipelines import nightlog


def _step(asset: str, seconds: float, **more: object) -> dict[str, object]:
    return {"run_id": "r", "asset": asset, "seconds": seconds, "rows": 10, "is_cache_hit": None, "rejects": None,
            "peak_memory_mb": 100.0 + seconds} | more  # fmt: skip


def test_steps_are_summed_up_by_run(tmp_path: Path) -> None:
    for step in (
        _step("a", 1.0, is_cache_hit=True),
        _step("b", 3.0, rejects=7, rows=None),
        _step("b", 2.0, rejects=4, is_cache_hit=False),
        _step("other", 9.0, run_id="another"),
    ):
        nightlog.append(tmp_path, "step", step)
    found = nightlog.summary(nightlog.steps_of(tmp_path, "r"))
    assert (found["steps"], found["seconds"], found["rows"], found["rejects"]) == (2, 3.0, 20, 4)
    assert (found["cache_hits"], found["cache_lookups"], found["peak_memory_mb"]) == (1, 2, 102.0)
    assert found["slowest"][0] == {"asset": "b", "seconds": 2.0}
    assert nightlog.summary([])["steps"] == 0


def test_a_torn_line_is_left_out_and_every_line_says_when(tmp_path: Path) -> None:
    nightlog.append(tmp_path, "night", {"outcome": "failed"})
    with nightlog.log_path(tmp_path).open("a") as file:
        file.write('{"event": "ni')
    assert nightlog.last_night(tmp_path)["outcome"] == "failed"
    assert all(line["at_utc"] for line in nightlog.events(tmp_path))


def test_a_long_log_is_put_aside_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nightlog, "MOST_BYTES", 100)
    for number in range(4):
        nightlog.append(tmp_path, "night", {"outcome": "published", "number": number})
    assert [event["number"] for event in nightlog.events(tmp_path)][-1] == 3
    assert sorted(path.name for path in (tmp_path / "logs").iterdir()) == ["night.jsonl", "night.jsonl.1"]
    json.loads(nightlog.log_path(tmp_path).read_text().splitlines()[0])
