"""Firm units and the battery, made from the default figures of the technology table and the settings."""

from __future__ import annotations

import math

import numpy as np
import polars as pl

from pipelines.errors import UsageError
from pipelines.plant.technology import Battery, FirmTechnology
from pipelines.reference.parameters import Parameters
from pipelines.reference.technologies import Technology, technologies
from pipelines.settings import Settings

_CURVE_LOADS = (50, 60, 70, 80, 90, 100)


def firm_technologies(
    parameters: Parameters, temperature_outage: pl.DataFrame, settings: Settings
) -> dict[str, FirmTechnology]:
    """Make every dispatchable technology from its row of `technologies.csv`.

    Outage rates by temperature exist for gas turbines (CT) and nuclear (NU); a technology that names no prime mover has
    none, and is not given those of another one.

    Parameters
    ----------
    parameters : Parameters
        Defaults of the technology table.
    temperature_outage : pl.DataFrame
        Contract `core.temperature_outage`.
    settings : Settings
        Unit sizes, derates and other assumptions without a cited figure; the folder of reference tables.

    Returns
    -------
    dict[str, FirmTechnology]
        By name: every technology that has a unit.

    Raises
    ------
    UsageError
        If a figure is absent or in an unknown unit.
    InputError
        If a cell of `technologies.csv` is no number and names no setting and no parameter.
    """
    return {
        name: _firm_technology(own, parameters, temperature_outage, settings)
        for name, own in technologies(settings).items()
        if own.figures["unit_mw"]
    }


def _firm_technology(
    own: Technology, parameters: Parameters, temperature_outage: pl.DataFrame, settings: Settings
) -> FirmTechnology:
    name = own.technology

    def figure(column: str, unit: str | None = None) -> float:
        return own.figure(column, settings, parameters, unit)

    if own.figures["no_load_frac"] == "curve":
        no_load_frac = no_load_frac_of_curve(parameters, name)
    elif own.figures["no_load_frac"] == "penalty":
        no_load_frac = no_load_frac_of_penalty(parameters.value(name, "part_load_efficiency_penalty", "fraction"))
    else:
        no_load_frac = figure("no_load_frac")
    return FirmTechnology(
        technology=name,
        unit_mw=figure("unit_mw", "MW"),
        heat_rate_mmbtu_per_mwh=heat_rate_mmbtu_per_mwh(parameters, name),
        no_load_frac=no_load_frac,
        min_load_frac=figure("min_load_frac", "fraction"),
        forced_outage_rate=parameters.value(name, "forced_outage_rate", "fraction"),
        forced_outage_by_temperature=_outage_by_temperature(temperature_outage, own.prime_mover),
        planned_outage_rate=parameters.value(name, "planned_outage_rate", "fraction"),
        mtbf_hours=parameters.value(name, "mtbf", "hours"),
        mttr_hours=figure("mttr_hours", "hours"),
        derate_per_c=figure("derate_per_c", "fraction_per_C"),
        derate_above_c=figure("derate_above_c"),
        derate_per_km=figure("derate_per_km"),
        fuel=own.fuel,
        start_failure=figure("start_failure"),
        swing_frac=figure("swing_frac"),
    )


def battery(parameters: Parameters, settings: Settings) -> Battery:
    """Return the battery at the AC bus; the published round trip is split evenly over both directions.

    Parameters
    ----------
    parameters : Parameters
        Defaults of the technology table: round_trip_efficiency, min_state_of_charge and outage rates of bess.
    settings : Settings
        State of charge at the start; raised to the floor where it lies below.
    """
    one_way = math.sqrt(parameters.value("bess", "round_trip_efficiency", "fraction"))
    floor = parameters.value("bess", "min_state_of_charge", "fraction")
    return Battery(
        charge_efficiency=one_way,
        discharge_efficiency=one_way,
        soc_floor_frac=floor,
        soc_start_frac=max(floor, settings.battery_soc_start_frac),
        in_service_frac=(1.0 - parameters.value("bess", "forced_outage_rate", "fraction"))
        * (1.0 - parameters.value("bess", "planned_outage_rate", "fraction")),
    )


def heat_rate_mmbtu_per_mwh(parameters: Parameters, technology: str) -> float:
    """Return the full-load heat rate on the higher heating value (MMBtu/MWh).

    Parameters
    ----------
    technology : str
        As in the technology table; Btu/kWh on the LHV is converted by the table's ratio for natural gas.

    Raises
    ------
    UsageError
        If the unit says neither HHV nor LHV: a heat rate without its basis is off by a tenth.
    """
    unit = parameters.unit(technology, "heat_rate")
    per_kwh = parameters.value(technology, "heat_rate")
    if unit == "Btu_per_kWh_HHV":
        return per_kwh / 1000.0
    if unit == "Btu_per_kWh_LHV":
        return per_kwh / 1000.0 * parameters.value("natural_gas", "hhv_per_lhv", "ratio")
    raise UsageError(f"technology.csv gives heat_rate of {technology} in {unit}; state its basis as HHV or LHV.")


def no_load_frac_of_curve(parameters: Parameters, technology: str) -> float:
    """Return the no-load share of fuel by a straight line through the published part-load heat rates.

    Fuel at load share x is x times the heat rate there over the one at full load; the line fuel = a + (1 - a) x holds
    full load exactly, and a is its least-squares value over the published loads. Only ratios enter, so the heating
    value cancels.
    """
    full = parameters.value(technology, "heat_rate_at_100_pct_load")
    loads = np.array([load / 100.0 for load in _CURVE_LOADS])
    fuel = loads * [parameters.value(technology, f"heat_rate_at_{load}_pct_load") / full for load in _CURVE_LOADS]
    idle = 1.0 - loads
    return float(np.clip(idle @ (fuel - loads) / (idle @ idle), 0.0, 0.95))


def no_load_frac_of_penalty(penalty: float) -> float:
    """Return the no-load share of fuel of a unit whose efficiency is full-load efficiency x (1 - penalty x (1 - load)).

    Parameters
    ----------
    penalty : float
        Share of efficiency lost per unit of load shed, the form of Newkirk et al. (2025); the line runs through full
        and half load.
    """
    half_load_fuel = 0.5 / (1.0 - 0.5 * penalty)
    return 2.0 * half_load_fuel - 1.0


def _outage_by_temperature(temperature_outage: pl.DataFrame, prime_mover: str) -> tuple[tuple[float, float], ...]:
    """Return (deg C, forced outage rate) of one prime mover, rising in temperature."""
    rows = temperature_outage.filter(pl.col("prime_mover") == prime_mover).sort("temperature_c")
    return tuple(zip(rows["temperature_c"].to_list(), rows["forced_outage_rate"].to_list(), strict=True))
