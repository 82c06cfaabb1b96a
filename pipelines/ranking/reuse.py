"""Steps of a case, and items of a step, that are done once for all cases whose settings agree in what they read."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pipelines.settings import Settings

_Result = TypeVar("_Result")
_FIELDS = frozenset(Settings.model_fields)
_ALL_AT_ONCE = frozenset({"__dict__", "model_dump", "model_dump_json", "model_copy"})


class WatchedSettings(Settings):
    """Settings that know which of them were read."""

    @classmethod
    def of(cls, settings: Settings) -> WatchedSettings:
        """Return the same settings, none of them read yet."""
        # Taken from where a model keeps its fields: settings watched by another step do not count as read.
        watched: WatchedSettings = cls.model_construct(**object.__getattribute__(settings, "__dict__"))
        object.__setattr__(watched, "_names_read", set())
        return watched

    def __getattribute__(self, name: str) -> Any:
        """Return an attribute; a setting is noted, and whatever gives all settings at once notes all."""
        if name in _FIELDS:
            object.__getattribute__(self, "_names_read").add(name)
        elif name in _ALL_AT_ONCE:
            read = object.__getattribute__(self, "__dict__").get("_names_read", set())
            read.update(_FIELDS)
        return object.__getattribute__(self, name)

    @property
    def names_read(self) -> set[str]:
        """Return the settings read so far."""
        return set(object.__getattribute__(self, "_names_read"))


@dataclass
class Reuse:
    """Results of steps, each with the settings and inputs that it depends on."""

    _done: dict[str, list[tuple[dict[str, Any], tuple[Any, ...], Any]]] = field(default_factory=dict)
    _items: dict[str, list[tuple[dict[str, Any], dict[Hashable, Any]]]] = field(default_factory=dict)

    def step(
        self, name: str, settings: Settings, inputs: tuple[Any, ...], make: Callable[[Settings], _Result]
    ) -> _Result:
        """Return what a step gives, made only where no earlier one read the same.

        Parameters
        ----------
        name : str
        settings : Settings
        inputs : tuple[Any, ...]
            What else differs between cases; compared by identity.
        make : Callable[[Settings], _Result]
            Must have read all the settings that its result depends on when it returns.
        """
        done = self._done.setdefault(name, [])
        for read, known, result in done:
            if all(a is b for a, b in zip(known, inputs, strict=True)) and _agrees(settings, read):
                return result
        watched = WatchedSettings.of(settings)
        result = make(watched)
        done.append(({setting: getattr(settings, setting) for setting in sorted(watched.names_read)}, inputs, result))
        return result

    def each(
        self,
        name: str,
        settings: Settings,
        wanted: Sequence[Hashable],
        make: Callable[[Settings, list[int]], Sequence[_Result]],
    ) -> list[_Result]:
        """Return what a step gives for each of many items, made only for those that no case like this one asked for.

        Parameters
        ----------
        name : str
        settings : Settings
        wanted : Sequence[Hashable]
            All that each result depends on beside the settings.
        make : Callable[[Settings, list[int]], Sequence[_Result]]
            From places in `wanted` to their results, each by itself.
        """
        groups = self._items.setdefault(name, [])
        group = next((own for own in groups if _agrees(settings, own[0])), None)
        if group is None:
            groups.append(group := ({}, {}))
        read, known = group
        missing = {key: place for place, key in enumerate(wanted) if key not in known}
        if missing:
            watched = WatchedSettings.of(settings)
            known.update(zip(missing, make(watched, list(missing.values())), strict=True))
            # What was made before did not read the settings that are new here, so that any value of them fits it.
            read |= {setting: getattr(settings, setting) for setting in watched.names_read}
        return [known[key] for key in wanted]


def _agrees(settings: Settings, read: dict[str, Any]) -> bool:
    return all(getattr(settings, setting) == value for setting, value in read.items())
