"""Contracts of observed projects and of what the networks would have said of them."""

from __future__ import annotations

import dataframely as dy

from pipelines.contracts.base import choice, day, flag, integer, number, table, text

BASES = ["observed", "planned", "censored", "cancelled"]
EVENTS = ["plant", "compute", "delivery", ""]
_DRAWS = "over the draws of the project's network"


def _months(description: str) -> dy.Float64:
    return number(description, "months", minimum=0, nullable=True)


def _score(description: str, unit: str = "log months") -> dy.Float64:
    return number(description, unit, nullable=True)


def _share(description: str) -> dy.Float64:
    return number(f"{description}; empty for groups by event", "fraction", minimum=0, maximum=1, nullable=True)


@table(
    "mart.observed_projects",
    grain="One row per real project whose way to power was reported.",
    time="Months count from the event in decision_event to the one in first_power_event.",
)
class ObservedProjects(dy.Schema):
    """Observed projects."""

    project_id = text("Project", key=True)
    name = text("Name of the project")
    country = text("Country, two letters")
    state = text("State or province; several apart by a slash; empty where unknown")
    county_fips = text("County, five digits; empty where unknown or outside the US")
    mw_first_phase = number("Power of the first phase", "MW", minimum=0, nullable=True)
    mw_total = number("Power in all", "MW", minimum=0, nullable=True)
    technology = text("What makes the power")
    path = text("How it was bought")
    decision_date = text("Month that the count begins, YYYY or YYYY-MM; empty where not published")
    decision_event = text("What was seen then")
    site_start = text("Month that work on site began; empty where not published")
    first_power_date = text("Month of first power; empty where not published")
    first_power_event = text("What was seen then")
    months_order_to_first_mw = _months("Months between the two")
    months_low = _months("Least that they can be; for censored rows the wait so far")
    months_high = _months("Most that they can be")
    basis = choice("observed; planned; censored: not yet in power; cancelled", BASES)
    outcome = text("Against its plan")
    also_in_shared_facts = text("yes where the timing is among the lead times that predictions rest on")
    verification = text("seen: both months were read in a source; otherwise what is weaker")
    premises = text("What was there already, apart by semicolons; empty where not stated")
    as_of = text("Date of the source")
    source_title = text("Title of the source")
    publisher = text("Publisher of the source")
    url = text("Address of the source")


@table(
    "mart.backtest",
    grain="One row per observed project: its months as its own way of buying, place and premises predict them.",
    time="Months count as in observed_projects.",
)
class Backtest(dy.Schema):
    """Predicted against observed."""

    project_id = text("Project", key=True)
    path = text("How it was bought")
    stack_id = text("Stack whose network represents it; empty where none does")
    event = choice("What was seen: the power plant running, the load running, or a delivery", EVENTS)
    basis = choice("As observed_projects", BASES)
    is_predicted = flag("Whether the networks say anything of it")
    is_scored = flag("Whether it counts in the scores")
    reason = text("Why it is not predicted or not scored; empty where it is")
    premises = text("Premises met, apart by semicolons")
    months_p10 = _months(f"P10 of the months to the first MW, {_DRAWS}")
    months_p50 = _months(f"P50 of the months to the first MW, {_DRAWS}")
    months_p90 = _months(f"P90 of the months to the first MW, {_DRAWS}")
    reported = _months("Months reported; where is_lower_bound they are at least so many")
    is_lower_bound = flag("Whether the reported months are a lower bound")
    is_hit = flag("Whether the reported months lie from P10 to P90; empty for a lower bound", nullable=True)
    pit_frac = number(
        "Share of the draws below the reported months; empty for a lower bound",
        "fraction",
        minimum=0,
        maximum=1,
        nullable=True,
    )
    log_error = _score("Natural log of predicted P50 over reported; empty for a lower bound")
    crps_log_months = _score("CRPS of the log months; for a lower bound the part below it")
    crps_new_order = _score("The same, had everything been ordered new")
    crps_pooled = _score("The same of one lognormal fitted to all the other scored projects")


@table("mart.backtest_scores", grain="One row per group of scored projects: all of them, by path, by event.")
class BacktestScores(dy.Schema):
    """Scores of the predictions."""

    grouped_by = choice("What the group is", ["all", "path", "event", "bought_otherwise"], key=True)
    group_name = text("The group", key=True)
    projects = integer("Projects scored", "count", minimum=0)
    lower_bounds = integer("Of them with a lower bound alone", "count", minimum=0)
    hits = integer("Reported months from P10 to P90", "count", minimum=0)
    coverage_frac = number("Share of the others that were hit", "fraction", minimum=0, maximum=1, nullable=True)
    coverage_low_frac = number(
        "Low end of its exact 90 % interval (Clopper and Pearson)", "fraction", minimum=0, maximum=1, nullable=True
    )
    coverage_high_frac = number("High end of it", "fraction", minimum=0, maximum=1, nullable=True)
    pit_mean_frac = number("Mean share of the draws below the reported months", "fraction", nullable=True)
    log_error_median = _score("Median of log predicted over reported; above zero: predicted too late")
    crps_log_months = _score("Mean CRPS of the log months")
    crps_new_order = _score("The same, had everything been ordered new")
    crps_pooled = _score("The same of one lognormal fitted leave-one-out")
    cancelled = integer("Projects of the group that were given up, scored or not", "count", minimum=0)
    finished = integer("Projects of the group that run, scored or not", "count", minimum=0)
    never_finished_frac = _share("Share of projects that never run: posterior mean, groups pooled in part with all")
    never_finished_low_frac = _share("P5 of that posterior")
    never_finished_high_frac = _share("P95 of that posterior")


@table(
    "mart.forecasts",
    grain="One row per project and night whose prediction differs from the one before; projects were planned or under "
    "way then.",
    time="A row counts until the next one of its project. Months count as in observed_projects.",
)
class Forecasts(dy.Schema):
    """Predictions of projects before their date is known, and how they scored."""

    project_id = text("Project", key=True)
    made_on = day("Logical date of the night that made it", key=True)
    run_id = text("Run that made it", key=True)
    months_p10 = number("P10 of the months to the first MW, as predicted then", "months", minimum=0)
    months_p50 = number("P50 of the months to the first MW, as predicted then", "months", minimum=0)
    months_p90 = number("P90 of the months to the first MW, as predicted then", "months", minimum=0)
    path = text("How it was bought, as known then")
    is_given_up = flag("Whether the project was given up")
    scored_on = day(
        "Logical date of the first night that knew what became of it; empty while it is open", nullable=True
    )
    reported_months = _months("Months reported, or their lower bound; empty while it is open or where it was given up")
    log_score = _score(
        "Natural log of the predicted density of log months at those reported, or of the chance of more than a lower "
        "bound; higher is better",
        "1",
    )
