"""Traces, weeks, weather years and regret of chosen designs: checked, kept by region, the same whatever is kept."""

from __future__ import annotations

import dataclasses
from datetime import datetime

import numpy as np
import polars as pl
import pytest

import pipelines.contracts  # noqa: F401 - registers the tables
import pipelines.dispatch.chosen as module
from pipelines.contracts.base import validate
from pipelines.dispatch.batch import simulate_batch
from pipelines.dispatch.chosen import ChosenTraces, TraceError, chosen_sets
from pipelines.dispatch.chosen_regret import best_regions, chosen_regret
from pipelines.dispatch.trace import Violation, simulate_trace, weekly
from pipelines.dispatch.weather_years import hardest_weeks, weather_years
from pipelines.plant.technology import Battery
from pipelines.settings import Settings
from pipelines.warehouse.cache import Cache

BATTERY = Battery(0.95, 0.95, soc_floor_frac=0.1, soc_start_frac=0.5)


@pytest.fixture
def night(technology, site_year, design_set):
    """Return two regions, four designs, and what each region chose."""
    hours = np.arange(24 * 30)
    sun = np.maximum(np.sin((hours - 6) * np.pi / 12), 0.0)
    sites = {
        name: site_year(
            np.full(len(hours), 12.0), sun * cloud, region_id=name,
            grid_available_frac=np.where(hours % 300 < 6, 0.0, 1.0),
        )
        for name, cloud in (("here", 1.0), ("there", np.where(hours // 168 == 2, 0.2, 1.0)))
    }  # fmt: skip
    designs = design_set(
        4, design_id=["sun", "engines", "bridge", "sunnier"], stack_id=["a", "b", "c", "a"],
        solar_mw=[40.0, 0.0, 0.0, 50.0], bess_mw=[10.0, 0.0, 12.0, 10.0], bess_mwh=[60.0, 0.0, 30.0, 60.0],
        grid_mw=[0.0, 0.0, 13.0, 0.0], is_grid_flexible=[False, False, True, False],
        firm_units=[1, 4, 0, 1], firm_unit_mw=4.0,
    )  # fmt: skip
    chosen = pl.DataFrame(
        {
            "region_id": ["there", "here", "here", "there", "here"],
            "stack_id": ["b", "c", "a", "a", "b"],
            "design_id": ["engines", "bridge", "sun", "sunnier", "engines"],
        }
    )
    return sites, designs, chosen, {"engine": technology(min_load_frac=0.3), "reactor": technology("reactor")}


def _sized(chosen: pl.DataFrame, designs) -> pl.DataFrame:
    return chosen.join(designs.to_frame().drop("stack_id"), on="design_id", how="left", maintain_order="left")


def _traces(night, cache: Cache) -> ChosenTraces:
    sites, designs, chosen, technologies = night
    keys = {name: f"site {name}" for name in sites}
    return ChosenTraces(sites, chosen_sets(_sized(chosen, designs)), technologies, BATTERY, keys, cache)


def test_hours_are_those_of_each_design_in_the_order_of_the_key(night, tmp_path) -> None:
    path, is_hit = _traces(night, Cache(tmp_path)).hourly()
    hours = validate(pl.read_parquet(path), "mart.dispatch_hourly")
    assert not is_hit
    assert hours.select("region_id", "stack_id").unique(maintain_order=True).rows() == [
        ("here", "a"), ("here", "b"), ("here", "c"), ("there", "a"), ("there", "b")
    ]  # fmt: skip
    sites, designs, _, technologies = night
    own = hours.filter((pl.col("region_id") == "there") & (pl.col("stack_id") == "a"))
    assert own.equals(simulate_trace(sites["there"], designs, 3, technologies, BATTERY))


def test_only_the_region_that_chose_anew_is_traced_again(night, tmp_path, monkeypatch) -> None:
    cache = Cache(tmp_path)
    first, _ = _traces(night, cache).hourly()
    assert _traces(night, cache).hourly() == (first, True)
    traced: list[str] = []
    simulate = module.simulate_trace
    monkeypatch.setattr(
        module, "simulate_trace", lambda site, *rest: traced.append(site.region_id) or simulate(site, *rest)
    )
    sites, designs, chosen, technologies = night
    moved = chosen.with_columns(pl.col("design_id").replace("sun", "sunnier"))
    second, is_hit = _traces((sites, designs, moved, technologies), cache).hourly()
    assert not is_hit
    assert set(traced) == {"here"}
    there = pl.col("region_id") == "there"
    assert pl.read_parquet(first).filter(there).equals(pl.read_parquet(second).filter(there))


def test_weeks_are_those_of_the_hours_in_any_order_of_asking(night, tmp_path) -> None:
    weeks = _traces(night, Cache(tmp_path / "weeks first")).weekly()
    traces = _traces(night, Cache(tmp_path / "hours first"))
    hours = pl.read_parquet(traces.hourly()[0])
    assert weeks.equals(traces.weekly())
    assert weeks.equals(weekly(hours))
    assert traces.count == 5


def test_a_trace_that_does_not_hold_is_an_error_and_is_not_kept(night, tmp_path, monkeypatch) -> None:
    cache = Cache(tmp_path)
    monkeypatch.setattr(module, "check_trace", lambda *_: [Violation("supply equals load", 3, 17, 0.5)])
    with pytest.raises(TraceError, match=r"the trace of a in here .* supply equals load: 3 hours, first at row 17"):
        _traces(night, cache).hourly()
    monkeypatch.undo()
    assert _traces(night, cache).hourly()[1] is False


def test_the_hardest_week_is_the_cloudy_one(night) -> None:
    sites, designs, _, technologies = night
    weeks = hardest_weeks(sites["there"], designs, technologies, BATTERY)
    by_design = dict(zip(designs.design_id, weeks.iter_rows(named=True), strict=True))
    assert by_design["sun"]["hardest_week"] == 3
    assert by_design["sun"]["hardest_week_start_utc"] == datetime(2025, 1, 15)
    # Engines are asked the same in every whole week: the first counts.
    assert by_design["engines"]["hardest_week"] == 1
    assert by_design["bridge"]["hardest_week_unserved_mwh"] > 0
    trace = weekly(simulate_trace(sites["there"], designs, 0, technologies, BATTERY))
    assert by_design["sun"]["hardest_week_unserved_mwh"] == pytest.approx(trace["unserved_mwh"].max(), rel=1e-9)
    assert trace["unserved_mwh"].arg_max() == 2


def test_weather_years_tell_the_chosen_designs_apart_by_year(night, tmp_path) -> None:
    sites, designs, chosen, technologies = night
    years = [
        dataclasses.replace(site, weather_year=year, solar_mw_per_mw=site.solar_mw_per_mw * (1.1 - 0.2 * year))
        for site in sites.values()
        for year in (1, 2, 3)
    ]
    annual = simulate_batch(years, designs, technologies, BATTERY).to_frame(years, designs)
    adequacy = annual.select(
        "region_id", "weather_year", "design_id",
        (1 - pl.col("unserved_mwh") / pl.col("load_mwh")).alias("availability_frac"),
        pl.lit(1.0).alias("full_service_hours_frac"), pl.col("unserved_mwh").alias("eue_mwh_per_year"),
        pl.col("unserved_hours").alias("lolh_hours_per_year"),
    )  # fmt: skip
    keys = [f"{site.region_id} {site.weather_year}" for site in years]
    sets = chosen_sets(_sized(chosen, designs))
    table = weather_years(years, sets, annual, adequacy, technologies, BATTERY, keys, Cache(tmp_path))
    validate(table, "mart.weather_years")
    assert table.height == chosen.height * 3
    sun = table.filter((pl.col("region_id") == "here") & (pl.col("stack_id") == "a"))
    assert sun["firm_mwh"].is_sorted()
    assert sun["renewable_frac"].is_sorted(descending=True)


def test_regret_is_of_the_batteries_in_the_best_regions_and_only_a_new_design_is_worked_out(night, tmp_path) -> None:
    sites, designs, chosen, technologies = night
    sets, keys, cache = chosen_sets(_sized(chosen, designs)), {name: name for name in sites}, Cache(tmp_path)
    args = (technologies, BATTERY, keys, Settings(), cache)
    table, is_hit = chosen_regret({"here": sites["here"]}, sets, *args)
    validate(table, "mart.dispatch_regret")
    assert not is_hit
    assert table["stack_id"].unique(maintain_order=True).to_list() == ["a", "c"]
    assert table.filter("is_own_rule")["rule"].to_list() == ["load_following"] * 2
    assert (table["regret_usd"] >= -1e-6 * table["cost_usd"]).all()
    again, is_hit = chosen_regret({"here": sites["here"]}, sets, *args)
    assert is_hit
    assert again.equals(table)
    kept = {path.name for path in tmp_path.glob("regret/*.parquet")}
    moved = chosen_sets(_sized(chosen.with_columns(pl.col("design_id").replace("sun", "sunnier")), designs))
    newer, is_hit = chosen_regret({"here": sites["here"]}, moved, *args)
    assert not is_hit
    assert len({path.name for path in tmp_path.glob("regret/*.parquet")} - kept) == 1
    assert newer.filter(pl.col("stack_id") == "c").equals(table.filter(pl.col("stack_id") == "c"))
    assert chosen_regret({}, sets, *args)[0].is_empty()


def test_best_regions_are_taken_by_their_best_row() -> None:
    ranked = pl.DataFrame({"rank": [3, 1, 2, 4], "region_id": ["b", "a", "a", "c"]})
    assert best_regions(ranked, 2) == ["a", "b"]
