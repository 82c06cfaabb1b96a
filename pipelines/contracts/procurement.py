"""Contracts of how equipment is bought: paths, postures, months to power by posture."""

from __future__ import annotations

import dataframely as dy

from pipelines.contracts.base import choice, flag, integer, number, table, text
from pipelines.contracts.timeline import TimeToPower

POSTURES = ["new_order", "open", "framework"]
PATHS = ["new_order", "stock", "framework", "secondary_market", "import", "rental", "avoid"]
VERIFICATION = ["seen", "held", "assumption"]
_CLASS = "Class of equipment: the activity of the networks that delivers it"
_MEASURE = "What the bounds in MW are compared with; empty where any size fits"


def _price(which: str) -> dy.Float64:
    return number(f"{which} of the published price; see price_unit", "see price_unit", minimum=0, nullable=True)


@table(
    "mart.procurement_paths",
    grain="One row per class of equipment and way to buy it, by variant and size class.",
    time="Months count from the signed contract to delivery of the equipment alone, installation left out.",
)
class ProcurementPaths(dy.Schema):
    """Ways to buy equipment."""

    equipment_class = text(_CLASS, key=True)
    path_order = integer("Order of the row in its class; the first that fits a variant and size decides", minimum=1)
    variant = text("Duration that the path takes the place of; empty where it does so for any", key=True)
    path = choice("Way to buy", PATHS, key=True)
    measure = text(_MEASURE)
    min_mw = number("Least size that it is sold for", "see measure", minimum=0, key=True)
    max_mw = number("Size from which it is not sold; empty without a limit", "see measure", minimum=0, nullable=True)
    duration_id = text("Duration that is drawn", key=True)
    months_p10 = number("P10 of the months from contract to delivery", "months", minimum=0)
    months_p50 = number("P50 of the months from contract to delivery", "months", minimum=0)
    months_p90 = number("P90 of the months from contract to delivery", "months", minimum=0)
    is_months_assumed = flag("Whether the months rest on settings alone, without a published figure")
    months_source = text("Titles of the sources of the months")
    months_url = text("Addresses of the sources of the months")
    months_as_of = text("Date of the latest source of the months, empty for assumptions")
    price_low, price_mid, price_high = _price("Low end"), _price("Middle"), _price("High end")
    price_unit = text("Unit of the price; empty where none is published")
    is_price_unknown = flag("Whether no price is published")
    price_source_title = text("Title of the source of the price")
    price_publisher = text("Publisher of the source of the price")
    price_url = text("Address of the source of the price")
    price_as_of = text("Date of the source of the price")
    market_mw = number("What the market or the named fleet holds in all", "MW", minimum=0, nullable=True)
    facts_class = text("Class that the sources count it in")
    conditions = text("What has to hold, and what the market limit is")
    verification = choice(
        "seen: the source was read; held: it was read for the published lead times; assumption: none",
        VERIFICATION,
    )


@table("mart.posture_paths", grain="One row per posture and rule: which way a class of equipment is bought, and why.")
class PosturePaths(dy.Schema):
    """Which path a posture takes."""

    posture = choice("How equipment is bought", POSTURES, key=True)
    rule_order = integer("Order of the rule; the first that fits decides, else a new order is placed", key=True)
    equipment_class = text(_CLASS)
    variant = text("Duration that it is for; empty where it is for any")
    measure = text(_MEASURE)
    min_mw = number("Least size", "see measure", minimum=0)
    max_mw = number("Size from which it does not fit; empty without a limit", "see measure", minimum=0, nullable=True)
    path = choice("Way to buy", PATHS)
    reason = text("Why")


@table(
    "mart.time_to_power_by_posture",
    grain="One row per region, stack and posture: as the time to power, had the equipment been bought that way.",
    time="Months count from the decision to build with money committed.",
)
class TimeToPowerByPosture(TimeToPower):
    """Months to power by posture."""

    posture = choice(
        "How equipment is bought: new orders alone, what anyone with money can buy now, or slots held before the site",
        POSTURES,
        key=True,
    )


@table(
    "mart.acceleration",
    grain="One row per region, stack, step, class of equipment and path that it could be bought on sooner; each step "
    "begins with what was taken in those before.",
    time="Months to the first module, counted from the decision to build with money committed.",
)
class Acceleration(dy.Schema):
    """What buying faster is worth."""

    region_id = text("Region", key=True)
    stack_id = text("Power stack", key=True)
    step = integer("Number of the step", key=True, minimum=1)
    equipment_class = text(_CLASS, key=True)
    from_path = choice("Way to buy before the step", PATHS)
    to_path = choice("Way to buy that the step tries", PATHS, key=True)
    months_saved_p50 = number("Fall of the median of the months to the first module; below 0 it is later", "months")
    break_even_usd_per_mw = number(
        "Premium at which the step is worth nothing: what its months earn, over all modules, per MW of IT", "USD/MW"
    )
    cost_usd_per_mw = number(
        "Premium over the way to buy before the step, per MW of IT; no saving is counted", "USD/MW", minimum=0
    )
    is_cost_assumed = flag("Whether no published price says what the premium is")
    value_gain_usd_per_mw = number("Break-even less cost", "USD/MW")
    is_taken = flag("Whether the step is taken: of its options the one worth most, or one of a pair worth most")
    binding_after = text("Activity that the largest share of the months is spent in after the step")
