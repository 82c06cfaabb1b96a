"""A night from the command line to the published release: whole, balanced, repeatable, and safe against bad input.

Covers three regions on synthetic weather and two on weather files; the whole reference night is the business of
`make refresh`.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest
from weather_payloads import reference_place

from pipelines.dispatch.basis import base_load_mw
from pipelines.plant.catalogue import stacks
from pipelines.settings import REFERENCE_DIR, Settings
from pipelines.warehouse import current_run_id, open_release, release_info

REGIONS = "abilene_tx,columbus_oh,imperial_ca"
AS_OF = "2026-11-22"
STACKS = 8


def _table(data_dir: Path, name: str) -> pl.DataFrame:
    with open_release(data_dir) as release:
        return release.table(name)


def _checksums(data_dir: Path) -> dict[str, str]:
    folder = release_info(data_dir).path / "parquet"
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.glob("*.parquet"))}


def test_every_region_and_stack_is_ranked_once_without_gaps(night: Path) -> None:
    ranked = _table(night, "ranked_sites")
    assert ranked.height == 3 * STACKS
    assert ranked.select("region_id", "stack_id").is_unique().all()
    # A stack that burns no gas has no lateral, one without the grid no line; all else is known of every row.
    known = ranked.drop("gas_lateral_km", "grid_line_km", "has_brownfield")
    assert known.null_count().sum_horizontal().item() == 0
    for name in ("grid_line_km", "has_brownfield"):
        assert set(ranked.filter(pl.col(name).is_not_null())["stack_id"]) == {"grid", "flexible_grid_bess"}
    without = set(ranked.filter(pl.col("gas_lateral_km").is_null())["stack_id"])
    assert without == {"solar_bess", "grid", "flexible_grid_bess"}
    assert ranked["rank"].sort().to_list() == list(range(1, ranked.height + 1))
    best = ranked.filter("is_region_best").sort("region_rank")
    assert best["region_rank"].to_list() == [1, 2, 3]


def test_a_region_where_no_site_may_be_built_ranks_last_in_every_draw_too(night: Path) -> None:
    ranked = _table(night, "ranked_sites").sort("rank")
    blocked = ranked.filter(~pl.col("is_eligible"))
    # A stack whose solar has no room in its county is left out there alone.
    is_roomless = pl.col("blocked_by").str.starts_with("no room")
    stopped = blocked.filter(~is_roomless)
    assert set(stopped["region_id"]) == {"imperial_ca"} and "Imperial County" in stopped["blocked_by"][0]
    assert set(blocked.filter(is_roomless)["stack_id"]) <= {"solar_bess", "solar_bess_gas"}
    assert blocked["rank"].min() == ranked.filter("is_eligible")["rank"].max() + 1
    assert blocked["rank_p05"].min() > ranked.height - blocked.height
    with open_release(night) as release:
        macro = release.query("from rank_sites(speed := 1, cost := 0) order by weighted_rank")
    assert macro["is_eligible"].to_list() == ranked["is_eligible"].to_list()
    stops = _table(night, "local_stops").filter(pl.col("verdict") == "blocks")
    assert "06025" in stops["county_fips"].to_list()


def test_the_first_offline_night_fills_every_table_that_needs_no_night_before(night: Path) -> None:
    with open_release(night) as release:
        empty = sorted(name for name in release.tables() if release.table(name).is_empty())
    assert empty == ["input_changes", "run_changes"]


def test_no_two_stacks_of_a_region_share_a_design(night: Path) -> None:
    ranked = _table(night, "ranked_sites")
    assert ranked.select("region_id", "design_id").is_unique().all()


def test_solar_bess_gas_is_what_its_name_says(night: Path) -> None:
    ranked = _table(night, "ranked_sites").filter(pl.col("stack_id") == "solar_bess_gas")
    assert ranked["renewable_frac"].min() > 0.0
    assert ranked.select(pl.min_horizontal("solar_mw", "bess_mwh", "reserve_mwh", "firm_units").min()).item() > 0


def test_no_best_size_is_the_largest_of_its_axis_and_the_least_sun_is_where_engines_alone_cost_less(
    night: Path,
) -> None:
    settings = Settings()
    ranked, load = _table(night, "ranked_sites").filter("is_target_met"), base_load_mw(settings)
    on_floor = 0
    for stack in stacks(settings).values():
        if stack.axes is None:
            continue
        for row in ranked.filter(pl.col("stack_id") == stack.id).iter_rows(named=True):
            hours = row["bess_mwh"] / (load if stack.axes.hours_of == "load" else row["bess_mw"])
            sizes = {"solar": row["solar_mw"] / load, "power": row["bess_mw"] / load, "hours": hours}
            for axis, values in stack.axes.values.items():
                assert sizes[axis] < values[-1] * (1.0 - 1e-6), (stack.id, row["region_id"], axis)
            if stack.firm and sizes["solar"] == pytest.approx(stack.axes.values.get("solar", (-1.0,))[0]):
                # The optimum has no sun at all, and the table has it as the stack of engines.
                is_plain = (pl.col("stack_id") == "gas_recip") & (pl.col("region_id") == row["region_id"])
                assert ranked.filter(is_plain)["lcoe_usd_per_mwh"].item() <= 1.005 * row["lcoe_usd_per_mwh"]
                on_floor += 1
    assert on_floor < 3


def test_the_phases_of_a_site_add_up_to_its_row(night: Path) -> None:
    ranked, phases = _table(night, "ranked_sites"), _table(night, "phases")
    assert set(phases["stack_id"]) == {"smr_hybrid", "solar_bess_gas"}
    both = phases.join(ranked, on=["region_id", "stack_id"], suffix="_row").with_columns(
        (pl.col("online_years_discounted") * pl.col("availability_frac")).alias("served")
    )
    mean = both.group_by("region_id", "stack_id").agg(
        *(
            ((pl.col(name) * pl.col("served")).sum() / pl.col("served").sum() / pl.col(f"{name}_row").first()).alias(
                name
            )
            for name in ("lcoe_usd_per_mwh", "co2_kg_per_mwh")
        ),
        (pl.col("online_years_discounted").sum() / pl.col("online_years_discounted_row").first()).alias("years"),
    )
    for name in ("lcoe_usd_per_mwh", "co2_kg_per_mwh", "years"):
        assert mean[name].to_list() == pytest.approx([1.0] * mean.height, rel=1e-9)
    # Reactors take ten years: until then the site burns gas, and shows it.
    carbon = both.filter(pl.col("stack_id") == "smr_hybrid").sort("region_id", "phase")
    assert (carbon.filter(pl.col("phase") == 1)["co2_kg_per_mwh"] > 400.0).all()
    assert (carbon["co2_kg_per_mwh_row"] > 200.0).all()


def test_published_traces_balance_in_every_hour(night: Path) -> None:
    hours = _table(night, "dispatch_hourly")
    supply = (
        pl.col("solar_mw")
        + pl.col("grid_mw")
        + pl.col("baseload_mw")
        + pl.col("firm_mw")
        + pl.col("discharge_mw")
        + pl.col("unserved_mw")
    )
    worst = hours.select((supply - pl.col("load_mw") - pl.col("charge_mw")).abs().max()).item()
    assert worst <= 1e-6
    assert hours.height == 3 * STACKS * 8760


def test_stored_energy_stays_within_the_battery(night: Path) -> None:
    sizes = _table(night, "ranked_sites").select("region_id", "stack_id", "bess_mwh")
    hours = _table(night, "dispatch_hourly").join(sizes, on=["region_id", "stack_id"])
    assert hours.filter((pl.col("soc_mwh") > pl.col("bess_mwh") + 1e-6) | (pl.col("soc_mwh") < -1e-9)).is_empty()


def test_a_released_design_is_dispatched_again_to_the_last_digit(firstmw, night: Path) -> None:
    years = _table(night, "weather_years").filter(pl.col("region_id") == "abilene_tx")
    for stack in ("solar_bess_gas", "flexible_grid_bess"):
        released = years.filter(pl.col("stack_id") == stack).row(0, named=True)
        ran = firstmw("simulate", "--region", "abilene_tx", "--design", released["design_id"], "--json", data_dir=night)
        assert ran.code == 0, ran.err
        found = json.loads(ran.out)
        for name in ("load_mwh", "solar_mwh", "grid_mwh", "firm_mwh", "firm_fuel_mmbtu", "unserved_mwh"):
            assert found[name] == pytest.approx(released[name], rel=1e-12), (stack, name)


def test_every_chosen_battery_is_held_against_foresight_and_every_year_has_its_week(night: Path) -> None:
    ranked, regret = _table(night, "ranked_sites"), _table(night, "dispatch_regret")
    batteries = ranked.filter(pl.col("bess_mwh") > 0)
    assert regret.height == 3 * batteries.height > 0
    assert (regret["cost_usd"] >= regret["bound_usd"] * (1 - 1e-9)).all()
    assert (regret["bound_unserved_mwh"] <= regret["unserved_mwh"] + 1e-6).all()
    own = regret.filter("is_own_rule").join(ranked, on=["region_id", "stack_id", "design_id"], how="semi")
    assert own.height == batteries.height
    years, risk, weeks = (_table(night, name) for name in ("weather_years", "weather_risk", "dispatch_weekly"))
    # Designs without a firm source have further years; hours are traced over the first.
    first = years.sort("weather_year").unique(["region_id", "stack_id"], keep="first", maintain_order=True)
    assert first.height == risk.height == ranked.height
    assert years.height > first.height
    hardest = first.rename({"hardest_week": "week"}).join(weeks, on=["region_id", "stack_id", "week"], suffix="_week")
    assert hardest.height == first.height
    # Weeks are those of the traces: what the sizes leave unserved in the hardest one is what the trace does.
    off = hardest["hardest_week_unserved_mwh"] - hardest["unserved_mwh_week"]
    assert off.abs().max() < 1e-3


def test_causes_of_lost_service_sum_to_the_unserved_energy(night: Path) -> None:
    by_cause = _table(night, "reliability").group_by("region_id", "stack_id").agg(pl.col("eue_mwh_per_year").sum())
    total = _table(night, "ranked_sites").select("region_id", "stack_id", pl.col("eue_mwh_per_year").alias("total"))
    joined = by_cause.join(total, on=["region_id", "stack_id"])
    assert joined.height == total.height
    assert joined.select((pl.col("eue_mwh_per_year") - pl.col("total")).abs().max()).item() < 1e-6


def test_cost_parts_sum_to_the_levelised_cost(night: Path) -> None:
    parts = _table(night, "lcoe_components").group_by("region_id", "stack_id").agg(pl.col("cost_usd_per_mwh").sum())
    total = _table(night, "ranked_sites").select("region_id", "stack_id", "lcoe_usd_per_mwh")
    joined = parts.join(total, on=["region_id", "stack_id"])
    assert joined.select((pl.col("cost_usd_per_mwh") - pl.col("lcoe_usd_per_mwh")).abs().max()).item() < 1e-9


def test_criticality_shares_sum_to_one(night: Path) -> None:
    sums = _table(night, "critical_path").group_by("region_id", "stack_id").agg(pl.col("criticality_frac").sum())
    assert sums.select((pl.col("criticality_frac") - 1).abs().max()).item() < 1e-9


def test_the_same_night_again_is_verified_and_reused(firstmw, night: Path) -> None:
    before = current_run_id(night)
    ran = firstmw("refresh", "--publish", "--regions", REGIONS, "--as-of", AS_OF, "--json", data_dir=night)
    answer = json.loads(ran.out)
    assert ran.code == 0
    assert answer["is_reused"]
    assert answer["run_id"] == before


@contextmanager
def one_core() -> Iterator[None]:
    """Pin what this thread starts to a single core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def test_the_same_inputs_give_the_same_bytes_in_another_process_on_one_core(
    firstmw, night: Path, tmp_path: Path
) -> None:
    with one_core():
        ran = firstmw("refresh", "--publish", "--regions", REGIONS, "--as-of", AS_OF, data_dir=tmp_path)
    assert ran.code == 0, ran.err
    assert current_run_id(tmp_path) == current_run_id(night)
    assert _checksums(tmp_path) == _checksums(night)


