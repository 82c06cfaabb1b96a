"""Every setting once: default, unit, meaning. Each is read from the environment with the prefix FIRSTMW_.

A figure that has a cited source stands in `pipelines/reference/`; what stands here is a choice of the user's, a limit
of the machine, or an assumption without a source, which then says "assumption". One module per family.
"""

from __future__ import annotations

from functools import lru_cache
from typing import get_args

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from pipelines.settings.money import Money
from pipelines.settings.places import REFERENCE_DIR, SCENARIOS_FILE, Places
from pipelines.settings.plant import Plant
from pipelines.settings.portfolio import Portfolio
from pipelines.settings.scale import Scale
from pipelines.settings.site import Site
from pipelines.settings.timeline import Timeline
from pipelines.settings.value import Value
from pipelines.settings.weather import Weather

__all__ = ["REFERENCE_DIR", "SCENARIOS_FILE", "Settings", "is_secret", "settings"]


# The families stand last to first: pydantic lists the fields of the last base first.
class Settings(Value, Portfolio, Timeline, Money, Plant, Site, Weather, Scale, Places, BaseSettings):
    """Settings of a night; the physical and economic ones are part of the run id."""

    model_config = SettingsConfigDict(env_prefix="FIRSTMW_", extra="ignore", frozen=True, allow_inf_nan=False)


def is_secret(name: str) -> bool:
    """Return whether a setting holds a key or another secret."""
    return SecretStr in (*get_args(Settings.model_fields[name].annotation), Settings.model_fields[name].annotation)


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Return the settings of this process, read once from the environment."""
    return Settings()
