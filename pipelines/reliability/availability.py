"""Availability of designs: outages of units, of the second block, shared failures and trips put together, by cause."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.dispatch.inputs import DesignSet
from pipelines.plant.technology import FirmTechnology
from pipelines.reliability.adequacy import NeedAdequacy
from pipelines.reliability.common_mode import GAS_SUPPLY, GRID_CAUSES, SWITCHGEAR, unavailability
from pipelines.settings import Settings

# Order of the columns and of a tie between causes.
CAUSES = ("shortage", "units", "baseload_or_grid", "gas_supply", "switchgear", "trips")


@dataclass(frozen=True)
class Operation:
    """What a site's dispatch year says about each design; unit-hours have the shape (n_designs,)."""

    load_mw: NDArray[np.float64]
    step_hours: float
    firm_run_hours: NDArray[np.floating]
    baseload_run_hours: NDArray[np.floating]


def availability(
    designs: DesignSet,
    need: NeedAdequacy,
    operation: Operation,
    causes: pl.DataFrame,
    technologies: Mapping[str, FirmTechnology],
    settings: Settings,
    *,
    reserve_unavailability: float,
    frost_events: float = 0.0,
) -> pl.DataFrame:
    """Return unserved energy by cause, availability, loss-of-load hours, trips and interruptions of each design.

    Parameters
    ----------
    designs : DesignSet
    need : NeedAdequacy
        As from `adequacy_of_need` for the same designs and site.
    operation : Operation
        Load (MW, shape (n_hours,)) and unit-hours run of the dispatch.
    causes : pl.DataFrame
        Shared failures as from `common_mode`; the gas supply strikes designs whose firm units burn natural gas, the
        grid's strike designs with a grid.
    technologies : Mapping[str, FirmTechnology]
    settings : Settings
        Start time, load step and the failure of the UPS.
    reserve_unavailability : float
        Share of time that the battery reserve is itself on outage.
    frost_events : float
        Losses of the gas supply through frost over the hours given; their energy is in `need`.

    Returns
    -------
    pl.DataFrame
        Contract `sim.adequacy` without region and year, one row per design in order.

    Notes
    -----
    Shared failures are independent of the units' outages: with the switchgear lost all load is unserved, with the gas
    supply lost the fleet's whole need is, and the expectations mix by the law of total probability. The causes add up
    to the total. A trip that no reserve carries interrupts the whole site for the start time.
    """
    load_mwh = float(operation.load_mw.sum() * operation.step_hours)
    hours = float((operation.load_mw > 0).sum() * operation.step_hours)
    years = operation.load_mw.size * operation.step_hours / 8760.0
    burns_gas = np.array(
        [
            units > 0 and technologies[name].fuel == "natural_gas"
            for name, units in zip(designs.firm_technology, designs.firm_units, strict=True)
        ]
    )
    no_gas = np.where(burns_gas, unavailability(causes, GAS_SUPPLY), 0.0)
    no_site = unavailability(causes, SWITCHGEAR)

    trips = _trips(designs, operation, technologies) / years
    grid_events = _events(causes, GRID_CAUSES) * (designs.grid_mw > 0)
    by_unit, by_grid = uncarried_shares(designs, operation.load_mw, settings, reserve_unavailability)
    uncarried = trips * by_unit + grid_events * by_grid
    restart_hours = settings.start_minutes / 60.0
    # A site that is off cannot lose more than its load.
    off_share = np.minimum(uncarried * years * restart_hours / max(hours, 1e-9), 1.0)

    with_frost = need.eue_mwh + need.frost_eue_mwh
    in_service = with_frost + no_gas * (need.stranded_eue_mwh - with_frost)
    before_trips = in_service + no_site * (load_mwh - in_service)
    parts = {
        "shortage": need.shortage_mwh,
        "units": need.units_eue_mwh - need.shortage_mwh,
        "baseload_or_grid": need.eue_mwh - need.units_eue_mwh,
        "gas_supply": in_service - need.eue_mwh,
        "switchgear": before_trips - in_service,
        "trips": off_share * (load_mwh - before_trips),
    }
    parts = {cause: np.clip(part, 0.0, None) for cause, part in parts.items()}
    table = np.vstack([parts[cause] for cause in CAUSES])
    eue = np.minimum(table.sum(axis=0), load_mwh)
    lolh = need.lolh_hours + need.frost_lolh_hours
    lateral_hours = no_gas * (need.stranded_lolh_hours - lolh)
    lolh = lolh + lateral_hours
    lolh = lolh + no_site * (hours - lolh)
    lolh = np.clip(lolh + off_share * (hours - lolh), 0.0, hours)
    lateral = (no_gas > 0) * _events(causes, (GAS_SUPPLY,)) * need.stranded_lolh_hours / max(hours, 1e-9)
    frost = (need.frost_lolh_hours > 0) * frost_events / years
    largest = np.array([*CAUSES, "none"])[np.where(table.max(axis=0) > 0, table.argmax(axis=0), len(CAUSES))]
    return pl.DataFrame(
        {
            "design_id": designs.design_id,
            "stack_id": designs.stack_id,
            "load_mwh": np.full(len(designs), load_mwh),
            "eue_mwh_per_year": eue,
            "lolh_hours_per_year": lolh,
            "availability_frac": 1.0 - eue / max(load_mwh, 1e-9),
            "full_service_hours_frac": 1.0 - lolh / max(hours, 1e-9),
            **{f"unserved_{cause}_mwh": parts[cause] for cause in CAUSES},
            "unserved_gas_basin_mwh": np.clip(need.frost_eue_mwh * (1.0 - no_gas), 0.0, parts["gas_supply"]),
            "gas_basin_hours_per_year": np.clip(need.frost_lolh_hours * (1.0 - no_gas), 0.0, lolh),
            "gas_lateral_hours_per_year": np.clip(lateral_hours, 0.0, lolh),
            "gas_basin_interruptions_per_year": frost,
            "gas_lateral_interruptions_per_year": lateral,
            "largest_cause": largest.tolist(),
            "trips_per_year": trips + grid_events,
            "interruptions_per_year": uncarried + lateral + frost + _events(causes, (SWITCHGEAR,)),
        }
    )


