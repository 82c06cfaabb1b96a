"""Contracts of the time to power: durations as used, months to power, the critical path."""

from __future__ import annotations

import dataframely as dy

from pipelines.contracts.base import choice, flag, integer, number, table, text

SCOPES = ["site", "unit", "module", "full"]
_SAMPLES = "over the Monte Carlo samples, conditional on completion"


@table(
    "core.durations",
    grain="One row per duration that an activity network can draw, as pooled from its sources.",
)
class Durations(dy.Schema):
    """Durations as used."""

    duration_id = text("Duration, or the variant of it that a region or a size selects", key=True)
    unit = text(
        "Unit of low, mid and high: months, months_per_mw or months_per_gwh", regex="^months(_per_mw|_per_gwh)?$"
    )
    low = number("P10 of the duration", "see unit", minimum=0)
    mid = number("P50 of the duration", "see unit", minimum=0)
    high = number("P90 of the duration", "see unit", minimum=0)
    is_assumption = flag("Whether the duration rests on settings alone, without a published figure")
    rows_used = integer("Published rows or settings that are pooled", "count", minimum=1)
    rows_set_aside = integer("Published rows that were read and not used", "count", minimum=0)
    choice_reason = text("Why these rows stand for the duration")
    source_title = text("Titles of the sources used")
    publisher = text("Publishers of the sources used")
    url = text("Addresses of the sources used")
    as_of = text("Date of the latest source used (YYYY or YYYY-MM), empty for assumptions")


@table(
    "mart.time_to_power",
    grain="One row per region and stack.",
    time="Months count from the decision to build with money committed.",
)
class TimeToPower(dy.Schema):
    """Months to power."""

    region_id = text("Region", key=True)
    stack_id = text("Power stack", key=True)
    first_mw_months_p10 = number(f"P10 of the months to the first module at target, {_SAMPLES}", "months", minimum=0)
    first_mw_months_p50 = number(f"P50 of the months to the first module at target, {_SAMPLES}", "months", minimum=0)
    first_mw_months_p90 = number(f"P90 of the months to the first module at target, {_SAMPLES}", "months", minimum=0)
    full_mw_months_p10 = number(f"P10 of the months to all modules at target, {_SAMPLES}", "months", minimum=0)
    full_mw_months_p50 = number(f"P50 of the months to all modules at target, {_SAMPLES}", "months", minimum=0)
    full_mw_months_p90 = number(f"P90 of the months to all modules at target, {_SAMPLES}", "months", minimum=0)
    plant_complete_months_p50 = number(
        "P50 of the months until the last part of the plant runs, solar that follows gas included", "months", minimum=0
    )
    idle_months_mean = number(
        "Mean months from when the last generating part that the first module needs is set until that module runs, "
        "tests included: plant that is paid for and earns nothing",
        "months",
        minimum=0,
    )
    critical_activity = text("Activity with the largest share of the months on the critical chain to the first module")
    p_first_mw_12_months = number(
        "Chance of the first module within 12 months, completion and projects given up included",
        "fraction",
        minimum=0,
        maximum=1,
    )
    p_first_mw_24_months = number(
        "Chance of the first module within 24 months, completion and projects given up included",
        "fraction",
        minimum=0,
        maximum=1,
    )
    p_first_mw_36_months = number(
        "Chance of the first module within 36 months, completion and projects given up included",
        "fraction",
        minimum=0,
        maximum=1,
    )
    p_first_mw_60_months = number(
        "Chance of the first module within 60 months, completion and projects given up included",
        "fraction",
        minimum=0,
        maximum=1,
    )
    completion_probability = number(
        "Probability that the connection is energised at all; 1 where no request to a utility stands in the way; "
        "projects given up are counted beside it",
        "fraction",
        minimum=0,
        maximum=1,
    )
    usable_mw_months_60 = number(
        "Expected IT MW online at month ends, completion and projects given up included, over 60 months",
        "MW months",
        minimum=0,
    )


