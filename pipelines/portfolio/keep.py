"""Results of the portfolio kept by what they depend on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.identity import content_hash, tree_hash
from pipelines.plant.catalogue import stack_files
from pipelines.portfolio.facts import Facts
from pipelines.settings import moving, values_of
from pipelines.warehouse.cache import Cache

_CODE = Path(__file__).parents[1]
_PATTERNS = [
    *(f"{room}/**/*.{kind}" for room in ("portfolio", "timeline") for kind in ("py", "csv")),
    *("reliability/gas_basins.py", "reliability/*.csv"),
]


class Keep:
    """A cache for results that rest on the facts of a portfolio, and a count of what it held.

    Parameters
    ----------
    facts : Facts
        Settings and reference tables; they, and the code, are part of every key. Ranks and prices are not: what rests
        on them goes into the key of its own result.
    cache : Cache | None
        None to make everything anew.
    """

    def __init__(self, facts: Facts, cache: Cache | None = None) -> None:
        self._cache = cache
        self.hits = self.misses = 0
        if cache is not None:
            self._base = {
                "code": tree_hash(_CODE, _PATTERNS),
                "settings": content_hash(values_of(facts.settings, moving())),
                "technologies": {name: asdict(unit) for name, unit in sorted(facts.technologies.items())},
                "stacks": {path.name: content_hash(path) for path in stack_files(facts.settings)},
                "reference": content_hash(*(facts.reference[name] for name in sorted(facts.reference))),
                "places": content_hash(facts.hazard_rates, facts.weather_monthly),
            }

    def frame(self, kind: str, key: Mapping[str, Any], compute: Callable[[], pl.DataFrame]) -> pl.DataFrame:
        """Return the frame of a kind and key; frames in the key stand for their content."""
        if self._cache is None:
            return compute()
        own = {name: content_hash(part) if isinstance(part, pl.DataFrame) else part for name, part in key.items()}
        found, is_hit = self._cache.frame(f"portfolio_{kind}", {**self._base, **own}, compute)
        self.hits += is_hit
        self.misses += not is_hit
        return found
