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


def test_own_judgements_are_no_documents() -> None:
    tables = {name: load_reference(name, REFERENCE_DIR) for name in reference_tables()}
    cited = cited_sources(tables)
    assert "firstmw" not in set(cited["publisher"])
    assert cited.filter(pl.col("used_in").str.contains("henry_hub_path")).height > 0
