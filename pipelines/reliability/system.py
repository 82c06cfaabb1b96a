"""A design at a site as a system of parts that fail, for the sequential simulation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.dispatch.inputs import DesignSet, SiteYear
from pipelines.plant.technology import Battery, FirmTechnology
from pipelines.reliability.common_mode import (
    GAS_SUPPLY,
    GRID_CAUSES,
    SWITCHGEAR,
    UNIT_TRANSFORMER,
    unavailability,
)
from pipelines.reliability.fleet import forced_outage_rate
from pipelines.reliability.monte_carlo import SITE, SharedOutage, Storage, System, UnitGroup, chain
from pipelines.settings import Settings

if TYPE_CHECKING:
    from pipelines.reference.parameters import Parameters

GRID, BASELOAD, FIRM = "grid", "baseload", "firm"


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
        Outage rate and repair time of `bess`.
    settings : Settings
        Size of a battery block.

    Notes
    -----
    The same rates as in the convolution: a unit's transformer is in series with it, repair takes the unit's own time.
    """
    n_hours = len(site.load_mw)
    series = unavailability(causes, UNIT_TRANSFORMER)
    groups: list[UnitGroup] = []
    shared: list[SharedOutage] = []

    def strike(names: tuple[str, ...], group: str) -> None:
        for row in causes.filter(pl.col("cause").is_in(names)).iter_rows(named=True):
            if row["unavailability_frac"] > 0.0:
                outage = chain(row["unavailability_frac"], row["hours_per_event"], site.step_hours)
                shared.append(SharedOutage(row["cause"], (group,), outage))

    def units(name: str, technology: str, count: int, unit_mw: float) -> UnitGroup:
        unit = technologies[technology]
        rate: NDArray[np.float64] = 1.0 - (1.0 - forced_outage_rate(unit, site.temperature_c)) * (1.0 - series)
        return UnitGroup(
            name,
            count,
            unit_mw * site.capacity_frac[technology],
            chain(rate, unit.mttr_hours, site.step_hours),
            "serving" if name == BASELOAD else "following",
            unit.min_load_frac if name == FIRM else 0.0,
            unit.planned_outage_rate,
        )

    if designs.grid_mw[index] > 0:
        share = site.grid_available_frac if designs.is_grid_flexible[index] else np.ones(n_hours)
        groups.append(UnitGroup(GRID, 1, designs.grid_mw[index] * share, chain(0.0, 1.0), "charging"))
        strike(GRID_CAUSES, GRID)
    if designs.baseload_units[index] > 0:
        name, unit_mw = designs.baseload_technology[index], float(designs.baseload_unit_mw[index])
        groups.append(units(BASELOAD, name, int(designs.baseload_units[index]), unit_mw))
    if designs.firm_units[index] > 0:
        name, unit_mw = designs.firm_technology[index], float(designs.firm_unit_mw[index])
        groups.append(units(FIRM, name, int(designs.firm_units[index]), unit_mw))
        if technologies[name].fuel == "natural_gas":
            strike((GAS_SUPPLY,), FIRM)
    strike((SWITCHGEAR,), SITE)

    energy = float(designs.bess_mwh[index])
    power = float(designs.bess_mw[index])
    storage = Storage(
        charge_mw=power,
        discharge_mw=power,
        energy_mwh=energy,
        charge_efficiency=battery.charge_efficiency,
        discharge_efficiency=battery.discharge_efficiency,
        floor_frac=battery.soc_floor_frac,
        start_mwh=energy * max(battery.soc_start_frac, battery.soc_floor_frac),
        blocks=max(1, round(power / settings.bess_block_mw)),
        chain=chain(
            parameters.value("bess", "forced_outage_rate"), parameters.value("bess", "mttr", "hours"), site.step_hours
        ),
    )
    return System(
        load_mw=site.load_mw,
        groups=groups,
        free_mw=designs.solar_mw[index] * site.solar_mw_per_mw,
        storage=storage if energy > 0 else None,
        shared=shared,
        step_hours=site.step_hours,
    )