def _events(causes: pl.DataFrame, names: tuple[str, ...]) -> float:
    found = dict(zip(causes["cause"].to_list(), causes["events_per_year"].to_list(), strict=True))
    return float(sum(found[name] for name in sorted(names) if name in found))


def _trips(designs: DesignSet, operation: Operation, technologies: Mapping[str, FirmTechnology]) -> NDArray[np.float64]:
    """Return expected trips of running units over the hours given: unit-hours run over the mean time between them."""
    trips = np.zeros(len(designs))
    for names, run_hours in (
        (designs.firm_technology, operation.firm_run_hours),
        (designs.baseload_technology, operation.baseload_run_hours),
    ):
        between = np.array([technologies[name].mtbf_hours if name else np.inf for name in names])
        trips += np.asarray(run_hours, dtype=np.float64) / between
    return trips


def uncarried_shares(
    designs: DesignSet, load_mw: NDArray[np.float64], settings: Settings, reserve_unavailability: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the shares of unit trips and of grid losses that interrupt the site, each of shape (n_designs,).

    Parameters
    ----------
    designs : DesignSet
    load_mw : NDArray[np.float64]
        Load at the bus (MW), shape (n_hours,).
    settings : Settings
        Start time, load step and the failure of the UPS.
    reserve_unavailability : float
        Share of time that the battery reserve is itself on outage.

    Notes
    -----
    An islanded site needs a reserve of the largest unit and the load step for the start time; a grid carries every
    trip of a unit. A loss of grid is carried by a battery of at least the peak, or else by the UPS.
    """
    largest = np.maximum(
        np.where(designs.firm_units > 0, designs.firm_unit_mw, 0.0),
        np.where(designs.baseload_units > 0, designs.baseload_unit_mw, 0.0),
    )
    power = largest + settings.load_step_frac * float(load_mw.max())
    energy = power * settings.start_minutes / 60.0
    is_carried = (designs.reserve_mw >= power * (1.0 - 1e-6)) & (designs.reserve_mwh >= energy * (1.0 - 1e-6))
    by_unit = np.where(designs.grid_mw > 0, 0.0, np.where(is_carried, reserve_unavailability, 1.0))
    has_battery = designs.bess_mw >= float(load_mw.max()) * (1.0 - 1e-6)
    by_grid = np.where(has_battery, reserve_unavailability, settings.ups_failure_frac)
    return by_unit, np.where(designs.grid_mw > 0, by_grid, 0.0)