def test_the_next_date_takes_the_physics_from_the_cache(firstmw, night: Path, tmp_path: Path) -> None:
    shutil.copytree(night / "cache", tmp_path / "cache")
    ran = firstmw("refresh", "--publish", "--regions", REGIONS, "--as-of", "2026-11-23", data_dir=tmp_path)
    assert ran.code == 0, ran.err
    from pipelines.warehouse import Warehouse

    with Warehouse(tmp_path / "build" / "firstmw.duckdb") as build:
        steps = build.read("ops.assets")
    hits = dict(steps.filter(pl.col("is_cache_hit").is_not_null()).select("asset", "is_cache_hit").iter_rows())
    kept = ["core.weather_hourly", "sim.solar_hourly", "sim.grid_annual", "sim.grid_adequacy", "mart.dispatch_hourly"]
    kept += ["mart.deployment_plan", "mart.dispatch_regret"]
    assert [name for name in kept if not hits[name]] == []


def _reference_with(tmp_path: Path, table: str, old: str, new: str) -> Path:
    folder = tmp_path / "reference"
    shutil.copytree(REFERENCE_DIR, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    path = folder / f"{table}.csv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("table", "old", "new", "expected"),
    [
        ("candidate_markets", ",32.4231,", ",95.0,", ["candidate_markets.csv", "row", "latitude", "95"]),
        ("candidate_markets", "Abilene,US,TX", "Abilene,US,ZZ", ["candidate_markets.csv", "row", "state", "ZZ"]),
        ("gas_prices", ",5.02,USD_per_Mcf", ",-5.02,USD_per_Mcf", ["gas_prices.csv", "row", "price", "-5.02"]),
    ],
)
def test_bad_reference_figures_are_named_and_the_release_stays(
    firstmw, night: Path, tmp_path: Path, table: str, old: str, new: str, expected: list[str]
) -> None:
    path = REFERENCE_DIR / f"{table}.csv"
    if old not in path.read_text(encoding="utf-8"):
        old, new = _first_price(path)
        expected = [*expected[:3], new.split(",")[1]]
    before = current_run_id(night)
    folder = _reference_with(tmp_path, table, old, new)
    ran = firstmw(
        "refresh", "--publish", "--regions", REGIONS, "--as-of", AS_OF, data_dir=night, reference_dir=str(folder)
    )
    assert ran.code == 1
    assert "Traceback" not in ran.err
    for part in expected:
        assert part in ran.err
    assert current_run_id(night) == before


