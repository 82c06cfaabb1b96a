"""Tables of the dispatch: designs, yearly sums, hours and weeks."""

from __future__ import annotations

import dataframely as dy

from pipelines.contracts.base import flag, integer, number, table, text, timestamp
from pipelines.dispatch.options import RULES

_RULES = ", ".join(RULES)


class _Designs(dy.Schema):
    design_id = text("Name of the design, made from its sizes.", key=True)
    stack_id = text("Stack that the design is a form of.")
    solar_mw = number("Solar, AC rating.", "MW", minimum=0)
    bess_mw = number("Dispatch battery, AC power in either direction.", "MW", minimum=0)
    bess_mwh = number("Dispatch battery, energy.", "MWh", minimum=0)
    reserve_mw = number("Battery held back to ride through the loss of a unit, AC power.", "MW", minimum=0)
    reserve_mwh = number("Battery held back to ride through the loss of a unit, energy.", "MWh", minimum=0)
    grid_mw = number("Grid service at the bus.", "MW", minimum=0)
    is_grid_flexible = flag("Whether the grid service may be curtailed.")
    baseload_technology = text("Technology of the baseload block, empty where there is none.")
    baseload_units = integer("Units of the baseload block.", "count", minimum=0)
    baseload_unit_mw = number("Rating of one baseload unit at ISO conditions.", "MW", minimum=0)
    firm_technology = text("Technology of the firm units, empty where there are none.")
    firm_units = integer("Firm units, spares included.", "count", minimum=0)
    firm_unit_mw = number("Rating of one firm unit at ISO conditions.", "MW", minimum=0)
    rule = text(f"Dispatch rule: {_RULES}.")


class _DispatchAnnual(dy.Schema):
    region_id = text("Region.", key=True)
    design_id = text("Design.", key=True)
    stack_id = text("Stack that the design is a form of.")
    weather_year = integer(
        "Calendar year of actual weather; 1, 2, ... for synthetic reference years; 0 for a typical year.", "", key=True
    )
    load_mwh = number("Demand at the bus.", "MWh", minimum=0)
    solar_potential_mwh = number("Solar before curtailment.", "MWh", minimum=0)
    solar_mwh = number("Solar taken by load or battery.", "MWh", minimum=0)
    curtailed_mwh = number("Solar that nothing could take.", "MWh", minimum=0)
    charge_mwh = number("Battery charging, AC side.", "MWh", minimum=0)
    discharge_mwh = number("Battery discharging, AC side.", "MWh", minimum=0)
    grid_mwh = number("Grid import.", "MWh", minimum=0)
    baseload_mwh = number("Output of the baseload block.", "MWh", minimum=0)
    firm_mwh = number("Output of the firm units.", "MWh", minimum=0)
    unserved_mwh = number("Demand not served with every unit in service.", "MWh", minimum=0)
    unserved_hours = number("Hours with unserved demand with every unit in service.", "h", minimum=0)
    baseload_fuel_mmbtu = number("Fuel of the baseload block, higher heating value.", "MMBtu", minimum=0)
    firm_fuel_mmbtu = number("Fuel of the firm units, higher heating value.", "MMBtu", minimum=0)
    baseload_starts = integer("Starts of baseload units.", "count", minimum=0)
    firm_starts = integer("Starts of firm units.", "count", minimum=0)
    baseload_run_hours = number("Running hours summed over baseload units.", "unit-hours", minimum=0)
    firm_run_hours = number("Running hours summed over firm units.", "unit-hours", minimum=0)
    soc_start_mwh = number("Energy in the battery before the first hour.", "MWh", minimum=0)
    soc_end_mwh = number("Energy in the battery after the last hour.", "MWh", minimum=0)
    renewable_frac = number(
        "Share of served energy that neither grid, baseload nor firm units gave.", "fraction", minimum=0, maximum=1
    )


