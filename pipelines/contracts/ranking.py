"""Contracts of what surrounds the ranking: cases, scenarios, robustness, sensitivity and history."""

from __future__ import annotations

import dataframely as dy

from pipelines.contracts.base import choice, flag, integer, number, table, text


@table(
    "mart.rank_sensitivity",
    grain="One row per region, stack and margin: the rank and value of the design chosen there.",
)
class RankSensitivity(dy.Schema):
    """What the order of sites depends on most: what compute earns."""

    margin_usd_per_mw_year = number("Margin of compute before power", "USD/MW/year", key=True)
    region_id = text("Region", key=True)
    stack_id = text("Stack", key=True)
    design_id = text("Design chosen")
    gas_level_usd_per_mmbtu = number("Level price of natural gas that the cost counts", "USD/MMBtu", minimum=0)
    lcoe_usd_per_mwh = number("Levelised cost per MWh served at the bus, real, after tax", "USD/MWh")
    value_usd_per_mw = number("Discounted margin over the horizon per planned MW of IT", "USD/MW")
    is_target_met = flag(
        "The availability target is reached, natural hazards left out, and the stack keeps its defining parts"
    )
    rank = integer("Place among all rows of the case", minimum=1)
    region_rank = integer("Place of the region by its best stack", minimum=1)
    is_region_best = flag("This row is the region's best stack in the case")


@table("mart.scenarios", grain="One row per scenario and setting that it changes.")
class Scenarios(dy.Schema):
    """Named sets of settings."""

    scenario_id = text("Scenario", key=True)
    setting = text("Setting that it changes", key=True)
    value = text("Value in the scenario")
    base_value = text("Value of the night")
    meaning = text("What the scenario is about")
    scenario_order = integer("Order in which scenarios are shown", minimum=1)


@table(
    "mart.scenario_rankings",
    grain="One row per scenario, region and stack; the scenario base is the night itself.",
)
class ScenarioRankings(dy.Schema):
    """The ranking under named sets of settings, on the same physics."""

    scenario_id = text("Scenario, see scenarios; base is the night itself", key=True)
    region_id = text("Region", key=True)
    stack_id = text("Stack", key=True)
    design_id = text("Design chosen in the scenario")
    is_other_design = flag("The scenario chooses another design than the night")
    rank = integer("Place among all rows of the scenario", minimum=1)
    region_rank = integer("Place of the region by its best stack", minimum=1)
    is_region_best = flag("This row is the region's best stack in the scenario")
    is_target_met = flag(
        "The availability target is reached, natural hazards left out, and the stack keeps its defining parts"
    )
    first_mw_months_p50 = number("Months to the first module at target, median", "months", minimum=0)
    lcoe_usd_per_mwh = number("Levelised cost per MWh served at the bus, real, after tax", "USD/MWh")
    co2_kg_per_mwh = number("CO2 of combustion and grid energy per MWh served", "kg/MWh", minimum=0)
    online_years_discounted = number("Discounted years that a planned MW is expected online", "years", minimum=0)
    net_usd_per_mw_year = number("What a MW of IT online earns in a year", "USD/MW/year")
    value_usd_per_mw = number("Discounted margin over the horizon per planned MW of IT", "USD/MW")
    base_rank = integer("Place in the night itself", minimum=1)
    rank_change = integer("Places lost against the night; negative where the row gains")
    value_change_usd_per_mw = number("Value against the night", "USD/MW")


@table(
    "mart.uncertainties",
    grain="One row per assumption that is varied: its range, what it touches and where it comes from.",
)
class Uncertainties(dy.Schema):
    """What the robustness of ranks and the sensitivity of sites vary."""

    assumption_id = text("Assumption", key=True)
    effect = text("What it changes")
    target = text("Technology, or what it is drawn apart for: hub, place, state or technology; all where it is common")
    unit = text("Unit of the figures")
    low = number("P10", "see unit")
    base = number("Figure of the night", "see unit")
    high = number("P90", "see unit")
    is_drawn = flag("Whether the Monte Carlo of the ranks draws it")
    is_assumption = flag("Whether the range itself has no published source")
    meaning = text("What it is")
    reason = text("Why the range is what it is")
    source_title = text("Title of the source of figure and range; empty for a setting")
    publisher = text("Publisher of the source")
    url = text("Address of the source")
    as_of = text("Date of the source")