def _first_price(path: Path) -> tuple[str, str]:
    """Return the price of the first industrial row as it stands in the file, and the same with its sign turned."""
    for line in path.read_text(encoding="utf-8").splitlines()[1:]:
        if ",industrial," in line and ",USD_per_Mcf," in line:
            price = line.split(",USD_per_Mcf,")[0].rsplit(",", 1)[1]
            return f",{price},USD_per_Mcf", f",-{price},USD_per_Mcf"
    raise AssertionError(f"{path.name} has no industrial price")


def test_a_missing_reference_file_is_named(firstmw, night: Path, tmp_path: Path) -> None:
    folder = _reference_with(tmp_path, "policy", "policy_id", "policy_id")
    (folder / "policy.csv").unlink()
    before = current_run_id(night)
    ran = firstmw(
        "refresh", "--publish", "--regions", REGIONS, "--as-of", AS_OF, data_dir=night, reference_dir=str(folder)
    )
    assert ran.code == 1
    assert "policy.csv" in ran.err
    assert "Traceback" not in ran.err
    assert current_run_id(night) == before


def test_a_wrong_fact_of_a_place_is_named_and_the_release_stays(firstmw, night: Path, tmp_path: Path) -> None:
    path = tmp_path / "facts.csv"
    path.write_text("region_id,fact_id,value,source,as_of\n48441,gas_pipeline_distance_km,-1,map,2026\n")
    before = current_run_id(night)
    ran = firstmw(
        "refresh", "--publish", "--regions", REGIONS, "--as-of", AS_OF, data_dir=night, region_facts_file=str(path)
    )
    assert ran.code == 1
    assert "facts.csv, row 2, column value: value '-1' of gas_pipeline_distance_km" in ran.err
    assert current_run_id(night) == before


