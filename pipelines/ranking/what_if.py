"""A night under other assumptions: names and values checked, and the settings that follow."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pipelines.errors import InputError, UsageError
from pipelines.settings import Settings, moving
from pipelines.timeline.durations import read_choices
from pipelines.timeline.what_if import SHOWN_AS, durations_of, parsed_change

# Set by options of their own.
_BY_OPTION = {"profile", "what_if_lead_times"}


def settable() -> list[str]:
    """Return the settings that a what-if can set: those that results rest on."""
    return [name for name in moving() if name not in _BY_OPTION]


def read_changes(path: Path) -> list[str]:
    """Return the changes that a TOML file sets, as `name=value`: settings by name, lead times as tables.

    Raises
    ------
    InputError
        If the file is missing or is no TOML.
    """
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(
            f"the file cannot be read as TOML ({str(error).splitlines()[0]})",
            file=str(path),
            remedy="write lines as grid_completion_probability = 1.0, and [lead_times.power_transformer] with mid = 12",
        ) from error
    return _flat(found)


def _flat(found: Mapping[str, Any], prefix: str = "") -> list[str]:
    lines = []
    for name, value in found.items():
        if isinstance(value, Mapping):
            lines += _flat(value, f"{prefix}{name}.")
        else:
            joined = ",".join(str(part) for part in value) if isinstance(value, list) else str(value)
            lines.append(f"{prefix}{name}={joined}")
    return lines


def changed_settings(settings: Settings, changes: Sequence[str]) -> Settings:
    """Return the settings with what a what-if sets.

    Parameters
    ----------
    settings : Settings
    changes : Sequence[str]
        As `lead_times.power_transformer.mid=12` (P10 and P90 follow in proportion) or `<setting>=<value>`.

    Raises
    ------
    UsageError
        If a name is unknown (the close ones are named), a value does not fit it, or a name is set twice.
    """
    own: dict[str, Any] = {}
    lead_times: list[str] = []
    seen: set[str] = set()
    for text in changes:
        name, is_set, value = (part.strip() for part in text.partition("="))
        if not is_set or not name or not value:
            raise UsageError(
                f"{text!r} sets nothing; write a name and a value, as lead_times.power_transformer.mid=12."
            )
        if name in seen:
            raise UsageError(f"{name!r} is set twice; set it once.")
        seen.add(name)
        if name.startswith(f"{SHOWN_AS}."):
            change = text.strip().removeprefix(f"{SHOWN_AS}.")
            durations_of(parsed_change(change)[0], read_choices())
            # Set in the environment already.
            if change not in settings.what_if_lead_times:
                lead_times.append(change)
        else:
            own[_known(name.removeprefix("settings."))] = value
    if not own and not lead_times:
        return settings
    try:
        return Settings.model_validate(
            {**settings.model_dump(), **own, "what_if_lead_times": (*settings.what_if_lead_times, *lead_times)}
        )
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        raise UsageError(f"setting {name!r} does not take {own.get(name)!r}: {first['msg'].lower()}.") from error


def _known(name: str) -> str:
    names = settable()
    if name in names:
        return name
    close = difflib.get_close_matches(name, [*names, SHOWN_AS], n=4, cutoff=0.5)
    close += [other for other in names if name in other and other not in close]
    hint = f"did you mean {', '.join(close[:6])}" if close else '`firstmw sql "from assumptions"` lists them'
    raise UsageError(f"there is no setting {name!r}; {hint}; lead times are set as lead_times.<name>.mid=<months>.")


def all_changes(settings: Settings, changes: Sequence[str]) -> tuple[str, ...]:
    """Return what a night sets for a what-if, those of the environment (`FIRSTMW_WHAT_IF_LEAD_TIMES`) among it."""
    given = [f"{SHOWN_AS}.{change}" for change in settings.what_if_lead_times]
    return tuple(sorted({*given, *(change.strip() for change in changes)}))
