"""Names in the environment that look like settings: which of them nothing reads, and what may have been meant."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from pipelines.settings import Settings
from pipelines.sources.registry import source_ids

PREFIX = "FIRSTMW_"
OTHERS = (
    "FIRSTMW_TRACEBACK",
    "FIRSTMW_CHROMIUM",
    "FIRSTMW_OLDER_CLIENT",
    "FIRSTMW_HYPOTHESIS_PROFILE",
    "FIRSTMW_HYPOTHESIS_FACTOR",
    "FIRSTMW_TEST_LAKE_PYTHON",
    "FIRSTMW_TEST_LAKE_POSTGRES",
)
"""Names that are read and are no setting of a night: of the command line, the tests and the benchmarks."""


def known_names() -> list[str]:
    """List every name that is read: settings, addresses of sources, `OTHERS`."""
    settings = [f"{PREFIX}{name.upper()}" for name in Settings.model_fields]
    return [*settings, *(f"{PREFIX}{source.upper()}_URL" for source in source_ids()), *OTHERS]


def unknown_names(environment: Mapping[str, str]) -> dict[str, str]:
    """Find the names with the prefix of the settings that nothing reads.

    Parameters
    ----------
    environment : Mapping[str, str]
        As `os.environ`. Settings are read in any case of letters, addresses of sources in capitals only.

    Returns
    -------
    dict[str, str]
        Name to the nearest known one; empty where none is near.
    """
    known = known_names()
    settings = {name.upper() for name in Settings.model_fields}
    found = {}
    for name in sorted(environment):
        start, rest = name[: len(PREFIX)].upper(), name[len(PREFIX) :].upper()
        if start != PREFIX or rest in settings or name in known:
            continue
        near = difflib.get_close_matches(PREFIX + rest, known, n=1, cutoff=0.75)
        found[name] = near[0] if near else ""
    return found


def unknown_sentence(name: str, near: str) -> str:
    """Say that a name is not read, and which one may be meant."""
    return f"{name} is not a setting and is not read" + (f"; the nearest is {near}" if near else "")