def test_a_region_near_a_weather_file_runs_on_its_hours_and_says_so(firstmw, tmp_path: Path) -> None:
    folder, data_dir = tmp_path / "weather", tmp_path / "data"
    folder.mkdir()
    for region_id, utc_offset_hours in (("abilene_tx", -6), ("columbus_oh", -5)):
        lines = reference_place(region_id).tmy3_lines(utc_offset_hours)
        (folder / f"{region_id}.tmy3").write_text("\n".join(lines) + "\n")
    ran = firstmw(
        "refresh", "--publish", "--regions", REGIONS, "--as-of", AS_OF, "--weather-dir", str(folder), data_dir=data_dir
    )
    assert ran.code == 0, ran.err
    sources = dict(_table(data_dir, "ranked_sites").select("region_id", "weather_source").unique().iter_rows())
    assert sources == {"abilene_tx": "file", "columbus_oh": "file", "imperial_ca": "synthetic"}
    factors = dict(_table(data_dir, "regions").select("region_id", "solar_capacity_factor_frac").iter_rows())
    assert 0.25 <= factors["abilene_tx"] <= 0.33


def test_a_truncated_weather_file_is_named_and_its_region_takes_the_next_source(firstmw, tmp_path: Path) -> None:
    folder = tmp_path / "weather"
    folder.mkdir()
    (folder / "abilene.tmy3").write_text("\n".join(reference_place("abilene_tx").tmy3_lines(-6)[:5000]) + "\n")
    data_dir = tmp_path / "data"
    ran = firstmw(
        "refresh", "--publish", "--regions", REGIONS, "--as-of", AS_OF, "--weather-dir", str(folder), data_dir=data_dir
    )
    assert ran.code == 3, ran.err
    assert "Traceback" not in ran.err
    status = _table(data_dir, "data_status").filter(pl.col("source_id") == "weather/abilene.tmy3")
    assert status["is_stale"].to_list() == [True]
    assert "row 5000" in status["note"][0]
    assert set(_table(data_dir, "ranked_sites")["weather_source"]) == {"synthetic"}


