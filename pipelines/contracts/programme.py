"""Contracts of programmes of many nodes: the curve under supply limits, what limits it, modular against campus."""

from __future__ import annotations

import dataframely as dy

from pipelines.contracts.base import choice, flag, integer, number, table, text

NONE = "none"


@table(
    "mart.programme_curve",
    grain="One row per stack, size of the programme and month.",
    time="Months count from the decision to build all nodes, which are ordered together and served in turn.",
)
class ProgrammeCurve(dy.Schema):
    """Usable MW by month against programme size."""

    stack_id = text("Power stack of all nodes", key=True)
    nodes = integer("Nodes of the programme, in the best regions of the stack", "count", minimum=1, key=True)
    month = integer("Months since the decision", "months", minimum=1, key=True)
    planned_mw = number("IT power planned", "MW", minimum=0)
    usable_mw = number("Expected IT power online at the end of the month, completion included", "MW", minimum=0)
    usable_frac = number("Share of the planned power", "fraction", minimum=0, maximum=1)
    binding_class = text("What holds up the last node most beyond the wait of a single one; none where nothing does")


@table(
    "mart.programme_limits",
    grain="One row per stack, size of the programme and class of equipment or crews that its nodes share.",
)
class ProgrammeLimits(dy.Schema):
    """How much of each class a programme can claim, and how long its last node waits for it."""

    stack_id = text("Power stack of all nodes", key=True)
    nodes = integer("Nodes of the programme", "count", minimum=1, key=True)
    class_id = text("Class of equipment, or crews", key=True)
    description = text("What it is")
    unit = text("What is counted: MW, MWh, units or sites")
    yearly_output = number("Published yearly output; for crews the sites they build in a year", "see unit", minimum=0)
    claim_frac = number("Share of it that the programme can claim", "fraction", minimum=0, maximum=1)
    needed = number("What the nodes need together", "see unit", minimum=0)
    years_of_claim = number("Years of the claimed output that they need", "years", minimum=0)
    last_node_wait_months = number("Months that the last node waits beyond a single one's wait", "months", minimum=0)
    last_node_delay_months = number(
        "Months that its first MW comes earlier, median, if this class were not scarce", "months", minimum=0
    )
    is_binding = flag("Whether it is what holds up the last node most")
    is_assumption = flag("Whether the output rests on settings alone")
    source = text("Where the output comes from")


@table(
    "mart.modular_against_campus",
    grain="One row per planned power and way of building it.",
    time="Months count from the decision to build; means and medians over the same draws.",
)
class ModularAgainstCampus(dy.Schema):
    """The same planned power as many nodes and as one campus; either may win."""

    planned_mw = number("IT power planned", "MW", minimum=0, key=True)
    build = choice("Many nodes, each with its own stack, or one site", ["modular", "campus"], key=True)
    stack_id = text("Power stack", key=True)
    sites = integer("Sites that it is built on", "count", minimum=1)
    firm_unit_mw = number("Size of a firm unit", "MW", minimum=0)
    first_mw_months_p50 = number("Median months to the first module anywhere", "months", minimum=0)
    half_mw_months = number(
        "Month in which half is expected online; null if later",
        "months",
        minimum=0,
        nullable=True,
    )
    usable_mw_36 = number("Expected IT power online after 36 months", "MW", minimum=0)
    usable_mw_60 = number("Expected IT power online after 60 months", "MW", minimum=0)
    usable_mw_months_120 = number("Expected IT power online, summed over 120 months", "MW months", minimum=0)
    binding_class = text("Scarce class that holds up the last of it most; none where nothing does")
    is_best = flag("Most MW months of all ways at this power")
