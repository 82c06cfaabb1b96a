"""Ways to secure the gas: what they save is linear in the events, what they cost is charged, and value chooses."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipelines.contracts.base import REGISTRY, validate
from pipelines.economics.fuel_service import (
    chosen_service,
    described_services,
    fuel_services,
    night_service_terms,
    with_service,
)
from pipelines.economics.fuel_service_table import INTERRUPTIBLE, SERVICES_FILE, judged_services, read_services
from pipelines.economics.selection import select_least_cost
from pipelines.economics.value import margin_usd_per_mw_year
from pipelines.errors import InputError
from pipelines.reference.load import load_reference

GAS_STACKS = {"gas_recip", "gas_turbine", "fuel_cell", "solar_bess_gas", "smr_hybrid"}


@pytest.fixture(scope="module")
def terms(facts) -> pl.DataFrame:
    rules = load_reference("tax_rules", facts.settings.reference_dir)
    return night_service_terms(facts.regions, facts.parameters, rules, facts.multipliers, facts.own, facts.settings)


@pytest.fixture(scope="module")
def candidates(plausible) -> pl.DataFrame:
    return plausible.select(REGISTRY["sim.candidates"].schema.column_names())


def _of(terms: pl.DataFrame, name: str, **changed: float) -> pl.DataFrame:
    own = terms.filter(pl.col("fuel_service") == name)
    return own.with_columns(pl.lit(figure).alias(column) for column, figure in changed.items())


def test_a_service_saves_its_share_of_the_losses_and_is_paid_for(facts, terms, candidates) -> None:
    firm = with_service(candidates, _of(terms, "firm"), facts.settings)
    assert set(firm["stack_id"]) == GAS_STACKS
    validate(firm, "sim.candidates")
    before = candidates.join(firm, on=["region_id", "design_id"], how="semi", maintain_order="left")
    # 60 MWh of freeze-offs, of which a fifth is left; the lateral is lost as before.
    assert (before["eue_mwh_per_year"] - firm["eue_mwh_per_year"]).to_list() == pytest.approx([48.0] * firm.height)
    assert (before["lolh_hours_per_year"] - firm["lolh_hours_per_year"]).to_list() == pytest.approx([4.0] * firm.height)
    gain = (firm["availability_frac"] - before["availability_frac"]) * firm["load_mwh"]
    assert gain.to_list() == pytest.approx([48.0] * firm.height)
    paid = firm["lcoe_usd_per_mwh"] * firm["served_mwh"] - before["lcoe_usd_per_mwh"] * before["served_mwh"]
    assert paid.to_list() == pytest.approx(firm["fuel_service_usd_per_year"].to_list(), rel=1e-6)
    engines = firm.filter((pl.col("stack_id") == "gas_recip") & (pl.col("region_id") == "abilene_tx")).row(
        0, named=True
    )
    # The gas of full load in every hour: engines that run at the average load reserve a little more than they burn.
    assert engines["fuel_service_usd_per_year"] > 0.3 * engines["gas_mmbtu_per_year"]
    assert engines["fuel_service_usd_per_year"] < 0.3 * engines["gas_mmbtu_per_year"] * 1.5


def test_standby_gensets_cost_what_the_technology_table_says(facts, terms, candidates) -> None:
    gensets = with_service(candidates, _of(terms, "diesel_standby"), facts.settings)
    row = gensets.filter((pl.col("stack_id") == "fuel_cell") & (pl.col("region_id") == "reno_nv")).row(0, named=True)
    before = candidates.filter(pl.col("design_id") == "fuel_cell", pl.col("region_id") == "reno_nv").row(0, named=True)
    per_kw = facts.parameters.value("diesel_standby_genset", "capex")
    # Dollars of 2023 at the place's cost, for the peak load per kW of IT.
    added = row["capex_usd_per_kw"] - before["capex_usd_per_kw"]
    assert per_kw < added < 2.0 * per_kw
    assert added == pytest.approx(row["fuel_service_capex_usd"] / (1000.0 * facts.settings.site_it_mw))
    # Failure to start and maintenance are left of both losses.
    lost = 1.0 - (1.0 - 0.0094) * (1.0 - 0.005)
    assert row["gas_basin_left_frac"] == row["gas_lateral_left_frac"] == pytest.approx(lost)
    assert before["eue_mwh_per_year"] - row["eue_mwh_per_year"] == pytest.approx(80.0 * (1.0 - lost))


def test_only_turbines_burn_two_fuels(facts, terms, candidates) -> None:
    assert set(with_service(candidates, _of(terms, "dual_fuel"), facts.settings)["stack_id"]) == {"gas_turbine"}


def test_without_benefit_the_interruptible_service_is_chosen(facts, terms, candidates) -> None:
    services = fuel_services(candidates, terms, facts.settings)
    plain = select_least_cost(candidates, facts.settings)
    assert_frame_equal(chosen_service(services), plain.sort("region_id", "stack_id"), check_column_order=False)
    of_gas = services.filter(pl.col("stack_id").is_in(list(GAS_STACKS)))
    assert services.filter("is_chosen").height == plain.height
    assert set(of_gas.filter("is_chosen")["fuel_service"]) == {INTERRUPTIBLE}
    assert set(services.filter(~pl.col("stack_id").is_in(list(GAS_STACKS)))["fuel_service"]) == {"none"}
    counts = of_gas.group_by("stack_id").agg(pl.col("fuel_service").n_unique()).sort("stack_id")
    assert dict(counts.iter_rows()) == dict.fromkeys(GAS_STACKS, 4) | {"gas_turbine": 5}


def test_the_target_is_met_with_the_service_of_highest_value(facts, terms, candidates) -> None:
    # 60 MWh of 196,224 are 3.1e-4: with them the designs miss the target, without four fifths of them they meet it.
    short = candidates.with_columns(pl.lit(0.9988).alias("availability_frac"))
    services = fuel_services(short, terms, facts.settings)
    rows = services.filter(pl.col("stack_id") == "gas_recip", pl.col("region_id") == "abilene_tx")
    found = {row["fuel_service"]: row for row in rows.iter_rows(named=True)}
    assert not found[INTERRUPTIBLE]["is_target_met"]
    assert found["firm"]["is_target_met"]
    met = rows.filter("is_target_met")
    best = met.sort("service_net_usd_per_mw_year", descending=True).row(0, named=True)
    chosen = rows.filter("is_chosen").row(0, named=True)
    assert chosen["fuel_service"] == best["fuel_service"] != INTERRUPTIBLE
    settings = facts.settings
    margin = margin_usd_per_mw_year(settings)
    power = chosen["lcoe_usd_per_mwh"] * chosen["load_mwh"] / settings.site_it_mw
    restarts = chosen["interruptions_per_year"] * settings.restart_hours / 8760.0 * margin
    net = chosen["availability_frac"] * (margin - power) - restarts
    assert chosen["service_net_usd_per_mw_year"] == pytest.approx(net)
    ranked = pl.DataFrame(
        {"region_id": "abilene_tx", "stack_id": "gas_recip", "online_years_discounted": 5.0, "value_usd_per_mw": 1e6}
    )
    shown = described_services(rows, chosen_service(rows), ranked, settings)
    values = dict(shown.select("fuel_service", "value_usd_per_mw").iter_rows())
    assert values[chosen["fuel_service"]] == pytest.approx(1e6)
    # A design with more units that is worth more is in the list; the least-cost one is worth the difference less.
    better = chosen_service(rows).with_columns(pl.col("availability_frac") + 1e-4)
    less = dict(
        described_services(rows, better, ranked, settings).select("fuel_service", "value_usd_per_mw").iter_rows()
    )
    assert less[chosen["fuel_service"]] == pytest.approx(1e6 - 5.0 * 1e-4 * (margin - power))
    assert shown["lcoe_change_usd_per_mwh"][0] == 0.0
    assert (shown["lcoe_change_usd_per_mwh"].to_numpy()[1:] > 0.0).all()


def test_dear_hours_buy_a_service_that_the_target_does_not_need(facts, terms, candidates) -> None:
    settings = facts.settings.model_copy(update={"revenue_usd_per_mw_year": 2e9})
    chosen = chosen_service(fuel_services(candidates, terms, settings))
    assert INTERRUPTIBLE not in set(chosen.filter(pl.col("stack_id").is_in(list(GAS_STACKS)))["fuel_service"])


def test_every_range_is_a_named_assumption() -> None:
    rows = {row["assumption_id"]: row for row in judged_services().iter_rows(named=True)}
    assert rows["fuel_service.firm.reservation"]["value"] == "0.3"
    assert "0.15 to 0.6 USD/MMBtu" in rows["fuel_service.firm.reservation"]["meaning"]
    assert set(read_services()["fuel_service"]) - {INTERRUPTIBLE, "diesel_standby"} == {
        name.split(".")[1] for name in rows
    }


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("0.15,0.3,0.6", "0.15,cheap,0.6", ["reservation_usd_per_mmbtu", "'cheap'"]),
        ("0.05,0.2,0.5,1,", "0.05,1.2,0.5,1,", ["basin_left_frac", "'1.2'"]),
        (",0.02,0.05,0.2,0.05,", ",0.02,,0.2,0.05,", ["basin_left_frac"]),
        ("diesel,0.02", "petrol,0.02", ["fuel_usd_per_mmbtu", "'petrol'"]),
        ("interruptible,interruptible gas", "other,interruptible gas", ["'interruptible'"]),
    ],
)
def test_a_bad_figure_is_named_with_its_row(tmp_path: Path, old: str, new: str, words: list[str]) -> None:
    text = SERVICES_FILE.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "fuel_services.csv"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_services(path)
    assert all(word in str(caught.value) for word in ["fuel_services.csv", *words])
