"""Figures of the gas price that no document gives: each is a named assumption with its range."""

from __future__ import annotations

import polars as pl
import pytest

from pipelines.contracts import operations as _contracts  # noqa: F401 - registers the tables
from pipelines.contracts.base import validate
from pipelines.economics.gas import GasFacts
from pipelines.reference.load import load_reference, reference_tables
from pipelines.reference.provenance import assumptions, cited_sources, judged_figures
from pipelines.settings import REFERENCE_DIR, Settings


@pytest.fixture(scope="module")
def facts() -> GasFacts:
    return GasFacts.read(lambda name: load_reference(name, REFERENCE_DIR))


def test_every_judgement_is_listed_with_its_range(facts: GasFacts) -> None:
    listed = assumptions(load_reference("technology", REFERENCE_DIR), judged_figures(facts), Settings())
    listed = validate(listed, "mart.assumptions")
    rows = {row["assumption_id"]: row for row in listed.iter_rows(named=True)}
    waha = rows["gas_hub.waha.basis_2027"]
    assert (waha["kind"], waha["value"], waha["unit"]) == ("assumption", "-1.0", "USD/MMBtu")
    assert "-1.8 to -0.5 USD/MMBtu" in waha["meaning"]
    assert "0.6 to 1.5 USD/MMBtu" in rows["gas_hub_rule.quincy_wa.adder"]["meaning"]
    assert rows["henry_hub.reference.2027"]["value"] == "3.4"
    assert rows["carbon_price.washington.2026"]["value"] == "70.0"
    # A path that the outlook publishes, and a price that an auction made, are facts.
    assert "henry_hub.reference.2030" not in rows
    assert "carbon_price.california.2026" not in rows
    counts = {name: sum(key.startswith(f"{name}.") for key in rows) for name in ("gas_hub", "gas_hub_rule")}
    assert counts == {"gas_hub": facts.gas_hubs.height - 2, "gas_hub_rule": facts.gas_hub_rules.height}


@pytest.mark.parametrize(
    ("figure", "value", "span"),
    [
        ("fuel_cell.capex", "3400.0", "2950.0 to 4000.0 USD_per_kW"),
        ("fuel_cell.variable_om", "22.0", "18.0 to 38.0 USD_per_MWh"),
        ("fuel_cell.stack_replacement_cost", "0.0", ""),
        ("smr.capex", "12500.0", "8100.0 to 14600.0 USD_per_kW"),
        ("recip_genset.forced_outage_rate", "0.02", "0.01 to 0.03 fraction"),
        ("recip_genset.planned_outage_rate", "0.04", "0.01 to 0.06 fraction"),
        ("recip_genset.mttr", "46.9388", ""),
        ("fuel_cell.planned_outage_rate", "0.02", "0.01 to 0.05 fraction"),
    ],
)
def test_a_default_that_no_document_gives_is_an_assumption_with_its_range(
    facts: GasFacts, figure: str, value: str, span: str
) -> None:
    listed = assumptions(load_reference("technology", REFERENCE_DIR), judged_figures(facts), Settings())
    row = validate(listed, "mart.assumptions").row(by_predicate=pl.col("assumption_id") == figure, named=True)
    assert (row["kind"], row["value"]) == ("assumption", value)
    assert row["meaning"].endswith(span)
    assert row["choice_reason"]
    assert [row[name] for name in ("source_title", "publisher", "url", "as_of")] == [None] * 4


def test_cited_defaults_stay_facts(facts: GasFacts) -> None:
    technology = load_reference("technology", REFERENCE_DIR)
    listed = assumptions(technology, judged_figures(facts), Settings())
    figures = listed.filter(~pl.col("assumption_id").str.contains(r"^(setting|gas_|henry_|carbon_)"))
    assert figures.filter(pl.col("kind") == "assumption").height == 8
    catalyst = figures.row(by_predicate=pl.col("assumption_id") == "recip_genset.capex_scr", named=True)
    # The document is known, its address is not.
    assert (catalyst["kind"], catalyst["url"]) == ("fact", None)
    assert catalyst["source_title"] == "Gas-engine plant design tool, emissions-control module"


def test_own_judgements_are_no_documents() -> None:
    tables = {name: load_reference(name, REFERENCE_DIR) for name in reference_tables()}
    cited = cited_sources(tables)
    assert "firstmw" not in set(cited["publisher"])
    assert cited.filter(pl.col("used_in").str.contains("henry_hub_path")).height > 0
