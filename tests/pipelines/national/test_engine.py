"""Chunks end up as the same bytes on every engine, are never made twice, and survive the loss of a worker."""

from __future__ import annotations

import os
import pickle
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from pipelines.errors import UsageError, WarehouseError
from pipelines.national.chunk import MONTHS, RESULTS, Chunk, Facts, Report, chunks_of
from pipelines.national.engine import run_chunks, run_elsewhere
from pipelines.national.store import Store
from pipelines.ranking.reuse import WatchedSettings
from pipelines.settings import Settings, marked


@pytest.fixture(scope="module")
def chunks(regions: pl.DataFrame, months: pl.DataFrame, causes: pl.DataFrame) -> list[Chunk]:
    return chunks_of(regions, months, causes, 1)


@pytest.fixture(scope="module")
def in_process(chunks: list[Chunk], few_facts: Facts, tmp_path_factory: pytest.TempPathFactory) -> Store:
    store = Store(str(tmp_path_factory.mktemp("chunks")))
    reports = run_chunks(chunks, few_facts, store, Settings(chunk_workers=1))
    assert not any(report.is_hit for report in reports)
    return store


def _contents(store: Store, reports: list[Report]) -> list[bytes]:
    return [store.content(report.key, kind) for report in reports for kind in (RESULTS, MONTHS)]


def _keys(chunks: list[Chunk], facts: Facts) -> list[str]:
    return [chunk.key(facts.key) for chunk in chunks]


def test_chunks_stay_within_a_state(regions: pl.DataFrame, months: pl.DataFrame, causes: pl.DataFrame) -> None:
    made = chunks_of(regions, months, causes, 3)
    assert [chunk.regions["region_id"].to_list() for chunk in made] == [["04013", "04019"], ["23003"], ["48003"]]


def test_a_second_run_makes_nothing(chunks: list[Chunk], few_facts: Facts, in_process: Store) -> None:
    assert all(report.is_hit for report in run_chunks(chunks, few_facts, in_process, Settings()))


def test_another_weather_of_one_county_makes_its_chunk_alone(
    regions: pl.DataFrame, months: pl.DataFrame, causes: pl.DataFrame, chunks: list[Chunk], few_facts: Facts
) -> None:
    warmer = months.with_columns(
        pl.when(pl.col("region_id") == "23003")
        .then(pl.col("temperature_mean_c") + 0.1)
        .otherwise("temperature_mean_c")
        .alias("temperature_mean_c")
    )
    before, after = (_keys(made, few_facts) for made in (chunks, chunks_of(regions, warmer, causes, 1)))
    assert [a == b for a, b in zip(before, after, strict=True)] == [True, True, False, True]


def test_no_chunk_reads_a_setting_that_its_key_lacks(
    chunks: list[Chunk], few_facts: Facts, in_process: Store, tmp_path: Path
) -> None:
    settings = few_facts.plant.settings
    watched = replace(few_facts, plant=replace(few_facts.plant, settings=WatchedSettings.of(settings)))
    store = Store(str(tmp_path))
    reports = run_chunks(chunks[:1], watched, store, Settings(chunk_workers=1))
    assert _contents(store, reports) == _contents(in_process, reports)
    in_key = {*watched.key["plant"]["settings"], *watched.key["settings"]}
    # The stacks of the user's folder are in the key by content.
    read = watched.plant.settings.names_read - {"stacks_dir"}
    assert read == in_key == set(marked("physics", "dispatch", "choice"))


@pytest.mark.parametrize("name", marked("physics", "dispatch", "choice"))
def test_a_chunk_of_another_setting_is_another_chunk(chunks: list[Chunk], few_facts: Facts, name: str) -> None:
    settings = few_facts.plant.settings
    other = settings.model_copy(update={name: getattr(settings, name) + 0.001})
    facts = replace(few_facts, plant=replace(few_facts.plant, settings=other))
    assert chunks[0].key(facts.key) != chunks[0].key(few_facts.key)


