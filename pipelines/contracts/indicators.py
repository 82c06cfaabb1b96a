"""Contracts of what is measured each month beside the curated lead times, and of daily gas prices."""

from __future__ import annotations

import dataframely as dy
import polars as pl

from pipelines.contracts.base import choice, day, flag, integer, number, table, text
from pipelines.contracts.citation import as_of_date, note_on_figure, publisher_name, title, url_of_source

MONTH = r"^\d{4}-(0[1-9]|1[0-2])$"
MEASURES = [
    "unfilled_orders",
    "new_orders",
    "shipments",
    "inventories",
    "inventories_to_shipments",
    "unfilled_orders_to_shipments",
    "producer_price_index",
    "production_index",
    "capacity_utilisation",
    "construction_spending",
]
INDICATOR_UNITS = ["million_USD", "million_USD_per_year", "months", "index", "percent"]


@table(
    "core.lead_time_indicators",
    grain="One row per source, series and month.",
    time="Calendar months; stocks such as unfilled orders are those at the end of the month.",
)
class LeadTimeIndicators(dy.Schema):
    """Monthly series on orders, shipments and producer prices of equipment makers."""

    source_id = choice("Source that was asked", ["census_m3", "bls_ppi", "fred"], key=True)
    series_id = text("Series; the same id where two sources carry the same series", key=True)
    period = text("Month, YYYY-MM", key=True, regex=MONTH)
    measure = choice("What is measured", MEASURES)
    category = text("Industry category of the M3 survey, or industry or commodity code of the price index")
    equipment_class = text("Industry or product group that the series describes")
    is_seasonally_adjusted = flag("Whether the publisher has taken out the season")
    value = number("Figure", "see unit", minimum=0.0, maximum=1e9)
    unit = choice("Unit of the figure", INDICATOR_UNITS)
    is_preliminary = flag(
        "Whether the publisher calls the figure preliminary; null where it does not say", nullable=True
    )
    source_title = title()
    publisher = publisher_name()
    url = url_of_source()
    as_of = as_of_date()


@table(
    "core.lead_time_movement",
    grain="One row per published lead time: what monthly indicators say has changed since it was published.",
    time="Months count from the order; periods are calendar months.",
)
class LeadTimeMovement(dy.Schema):
    """The curated lead time and, beside it, the same figure moved by the indicators."""

    equipment_class = text("Equipment class", key=True)
    scope = text("What the time covers", key=True)
    region = text("Where it holds", key=True)
    edition_period = text("Month the published figure speaks about, YYYY-MM", regex=MONTH)
    curated_low_months = number("Shortest published time", "months", minimum=0.0, nullable=True)
    curated_mid_months = number("Central or only published time", "months", minimum=0.0, nullable=True)
    curated_high_months = number("Longest published time", "months", minimum=0.0, nullable=True)
    indicated_low_months = number("Shortest time, moved by the indicators", "months", minimum=0.0, nullable=True)
    indicated_mid_months = number("Central time, moved by the indicators", "months", minimum=0.0, nullable=True)
    indicated_high_months = number("Longest time, moved by the indicators", "months", minimum=0.0, nullable=True)
    factor = number("Indicated over curated time; 1 where nothing moves it", "ratio", minimum=0.0)
    factor_unbounded = number("The same before its bounds", "ratio", minimum=0.0, nullable=True)
    is_moved = flag("Whether at least one indicator is newer than the figure")
    is_bounded = flag("Whether a bound has cut the movement")
    months_since_edition = integer(
        "Months from the figure to the newest indicator used", "months", minimum=0, nullable=True
    )
    backlog_series = text("Series the backlog is from", nullable=True)
    backlog_period = text("Newest month of the backlog", nullable=True, regex=MONTH)
    backlog_months_then = number("Backlog when the figure was published", "months", minimum=0.0, nullable=True)
    backlog_months_now = number("Newest backlog", "months", minimum=0.0, nullable=True)
    is_shipments_derived = flag("Whether shipments follow from orders, as none are published", nullable=True)
    price_series = text("Producer price series", nullable=True)
    price_period = text("Newest month of the price", nullable=True, regex=MONTH)
    price_ratio = number(
        "Growth of that price over the growth of machinery prices", "ratio", minimum=0.0, nullable=True
    )
    reason = text("Why the figure is moved as it is, or why not")
    source_title = title(key=True)
    publisher = publisher_name()
    url = url_of_source(nullable=True)
    as_of = as_of_date()


@table(
    "core.gas_prices_daily",
    grain="One row per gas price series and trading day.",
    time="Trading days of the hub.",
)
class GasPricesDaily(dy.Schema):
    """Daily spot price of gas; the monthly price is the mean of its trading days."""

    series_id = text("Series id of the publisher", key=True)
    geography = text("Hub", key=True)
    state = text("State of the hub")
    day = day("Trading day", key=True)
    price = number("Spot price", "see unit", maximum=200.0)
    unit = choice("Unit of the price", ["USD_per_MMBtu"])
    note = note_on_figure()
    source_title = title()
    publisher = publisher_name()
    url = url_of_source()
    as_of = as_of_date()

    @dy.rule()
    def no_negative_price(cls) -> pl.Expr:
        return pl.col("price") >= 0
