"""Contracts of the ranking over the nights."""

from __future__ import annotations

import dataframely as dy

from pipelines.contracts.base import choice, flag, integer, number, table, text, timestamp

_PART = "Part of the change of value that is due to"


@table(
    "mart.ranking_history",
    grain="One row per night, region and stack: the rank and what it was made of.",
    time="as_of_utc is the logical date of the night; nights count in the order of their publication.",
)
class RankingHistory(dy.Schema):
    """Every release's ranking, carried on from release to release."""

    as_of_utc = timestamp("Logical date of the night", key=True)
    run_id = text("Run that made the row", key=True)
    night_number = integer("Number of the night in this history", minimum=1)
    scope = text("Regions and states the night is about; ranks of different scopes are not comparable")
    region_id = text("Region", key=True)
    stack_id = text("Stack", key=True)
    design_id = text("Chosen design")
    rank = integer("Place among all rows", minimum=1)
    region_rank = integer("Place of the region by its best stack", minimum=1)
    is_region_best = flag("This row is the region's best stack")
    is_target_met = flag("The availability target is reached and the stack keeps its defining parts")
    value_usd_per_mw = number("Discounted margin over the horizon per planned MW of IT", "USD/MW")
    online_years_discounted = number("Discounted years that a planned MW is expected online", "years", minimum=0)
    net_usd_per_mw_year = number("What a MW of IT online earns in a year", "USD/MW/year")
    margin_usd_per_mw_year = number("Margin of compute before power", "USD/MW/year")
    power_usd_per_mw_year = number("Cost of the power of one MW of IT", "USD/MW/year")
    restart_usd_per_mw_year = number("Margin lost to restarts", "USD/MW/year")
    bus_mwh_per_mw_year = number("Energy at the bus of one MW of IT", "MWh/MW/year", minimum=0)
    lcoe_usd_per_mwh = number("Levelised cost per MWh served at the bus, real, after tax", "USD/MWh")
    plant_usd_per_mwh = number("All charges of the plant after tax, in that cost", "USD/MWh")
    gas_mmbtu_per_mwh = number("Natural gas burnt per MWh served", "MMBtu/MWh", minimum=0)
    gas_level_usd_per_mmbtu = number("Level price of natural gas that the cost counts", "USD/MMBtu", minimum=0)
    grid_mwh_per_mwh = number("Grid energy per MWh served", "MWh/MWh", minimum=0)
    power_level_usd_per_mwh = number("Level price of grid energy that the cost counts", "USD/MWh", minimum=0)
    availability_frac = number(
        "IT energy served of that demanded, over the phases as the value counts it", "fraction", minimum=0, maximum=1
    )
    first_mw_months_p50 = number("Months to the first module at target, median", "months", minimum=0)
    co2_kg_per_mwh = number("CO2 of combustion and grid energy per MWh served", "kg/MWh", minimum=0)
    weather_source = text("Where the hours come from")


@table(
    "mart.rank_changes",
    grain="One row per region and stack: what moved since the release before, and which input moved it.",
    time="previous_as_of_utc is the logical date of the night compared with.",
)
class RankChanges(dy.Schema):
    """What moved."""

    region_id = text("Region", key=True)
    stack_id = text("Stack", key=True)
    previous_run_id = text("Run compared with; empty where none has the night's regions")
    previous_as_of_utc = timestamp("Logical date of that run", nullable=True)
    previous_rank = integer("Rank then", minimum=1, nullable=True)
    rank = integer("Rank now", minimum=1)
    rank_change = integer("Places lost; negative where the row gained")
    moved_by = text("What moved the value most, or other rows where only the rank moved")
    movement = text("The figure that moved most, before and after")
    changed_inputs = text("Inputs and assumptions that differ from the release before and bear on it")
    is_other_design = flag("Another design stands for the stack")
    previous_value_usd_per_mw = number("Value then", "USD/MW", nullable=True)
    value_usd_per_mw = number("Value now", "USD/MW")
    value_change_usd_per_mw = number("Change of value; the parts sum to it", "USD/MW")
    lead_times_usd_per_mw = number(f"{_PART} earlier or later power", "USD/MW")
    gas_price_usd_per_mw = number(f"{_PART} the price of gas", "USD/MW")
    power_price_usd_per_mw = number(f"{_PART} the price of grid energy", "USD/MW")
    plant_usd_per_mw = number(f"{_PART} what the plant costs", "USD/MW")
    other_costs_usd_per_mw = number(f"{_PART} upkeep, other fuel and carbon", "USD/MW")
    energy_usd_per_mw = number(f"{_PART} energies: weather, load, another design", "USD/MW")
    availability_usd_per_mw = number(f"{_PART} outages and restarts", "USD/MW")
    margin_usd_per_mw = number(f"{_PART} the margin of compute", "USD/MW")
    previous_lcoe_usd_per_mwh = number("LCOE then", "USD/MWh", nullable=True)
    lcoe_usd_per_mwh = number("LCOE now", "USD/MWh")
    previous_first_mw_months_p50 = number("Months to the first MW then, median", "months", nullable=True)
    first_mw_months_p50 = number("Months to the first MW now, median", "months", minimum=0)


@table(
    "mart.run_changes",
    grain="One row per input, assumption or code that differs from the release before; none on a first night.",
)
class RunChanges(dy.Schema):
    """What the night rests on that the release before did not."""

    kind = choice("What differs", ["release", "input", "assumption", "lead_time", "code", "as_of"], key=True)
    name = text("Input file, assumption, or run_id for the release compared with", key=True)
    before = text("Checksum or value before; empty where it is new")
    after = text("Checksum or value now; empty where it is gone")
