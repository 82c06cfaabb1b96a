"""Modules that are loaded when they are first used: large ones that a night with its results at hand never needs."""

from __future__ import annotations

from importlib import import_module
from typing import Any


class _Deferred:
    """A module by its name; any thread may be the first to look at it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(import_module(self._name), attribute)


def deferred(name: str) -> Any:
    """Return a module that is imported at the first look at one of its names.

    Parameters
    ----------
    name : str
        As after `import`.
    """
    return _Deferred(name)
