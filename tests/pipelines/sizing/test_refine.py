"""Sizing: no worse than a grid four times finer, priced as every design is, and no simulation for a move of prices."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipelines.contracts.base import REGISTRY
from pipelines.dispatch.basis import peak_load_mw
from pipelines.dispatch.batch import simulate_batch
from pipelines.dispatch.inputs import DesignSet
from pipelines.dispatch.lattice import grid_points, place_of
from pipelines.economics.selection import keeps_composition, select_least_cost
from pipelines.plant.catalogue import stacks
from pipelines.ranking.reuse import WatchedSettings
from pipelines.reliability.campaign import assess_site, campaign
from pipelines.reliability.chosen import sample_chosen
from pipelines.settings import Settings, marked
from pipelines.sizing.beyond import is_at_an_upper_end
from pipelines.sizing.cost_line import FEATURES, OUTAGES, SIZES, cost_lines
from pipelines.sizing.fine import CELL_STEPS, Block, Lattice, Region, cell_around
from pipelines.sizing.market import Market
from pipelines.sizing.refine import refine, with_finalists
from pipelines.warehouse.cache import Cache

KEY = ["region_id", "stack_id"]
AXES = {name: stack.continuous() for name, stack in stacks(Settings()).items() if stack.axes is not None}


@pytest.fixture(scope="module")
def cache(tmp_path_factory) -> Cache:
    return Cache(tmp_path_factory.mktemp("sizes"))


@pytest.fixture(scope="module")
def finalists(night, cache):
    return refine(night.sites, night.plant, night.causes, night.candidates, night.market, cache)


@pytest.fixture(scope="module")
def chosen(night, finalists) -> pl.DataFrame:
    return select_least_cost(with_finalists(night.candidates, finalists.priced), night.market.settings)


@pytest.fixture(scope="module")
def lattice(night) -> Lattice:
    return Lattice.of(night.plant.technologies, night.market.settings)


def test_no_stack_of_any_region_becomes_dearer(night, chosen) -> None:
    before = select_least_cost(night.candidates, night.market.settings)
    both = before.join(chosen, on=KEY, suffix="_new")
    assert both.height == before.height
    assert both["is_target_met_new"].to_list() == both["is_target_met"].to_list()
    # What was worked out again in double precision moves by rounding.
    met = both.filter("is_target_met")
    assert (met["lcoe_usd_per_mwh_new"] <= met["lcoe_usd_per_mwh"] * (1 + 1e-6)).all()
    gain = (1 - met["lcoe_usd_per_mwh_new"] / met["lcoe_usd_per_mwh"]).rename("gain")
    print(met.select(KEY).with_columns(gain).filter(pl.col("gain") > 0))
    assert met.filter(pl.col("stack_id") == "solar_bess_gas").height == len(night.sites)


def _beaten_by(night, lattice, site, best: dict, least_saving: float) -> pl.DataFrame:
    """Return the designs of the grid four times finer that would save so much, worked out one by one."""
    stack = best["stack_id"]
    counts = lattice.layouts[stack].counts
    here = counts.index(best["firm_units"])
    places = grid_points(AXES[stack], 4)
    cheaper = []
    for count in counts[max(here - 1, 0) : here + 2]:
        frame = lattice.at(stack, places, np.full(len(places), count))
        designs = DesignSet.from_frame(frame)
        annual = simulate_batch([site], designs, night.plant.technologies, night.plant.battery).to_frame(
            [site], designs
        )
        served = annual.select(
            "region_id", "weather_year", "design_id", "stack_id",
            *(pl.lit(1.0).alias(name) for name in ("availability_frac", "full_service_hours_frac")),
            *(pl.lit(0.0).alias(name) for name in OUTAGES),
        )  # fmt: skip
        # Outages only make energy dearer: what does not save enough without any needs no further look.
        priced = night.market.price(frame, annual, served).filter(keeps_composition(night.market.settings))
        wanted = priced.filter(pl.col("lcoe_usd_per_mwh") < best["lcoe_usd_per_mwh"] * (1 - least_saving))
        cheaper.append(frame.join(wanted, on="design_id", how="semi", maintain_order="left"))
    found = pl.concat(cheaper)
    if found.is_empty():
        return found
    plant = replace(night.plant, designs=DesignSet.from_frame(found))
    rows = assess_site(site, plant, night.causes[site.region_id])
    annual, adequacy = (
        rows.select(REGISTRY[name].schema.column_names()) for name in ("sim.dispatch_annual", "sim.adequacy")
    )
    return night.market.price(found, annual, adequacy).filter(
        keeps_composition(night.market.settings)
        & (pl.col("availability_frac") >= night.market.settings.availability_target)
        & (pl.col("lcoe_usd_per_mwh") < best["lcoe_usd_per_mwh"] * (1 - least_saving))
    )


@pytest.mark.parametrize("stack", list(AXES))
def test_no_grid_four_times_finer_saves_half_a_percent(night, chosen, lattice, stack) -> None:
    compared = 0
    for site in night.sites:
        best = chosen.filter((pl.col("region_id") == site.region_id) & (pl.col("stack_id") == stack)).row(0, named=True)
        if best["is_target_met"]:
            compared += 1
            better = _beaten_by(night, lattice, site, best, 0.005)
            assert better.is_empty(), (best["design_id"], better.select("design_id", "lcoe_usd_per_mwh"))
    assert compared >= 2


def test_finalists_are_named_by_their_sizes_and_keep_their_stack(night, finalists, chosen) -> None:
    grid = night.plant.designs.to_frame()
    same = finalists.designs.join(grid, on="design_id", suffix="_grid")
    for name in ("solar_mw", "bess_mw", "bess_mwh", "firm_units"):
        assert same[name].to_list() == same[f"{name}_grid"].to_list()
    parts = pl.concat([grid, finalists.designs]).unique("design_id").drop("design_id", "stack_id")
    assert parts.unique().height == parts.height
    gas = chosen.filter(pl.col("stack_id") == "solar_bess_gas")
    assert (gas["bess_mwh"] >= gas["bess_mw"]).all()


def test_no_best_size_lies_at_an_upper_end_of_its_axis(night, lattice, chosen) -> None:
    for row in chosen.filter("is_target_met", pl.col("stack_id").is_in(list(AXES))).iter_rows(named=True):
        layout = lattice.layouts[row["stack_id"]]
        assert not is_at_an_upper_end(row, AXES[row["stack_id"]], layout.load_mw), row["design_id"]


def test_a_floor_on_the_sun_is_kept_and_costs(night, cache, chosen) -> None:
    settings = night.market.settings.model_copy(update={"min_renewable_frac": 0.4})
    market = Market(night.market.price, settings)
    found = refine(night.sites, night.plant, night.causes, night.candidates, market, cache)
    stack = pl.col("stack_id") == "solar_bess_gas"
    floor = select_least_cost(with_finalists(night.candidates, found.priced), settings).filter(stack)
    free = chosen.filter(stack)
    assert floor["is_target_met"].all()
    assert (floor["renewable_frac"] >= 0.4).all()
    assert (free["renewable_frac"] < 0.4).any()
    assert (floor["lcoe_usd_per_mwh"] >= free["lcoe_usd_per_mwh"] * (1 - 1e-6)).all()


def test_the_reserve_carries_a_unit_and_a_step_the_swings_or_the_clouds(night, finalists) -> None:
    settings = night.market.settings
    peak = peak_load_mw(settings)
    hybrids = pl.concat([night.plant.designs.to_frame(), finalists.designs]).filter(
        pl.col("stack_id") == "solar_bess_gas"
    )
    for row in hybrids.iter_rows(named=True):
        step = row["firm_unit_mw"] + settings.load_step_frac * peak
        clouds = settings.cloud_ramp_frac * min(row["solar_mw"], peak)
        swings = night.plant.technologies[row["firm_technology"]].swing_frac * peak
        assert row["reserve_mw"] == pytest.approx(max(step, swings, clouds))
        assert row["reserve_mwh"] == pytest.approx(row["reserve_mw"] * settings.start_minutes / 60.0)


def test_a_move_of_prices_dispatches_no_block_and_the_same_prices_work_out_nothing(night, cache, finalists) -> None:
    again = refine(night.sites, night.plant, night.causes, night.candidates, night.market, cache)
    assert (again.dispatched, again.assessed) == (0, 0)
    assert again.priced.equals(finalists.priced)

    def dearer_gas(designs, annual, adequacy):
        price = night.market.price
        gas = price.keywords["gas"].with_columns(pl.col("^gas_(price|level)_usd_per_mmbtu$") * 1.1)
        return price.func(designs, annual, adequacy, **{**price.keywords, "gas": gas})

    both = pl.concat([night.plant.designs.to_frame(), finalists.designs]).unique("design_id")
    known = ["region_id", "design_id"]
    assert both.height > len(night.plant.designs)
    market = Market(dearer_gas, night.market.settings)
    raised = night.candidates.with_columns(
        pl.when(pl.col("firm_technology") != "").then(pl.col("lcoe_usd_per_mwh") * 1.03).otherwise("lcoe_usd_per_mwh")
    )
    moved = refine(night.sites, night.plant, night.causes, raised, market, cache)
    assert moved.dispatched == 0
    assert moved.assessed <= moved.priced.select(known).unique().height


def test_what_is_found_does_not_depend_on_blocks_dispatched_for_other_prices(night, finalists, tmp_path, monkeypatch):
    monkeypatch.setattr("pipelines.sizing.refine.ENERGY_PRICES", ())
    alone = refine(night.sites, night.plant, night.causes, night.candidates, night.market, Cache(tmp_path))
    assert 0 < alone.dispatched <= finalists.dispatched
    assert alone.priced.equals(finalists.priced)


def test_the_cost_line_meets_the_price_of_every_design(night, finalists) -> None:
    bases = finalists.priced.filter(pl.col("firm_units") > 0).unique(KEY, maintain_order=True)
    load = dict(finalists.priced.select("region_id", "load_mwh").iter_rows())
    lines = cost_lines(night.market, bases.select("region_id", *REGISTRY["sim.designs"].schema.column_names()), load)
    base_of = {(region, stack): design for region, stack, design in bases.select(*KEY, "design_id").iter_rows()}
    fuel = finalists.annual.select("region_id", "design_id", "firm_fuel_mmbtu")
    rows = finalists.priced.filter(pl.col("firm_units") > 0).join(fuel, on=["region_id", "design_id"])
    for row in rows.iter_rows(named=True):
        features = np.array([[row[name] for name in FEATURES]], float)
        base = base_of[row["region_id"], row["stack_id"]]
        cost = lines[row["region_id"], base].cost_usd(features)[0] / row["served_mwh"]
        assert cost == pytest.approx(row["lcoe_usd_per_mwh"], rel=2e-3), row["design_id"]


def test_no_kept_result_reads_a_setting_that_its_key_lacks(night, chosen, tmp_path) -> None:
    plant = replace(night.plant, settings=WatchedSettings.of(night.plant.settings))
    sites, cache = night.sites[:1], Cache(tmp_path)
    own = [site.region_id for site in sites]
    campaign(sites, plant, night.causes, cache, threads=1)
    candidates = night.candidates.filter(pl.col("region_id").is_in(own))
    refine(sites, plant, night.causes, candidates, night.market, cache, threads=1)
    in_key = set(marked("physics", "dispatch"))
    assert set(plant.key["settings"]) == in_key
    assert plant.settings.names_read == in_key
    few = chosen.filter(pl.col("region_id").is_in(own) & pl.col("stack_id").is_in(["gas_recip", "solar_bess_gas"]))
    sample_chosen(sites, few, plant, night.causes, cache, threads=1)
    # A folder of declarations: what they come to is in the designs of the key.
    assert plant.settings.names_read - {"stacks_dir"} == in_key | set(marked("physics", "sampling"))


def test_without_parts_only_narrow_decisions_are_worked_out_again(night, tmp_path) -> None:
    settings = night.market.settings.model_copy(update={"sizing_parts": 1})
    kept = refine(
        night.sites, night.plant, night.causes, night.candidates, Market(night.market.price, settings), Cache(tmp_path)
    )
    assert kept.dispatched == 0
    assert set(kept.designs["design_id"]) <= set(night.plant.designs.design_id)


def test_cells_lie_where_they_lie_and_hold_what_they_are_around(night, lattice) -> None:
    rng = np.random.default_rng(5)
    last = np.array([(len(values) - 1) * 16 for values in AXES["solar_bess_gas"].values.values()])
    for step in {step for steps in CELL_STEPS.values() for step in steps}:
        for place in rng.integers(0, last + 1, (50, 3)):
            cell = cell_around("solar_bess_gas", place.tolist(), step)
            assert all(position % (4 * step) == 0 for position in cell.centre)
            assert (np.abs(np.array(cell.centre) - place) <= 2 * step).all()
            assert cell_around("solar_bess_gas", cell.centre, step) == cell
    layout = lattice.layouts["solar_bess_gas"]
    grid = lattice.sizes(Block("solar_bess_gas", 1))
    designs = lattice.at("solar_bess_gas", grid.places, grid.units)
    assert np.array_equal(designs.select(pl.col(SIZES).cast(pl.Float64)).to_numpy(), grid.values)
    for place, row in zip(grid.places[:40], designs.head(40).iter_rows(named=True), strict=True):
        assert place_of(AXES["solar_bess_gas"], row, layout.load_mw) == tuple(place)


def test_what_a_design_does_depends_on_no_other_that_is_worked_out_with_it(night, finalists) -> None:
    site = night.sites[0]
    region = Region([site], night.plant, night.causes[site.region_id], Cache(Path("unused")))
    together = region.assess(0, finalists.designs)
    odd = finalists.designs[1::2]
    assert odd.height > 5
    assert_frame_equal(region.assess(0, odd), together[1::2], check_exact=True)
    assert_frame_equal(region.assess(0, finalists.designs[:1]), together[:1], check_exact=True)
