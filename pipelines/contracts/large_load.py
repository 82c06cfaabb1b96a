"""Contracts of the tariffs that utilities have for large loads, and of the counties they serve."""

from __future__ import annotations

import dataframely as dy

from pipelines.contracts.base import choice, flag, integer, number, table, text
from pipelines.contracts.citation import as_of_date, note_on_figure, publisher_name, title, url_of_source, us_state
from pipelines.contracts.gas import FACTS


def _least(what: str) -> dy.Float64:
    return number(what, "fraction", minimum=0.0, maximum=1.0, nullable=True)


@table("core.large_load_tariffs", grain="One row per cited tariff of a utility for large loads; empty is not cited.")
class LargeLoadTariffs(dy.Schema):
    tariff_id = text("Tariff", key=True, regex=r"^[a-z0-9_]+$")
    utility_name = text("Utility as Form EIA-861 names it, joins to core.large_load_territories")
    state = us_state("State whose regulator approved it")
    tariff_name = text("Name of the tariff")
    contract_mw_from = number("Contracted demand from which it holds", "MW", minimum=0.0, maximum=1000.0)
    load_factor_from_frac = _least("Load factor from which it holds")
    minimum_bill_frac = _least("Least bill, share of the bill at the contracted demand")
    minimum_delivery_frac = _least("Least demand that delivery is billed for, share of the contracted one")
    minimum_generation_frac = _least("Least demand that generation is billed for, share of the contracted one")
    term_years = number("Term of the contract, a ramp included", "years", minimum=0.0, maximum=40.0, nullable=True)
    has_collateral = flag("A source says that it takes collateral")
    verification = choice("Evidence of the figures", FACTS)
    note = note_on_figure()
    source_title = title()
    publisher = publisher_name()
    url = url_of_source()
    as_of = as_of_date()


@table(
    "core.large_load_territories",
    grain="One row per county and utility with a row in core.large_load_tariffs that has lines there.",
)
class LargeLoadTerritories(dy.Schema):
    utility_name = text("Utility as Form EIA-861 names it", key=True)
    county_fips = text("County, five-digit FIPS code", key=True, regex=r"^\d{5}$")
    state = us_state("State of the county")
    utilities = integer("Utilities with lines in the county", "count", minimum=1)
    source_title = title()
    publisher = publisher_name()
    url = url_of_source()
    as_of = as_of_date()
