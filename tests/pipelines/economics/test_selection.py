"""The choice per region and stack."""

from __future__ import annotations

import polars as pl
import pytest

from pipelines.economics.selection import select_least_cost
from pipelines.errors import ContractError


def choose(facts, make_year, designs, *, availability=None, settings=None) -> dict:
    chosen = select_least_cost(
        facts.candidates(*make_year(designs, ["abilene_tx"], availability=availability)), settings or facts.settings
    )
    assert chosen.height == 1
    return chosen.row(0, named=True)


def with_units(stack, units: int):
    sizes, energies = stack
    return ({**sizes, "firm_units": units}, energies)


def test_the_cheapest_that_meets_the_target_stands(facts, make_year, stacks) -> None:
    designs = {f"gas_recip/n{units}": with_units(stacks["gas_recip"], units) for units in (7, 8, 9, 10)}
    served = {"gas_recip/n7": 0.99, "gas_recip/n8": 0.9991, "gas_recip/n9": 0.9995, "gas_recip/n10": 0.9999}
    row = choose(facts, make_year, designs, availability=served)
    assert row["design_id"] == "gas_recip/n8"
    assert row["is_target_met"]


def test_where_none_meets_it_the_most_available_stands_and_says_so(facts, make_year, stacks) -> None:
    designs = {f"gas_recip/n{units}": with_units(stacks["gas_recip"], units) for units in (7, 8, 9)}
    served = {"gas_recip/n7": 0.9, "gas_recip/n8": 0.95, "gas_recip/n9": 0.95}
    row = choose(facts, make_year, designs, availability=served)
    assert row["design_id"] == "gas_recip/n8"
    assert not row["is_target_met"]
    assert row["is_composition_met"]


def test_equal_designs_are_decided_by_name(facts, make_year, stacks) -> None:
    designs = {"gas_recip/b": stacks["gas_recip"], "gas_recip/a": stacks["gas_recip"]}
    assert choose(facts, make_year, designs)["design_id"] == "gas_recip/a"


def test_a_floor_on_the_sun_decides_only_where_it_is_set(facts, make_year, stacks) -> None:
    sizes, energies = stacks["solar_bess_gas"]
    spent = energies["solar_potential_mwh"] - energies["curtailed_mwh"]
    thin = (
        {**sizes, "solar_mw": 15.0, "bess_mwh": 11.0},
        {
            **energies,
            "solar_potential_mwh": spent / 3.0,
            "curtailed_mwh": 0.0,
            "charge_mwh": 0.0,
            "discharge_mwh": 0.0,
            "firm_mwh": 20.0 * 1.12 * 8760.0 - spent / 3.0,
        },
    )
    designs = {"solar_bess_gas/full": stacks["solar_bess_gas"], "solar_bess_gas/thin": thin}
    candidates = facts.candidates(*make_year(designs, ["abilene_tx"]))
    cost = dict(candidates.select("design_id", "lcoe_usd_per_mwh").iter_rows())
    assert cost["solar_bess_gas/thin"] < cost["solar_bess_gas/full"]
    assert choose(facts, make_year, designs)["design_id"] == "solar_bess_gas/thin"
    floor = facts.settings.model_copy(update={"min_renewable_frac": 0.4})
    row = choose(facts, make_year, designs, settings=floor)
    assert row["design_id"] == "solar_bess_gas/full"
    assert row["renewable_frac"] >= 0.4
    alone = choose(facts, make_year, {"solar_bess_gas/thin": thin}, settings=floor)
    assert not alone["is_composition_met"]
    assert not alone["is_target_met"]


def test_engines_that_give_most_of_the_energy_are_no_smr_hybrid(facts, make_year, stacks) -> None:
    sizes, energies = stacks["smr_hybrid"]
    load = 20.0 * 1.12 * 8760.0
    half = {
        "baseload_mwh": 0.45 * load,
        "baseload_fuel_mmbtu": 0.45 * 9.2 * load,
        "firm_mwh": 0.55 * load,
        "firm_fuel_mmbtu": 0.55 * 8.7 * load,
    }
    designs = {"smr_hybrid/r1": ({**sizes, "baseload_units": 1}, half), "smr_hybrid/r2": (sizes, energies)}
    row = choose(facts, make_year, designs)
    assert row["design_id"] == "smr_hybrid/r2"
    assert row["lcoe_simple_usd_per_mwh"] > 150.0


@pytest.mark.parametrize(
    ("stack", "lost"),
    [
        ("solar_bess_gas", {"reserve_mwh": 0.0}),
        ("solar_bess_gas", {"bess_mw": 0.0}),
        ("solar_bess_gas", {"solar_mw": 0.0}),
        ("gas_recip", {"firm_technology": "fuel_cell"}),
        ("gas_turbine", {"grid_mw": 10.0}),
        ("solar_bess", {"firm_units": 2, "firm_technology": "recip_genset", "firm_unit_mw": 3.75}),
        ("grid", {"is_grid_flexible": True}),
        ("grid", {"firm_units": 0}),
        ("flexible_grid_bess", {"bess_mwh": 0.0}),
        ("smr_hybrid", {"baseload_units": 0}),
    ],
)
def test_a_stack_that_drops_its_parts_is_not_that_stack(facts, make_year, stacks, stack, lost) -> None:
    sizes, energies = stacks[stack]
    row = choose(facts, make_year, {stack: ({**sizes, **lost}, energies)})
    assert not row["is_composition_met"]
    assert not row["is_target_met"]


def test_every_plausible_stack_keeps_its_parts(plausible: pl.DataFrame, facts) -> None:
    chosen = select_least_cost(plausible, facts.settings)
    assert chosen["is_composition_met"].all()
    assert chosen.height == 8 * facts.regions.height
    assert chosen.filter(~pl.col("is_target_met"))["stack_id"].unique().to_list() == ["solar_bess"]


def test_the_order_of_the_candidates_does_not_matter(plausible: pl.DataFrame, facts) -> None:
    shuffled = plausible.sample(fraction=1.0, shuffle=True, seed=3)
    assert select_least_cost(shuffled, facts.settings).equals(select_least_cost(plausible, facts.settings))


def test_a_design_of_two_stacks_is_refused(plausible: pl.DataFrame, facts) -> None:
    doubled = pl.concat([plausible, plausible.head(1).with_columns(pl.lit("grid").alias("stack_id"))])
    with pytest.raises(ContractError, match="belongs to two stacks"):
        select_least_cost(doubled, facts.settings)


def test_a_missing_cost_is_refused(plausible: pl.DataFrame, facts) -> None:
    broken = plausible.with_columns(
        pl.when(pl.col("stack_id") == "grid").then(None).otherwise("lcoe_usd_per_mwh").alias("lcoe_usd_per_mwh")
    )
    with pytest.raises(ContractError, match="not a number"):
        select_least_cost(broken, facts.settings)
