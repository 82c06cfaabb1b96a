"""Firm units and the battery, made from the default figures of the technology table and the settings."""

from __future__ import annotations

import math

import numpy as np
import polars as pl

from pipelines.errors import UsageError
from pipelines.plant.technology import Battery, FirmTechnology
from pipelines.reference.parameters import Parameters
from pipelines.settings import Settings

TURBINES = ("gas_turbine_small_industrial", "gas_turbine_5mw")
_CURVE_LOADS = (50, 60, 70, 80, 90, 100)


def firm_technologies(
    parameters: Parameters, temperature_outage: pl.DataFrame, settings: Settings
) -> dict[str, FirmTechnology]:
    """Return every dispatchable technology by its name in the technology table.

    Outage rates by temperature exist for gas turbines (CT) and nuclear (NU). Gas engines and fuel cells have none, and
    are not given those of another prime mover. The diesel rows (DS) describe utility plants that run for the grid, a
    tenth of them out at any time; standby sets that are tested monthly are described by their failure to start.

    Parameters
    ----------
    parameters : Parameters
        Defaults of the technology table.
    temperature_outage : pl.DataFrame
        Contract `core.temperature_outage`.
    settings : Settings
        Unit sizes, derates and other assumptions without a cited figure.

    Returns
    -------
    dict[str, FirmTechnology]
        recip_genset, gas_turbine_small_industrial, gas_turbine_5mw, fuel_cell, smr, diesel_standby_genset.

    Raises
    ------
    UsageError
        If a figure is absent or in an unknown unit.
    """
    turbine_outage = _outage_by_temperature(temperature_outage, "CT")
    found = [
        FirmTechnology(
            technology="recip_genset",
            unit_mw=parameters.value("recip_genset", "unit_mw", "MW"),
            no_load_frac=no_load_frac_of_curve(parameters, "recip_genset"),
            min_load_frac=parameters.value("recip_genset", "min_load", "fraction"),
            forced_outage_by_temperature=(),
            derate_per_c=settings.engine_derate_per_c,
            derate_above_c=settings.engine_derate_above_c,
            derate_per_km=settings.engine_altitude_derate_per_km,
            fuel="natural_gas",
            **_rates(parameters, "recip_genset"),
        )
    ]
    found += [
        FirmTechnology(
            technology=turbine,
            unit_mw=parameters.value(turbine, "unit_mw", "MW"),
            no_load_frac=no_load_frac_of_penalty(parameters.value(turbine, "part_load_efficiency_penalty", "fraction")),
            min_load_frac=parameters.value(turbine, "min_load", "fraction"),
            forced_outage_by_temperature=turbine_outage,
            derate_per_c=parameters.value(turbine, "temperature_derate", "fraction_per_C"),
            derate_above_c=settings.turbine_derate_above_c,
            derate_per_km=settings.altitude_derate_per_km,
            fuel="natural_gas",
            **_rates(parameters, turbine),
        )
        for turbine in TURBINES
    ]
    found += [
        FirmTechnology(
            technology="fuel_cell",
            unit_mw=settings.fuel_cell_unit_mw,
            no_load_frac=settings.flat_no_load_frac,
            min_load_frac=parameters.value("fuel_cell", "min_load", "fraction"),
            forced_outage_by_temperature=(),
            derate_per_c=0.0,
            derate_above_c=settings.turbine_derate_above_c,
            derate_per_km=0.0,
            fuel="natural_gas",
            **_rates(parameters, "fuel_cell"),
        ),
        FirmTechnology(
            technology="smr",
            unit_mw=settings.smr_unit_mw,
            no_load_frac=settings.flat_no_load_frac,
            min_load_frac=parameters.value("smr", "min_load", "fraction"),
            forced_outage_by_temperature=_outage_by_temperature(temperature_outage, "NU"),
            derate_per_c=0.0,
            derate_above_c=settings.turbine_derate_above_c,
            derate_per_km=0.0,
            fuel="uranium",
            **_rates(parameters, "smr"),
        ),
        FirmTechnology(
            technology="diesel_standby_genset",
            unit_mw=settings.standby_unit_mw,
            no_load_frac=settings.flat_no_load_frac,
            min_load_frac=settings.standby_min_load_frac,
            forced_outage_by_temperature=(),
            derate_per_c=settings.engine_derate_per_c,
            derate_above_c=settings.engine_derate_above_c,
            derate_per_km=settings.engine_altitude_derate_per_km,
            fuel="diesel",
            **(_rates(parameters, "diesel_standby_genset", mttr_hours=settings.standby_mttr_hours)),
        ),
    ]
    return {technology.technology: technology for technology in found}


def battery(parameters: Parameters, settings: Settings) -> Battery:
    """Return the battery at the AC bus; the published round trip is split evenly over both directions.

    Parameters
    ----------
    parameters : Parameters
        Defaults of the technology table: round_trip_efficiency and min_state_of_charge of bess.
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


def _rates(parameters: Parameters, technology: str, mttr_hours: float | None = None) -> dict[str, float]:
    """Return heat rate, outage rates and times of a technology."""
    return {
        "heat_rate_mmbtu_per_mwh": heat_rate_mmbtu_per_mwh(parameters, technology),
        "forced_outage_rate": parameters.value(technology, "forced_outage_rate", "fraction"),
        "planned_outage_rate": parameters.value(technology, "planned_outage_rate", "fraction"),
        "mtbf_hours": parameters.value(technology, "mtbf", "hours"),
        "mttr_hours": parameters.value(technology, "mttr", "hours") if mttr_hours is None else mttr_hours,
    }


def _outage_by_temperature(temperature_outage: pl.DataFrame, prime_mover: str) -> tuple[tuple[float, float], ...]:
    """Return (deg C, forced outage rate) of one prime mover, rising in temperature."""
    rows = temperature_outage.filter(pl.col("prime_mover") == prime_mover).sort("temperature_c")
    return tuple(zip(rows["temperature_c"].to_list(), rows["forced_outage_rate"].to_list(), strict=True))
