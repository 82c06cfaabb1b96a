"""Everything Dagster sees: assets, the job of a night, its schedules and sensors, and the night resource."""

from __future__ import annotations

import importlib
import pkgutil

import dagster as dg

import assets.core
import assets.mart
import assets.raw
import assets.sim
from assets.jobs import nightly
from assets.resources import NightResource
from assets.schedules import SCHEDULES
from assets.sensors import SENSORS
from assets.sql_tables import sql_assets


def _layer_assets() -> list[dg.AssetsDefinition]:
    """Return the assets of the modules of all layers, in order of their keys."""
    found: dict[str, dg.AssetsDefinition] = {}
    for layer in (assets.raw, assets.core, assets.sim, assets.mart):
        for module_info in pkgutil.iter_modules(layer.__path__):
            module = importlib.import_module(f"{layer.__name__}.{module_info.name}")
            for value in vars(module).values():
                for item in value if isinstance(value, list) else [value]:
                    if isinstance(item, dg.AssetsDefinition):
                        found[item.key.to_user_string()] = item
    return [found[key] for key in sorted(found)]


defs = dg.Definitions(
    assets=[*_layer_assets(), *sql_assets()],
    jobs=[nightly],
    schedules=SCHEDULES,
    sensors=SENSORS,
    resources={"night": NightResource()},
    executor=dg.in_process_executor,
)
