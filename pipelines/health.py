"""What a machine needs for the night: each check with what was found and the way out."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import resource
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path

from pipelines.environment import unknown_names, unknown_sentence
from pipelines.errors import FirstmwError, UsageError
from pipelines.reference.load import load_reference, reference_tables
from pipelines.settings import Settings, is_secret
from pipelines.warehouse import (
    current_run_id,
    list_releases,
    lock_holder,
    package_versions,
    release_info,
    space_needed,
    verify_release,
)

LEAST_MEMORY_BYTES = 2_000_000_000
LEAST_OPEN_FILES = 256
_LATEST_CLOCK_SKEW = timedelta(minutes=5)
_ODD_LETTERS = "%?#"
_FIRST_PRINTED = 32
LONGEST_PATH_BYTES = 400
"""Of the data folder; the longest path below it is a database of the orchestrator's, some 100 bytes longer."""
_SHOWN_LETTERS = 120


@dataclass(frozen=True)
class Finding:
    """One check of the machine.

    Attributes
    ----------
    check : str
        What was looked at.
    level : str
        "ok", "warning" (the night runs, look at it) or "fault" (the night will fail).
    found : str
        What was found.
    remedy : str
        The way out; empty where all is well.
    """

    check: str
    level: str
    found: str
    remedy: str = ""


def examine(settings: Settings, pins: Path) -> list[Finding]:
    """Return the findings about this machine and its configuration, in a fixed order.

    Parameters
    ----------
    settings : Settings
        The settings that a night would run with.
    pins : Path
        constraints.txt of the checkout.
    """
    data_dir = settings.data_dir.absolute()
    checks: list[Callable[[], Iterator[Finding]]] = [
        _python,
        lambda: _packages(pins),
        lambda: _folder(data_dir),
        lambda: _space(data_dir),
        _limits,
        _environment,
        lambda: _reference(settings),
        lambda: _weather(settings),
        lambda: _keys(settings),
        lambda: _lock(data_dir),
        lambda: _release(data_dir),
        lambda: _clock(data_dir),
    ]
    return [finding for check in checks for finding in check()]


def _python() -> Iterator[Finding]:
    version = ".".join(str(part) for part in sys.version_info[:3])
    if (3, 11) <= sys.version_info[:2] < (3, 15):
        yield Finding("python", "ok", version)
    else:
        yield Finding("python", "fault", version, "install Python 3.11 to 3.14 and run `make setup`")


def _packages(pins: Path) -> Iterator[Finding]:
    try:
        wanted = dict(re.findall(r"^([A-Za-z0-9_.\-]+)==(\S+)$", pins.read_text(encoding="utf-8"), re.MULTILINE))
    except OSError as error:
        yield Finding("packages", "warning", f"{pins.name} cannot be read ({error.strerror})", "restore the checkout")
        return
    wanted = {name.lower().replace("_", "-"): version for name, version in wanted.items()}
    found = {**{name: metadata.version(name) for name in ("dagster",)}, **package_versions()}
    other = [
        f"{name} {version} instead of {wanted[name]}"
        for name, version in sorted(found.items())
        if name in wanted and wanted[name] != version
    ]
    if other:
        yield Finding("packages", "warning", "; ".join(other), "run `make setup`, or accept another run id")
    else:
        yield Finding("packages", "ok", f"as pinned: duckdb {found['duckdb']}, polars {found['polars']}")


def require_usable(data_dir: Path) -> None:
    """Refuse a data folder whose path the orchestrator's databases cannot have, before anything is written.

    Their addresses are URLs, in which some characters mean something else, and SQLite opens no path above 512 bytes.

    Raises
    ------
    UsageError
        Names the character or the length.
    """
    path = str(data_dir.absolute())
    odd = next((letter for letter in path if letter in _ODD_LETTERS or ord(letter) < _FIRST_PRINTED), None)
    problem = "" if odd is None else f"has {odd!r} in its path, which addresses of databases cannot have"
    if len(os.fsencode(path)) > LONGEST_PATH_BYTES:
        problem = f"has a path of {len(os.fsencode(path))} bytes, {LONGEST_PATH_BYTES} at most can be used"
    if problem:
        shown = path if len(path) <= _SHOWN_LETTERS else f"{path[:_SHOWN_LETTERS]}..."
        raise UsageError(f"the data folder {shown} {problem}; set FIRSTMW_DATA_DIR to another folder.")


def _folder(data_dir: Path) -> Iterator[Finding]:
    """Try in the data folder what a publication does: write, force to the disk, rename, link, lock."""
    try:
        require_usable(data_dir)
    except UsageError as error:
        yield Finding("data folder", "fault", str(error), "set FIRSTMW_DATA_DIR to another folder")
        return
    probe = data_dir / f".doctor-{os.getpid()}"
    try:
        probe.mkdir(parents=True)
        file = probe / "a"
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, b"firstmw")
            os.fsync(descriptor)
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        finally:
            os.close(descriptor)
        (probe / "link").symlink_to("a")
        (probe / "link").rename(probe / "current")
        os.link(file, probe / "b")
    except OSError as error:
        remedy = "give write access there, or set FIRSTMW_DATA_DIR to another folder"
        if error.errno in {errno.ENOLCK, errno.ENOTSUP, errno.EPERM}:
            remedy = "put the data folder on a local disk whose file system knows locks and links"
        yield Finding("data folder", "fault", f"{data_dir}: {error.strerror}", remedy)
        return
    finally:
        shutil.rmtree(probe, ignore_errors=True)
    mode = data_dir.stat().st_mode & 0o777
    if mode & 0o002:
        yield Finding("data folder", "warning", f"{data_dir} can be written by everyone", f"chmod o-w {data_dir}")
    else:
        yield Finding("data folder", "ok", f"{data_dir}: writes, locks, links and renames")


