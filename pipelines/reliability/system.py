"""A design at a site as a system of parts that fail, for the sequential simulation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from pipelines.dispatch.inputs import DesignSet, SiteYear
from pipelines.plant.technology import Battery, FirmTechnology
from pipelines.reliability.availability import uncarried_shares
from pipelines.reliability.common_mode import (
    GAS_BASIN,
    GAS_SUPPLY,
    GRID_CAUSES,
    HOURS_PER_YEAR,
    SWITCHGEAR,
    UNIT_TRANSFORMER,
)
from pipelines.reliability.fleet import forced_outage_rate
from pipelines.reliability.freeze import gas_freeze, loses_gas
from pipelines.reliability.parts import NEVER, SITE, SharedOutage, Storage, System, Transformer, UnitGroup, chain
from pipelines.reliability.starts import is_standby
from pipelines.settings import Settings

if TYPE_CHECKING:
    from pipelines.reference.parameters import Parameters

GRID, BASELOAD, FIRM = "grid", "baseload", "firm"
# A plant of more blocks than this is simulated in this many: by then a block more or less shows no more.
MOST_BLOCKS = 24


def system_of_design(
    site: SiteYear,
    designs: DesignSet,
    index: int,
    technologies: Mapping[str, FirmTechnology],
    battery: Battery,
    causes: pl.DataFrame,
    parameters: Parameters,
    settings: Settings,
) -> System:
    """Return one design at one site as a system of units, battery blocks and shared outages.

    Parameters
    ----------
    site : SiteYear
    designs : DesignSet
    index : int
        Position of the design.
    technologies : Mapping[str, FirmTechnology]
    battery : Battery
    causes : pl.DataFrame
        Shared failures as from `common_mode`.
    parameters : Parameters
        Outage rates and times of `bess`, repair time of `transformer`.
    settings : Settings

    Notes
    -----
    The same rates as in the convolution, and what it leaves out: battery and solar blocks that fail, a second
    transformer that waits for the spare, standby units that fail while they run. The availability that the solar
    losses contain is taken out of them again and becomes outages of blocks.
    """
    n_hours, step = len(site.load_mw), site.step_hours
    by_unit, by_grid = uncarried_shares(designs, site.load_mw, settings, parameters.value("bess", "forced_outage_rate"))
    groups: list[UnitGroup] = []
    shared: list[SharedOutage] = []

    def strike(names: tuple[str, ...], group: str) -> None:
        for row in causes.iter_rows(named=True):
            if row["cause"] in names and row["unavailability_frac"] > 0.0:
                outage = chain(row["unavailability_frac"], row["hours_per_event"], step)
                shared.append(SharedOutage(row["cause"], (group,), outage))

    def units(name: str, technology: str, count: int, unit_mw: float) -> UnitGroup:
        unit = technologies[technology]
        # A standby set is out when it does not start, or fails while it runs.
        rate = np.zeros(n_hours) if is_standby(unit) else forced_outage_rate(unit, site.temperature_c)
        return UnitGroup(
            name,
            count,
            unit_mw * site.capacity_frac[technology],
            chain(rate, unit.mttr_hours, step),
            "serving" if name == BASELOAD else "following",
            unit.min_load_frac if name == FIRM else 0.0,
            unit.planned_outage_rate,
            unit.start_failure if name == FIRM else 0.0,
            unit.mtbf_hours if is_standby(unit) else float("inf"),
            float(by_unit[index]) / unit.mtbf_hours,
            _transformer(causes, parameters, step),
        )

    if designs.grid_mw[index] > 0:
        share = site.grid_available_frac if designs.is_grid_flexible[index] else np.ones(n_hours)
        losses = float(causes.filter(pl.col("cause").is_in(GRID_CAUSES))["events_per_year"].sum())
        interrupted = losses / HOURS_PER_YEAR * float(by_grid[index])
        limit_mw = designs.grid_mw[index] * share
        groups.append(UnitGroup(GRID, 1, limit_mw, NEVER, "charging", interruptions_per_hour=interrupted))
        strike(GRID_CAUSES, GRID)
    if designs.baseload_units[index] > 0:
        name, unit_mw = designs.baseload_technology[index], float(designs.baseload_unit_mw[index])
        groups.append(units(BASELOAD, name, int(designs.baseload_units[index]), unit_mw))
    if designs.firm_units[index] > 0:
        name, unit_mw = designs.firm_technology[index], float(designs.firm_unit_mw[index])
        groups.append(units(FIRM, name, int(designs.firm_units[index]), unit_mw))
        if loses_gas(technologies[name]):
            strike((GAS_SUPPLY,), FIRM)
            freeze = gas_freeze(site.temperature_c, causes, settings, step)
            if freeze.failure.any():
                shared.append(SharedOutage(GAS_BASIN, (FIRM,), freeze))
    strike((SWITCHGEAR,), SITE)

    solar_mw = float(designs.solar_mw[index])
    outages = settings.solar_outage_frac
    return System(
        load_mw=site.load_mw,
        groups=groups,
        free_mw=solar_mw * np.minimum(site.solar_mw_per_mw / (1.0 - outages), np.maximum(site.solar_mw_per_mw, 1.0)),
        free_blocks=_blocks(solar_mw, settings.solar_block_mw),
        free_chain=chain(outages, settings.solar_repair_hours, step) if solar_mw > 0.0 else NEVER,
        storage=_storage(designs, index, battery, parameters, settings, step),
        shared=shared,
        interruption_hours=settings.start_minutes / 60.0,
        step_hours=step,
    )


def _blocks(power_mw: float, block_mw: float) -> int:
    return int(np.clip(round(power_mw / block_mw), 1, MOST_BLOCKS))


def _transformer(causes: pl.DataFrame, parameters: Parameters, step_hours: float) -> Transformer | None:
    """Return the unit transformer, or none where the causes have none."""
    rows = causes.filter(pl.col("cause") == UNIT_TRANSFORMER)
    if rows.is_empty():
        return None
    swap = chain(float(rows["unavailability_frac"][0]), float(rows["hours_per_event"][0]), step_hours)
    return Transformer(swap, parameters.value("transformer", "mttr", "hours"))


def _storage(
    designs: DesignSet, index: int, battery: Battery, parameters: Parameters, settings: Settings, step_hours: float
) -> Storage | None:
    """Return the dispatch battery as blocks that fail, or none."""
    energy, power = float(designs.bess_mwh[index]), float(designs.bess_mw[index])
    if energy <= 0.0:
        return None
    return Storage(
        charge_mw=power,
        discharge_mw=power,
        energy_mwh=energy,
        charge_efficiency=battery.charge_efficiency,
        discharge_efficiency=battery.discharge_efficiency,
        floor_frac=battery.soc_floor_frac,
        start_mwh=energy * max(battery.soc_start_frac, battery.soc_floor_frac),
        blocks=_blocks(power, settings.bess_block_mw),
        chain=chain(
            parameters.value("bess", "forced_outage_rate"), parameters.value("bess", "mttr", "hours"), step_hours
        ),
        planned_rate=parameters.value("bess", "planned_outage_rate"),
    )
