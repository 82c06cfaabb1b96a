"""The list of connectors, in the order of preference, which `data_status` and `docs/sources.md` follow."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

from pipelines.errors import UsageError
from pipelines.settings import Settings
from pipelines.sources import (
    bls_ppi,
    census_counties,
    census_m3,
    county_zones,
    eia861,
    eia_files,
    eia_v2,
    fred,
    nasa_power,
    nri,
    nsrdb,
    open_meteo,
    pvgis,
    queue_caiso,
    queue_ercot,
    queue_isone,
    queue_lbnl,
    queue_miso,
    queue_nyiso,
    queue_pjm,
    queue_pjm_cycles,
    queue_spp,
)
from pipelines.sources.base import Parsed, Payload, SourceInfo
from pipelines.sources.parsing import Connector
from pipelines.sources.weather_common import WEATHER

GAS, GAS_DAILY, POWER = "core.gas_prices", "core.gas_prices_daily", "core.power_prices"
INDICATORS, QUEUES = "core.lead_time_indicators", "core.queue_projects"
LIVE_TABLES = {
    eia_v2: (GAS, GAS_DAILY, POWER),
    eia_files: (GAS, GAS_DAILY),
    fred: (GAS, GAS_DAILY, INDICATORS),
    census_m3: (INDICATORS,),
    bls_ppi: (INDICATORS,),
    queue_caiso: (QUEUES,),
    queue_ercot: (QUEUES,),
    queue_isone: (QUEUES,),
    queue_miso: (QUEUES,),
    queue_nyiso: (QUEUES,),
    queue_pjm: (QUEUES,),
    queue_pjm_cycles: (QUEUES,),
    queue_spp: (QUEUES,),
    queue_lbnl: (QUEUES,),
    census_counties: ("core.counties",),
    county_zones: ("core.county_zones", "core.zones"),
    eia861: ("core.utility_reliability", "core.grid_reliability"),
    nri: ("core.hazards", "core.county_hazards"),
}
_WEATHER = {"nsrdb": nsrdb, "nasa_power": nasa_power, "open_meteo": open_meteo, "pvgis": pvgis}


def source_ids() -> list[str]:
    """List the short names of all sources, those switched off as well."""
    return [module.SOURCE.source_id for module in (*_WEATHER.values(), *LIVE_TABLES)]


def source_of(source_id: str) -> SourceInfo:
    """Select what is known of a source by its short name."""
    return _module(source_id).SOURCE


def parser_of(source_id: str) -> Callable[[Payload], Parsed | list[Parsed]]:
    """Select the parser of a source by its short name."""
    return _module(source_id).parse


def _module(source_id: str) -> ModuleType:
    return next(module for module in (*_WEATHER.values(), *LIVE_TABLES) if module.SOURCE.source_id == source_id)


def connectors(settings: Settings) -> tuple[Connector, ...]:
    """Return the connectors that are not switched off: those of weather first, in the order that the settings name.

    Raises
    ------
    UsageError
        If a source that is to be switched off or limited does not exist.
    """
    named = [_WEATHER[name] for name in settings.weather_sources if name in _WEATHER]
    unnamed = [module for module in _WEATHER.values() if module not in named]
    every = (
        *(_connector(module, (WEATHER,), lane="weather") for module in (*named, *unnamed)),
        *(_connector(module, tables) for module, tables in LIVE_TABLES.items()),
    )
    known = [connector.source.source_id for connector in every]
    unknown = sorted(set(settings.source_off) - set(known))
    if unknown:
        raise UsageError(f"FIRSTMW_SOURCE_OFF names {unknown[0]!r}; the sources are {', '.join(known)}.")
    limited = sorted({entry.partition("=")[0].strip() for entry in settings.source_limits} - set(known))
    if limited:
        raise UsageError(f"FIRSTMW_SOURCE_LIMITS names {limited[0]!r}; the sources are {', '.join(known)}.")
    return tuple(connector for connector in every if connector.source.source_id not in settings.source_off)


def _connector(module: ModuleType, tables: tuple[str, ...], lane: str = "") -> Connector:
    return Connector(
        source=module.SOURCE,
        requests=module.requests,
        tables=tables,
        parse=module.parse,
        follow=getattr(module, "follow", None),
        user_files=getattr(module, "user_files", None),
        lane=lane,
    )
