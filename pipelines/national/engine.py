"""Where chunks are run: in this process, in worker processes of this machine, or on a Dask cluster."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool

from pipelines.errors import FirstmwError, UsageError, WarehouseError
from pipelines.national.chunk import Chunk, Facts, Report, run_chunk
from pipelines.national.store import Store
from pipelines.settings import Settings

OnChunk = Callable[[Report, int, int], None]
_RETRIES = 5
"""Times that a chunk whose worker is lost is given to another one."""


def run_chunks(
    chunks: Sequence[Chunk], facts: Facts, store: Store, settings: Settings, on_chunk: OnChunk | None = None
) -> list[Report]:
    """Run the chunks whose results are not in the store, on the engine that the settings name.

    Parameters
    ----------
    chunks : Sequence[Chunk]
    facts : Facts
    store : Store
        Reached by every worker under the same address.
    settings : Settings
        `engine`, `dask_address`, `chunk_workers`.
    on_chunk : Callable[[Report, int, int], None] | None
        Called as chunks end, with how many of how many have ended.

    Returns
    -------
    list[Report]
        In the order of the chunks, whatever the order in which they ended.

    Raises
    ------
    UsageError
        If the engine is not installed, has no address, or cannot be reached.
    WarehouseError
        If workers are lost again and again.
    """
    facts_key = facts.key
    keys = [chunk.key(facts_key) for chunk in chunks]
    reports: dict[str, Report] = {}

    def done(report: Report) -> None:
        reports[report.key] = report
        if on_chunk is not None:
            on_chunk(report, len(reports), len(chunks))

    missing: list[tuple[Chunk, str]] = []
    for chunk, key in zip(chunks, keys, strict=True):
        if store.has(key, "results"):
            done(Report(key, chunk.size, is_hit=True))
        else:
            missing.append((chunk, key))
    if missing:
        engine = {"local": _local, "dask": _dask}[settings.engine]
        for report in engine(missing, facts, store, settings):
            done(report)
    return [reports[key] for key in keys]


def _local(missing: Sequence[tuple[Chunk, str]], facts: Facts, store: Store, settings: Settings) -> Iterator[Report]:
    workers = min(settings.chunk_workers, len(missing))
    if workers == 1:
        for chunk, key in missing:
            yield run_chunk(chunk, facts, store, key)
        return
    # Not forked: a forked child would hold the build lock, and threads of numerical libraries do not survive a fork.
    context = multiprocessing.get_context("forkserver")
    with ProcessPoolExecutor(workers, context, _end_with, (os.getpid(),)) as pool:
        futures = [pool.submit(run_elsewhere, chunk, facts, store, key) for chunk, key in missing]
        try:
            for future in as_completed(futures):
                yield future.result()
        except BrokenProcessPool as error:
            raise WarehouseError(
                "a worker process ended, perhaps for want of memory; lower FIRSTMW_CHUNK_WORKERS or "
                "FIRSTMW_CHUNK_SITES and run again: finished chunks stay."
            ) from error


def run_elsewhere(chunk: Chunk, facts: Facts, store: Store, key: str) -> Report:
    """Run a chunk in a worker; what is wrong with its inputs is told in a form that travels between processes.

    Raises
    ------
    WarehouseError
        With the sentence of the error of the domain.
    """
    try:
        return run_chunk(chunk, facts, store, key)
    except FirstmwError as error:
        raise WarehouseError(str(error)) from None


def _end_with(parent: int) -> None:
    """Let this worker end when the process that it works for has ended, however that ended."""
    os.environ.setdefault("POLARS_MAX_THREADS", "1")

    def watch() -> None:
        while True:
            time.sleep(1.0)
            try:
                os.kill(parent, 0)
            except ProcessLookupError:
                os._exit(1)

    threading.Thread(target=watch, daemon=True, name="firstmw-parent").start()


def _dask(missing: Sequence[tuple[Chunk, str]], facts: Facts, store: Store, settings: Settings) -> Iterator[Report]:
    if not settings.dask_address:
        raise UsageError("the engine dask needs FIRSTMW_DASK_ADDRESS, such as tcp://127.0.0.1:8786.")
    try:
        import distributed  # noqa: PLC0415 - an optional extra
    except ModuleNotFoundError as error:
        raise UsageError("the engine dask is not installed; install firstmw[cluster].") from error
    try:
        client = distributed.Client(settings.dask_address, set_as_default=False, timeout=30)
    except OSError as error:
        raise UsageError(
            f"no Dask scheduler answers at {settings.dask_address}; start one or correct FIRSTMW_DASK_ADDRESS."
        ) from error
    with client:
        # A lost worker's chunks go to another one; a chunk that was written before the loss is found there.
        futures = [
            client.submit(run_elsewhere, chunk, facts, store, key, key=f"firstmw-{key}", retries=_RETRIES, pure=False)
            for chunk, key in missing
        ]
        try:
            for future in distributed.as_completed(futures, loop=client.loop):
                yield future.result()
        except distributed.KilledWorker as error:
            raise WarehouseError(
                "chunks were lost with their workers again and again; look at the workers' memory limits."
            ) from error
