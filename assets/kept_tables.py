"""Whole tables of hours that are the same on most nights, kept by what they follow from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import polars as pl

from assets.climate import CLIMATE_INPUTS
from assets.night import Night
from assets.table_asset import Made
from pipelines.contracts.base import validate
from pipelines.contracts.sites import BARE_REGIONS
from pipelines.identity import content_hash
from pipelines.plant.solar import SolarParameters

HOURS_INPUTS = ["core.regions", "core.weather_choice", *CLIMATE_INPUTS]


def hours_key(night: Night, solar: SolarParameters | None = None) -> dict[str, Any] | None:
    """Return what the night's weather, and solar output where its plant is given, follow from.

    None where fetched years or files are part of it.
    """
    if night.live is not None or night.settings.weather_dir is not None:
        return None
    return {
        "code": night.code,
        "regions": content_hash(night.read("core.regions", BARE_REGIONS)),
        "climatology": content_hash(*(night.read(name) for name in CLIMATE_INPUTS)),
        "choice": content_hash(night.read("core.weather_choice")),
        "years": night.settings.dispatch_years,
        **({"solar": asdict(solar)} if solar is not None else {}),
    }


def kept_table(night: Night, name: str, key: dict[str, Any] | None, make: Callable[[], Made]) -> Made:
    """Return a table as the file that an earlier night made of the same, or as made now.

    Parameters
    ----------
    night : Night
    name : str
        Table.
    key : dict[str, Any] | None
        All that its rows follow from; None where that is not known without making them.
    make : Callable[[], Made]
        Makes it as a frame.
    """
    if key is None:
        return make()
    made: list[Made] = []

    def rows() -> pl.DataFrame:
        made.append(make())
        frame = made[0].frame
        assert frame is not None, "a table that is kept is made as a frame"
        return validate(frame, name)

    path, is_hit = night.cache.file("tables", {"table": name, **key}, rows)
    return Made(path=path, is_cache_hit=is_hit or made[0].is_cache_hit, metadata=made[0].metadata if made else {})
