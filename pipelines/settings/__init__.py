"""Every setting once: default, unit, meaning. Each is read from the environment with the prefix FIRSTMW_.

A figure that has a cited source stands in `pipelines/reference/`; what stands here is a choice of the user's, a limit
of the machine, or an assumption without a source, which then says "assumption". One module per family.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, get_args

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from pipelines.settings.local import Local
from pipelines.settings.marks import Mark, Step, marks_of
from pipelines.settings.money import Money
from pipelines.settings.places import REFERENCE_DIR, SCENARIOS_FILE, Places
from pipelines.settings.plant import Plant
from pipelines.settings.portfolio import Portfolio
from pipelines.settings.procurement import Procurement
from pipelines.settings.scale import Scale
from pipelines.settings.site import Site
from pipelines.settings.timeline import Timeline
from pipelines.settings.value import Value
from pipelines.settings.weather import Weather

__all__ = [
    "REFERENCE_DIR",
    "SCENARIOS_FILE",
    "Settings",
    "county_settings",
    "is_secret",
    "marked",
    "moving",
    "settings",
    "values_of",
]


# The families stand last to first: pydantic lists the fields of the last base first.
class Settings(
    Value, Portfolio, Procurement, Local, Timeline, Money, Plant, Site, Weather, Scale, Places, BaseSettings
):
    """Settings of a night; the physical and economic ones are part of the run id."""

    model_config = SettingsConfigDict(env_prefix="FIRSTMW_", extra="ignore", frozen=True, allow_inf_nan=False)


def is_secret(name: str) -> bool:
    """Return whether a setting holds a key or another secret."""
    return SecretStr in (*get_args(Settings.model_fields[name].annotation), Settings.model_fields[name].annotation)


def marked(mark: Mark, *steps: Step) -> list[str]:
    """Select the settings of a mark in the order of their declaration; of physical ones only those of some steps."""
    own = {name: marks_of(field) for name, field in Settings.model_fields.items()}
    return [name for name, marks in own.items() if marks["mark"] == mark and (not steps or marks["step"] in steps)]


def moving() -> list[str]:
    """Select the settings that move a result: all but those of operation."""
    return [*marked("physics"), *marked("economics")]


def county_settings() -> list[str]:
    """Select the settings that nothing but a night of counties reads."""
    return [name for name, field in Settings.model_fields.items() if marks_of(field).get("is_for_counties")]


def values_of(settings: Settings, names: list[str]) -> dict[str, Any]:
    """Read settings by name, for keys of results and names of runs."""
    return {name: getattr(settings, name) for name in names}


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Return the settings of this process, read once from the environment."""
    return Settings()
