"""Contract of the overhauls of firm units."""

from __future__ import annotations

import dataframely as dy

from pipelines.contracts.base import integer, number, table, text


@table(
    "mart.overhauls",
    grain="One row per region and stack whose firm units are overhauled by running hours.",
    time="Years count from the first operation.",
)
class Overhauls(dy.Schema):
    """When the units of each plant are overhauled, and the energy served in a year in which all of them are."""

    region_id = text("Region", key=True)
    stack_id = text("Power stack", key=True)
    firm_technology = text("Technology of the firm units")
    firm_units = integer("Firm units", "count", minimum=1)
    unit_run_hours_per_year = number("Running hours of a unit", "h/year", minimum=0, maximum=8784)
    overhaul_interval_hours = number(
        "Running hours between overhauls; of fuel cells between exchanges of stacks", "h", minimum=0
    )
    first_overhaul_year = number(
        "Year of operation in which the units fall due first; null where none falls due within the project",
        "years",
        minimum=1,
        nullable=True,
    )
    overhauls_in_project = integer("Overhauls of each unit within the project", "count", minimum=0)
    unit_out_days = number("Days that an overhaul takes a unit out of service", "days", minimum=0)
    planned_outage_mean_frac = number(
        "Planned outage of a unit in the mean year, which the design was chosen for", "fraction", minimum=0, maximum=1
    )
    planned_outage_other_years_frac = number(
        "Planned outage of a unit in years without an overhaul", "fraction", minimum=0, maximum=1
    )
    planned_outage_overhaul_year_frac = number(
        "Planned outage of a unit in a year with its overhaul", "fraction", minimum=0, maximum=1
    )
    overhaul_year_unserved_mwh = number(
        "Unserved energy of a year with the overhaul of every unit, beyond the mean year; sun, battery, grid left out",
        "MWh",
        minimum=0,
    )
    overhaul_year_availability_frac = number("Energy served in such a year", "fraction", minimum=0, maximum=1)
    faded_output_frac = number(
        "Mean output of a fleet that holds its fuel while its cells fade, share of the rating; 1 where nothing fades",
        "fraction",
        minimum=0,
        maximum=1,
    )
    faded_availability_frac = number(
        "Energy served in the mean year by such a fleet: whether the spare units carry the fade",
        "fraction",
        minimum=0,
        maximum=1,
    )
