"""The whole portfolio on a small night: contracts, plans that hold, what is kept, and that nodes may lose."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from pipelines.contracts.base import validate
from pipelines.errors import InputError
from pipelines.portfolio.events import events_of, read_events
from pipelines.portfolio.facts import Facts, candidates
from pipelines.portfolio.keep import Keep
from pipelines.portfolio.plan_check import PlanError, check_plan
from pipelines.portfolio.resilience import ALL
from pipelines.portfolio.sites import sites_of, sized
from pipelines.portfolio.study import Study, study
from pipelines.portfolio.supply import claimable
from pipelines.reliability.site_hazards import hazard_rates
from pipelines.settings import Settings, marked
from pipelines.sources.snapshots import snapshot
from pipelines.warehouse.cache import Cache

# What lies in these folders is in the key by content.
_IN_NO_KEY = frozenset(marked("operation")) - {"reference_dir", "stacks_dir"}


class Guarded(Settings):
    """Settings of which those that are in no key of a kept result cannot be read."""

    def __getattribute__(self, name: str) -> Any:
        assert name not in _IN_NO_KEY, f"a kept result reads {name}, which its key lacks"
        return super().__getattribute__(name)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def found(facts: Facts, folder: Path) -> Study:
    return study(replace(facts, settings=Guarded.model_construct(**facts.settings.model_dump())), Cache(folder))


def test_every_table_keeps_its_contract(found: Study) -> None:
    for name, frame in found.tables.items():
        assert validate(frame, f"mart.{name}").height > 0


def test_every_strategy_builds_the_same_it_under_the_same_limits(found: Study, facts: Facts) -> None:
    found.check()
    assert set(found.built) == {"campus", "campus_grid", "regional", "nodes", "nodes_by_value"}
    limits = [replace(built.limits, sites=1) for built in found.built.values()]
    assert all(own == limits[0] for own in limits)
    sizes = found.tables["portfolio_sites"].group_by("strategy").agg(pl.col("site_mw").sum())
    assert sizes["site_mw"].to_list() == pytest.approx([facts.settings.portfolio_mw] * 5)
    assert found.tables["portfolio_comparison"]["gap_frac"].max() <= 0.01


def test_curves_are_the_plans_added_up(found: Study) -> None:
    plans = found.tables["deployment_plan"].group_by("strategy").agg(pl.col("it_mw").sum(), pl.col("month").min())
    curves = found.tables["buildout_curve"].group_by("strategy").agg(pl.col("built_mw").max())
    first = found.tables["portfolio_comparison"].select("strategy", "first_mw_month")
    joined = plans.join(curves, on="strategy").join(first, on="strategy")
    assert joined.height == 5
    assert (joined["it_mw"] - joined["built_mw"]).abs().max() < 1e-9
    assert joined["month"].equals(joined["first_mw_month"], check_names=False)


def test_all_events_are_the_sum_of_the_kinds(found: Study) -> None:
    rows = found.tables["portfolio_resilience"]
    parts = rows.filter(pl.col("event_type") != ALL).group_by("strategy").agg(pl.col("unserved_mwh_mean").sum())
    joined = rows.filter(pl.col("event_type") == ALL).join(parts, on="strategy")
    assert (joined["unserved_mwh_mean"] - joined["unserved_mwh_mean_right"]).abs().max() < 1e-6


def test_no_term_favours_nodes(found: Study) -> None:
    rows = {row["strategy"]: row for row in found.tables["portfolio_comparison"].iter_rows(named=True)}
    # A campus shares spares and site costs; nodes share no single site.
    assert rows["nodes"]["capex_usd_per_kw"] > rows["campus"]["capex_usd_per_kw"]
    varied = found.tables["portfolio_sensitivity"]
    assert not varied["is_nodes_better"].all()
    turned = varied["is_nodes_better"] != varied["is_nodes_better_base"]
    assert (varied["is_conclusion_kept"] != turned).all()


def test_diversification_never_pays_and_tighter_limits_cost_more(found: Study) -> None:
    for _, part in found.tables["diversification_curve"].group_by("limit_kind", maintain_order=True):
        ordered = part.sort("max_per_domain", "max_correlation", descending=True)
        assert ordered["price_usd_per_mw"].is_sorted()
        assert ordered["price_usd_per_mw"].min() >= -1e-6


def test_a_night_on_which_only_prices_move_makes_nothing_anew(facts: Facts, found: Study, folder: Path) -> None:
    assert found.misses > 0
    moved = facts.ranked.with_columns(pl.col("value_usd_per_mw") * 1.01, pl.col("lcoe_usd_per_mwh") + 3.0)
    again = study(replace(facts, ranked=moved), Cache(folder))
    assert again.misses == 0
    same = study(facts, Cache(folder))
    assert all(same.tables[name].equals(frame) for name, frame in found.tables.items())


def test_a_kept_plan_is_checked_again(found: Study) -> None:
    built = found.built["nodes"]
    early = built.plan.with_columns(pl.lit(1, dtype=pl.Int64).alias("month")).head(1)
    with pytest.raises(PlanError, match="not ready before month"):
        check_plan(early, built.options, built.limits)


def test_rates_follow_the_risk_index_of_the_county(facts: Facts) -> None:
    place = facts.regions.row(0, named=True)
    county = pl.DataFrame(
        {
            "county_fips": [place["county_fips"]] * 2,
            "hazard": ["earthquake"] * 2,
            "release": ["2021", "2023"],
            "events_per_year": [9.0, 0.4],
            "risk_rating": ["Very High", "Very Low"],
        }
    )
    held = hazard_rates(facts.regions, county)
    quakes = held.filter((pl.col("hazard") == "earthquake") & (pl.col("region_id") == place["region_id"]))
    # The later release comes before the earlier one.
    assert quakes.select("events_per_year", "release").row(0) == (0.4, "2023")
    rows = sized(candidates(facts), 6.0, facts)
    own, plain = (
        next(e for e in events_of(read_events(), sites_of(rows, known)) if e.event_type == "earthquake")
        for known in (replace(facts, hazard_rates=held), facts)
    )
    row = read_events().row(by_predicate=pl.col("event_type") == "earthquake", named=True)
    assert own.rate_per_year[0] == pytest.approx(row["rate_mid"] * 0.4 / row["index_frequency"])
    # Where no frequency is known, the rate is that of the mean county.
    assert (plain.rate_per_year == row["rate_mid"]).all()


def test_hazards_are_those_of_the_county_and_not_of_the_state() -> None:
    places = {
        "armstrong": "48011", "galveston": "48167", "dallas": "48113", "miami": "12086",
        "los_angeles": "06037", "memphis": "47157", "moore_ok": "40027", "seattle": "53033",
    }  # fmt: skip
    regions = pl.DataFrame({"region_id": list(places), "county_fips": list(places.values())})
    held = hazard_rates(regions, snapshot("core.county_hazards"))
    rate = {(row["region_id"], row["hazard"]): row["events_per_year"] for row in held.iter_rows(named=True)}
    # 850 km inland, and in a state with a coast.
    assert rate["armstrong", "hurricane"] == 0.0
    assert rate["miami", "hurricane"] > rate["galveston", "hurricane"] > 3.0 * rate["dallas", "hurricane"] > 0.0
    assert rate["los_angeles", "earthquake"] > 2.0 * rate["memphis", "earthquake"] > 5.0 * rate["dallas", "earthquake"]
    assert rate["moore_ok", "tornado"] > 5.0 * rate["seattle", "tornado"]


def test_the_frequencies_of_the_snapshot_are_whole() -> None:
    table = snapshot("core.county_hazards")
    assert table["county_fips"].n_unique() == 3143
    assert table.group_by("hazard").len()["len"].to_list() == [3143] * 18
    # The assumed rates go with the mean of the index over the counties that they were made for.
    events = {row["hazard"]: row["index_frequency"] for row in read_events().iter_rows(named=True)}
    for hazard in ("inland_flooding", "ice_storm"):
        mean = table.filter(pl.col("hazard") == hazard)["events_per_year"].mean()
        assert mean == pytest.approx(events[hazard], rel=1e-3)
    areas = snapshot("core.hazards").select("county_fips", "area_km2")
    tornadoes = table.filter(pl.col("hazard") == "tornado").join(areas, on="county_fips")
    density = 1000.0 * tornadoes["events_per_year"] / tornadoes["area_km2"]
    assert density.mean() == pytest.approx(events["tornado"], rel=1e-3)


def test_rates_of_one_county_list_reach_the_other() -> None:
    # South Central Connecticut (09170) lies within New Haven County (09009); Western (09190) in two old counties.
    rates = {"09001": 4.0, "09005": 1.0, "09009": 2.0, "48441": 7.0}
    index = pl.DataFrame(
        {
            "county_fips": list(rates),
            "hazard": ["tornado"] * 4,
            "release": ["2021"] * 4,
            "events_per_year": rates.values(),
            "risk_rating": ["Very Low"] * 4,
        }
    )
    places = {"south": "09170", "west": "09190", "texas": "48441", "nowhere": ""}
    regions = pl.DataFrame({"region_id": list(places), "county_fips": list(places.values())})
    found = {row["region_id"]: row["events_per_year"] for row in hazard_rates(regions, index).iter_rows(named=True)}
    assert set(found) == {"south", "west", "texas"}
    assert (found["south"], found["texas"]) == (2.0, 7.0)
    assert 1.0 < found["west"] < 4.0
    # A later release counts, also where it is made for the other list.
    later = index.with_columns(pl.lit("2025").alias("release"), pl.col("events_per_year") * 10.0)
    own = regions.filter(pl.col("region_id") == "south").with_columns(pl.lit("09009").alias("county_fips"))
    new = later.head(1).with_columns(pl.lit("09170").alias("county_fips"), pl.lit(30.0).alias("events_per_year"))
    assert hazard_rates(own, pl.concat([index, new])).row(0)[:4] == ("south", "tornado", 30.0, "2025")


def test_sun_is_correlated_through_the_same_calendar_years_alone(facts: Facts) -> None:
    rng = np.random.default_rng(5)
    here, near, far = facts.regions["region_id"].head(3)
    common, own = rng.normal(0, 0.03, 48), rng.normal(0, 0.03, 48)
    rows = [
        {"region_id": region, "weather_year": 2020 + i // 12, "month": i % 12 + 1, "weather_source": "nasa_power"}
        | {"solar_capacity_frac": 0.25 + 0.01 * (i % 12) + noise[i]}
        for region, noise in ((here, common), (near, 0.9 * common + 0.1 * own), (far, own))
        for i in range(48)
    ]
    three = sized(candidates(facts), 6.0, facts).filter(pl.col("region_id").is_in([here, near, far]))
    held = sites_of(three, replace(facts, weather_monthly=pl.DataFrame(rows))).solar_correlation
    assert held is not None
    assert held[0, 1] > 0.98
    assert abs(held[0, 2]) < 0.5
    typical = pl.DataFrame(rows).with_columns(pl.lit(0, dtype=pl.Int64).alias("weather_year"))
    assert sites_of(three, replace(facts, weather_monthly=typical)).solar_correlation is None
    two_years = pl.DataFrame(rows).filter(pl.col("weather_year") < 2022)
    assert sites_of(three, replace(facts, weather_monthly=two_years)).solar_correlation is None


def test_supply_is_cited_and_claimed_in_part(facts: Facts) -> None:
    claimed = claimable(facts)
    assert all(item.source for item in claimed.classes.values())
    engines = claimed.classes["recip_engines"].yearly_output
    assert claimed.per_year["recip_engines"] == pytest.approx(facts.settings.supply_claim_frac * engines)
    arrives = claimed.by_month("recip_engines", 60)
    assert arrives[: claimed.first_month["recip_engines"] - 1].sum() == 0.0


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (",0.1,0.3,1,0.3,", ",0.5,0.3,1,0.3,", ["do not rise"]),
        ("site,circle,,150", "site,ring,,150", ["'ring'", "footprint"]),
        (",0.1,0.3,1,0.3,0.1,24", ",0.1,0.3,1,-0.3,0.1,24", ["-0.3", "strike_frac"]),
        (",150,county,hazard", ",150,all,hazard", ["exposed"]),
        ("hurricane,Tropical", "typhoon,Tropical", ["hurricane, typhoon"]),
    ],
)
def test_a_bad_event_is_named_with_its_row(tmp_path: Path, old: str, new: str, words: list[str]) -> None:
    from pipelines.portfolio.events import EVENTS_FILE

    text = EVENTS_FILE.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "events.csv"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_events(path)
    assert all(word in str(caught.value) for word in ["events.csv", *words])


def test_without_a_cache_everything_is_made(facts: Facts) -> None:
    keep = Keep(facts)
    assert keep.frame("any", {}, lambda: pl.DataFrame({"x": [1]})).height == 1
    assert (keep.hits, keep.misses) == (0, 0)