def test_a_torn_file_is_made_again(chunks: list[Chunk], few_facts: Facts, in_process: Store, tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    first = run_chunks(chunks[:1], few_facts, store, Settings(chunk_workers=1))
    path = tmp_path / RESULTS / f"{first[0].key}.parquet"
    path.write_bytes(path.read_bytes()[:-7])
    again = run_chunks(chunks[:1], few_facts, store, Settings(chunk_workers=1))
    assert not again[0].is_hit
    assert _contents(store, again) == _contents(in_process, again)


def test_worker_processes_leave_the_same_bytes(
    chunks: list[Chunk], few_facts: Facts, in_process: Store, tmp_path: Path
) -> None:
    store = Store(str(tmp_path))
    reports = run_chunks(chunks, few_facts, store, Settings(chunk_workers=2))
    assert _contents(store, reports) == _contents(in_process, reports)


def test_an_address_of_fsspec_serves_as_store(chunks: list[Chunk], few_facts: Facts, in_process: Store) -> None:
    store = Store("memory://firstmw-test-chunks")
    reports = run_chunks(chunks[:1], few_facts, store, Settings(chunk_workers=1))
    assert _contents(store, reports) == _contents(in_process, reports)
    assert run_chunks(chunks[:1], few_facts, store, Settings(chunk_workers=1))[0].is_hit
    assert store.read(reports[0].key, RESULTS).equals(in_process.read(reports[0].key, RESULTS))


def test_what_is_wrong_with_a_chunk_travels_between_processes(
    chunks: list[Chunk], few_facts: Facts, tmp_path: Path
) -> None:
    broken = replace(chunks[0], months=chunks[0].months[:11])
    with pytest.raises(WarehouseError, match=r"climatology_monthly\.csv.*month") as raised:
        run_elsewhere(broken, few_facts, Store(str(tmp_path)), "key")
    assert str(pickle.loads(pickle.dumps(raised.value))) == str(raised.value)
    assert not list(tmp_path.rglob("*.parquet"))


def test_dask_without_an_address_says_so(chunks: list[Chunk], few_facts: Facts, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="FIRSTMW_DASK_ADDRESS"):
        run_chunks(chunks, few_facts, Store(str(tmp_path)), Settings(engine="dask"))


@contextmanager
def _cluster(repository: Path, folder: Path, workers: int) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Start a scheduler and workers on loopback, each a process of its own; end them all."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    environment = os.environ | {"PYTHONPATH": str(repository), "DASK_DISTRIBUTED__DASHBOARD__ENABLED": "False"}
    python = [sys.executable, "-m"]
    place = ["--host", "127.0.0.1", "--no-dashboard"]
    scheduler = [*python, "distributed.cli.dask_scheduler", *place, "--port", str(port)]
    worker = [*python, "distributed.cli.dask_worker", address, *place, "--no-nanny", "--nthreads", "1",
              "--local-directory", str(folder)]  # fmt: skip
    started: list[subprocess.Popen[bytes]] = []
    try:
        for command in [scheduler, *[worker] * workers]:
            log = (folder / f"{len(started)}.log").open("wb")
            started.append(subprocess.Popen(command, cwd=repository, env=environment, stdout=log, stderr=log))
            log.close()
        yield address, started[1:]
    finally:
        for process in started[::-1]:
            process.kill()
            process.wait()


def test_dask_leaves_the_same_bytes_although_a_worker_is_killed(
    chunks: list[Chunk], few_facts: Facts, in_process: Store, tmp_path: Path, repository: Path
) -> None:
    distributed = pytest.importorskip("distributed", reason="needs the extra firstmw[cluster]")
    store = Store(str(tmp_path / "shared"))
    with _cluster(repository, tmp_path, workers=2) as (address, workers):
        with distributed.Client(address, set_as_default=False, timeout=60) as client:
            client.wait_for_workers(2, timeout=60)
        killed: list[float] = []

        def kill_one(report: Report, done: int, of: int) -> None:
            if not killed:
                assert done < of
                killed.append(time.monotonic())
                workers[0].send_signal(signal.SIGKILL)

        settings = Settings(engine="dask", dask_address=address)
        reports = run_chunks(chunks, few_facts, store, settings, kill_one)
        assert killed
        assert workers[0].wait(timeout=10) == -signal.SIGKILL
        assert _contents(store, reports) == _contents(in_process, reports)
        assert all(report.is_hit for report in run_chunks(chunks, few_facts, store, settings))