def test_unknown_regions_and_states_are_usage_errors(firstmw, tmp_path: Path) -> None:
    for option, value in (("--regions", "atlantis"), ("--state", "ZZ")):
        ran = firstmw("refresh", option, value, data_dir=tmp_path)
        assert ran.code == 2
        assert value in ran.err


def test_survival_of_any_length_is_computed_from_the_published_hours(firstmw, night: Path) -> None:
    rows = {}
    for hours in (8, 9, 24, 48):
        ran = firstmw("survive", "abilene_tx", "--hours", str(hours), "--json", data_dir=night)
        assert ran.code == 0, ran.err
        rows[hours] = {row["stack_id"]: row[f"survives_{hours}h_frac"] for row in json.loads(ran.out)["rows"]}
    assert rows[9]["solar_bess"] is None
    for stack, short in rows[8].items():
        if short is not None:
            assert rows[24][stack] <= rows[9][stack] <= short
            assert rows[48][stack] <= rows[24][stack]
    other = firstmw("survive", "abilene_tx", "--hours", "9", data_dir=night, it_load_factor="0.5")
    assert other.code == 2
    assert "do not give its published survival" in other.err
    assert 0.0 < rows[48]["grid"] < rows[24]["grid"] < rows[9]["grid"] < rows[8]["grid"]


def test_a_misspelt_setting_is_named_by_refresh_which_goes_on(firstmw, night: Path) -> None:
    given = ("refresh", "--regions", REGIONS, "--as-of", AS_OF)
    ran = firstmw(*given, data_dir=night, weather_dirr="/tmp", no_such_thing_at_all="1", fred_url="http://127.0.0.1:9")
    assert ran.code == 0
    assert "FIRSTMW_WEATHER_DIRR is not a setting and is not read; the nearest is FIRSTMW_WEATHER_DIR." in ran.err
    assert "FIRSTMW_NO_SUCH_THING_AT_ALL is not a setting and is not read." in ran.err
    assert "FRED" not in ran.err
