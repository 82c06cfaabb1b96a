"""Tables of who may not build: local stops, rules of states, and what they say of a region on the night's date."""

from __future__ import annotations

import dataframely as dy

from pipelines.contracts.base import choice, day, flag, integer, number, table, text
from pipelines.contracts.citation import as_of_date, publisher_name, title, url_of_source, us_state

STOP_KINDS = ["moratorium", "ban"]
ZONING_KINDS = ["zoning_restriction", "permissive_zoning"]
ACTIVE = ["active", "extended"]
OVER = ["expired", "defeated", "replaced", "rescinded", "nonbinding"]
STATUSES = [*ACTIVE, *OVER, "pending", "mixed"]
RULE_KINDS = ["stop", "overrides_local", "no_county_zoning", "no_county_stop"]
VERDICTS = [
    *("blocks", "alleged", "municipal", "below_threshold", "pending", "not_yet", "lapsed", "over", "unknown"),
    *("overridden", "zoning"),
]
ENTITLEMENT_CLASSES = ["by_right", "no_county_zoning", "ordinary", "restricted"]


class _LocalStops(dy.Schema):
    stop_id = text("Stop or zoning rule.", key=True, regex=r"^[a-z0-9_]+$")
    state = us_state("State")
    county_fips = text("County, five-digit FIPS code.", regex=r"^\d{5}$")
    county_name = text("Name of the county.")
    jurisdiction = text("Who decided.")
    jurisdiction_level = text("County, city, town, township, village or another.")
    is_county_wide = flag("Whether it holds in the whole county.")
    kind = choice("What it is.", [*STOP_KINDS, *ZONING_KINDS])
    start_date = day("First day; the first of the month or year where the source names no day.", nullable=True)
    end_date = day("Last day; empty where none is stated or derived from a stated length.", nullable=True)
    threshold_mw = number(
        "Size of a data centre from which it holds; empty for all sizes.", "MW", minimum=0, nullable=True
    )
    status = choice("What the listing reports.", STATUSES)
    evidence_grade = choice("A: read in the instrument or by hand; B: listed with a source; C: weak.", ["A", "B", "C"])
    listings = integer("Independent listings that name it.", "count", minimum=1)
    source_title = title()
    publisher = publisher_name()
    url = url_of_source()
    as_of = as_of_date()


@table("core.local_stops", grain="One row per moratorium, ban or zoning rule of a county, city or town.")
class LocalStops(_LocalStops):
    """What counties, cities and towns decided on data centres."""


@table("core.state_rules", grain="One row per rule of a state that decides whether a site of some size may be built.")
class StateRules(dy.Schema):
    """What states stop, and what they take from their counties."""

    rule_id = text("Rule.", key=True, regex=r"^[a-z0-9_]+$")
    state = us_state("State")
    kind = choice(
        "stop: sites of that size are stopped; overrides_local: local stops do not bind them; no_county_zoning, "
        "no_county_stop: counties have no such power.",
        RULE_KINDS,
    )
    start_date = day("First day; empty where it held before any listing.", nullable=True)
    end_date = day("Last day; empty where none is stated.", nullable=True)
    threshold_mw = number("IT load from which it holds; empty for all sizes.", "MW", minimum=0, nullable=True)
    meaning = text("What it says.")
    evidence_grade = choice("A: read in the instrument; B: listed with a source.", ["A", "B", "C"])
    source_title = title()
    publisher = publisher_name()
    url = url_of_source()
    as_of = as_of_date()


@table(
    "mart.local_stops",
    grain="One row per moratorium, ban or zoning rule of a county, city or town.",
    time="The verdict is that of the night's date, for a site of the night's size.",
)
class PublishedLocalStops(_LocalStops):
    """What counties, cities and towns decided, and what it means for a site tonight."""

    verdict = choice(
        "blocks: the county is not eligible; alleged: one listing only, or without a start or the power; municipal: "
        "inside the city or town only; unknown: without an end and too old; zoning: no stop.",
        VERDICTS,
    )


class PermissionColumns(dy.Schema):
    """Whether a site of the night's size may be built in a region on the night's date."""

    is_eligible = flag("Whether no rule that counts as proven stops a site of this size at the night's date.")
    blocked_by = text("What stops it; empty where eligible.")
    alleged_stop = text("Stops of the whole county that are not proven; empty where none is listed.")
    municipal_stops = text("Cities and towns of the county with a stop in force inside their limits; empty for none.")
    entitlement_class = choice(
        "Ordinary local permission: by_right (permissive zoning), no_county_zoning, ordinary, restricted.",
        ENTITLEMENT_CLASSES,
    )


PERMISSION_COLUMNS = list(PermissionColumns.columns())
