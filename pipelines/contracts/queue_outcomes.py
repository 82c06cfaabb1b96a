"""Contracts of what becomes of requests in the interconnection queues."""

from __future__ import annotations

import dataframely as dy

from pipelines.contracts.base import choice, day, flag, integer, number, table, text
from pipelines.contracts.queues import ISOS

ALL = "all"
TECHNOLOGY_CLASSES = [ALL, "solar", "solar_battery", "wind", "battery", "gas", "other", "load"]
SIZE_CLASSES = [ALL, "below_20_mw", "20_to_100_mw", "100_to_300_mw", "300_mw_and_more"]
_SHARE = "with withdrawal as a competing risk (Aalen-Johansen)"
_BAND = "of its pointwise 95 % band"


def _group() -> tuple[dy.String, dy.String, dy.String, dy.String]:
    return (
        text("Source of the file; empty where there is none", key=True),
        choice("Grid operator, or the non-ISO area", ISOS, key=True),
        choice("What is to be connected; all: every generation request", TECHNOLOGY_CLASSES, key=True),
        choice("Size at the point of interconnection", SIZE_CLASSES, key=True),
    )


def _share(name: str) -> dy.Float64:
    return number(name, "fraction", minimum=0, maximum=1, nullable=True)


@table(
    "mart.queue_outcomes",
    grain="One row per file, operator, class of technology and class of size: what became of its requests.",
    time="Months count from the request; snapshot_date is the day the file speaks about.",
)
class QueueOutcomes(dy.Schema):
    """Outcomes of requests for interconnection; they describe generation, not loads, unless the class says load."""

    source_id, iso, technology_class, size_class = _group()
    is_preferred = flag("The row that stands for the group: an estimate before none, the operator's own file first")
    is_estimable = flag("Whether the file says enough for an estimate")
    reason = text("Not estimable because; empty where it is")
    snapshot_date = day("Day the file speaks about", nullable=True)
    requests = integer("Requests that entered from the first year counted on", "count", minimum=0)
    energised = integer("Of these in operation, in parts or since retired", "count", minimum=0)
    withdrawn = integer("Of these withdrawn", "count", minimum=0)
    waiting = integer("Of these still in the queue", "count", minimum=0)
    energised_undated = integer("In operation without a usable day; left out of the estimate", "count", minimum=0)
    withdrawn_undated = integer("Withdrawn without a usable day; left out of the estimate", "count", minimum=0)
    waiting_undated = integer("Waiting without the day of their request; left out", "count", minimum=0)
    watched_through_months = integer(
        "Month up to which enough requests are watched; the shares are those by then",
        "months",
        minimum=0,
        nullable=True,
    )
    energised_frac = _share(f"Share energised by then, {_SHARE}")
    energised_frac_low = _share(f"Lower end {_BAND}")
    energised_frac_high = _share(f"Upper end {_BAND}")
    withdrawn_frac = _share(f"Share withdrawn by then, {_SHARE}")
    withdrawn_frac_low = _share(f"Lower end {_BAND}")
    withdrawn_frac_high = _share(f"Upper end {_BAND}")
    waiting_frac = _share("Share still waiting then")
    wait_months_p50 = number(
        "Months by which half of those energised within the watched months are, open waits counted",
        "months",
        minimum=0,
        nullable=True,
    )
    withdrawal_months_p50 = number(
        "Months by which half of those withdrawn within the watched months are", "months", minimum=0, nullable=True
    )
    observed_wait_months_p50 = number(
        "Median months of the dated requests in operation, open waits not counted", "months", minimum=0, nullable=True
    )
    published_energised_frac = _share("Published share in operation, of the same operator and class")
    published_energised_cohort = text("Whose share that is", nullable=True)
    published_withdrawn_frac = _share("Published share withdrawn")
    published_withdrawn_cohort = text("Whose share that is", nullable=True)
    published_wait_months = number("Newest published median from request to operation", "months", nullable=True)
    published_wait_cohort = text("Of which year of operation", nullable=True)
    published_source = text("Who published these, and when", nullable=True)


@table(
    "mart.queue_survival",
    grain="One row per file, operator, class of technology, class of size and month since the request.",
    time="Months count from the request; only months in which enough requests are watched, none where not estimable.",
)
class QueueSurvival(dy.Schema):
    """Shares energised, withdrawn and still waiting by month; they sum to 1."""

    source_id, iso, technology_class, size_class = _group()
    month = integer("Months since the request", "months", minimum=1, key=True)
    at_risk = integer("Requests still waiting and watched after the month", "count", minimum=0)
    waiting_frac = number("Share still waiting", "fraction", minimum=0, maximum=1)
    energised_frac = number(f"Share energised, {_SHARE}", "fraction", minimum=0, maximum=1)
    energised_frac_low = number(f"Lower end {_BAND}", "fraction", minimum=0, maximum=1)
    energised_frac_high = number(f"Upper end {_BAND}", "fraction", minimum=0, maximum=1)
    withdrawn_frac = number(f"Share withdrawn, {_SHARE}", "fraction", minimum=0, maximum=1)
    withdrawn_frac_low = number(f"Lower end {_BAND}", "fraction", minimum=0, maximum=1)
    withdrawn_frac_high = number(f"Upper end {_BAND}", "fraction", minimum=0, maximum=1)


@table(
    "mart.queue_waits",
    grain="One row per file, operator and year of operation: how long what went into operation had waited.",
    time="operation_year is the calendar year in which a project went into operation.",
)
class QueueWaits(dy.Schema):
    """Waits of the energised by year of operation, beside the published medians; generation only."""

    source_id = text("Source of the file", key=True)
    iso = choice("Grid operator, or the non-ISO area", ISOS, key=True)
    operation_year = integer("Year of operation", key=True)
    energised = integer("Dated requests that went into operation", "count", minimum=1)
    wait_months_p25 = number("P25 of the months from request to operation", "months", minimum=0)
    wait_months_p50 = number("Median months from request to operation", "months", minimum=0)
    wait_months_p75 = number("P75 of the months from request to operation", "months", minimum=0)
    published_wait_months = number("Published median of the same operator and year", "months", nullable=True)
    published_energised = integer("Projects behind the published median, where it says", "count", nullable=True)
    published_source = text("Who published it, and when", nullable=True)
    difference_months = number("Median here less the published one", "months", nullable=True)
