"""What a target takes: no design that reaches it is cheaper, and what none reaches is said with the nearest one."""

from __future__ import annotations

import polars as pl
import pytest

from pipelines.contracts.base import REGISTRY
from pipelines.economics.fuel_service import chosen_service, fuel_services, night_service_terms, with_service
from pipelines.economics.selection import keeps_composition
from pipelines.economics.target_costs import target_costs
from pipelines.reference.load import load_reference


@pytest.fixture(scope="module")
def terms(facts) -> pl.DataFrame:
    rules = load_reference("tax_rules", facts.settings.reference_dir)
    return night_service_terms(facts.regions, facts.parameters, rules, facts.multipliers, facts.own, facts.settings)


def test_rows_agree_with_a_search_of_every_design_and_service(facts, terms, plausible) -> None:
    settings = facts.settings.model_copy(update={"target_cases": (0.999, 0.9996, 0.999999)})
    candidates = plausible.select(REGISTRY["sim.candidates"].schema.column_names())
    chosen = chosen_service(fuel_services(candidates, terms, settings))
    found = target_costs(candidates, chosen, terms, settings)
    assert found.height == 3 * chosen.height
    names = [name for name in terms["fuel_service"].unique(maintain_order=True) if name != "interruptible"]
    every = pl.concat(
        [
            candidates,
            *(with_service(candidates, terms.filter(pl.col("fuel_service") == name), settings) for name in names),
        ]
    ).filter(keeps_composition(settings))
    for row in found.iter_rows(named=True):
        own = every.filter(pl.col("region_id") == row["region_id"], pl.col("stack_id") == row["stack_id"])
        met = own.filter(pl.col("availability_frac") >= row["target_frac"])
        assert row["is_reached"] == (met.height > 0)
        if row["is_reached"]:
            assert row["lcoe_usd_per_mwh"] == pytest.approx(met["lcoe_usd_per_mwh"].min())
            assert row["availability_frac"] >= row["target_frac"]
        else:
            assert row["availability_frac"] == pytest.approx(own["availability_frac"].max())
    assert not found.filter(pl.col("target_frac") == 0.999999)["is_reached"].all()
    reached = found.filter("is_reached").sort("target_frac")
    for _, rows in reached.group_by("region_id", "stack_id"):
        assert rows.sort("target_frac")["lcoe_usd_per_mwh"].is_sorted()