@table(
    "mart.fact_value",
    grain="One row per region and fact not known there: what knowing it would be worth for the choice of stack.",
)
class FactValue(dy.Schema):
    """What is worth finding out first."""

    region_id = text("Region", key=True)
    fact_id = text("Fact; region_facts has what is known of those that it lists", key=True)
    meaning = text("What the fact is")
    known_by = text("Who can say")
    usd_per_mw = number(
        "Rise of the expected value per planned MW if the stack is chosen when the fact is known", "USD/MW", minimum=0
    )
    months = number(
        "Months that who chooses by the first MW expects to save by knowing it; a request that is not energised counts "
        "the horizon",
        "months",
        minimum=0,
    )
    stack_id = text("Stack of the highest expected value without knowing it")
    switch_frac = number("Draws in which knowing it changes the choice", "fraction", minimum=0, maximum=1)
    other_stack_id = text("Stack that is mostly chosen then; empty where none is", nullable=True)


@table(
    "mart.rank_acceptability",
    grain="One row per region, stack and order (value or score): where the row ranks over draws of inputs and weights.",
)
class RankAcceptability(dy.Schema):
    """How firm a place is."""

    ordered_by = choice("What rows are ordered by in each draw", ["value", "score"], key=True)
    region_id = text("Region", key=True)
    stack_id = text("Stack", key=True)
    top1_frac = number("Draws in which the row comes first", "fraction", minimum=0, maximum=1)
    top10_frac = number("Draws in which the row is among the first ten", "fraction", minimum=0, maximum=1)
    region_first_frac = number("Draws in which the row is the best of its region", "fraction", minimum=0, maximum=1)
    rank_p05 = number("Rank, 5th percentile of the draws", "rank", minimum=1)
    rank_p50 = number("Rank, median of the draws", "rank", minimum=1)
    rank_p95 = number("Rank, 95th percentile of the draws", "rank", minimum=1)
    figure_p05 = number("Value or score, 5th percentile of the draws", "USD/MW or 0-100")
    figure_p50 = number("Value or score, median of the draws", "USD/MW or 0-100")
    figure_p95 = number("Value or score, 95th percentile of the draws", "USD/MW or 0-100")


@table(
    "mart.site_sensitivity",
    grain="One row per region, stack and assumption that moves its value: LCOE and value at the ends of the range.",
)
class SiteSensitivity(dy.Schema):
    """Which assumptions a site hangs on, one at a time."""

    region_id = text("Region", key=True)
    stack_id = text("Stack", key=True)
    assumption_id = text("Assumption, see uncertainties", key=True)
    importance = integer("Place by swing, from 1", minimum=1)
    unit = text("Unit of low, base and high")
    low = number("Low end (P10)", "see unit")
    base = number("Figure of the night", "see unit")
    high = number("High end (P90)", "see unit")
    lcoe_at_low_usd_per_mwh = number("LCOE at the low end", "USD/MWh")
    lcoe_at_high_usd_per_mwh = number("LCOE at the high end", "USD/MWh")
    value_at_low_usd_per_mw = number("Value at the low end", "USD/MW")
    value_at_high_usd_per_mw = number("Value at the high end", "USD/MW")
    swing_usd_per_mw = number("Distance of the two values", "USD/MW", minimum=0)
    is_drawn = flag("Whether the Monte Carlo of the ranks draws it")


@table(
    "mart.rank_flips",
    grain="One row per pair of neighbours in the ranking and assumption: the figure at which their order turns.",
)
class RankFlips(dy.Schema):
    """Which assumption turns the order of two sites, and at what figure."""

    pair = choice("Neighbours by region rank, or the best two stacks of a region", ["regions", "stacks"], key=True)
    region_id = text("Region of the row ranked first", key=True)
    stack_id = text("Stack of the row ranked first", key=True)
    other_region_id = text("Region of the row ranked after it", key=True)
    other_stack_id = text("Stack of the row ranked after it", key=True)
    assumption_id = text("Assumption, see uncertainties; delay is a later start of the first row alone", key=True)
    closeness = integer("Place among the pair's assumptions, the least unlikely flip first", minimum=1)
    unit = text("Unit of the figures")
    low = number("Low end (P10)", "see unit")
    base = number("Figure of the night", "see unit")
    high = number("High end (P90)", "see unit")
    flip = number("Figure at which both are worth the same", "see unit")
    ranges_away = number("Distance of the flip from the base in units of the range on that side", "ranges", minimum=0)
    is_within_range = flag("The flip lies within the range")
    value_gap_usd_per_mw = number("Value of the first row above the second", "USD/MW", minimum=0)