def _space(data_dir: Path) -> Iterator[Finding]:
    place = data_dir
    while not place.exists():
        place = place.parent
    needed, free = space_needed(data_dir), shutil.disk_usage(place).free
    told = f"{free / 1e9:,.1f} GB free, a night needs {needed / 1e9:,.1f} GB"
    if free < needed:
        yield Finding("free space", "fault", told, "free space, lower FIRSTMW_KEEP_RELEASES, or move FIRSTMW_DATA_DIR")
    else:
        yield Finding("free space", "ok", told)


def _limits() -> Iterator[Finding]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    told = f"{memory / 1e9:.1f} GB of memory, {os.cpu_count()} processors"
    if memory < LEAST_MEMORY_BYTES:
        yield Finding("machine", "warning", told, f"give it {LEAST_MEMORY_BYTES / 1e9:.0f} GB, or fewer regions")
    else:
        yield Finding("machine", "ok", told)
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    size = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    if files != resource.RLIM_INFINITY and files < LEAST_OPEN_FILES:
        yield Finding("limits", "fault", f"{files} open files allowed", f"ulimit -n {LEAST_OPEN_FILES}")
    elif size != resource.RLIM_INFINITY:
        yield Finding("limits", "warning", f"files of at most {size / 1e6:,.0f} MB allowed", "ulimit -f unlimited")
    else:
        yield Finding("limits", "ok", f"{files} open files, files of any size")


def _environment() -> Iterator[Finding]:
    unknown = unknown_names(os.environ)
    for name, near in unknown.items():
        remedy = f"rename it to {near}, or unset it" if near else "unset it"
        yield Finding("environment", "warning", unknown_sentence(name, near), remedy)
    if not unknown:
        yield Finding("environment", "ok", "every FIRSTMW_ name is read")


def _reference(settings: Settings) -> Iterator[Finding]:
    try:
        rows = sum(load_reference(name, settings.reference_dir).height for name in reference_tables())
    except FirstmwError as error:
        yield Finding("reference facts", "fault", str(error), "correct the file, or unset FIRSTMW_REFERENCE_DIR")
        return
    yield Finding("reference facts", "ok", f"{rows:,} rows in {len(list(reference_tables()))} tables")


def _weather(settings: Settings) -> Iterator[Finding]:
    folder = settings.weather_dir
    if folder is None:
        yield Finding("weather files", "ok", "none given: synthetic reference years")
    elif not folder.is_dir():
        yield Finding("weather files", "fault", f"{folder} is not there", "correct or unset FIRSTMW_WEATHER_DIR")
    else:
        yield Finding("weather files", "ok", f"{sum(path.is_file() for path in folder.iterdir())} files in {folder}")


def _keys(settings: Settings) -> Iterator[Finding]:
    names = [name for name in Settings.model_fields if is_secret(name) and name.endswith("_key")]
    given = [name for name in names if getattr(settings, name) is not None]
    told = f"{len(given)} of {len(names)} given"
    if settings.profile == "live" and len(given) < len(names):
        absent = ", ".join(f"FIRSTMW_{name.upper()}" for name in names if name not in given)
        yield Finding("keys", "warning", told, f"set {absent}; docs/sources.md says how to get them")
    else:
        yield Finding("keys", "ok", f"{told} (profile {settings.profile})")


def _lock(data_dir: Path) -> Iterator[Finding]:
    path = data_dir / "build" / "lock"
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        yield Finding("lock", "ok", "free")
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        yield Finding("lock", "ok", "free")
    except BlockingIOError:
        holder = lock_holder(path)
        told = f"held by pid {holder.get('pid', 'unknown')} since {holder.get('since_utc', 'unknown')}"
        yield Finding("lock", "warning", told, "a refresh is running: wait for it, or use --wait")
    finally:
        os.close(descriptor)


def _release(data_dir: Path) -> Iterator[Finding]:
    releases = list_releases(data_dir)
    if not releases and current_run_id(data_dir) is None:
        yield Finding("release", "warning", "none yet", "run `make refresh`")
        return
    try:
        info = release_info(data_dir)
    except (UsageError, FirstmwError) as error:
        yield Finding("release", "fault", str(error), "run `firstmw refresh`, or `firstmw rollback`")
        return
    faults = verify_release(data_dir)
    if faults:
        yield Finding("release", "fault", f"{info.run_id}: {'; '.join(faults)}", "run `firstmw refresh` or roll back")
    else:
        yield Finding("release", "ok", f"{info.run_id} is whole, {len(releases)} kept")
    held = [release.run_id for release in releases if release.held and release.is_base and not release.is_current]
    if held:
        remedy = f"look at it, then `firstmw rollback {held[0]}`, or leave it"
        yield Finding("held", "warning", f"{', '.join(held)} waits for a review", remedy)


def _clock(data_dir: Path) -> Iterator[Finding]:
    now = datetime.now(UTC).replace(tzinfo=None)
    ahead = [info for info in list_releases(data_dir) if info.published_at_utc > now + _LATEST_CLOCK_SKEW]
    if ahead:
        published = f"{ahead[0].run_id} was published {ahead[0].published_at_utc:%Y-%m-%d %H:%M}"
        told = f"now {now:%Y-%m-%d %H:%M} UTC, but {published}"
        yield Finding("clock", "warning", told, "set the clock; the order of releases follows it")
    else:
        yield Finding("clock", "ok", f"{now:%Y-%m-%d %H:%M} UTC")