class _DispatchHourly(dy.Schema):
    region_id = text("Region.", key=True)
    stack_id = text("Stack.", key=True)
    hour_utc = timestamp("Start of the interval.", key=True)
    load_mw = number("Demand at the bus.", "MW", minimum=0)
    solar_mw = number("Solar taken by load or battery.", "MW", minimum=-1e-9)
    curtailed_mw = number("Solar that nothing could take.", "MW", minimum=0)
    charge_mw = number("Battery charging, AC side.", "MW", minimum=0)
    discharge_mw = number("Battery discharging, AC side.", "MW", minimum=0)
    grid_mw = number("Grid import.", "MW", minimum=0)
    baseload_mw = number("Output of the baseload block taken at the bus.", "MW", minimum=-1e-9)
    firm_mw = number("Output of the firm units taken at the bus.", "MW", minimum=-1e-9)
    firm_units_on = integer("Firm units running.", "count", minimum=0)
    unserved_mw = number("Demand not served with every unit in service.", "MW", minimum=0)
    soc_mwh = number("Energy in the dispatch battery at the end of the interval.", "MWh", minimum=-1e-9)


class _DispatchWeekly(dy.Schema):
    region_id = text("Region.", key=True)
    stack_id = text("Stack.", key=True)
    week = integer(
        "Week of seven days counted from the first hour of the year, from 1; the last may be short.", "", key=True
    )
    week_start_utc = timestamp("First hour of the week.")
    load_mwh = number("Demand at the bus.", "MWh", minimum=0)
    solar_mwh = number("Solar taken by load or battery.", "MWh", minimum=-1e-6)
    curtailed_mwh = number("Solar that nothing could take.", "MWh", minimum=0)
    charge_mwh = number("Battery charging, AC side.", "MWh", minimum=0)
    discharge_mwh = number("Battery discharging, AC side.", "MWh", minimum=0)
    grid_mwh = number("Grid import.", "MWh", minimum=0)
    baseload_mwh = number("Output of the baseload block taken at the bus.", "MWh", minimum=-1e-6)
    firm_mwh = number("Output of the firm units taken at the bus.", "MWh", minimum=-1e-6)
    unserved_mwh = number("Demand not served with every unit in service.", "MWh", minimum=0)
    unserved_hours = number("Hours with unserved demand with every unit in service.", "h", minimum=0)
    firm_run_hours = number("Running hours summed over firm units.", "unit-hours", minimum=0)
    soc_min_mwh = number("Least energy in the dispatch battery at the end of an hour.", "MWh", minimum=-1e-9)


_WITHOUT_OUTAGES = "Energies are those with every unit in service; outages are counted in the adequacy columns."


@table("sim.designs", grain="One row per design: the design grid, and the sizes worked out around a region's best.")
class SimDesigns(_Designs):
    """Designs that are dispatched."""


@table("mart.designs", grain="One row per design: what a stack is made of and how it is sized.")
class Designs(_Designs):
    """Designs as published."""


@table("sim.dispatch_annual", grain=f"One row per region, design and weather year. {_WITHOUT_OUTAGES}")
class SimDispatchAnnual(_DispatchAnnual):
    """Yearly sums of the batch."""


@table("mart.dispatch_annual", grain=f"One row per region, design and weather year. {_WITHOUT_OUTAGES}")
class DispatchAnnual(_DispatchAnnual):
    """Yearly sums as published."""


@table(
    "mart.dispatch_hourly",
    grain=f"One row per region, stack and hour, for the chosen design of each stack. {_WITHOUT_OUTAGES}",
    time="hour_utc is the start of the interval.",
)
class DispatchHourly(_DispatchHourly):
    """Hourly traces as published."""


@table(
    "mart.dispatch_weekly",
    grain=f"One row per region, stack and week, for the chosen design of each stack. {_WITHOUT_OUTAGES}",
    time="Weeks are seven days each, counted from the first hour of the weather year.",
)
class DispatchWeekly(_DispatchWeekly):
    """The traces by week."""