@table(
    "mart.critical_path",
    grain="One row per region, stack and activity of the stack's network.",
    time="Months count from the decision to build; all figures are for the first module.",
)
class CriticalPath(dy.Schema):
    """Who holds up the first module."""

    region_id = text("Region", key=True)
    stack_id = text("Power stack", key=True)
    activity = text("Activity of the network", key=True)
    activity_order = integer("Order of the activity in the network", "count", minimum=1)
    description = text("What is done")
    criticality_frac = number(
        "Mean share of the months to the first module that pass in this activity on the critical chain; sums to 1",
        "fraction",
        minimum=0,
        maximum=1,
    )
    on_critical_path_frac = number(
        "Share of samples in which the activity lies on the critical chain", "fraction", minimum=0, maximum=1
    )
    months_saved_if_free = number("P50 months to the first module saved if the activity took no time", "months")
    duration_p50_months = number("P50 of the activity's own months for the first module", "months", minimum=0)
    start_mean_months = number("Mean month of its start", "months", minimum=0)
    finish_mean_months = number("Mean month of its finish", "months", minimum=0)
    duration_id = text("Duration drawn, see the durations as used")
    source = text("Where the duration comes from, with its date")


@table(
    "mart.timeline_gantt",
    grain="One row per region, stack and activity of the stack's network, with dates as ranges.",
    time="Months count from the decision to build; for the first module unless the column says otherwise.",
)
class TimelineGantt(dy.Schema):
    """The schedule, ready for a Gantt chart."""

    region_id = text("Region", key=True)
    stack_id = text("Power stack", key=True)
    activity = text("Activity of the network", key=True)
    activity_order = integer("Order of the activity in the network", "count", minimum=1)
    description = text("What is done")
    predecessors = text("Activities that must be finished before, apart by semicolons; empty at the start")
    scope = choice(
        "site: once, every module waits; unit, module: one after the other; full: only later modules wait", SCOPES
    )
    start_months_p10 = number("P10 of its start", "months", minimum=0)
    start_months_p50 = number("P50 of its start", "months", minimum=0)
    start_months_p90 = number("P90 of its start", "months", minimum=0)
    finish_months_p10 = number("P10 of its finish", "months", minimum=0)
    finish_months_p50 = number("P50 of its finish", "months", minimum=0)
    finish_months_p90 = number("P90 of its finish", "months", minimum=0)
    complete_months_p50 = number("P50 of its finish for the complete plant", "months", minimum=0)
    is_critical = flag("Whether it lies on the chain that decides most often")
    on_critical_path_frac = number(
        "Share of samples in which the activity lies on the critical chain", "fraction", minimum=0, maximum=1
    )
    duration_id = text("Duration drawn, see the durations as used")


@table(
    "mart.energisation",
    grain="One row per region, stack and compute module, in the order in which they are energised.",
    time="Months count from the decision to build, conditional on completion.",
)
class Energisation(dy.Schema):
    """The energisation curve, module by module."""

    region_id = text("Region", key=True)
    stack_id = text("Power stack", key=True)
    module = integer("Module, from 1", "count", minimum=1, key=True)
    online_mw = number("IT power online with it", "MW", minimum=0)
    energised_months_p10 = number("P10 of the month in which it is energised", "months", minimum=0)
    energised_months_p50 = number("P50 of the month in which it is energised", "months", minimum=0)
    energised_months_p90 = number("P90 of the month in which it is energised", "months", minimum=0)


@table(
    "mart.phases",
    grain="One row per region, stack that is built in phases, and phase.",
    time="Months count from the decision to build; medians.",
)
class Phases(dy.Schema):
    """Stacks in which other parts run before the permanent plant, with the cost and carbon of each phase."""

    region_id = text("Region", key=True)
    stack_id = text("Power stack", key=True)
    phase = integer("Phase in order of time, from 1; the last is the permanent plant", minimum=1, key=True)
    phase_id = text("Name of the phase")
    is_rented = flag("Its firm units are rented")
    running = text("What makes the power in it")
    from_months_p50 = number("Month in which its first module runs", "months", minimum=0)
    until_months_p50 = number(
        "Month in which the next phase begins; null for the last", "months", minimum=0, nullable=True
    )
    online_years_discounted = number(
        "Discounted years that a planned MW is online in it within the horizon", "years", minimum=0
    )
    lcoe_usd_per_mwh = number("Levelised cost of what runs in it, dispatched alone, per MWh served", "USD/MWh")
    availability_frac = number(
        "Energy served of that demanded in it, outages counted", "fraction", minimum=0, maximum=1
    )
    co2_kg_per_mwh = number("CO2 of combustion and grid energy per MWh served in it", "kg/MWh", minimum=0)
    renewable_frac = number("Share of the load from solar in it", "fraction", minimum=0, maximum=1)
