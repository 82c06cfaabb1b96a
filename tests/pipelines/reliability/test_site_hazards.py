"""Natural hazards that take a site: one table for site and portfolio, and the years that they make."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.contracts import reliability as _contracts  # noqa: F401 - registers core.outage_causes
from pipelines.contracts.base import validate
from pipelines.economics.gas_supply import gas_supply
from pipelines.errors import InputError
from pipelines.portfolio.events import read_events
from pipelines.reference.load import load_reference
from pipelines.reference.parameters import parameters
from pipelines.reference.regions import reference_regions
from pipelines.reliability.common_mode import HOURS_PER_YEAR, region_causes
from pipelines.reliability.hazard_losses import (
    hazard_unavailability,
    hazards_by_region,
    hazards_of,
    struck_by_hazards,
    without_hazards,
)
from pipelines.reliability.hazard_years import Hazards, longest_hazard, stopped_hours, with_hazards
from pipelines.reliability.monte_carlo import YearlyOutcomes, summarise
from pipelines.reliability.site_hazards import (
    HAZARDS_FILE,
    hazard_events,
    hazard_rates,
    judged_hazards,
    read_hazards,
    site_hazards,
)
from pipelines.settings import REFERENCE_DIR, Settings
from pipelines.sources.snapshots import snapshot

HAZARDS: Hazards = ((0.03, 120.0), (0.004, 480.0), (0.01, 72.0))
LOAD = 20.0


def _outcomes(seed: int = 1, years: int = 100) -> YearlyOutcomes:
    lost = np.random.default_rng(seed).gamma(0.5, 100.0, years)
    hours = lost / LOAD
    columns = dict.fromkeys(YearlyOutcomes.__dataclass_fields__, np.zeros(years))
    return YearlyOutcomes(
        **columns
        | {"unserved_mwh": lost, "controlled_mwh": lost, "controlled_hours": hours, "short_hours": hours}
        | {"short_days": hours / 24.0, "events": np.ones(years), "longest_hours": hours}
    )


def _causes(places: list[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    regions = reference_regions(REFERENCE_DIR).filter(pl.col("region_id").is_in(places))
    rates = hazard_rates(regions, snapshot("core.county_hazards"), snapshot("core.hazards"))
    hubs = gas_supply(regions, load_reference("gas_hub_rules", REFERENCE_DIR), Settings())
    figures = parameters(load_reference("technology", REFERENCE_DIR))
    reliability = load_reference("grid_reliability", REFERENCE_DIR)
    return region_causes(regions, hubs, reliability, figures, Settings(), hazard_rates=rates), rates


def test_site_and_portfolio_have_the_same_rates() -> None:
    hazards, events = read_hazards(), read_events().filter(pl.col("rate_kind") == "hazard")
    columns = ["event_type", "hazard", "rate_low", "rate_mid", "rate_high", "strike_frac", "hours_mean", "source_title"]
    assert events.select(columns).sort("event_type").equals(hazards.select(columns).sort("event_type"))
    assert judged_hazards().height == hazards.height == len(hazard_events())


def test_a_site_is_struck_as_often_as_the_index_says_of_its_county() -> None:
    places = ["miami_fl", "abilene_tx", "weld_co"]
    causes, rates = _causes(places)
    validate(causes, "core.outage_causes")
    found = {(row["region_id"], row["cause"]): row for row in causes.iter_rows(named=True)}
    index = {(row["region_id"], row["hazard"]): row for row in rates.iter_rows(named=True)}
    storm, row = index["miami_fl", "hurricane"], found["miami_fl", "hurricane"]
    assert row["takes"] == "site"
    assert row["events_per_year"] == pytest.approx(0.03 * storm["events_per_year"] / 0.1168 * 0.3)
    assert row["unavailability_frac"] == pytest.approx(row["events_per_year"] * 120.0 / HOURS_PER_YEAR)
    assert row["events_per_year"] > 10.0 * found["abilene_tx", "hurricane"]["events_per_year"]
    # No hurricane reaches Colorado: there is no row of no events.
    assert ("weld_co", "hurricane") not in found
    # A county of 10,300 km2 counts most tornadoes of all; per area it has three times the mean.
    tornado = index["weld_co", "tornado"]
    density = 1000.0 * tornado["events_per_year"] / tornado["area_km2"]
    assert found["weld_co", "tornado"]["events_per_year"] == pytest.approx(0.002 * density / 0.2091 * 0.5)
    assert 2.0 < density / 0.2091 < 4.0


def test_a_place_that_the_index_does_not_know_has_the_mean_rates() -> None:
    rates = hazard_rates(
        pl.DataFrame({"region_id": ["known"], "county_fips": ["12086"]}), snapshot("core.county_hazards")
    )
    found = site_hazards(pl.DataFrame({"region_id": ["elsewhere", "known"]}), rates)
    assert set(found.filter(pl.col("region_id") == "elsewhere")["exposure_ratio"]) == {1.0}
    known = {row["event_type"]: row["exposure_ratio"] for row in found.tail(len(hazard_events())).iter_rows(named=True)}
    # Without the area of its county the density of tornadoes is unknown.
    assert known["tornado"] == 1.0
    assert known["hurricane"] > 2.0


def test_hazards_take_the_same_share_of_every_stack_and_leave_the_target_as_it_was() -> None:
    causes, _ = _causes(["miami_fl", "abilene_tx"])
    hazards = hazards_by_region(causes)
    chosen = pl.DataFrame(
        {
            "region_id": ["miami_fl", "miami_fl", "abilene_tx", "calm"],
            "stack_id": ["grid", "gas_recip", "gas_recip", "gas_recip"],
            "load_mwh": [200_000.0] * 4,
            "availability_frac": [0.9999, 0.9990, 0.9990, 0.9990],
            "full_service_hours_frac": [0.9999, 0.9980, 0.9980, 0.9980],
            "lolh_hours_per_year": [0.876, 17.52, 17.52, 17.52],
            "eue_mwh_per_year": [20.0, 200.0, 200.0, 200.0],
            "interruptions_per_year": [0.5] * 4,
            "is_target_met": [True] * 4,
        }
    )
    struck = struck_by_hazards(chosen, hazards)
    assert struck.columns == chosen.columns
    assert struck["is_target_met"].all()
    assert struck.row(3) == chosen.row(3)
    served = (struck["availability_frac"] / chosen["availability_frac"]).to_list()
    stopped = dict(hazards.select("region_id", "hazard_unavailability_frac").iter_rows())
    assert served[0] == pytest.approx(served[1], rel=1e-12) == pytest.approx(1.0 - stopped["miami_fl"])
    assert stopped["miami_fl"] > 2.0 * stopped["abilene_tx"] > 0.0
    for lost, share in (("eue_mwh_per_year", "availability_frac"), ("lolh_hours_per_year", "full_service_hours_frac")):
        whole = 200_000.0 if lost.startswith("eue") else 8760.0
        assert (struck[lost] / whole + struck[share]).to_list() == pytest.approx([1.0] * 4, rel=1e-9)
    events = dict(hazards.select("region_id", "hazard_events_per_year").iter_rows())
    assert struck["interruptions_per_year"][2] == pytest.approx(0.5 + events["abilene_tx"])


def test_dispatch_and_sizes_do_not_depend_on_hazards() -> None:
    causes, _ = _causes(["miami_fl"])
    without = without_hazards(causes)
    assert hazards_of(without) == []
    # No ice in Miami.
    assert set(causes["cause"]) - set(without["cause"]) == set(hazard_events()) - {"ice_storm"}


def test_without_hazards_nothing_changes() -> None:
    outcomes = _outcomes()
    plain = summarise(outcomes)
    assert with_hazards(plain, outcomes, (), LOAD * 8760, 8760.0) is plain
    assert hazard_unavailability([]) == 0.0
    assert hazards_of(pl.DataFrame({"cause": ["switchgear"], "events_per_year": [1.0], "hours_per_event": [2.0]})) == []
    least = with_hazards(plain, outcomes, ((1e-9, 100.0),), LOAD * 8760, 8760.0)
    assert least.eue_mwh.mean == pytest.approx(plain.eue_mwh.mean, rel=1e-6)
    assert least.unserved_mwh_cvar95 == pytest.approx(plain.unserved_mwh_cvar95, rel=1e-4)
    assert least.longest_hours == plain.longest_hours


def test_hours_stopped_have_the_mean_the_zeros_and_the_tail_of_a_simulation() -> None:
    hours, weight = stopped_hours(HAZARDS)
    assert weight.sum() == pytest.approx(1.0, rel=1e-12)
    assert hours @ weight == pytest.approx(sum(rate * mean for rate, mean in HAZARDS), rel=2e-3)
    rng = np.random.default_rng(7)
    years = 400_000
    drawn = sum(rng.standard_gamma(np.maximum(n := rng.poisson(rate, years), 1)) * mean * (n > 0)
                for rate, mean in HAZARDS)  # fmt: skip
    assert weight[0] == pytest.approx(np.mean(drawn < 2.0), abs=3e-4)
    for level in (100.0, 300.0, 800.0):
        assert weight[hours > level].sum() == pytest.approx(np.mean(drawn > level), abs=1.2e-3)


def test_a_years_figures_are_those_of_sampled_years_with_hazards() -> None:
    outcomes, years = _outcomes(), 300_000
    found = with_hazards(summarise(outcomes), outcomes, HAZARDS, LOAD * 8760, 8760.0)
    rng = np.random.default_rng(11)
    own = rng.choice(outcomes.unserved_mwh, years)
    off = sum(rng.standard_gamma(np.maximum(n := rng.poisson(rate, years), 1)) * mean * (n > 0)
              for rate, mean in HAZARDS)  # fmt: skip
    lost = own + off / 8760.0 * (LOAD * 8760 - own)
    worst = np.sort(lost)[int(0.95 * years) :].mean()
    assert found.unserved_mwh_cvar95 == pytest.approx(worst, rel=0.02)
    assert found.unserved_mwh_p99 == pytest.approx(np.quantile(lost, 0.99), rel=0.1)
    assert found.eue_mwh.mean == pytest.approx(lost.mean(), rel=0.02)
    assert found.lole_hours.mean == pytest.approx(found.eue_mwh.mean / LOAD, rel=1e-9)
    assert found.events.mean == pytest.approx(1.044)


def test_the_longest_hazard_is_the_median_of_longest_ones() -> None:
    rng, mean, rate, years = np.random.default_rng(3), 200.0, 0.05, 100
    longest = [rng.exponential(mean, n).max() if (n := rng.poisson(rate * years)) else 0.0 for _ in range(20_000)]
    assert longest_hazard(((rate, mean),), years) == pytest.approx(np.median(longest), rel=0.03)
    assert longest_hazard(((0.001, mean),), years) == 0.0


@settings(max_examples=25, deadline=None)
@given(
    rates=st.lists(st.floats(1e-4, 0.2), min_size=1, max_size=4), factor=st.floats(1.01, 3.0), seed=st.integers(0, 50)
)
def test_more_hazards_never_help(rates: list[float], factor: float, seed: int) -> None:
    outcomes = _outcomes(seed, 40)
    plain = summarise(outcomes)
    fewer, more = (
        with_hazards(plain, outcomes, tuple((by * rate, 150.0) for rate in rates), LOAD * 8760, 8760.0)
        for by in (1.0, factor)
    )
    assert plain.eue_mwh.mean < fewer.eue_mwh.mean < more.eue_mwh.mean
    assert plain.longest_hours <= fewer.longest_hours <= more.longest_hours
    assert fewer.unserved_mwh_cvar95 <= more.unserved_mwh_cvar95 * (1 + 1e-9)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("0.01,0.03,0.08,0.3", "0.01,none,0.08,0.3", ["rate_mid", "'none'"]),
        ("0.01,0.03,0.08,0.3", "0.05,0.03,0.08,0.3", ["do not rise"]),
        ("0.01,0.03,0.08,0.3", "0.01,0.03,0.08,1.3", ["strike_frac", "'1.3'"]),
        ("hurricane,county", "hurricane,state", ["'state'", "index_basis"]),
        ("flood,inland", "hurricane,inland", ["two rows"]),
    ],
)
def test_a_bad_figure_is_named_with_its_row(tmp_path: Path, old: str, new: str, words: list[str]) -> None:
    path = tmp_path / "site_hazards.csv"
    path.write_text(HAZARDS_FILE.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_hazards(path)
    assert all(word in str(caught.value) for word in ["site_hazards.csv", *words])
