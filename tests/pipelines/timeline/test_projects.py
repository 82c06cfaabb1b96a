"""Observed projects: their words, the scores of predictions, and the bars that these are held to."""

from __future__ import annotations

import csv
from math import ceil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.stats import norm

from pipelines.errors import InputError
from pipelines.settings import Settings
from pipelines.timeline.backtest import backtest, backtest_scores
from pipelines.timeline.buying import Buying
from pipelines.timeline.draws import TIMELINE_SEED
from pipelines.timeline.durations import durations
from pipelines.timeline.one_site import months_of_site
from pipelines.timeline.projects import PROJECTS_FILE, read_projects, read_words
from pipelines.timeline.scores import crps, exact_interval, pooled_draws

TIMELINE = Path(PROJECTS_FILE).parent


@pytest.fixture(scope="module")
def used(tables) -> pl.DataFrame:
    return durations(*(tables[name] for name in ("equipment_lead_times", "policy", "queue_statistics")), Settings())


@pytest.fixture(scope="module")
def predicted(tables, used) -> pl.DataFrame:
    using = Settings()
    return backtest(read_projects(using), tables["candidate_markets"], used, tables["policy"], using, TIMELINE_SEED)


def test_crps_of_a_normal_is_its_closed_form():
    draws = norm.ppf((np.arange(20000) + 0.5) / 20000) * 0.5 + 2.0
    for value in (1.0, 2.0, 3.3):
        z = (value - 2.0) / 0.5
        expected = 0.5 * (z * (2 * norm.cdf(z) - 1) + 2 * norm.pdf(z) - 1 / np.sqrt(np.pi))
        assert crps(draws, value) == pytest.approx(expected, rel=1e-3)
        assert 0.0 <= crps(draws, value, is_lower_bound=True) <= crps(draws, value)


def test_a_lower_bound_below_every_draw_says_nothing():
    assert crps([2.0, 3.0], 1.0, is_lower_bound=True) == 0.0
    assert crps([2.0], 5.0, is_lower_bound=True) == pytest.approx(3.0)


def test_the_pooled_lognormal_moves_up_with_a_lower_bound():
    plain = pooled_draws([1.0, 2.0, 3.0], [False] * 3).mean()
    assert plain == pytest.approx(2.0, abs=1e-3)
    assert pooled_draws([1.0, 2.0, 3.0], [False, False, True]).mean() > plain


def test_the_exact_interval_is_that_of_the_tables():
    """Clopper and Pearson: none of ten, 90 %: 0 to 1 - 0.05^(1/10)."""
    low, high = exact_interval(0, 10)
    assert low == 0.0 and high == pytest.approx(1 - 0.05 ** (1 / 10))


def _project(**cells):
    blank = {"premises": "", "decision_event": "", "first_power_event": "", "verification": "seen", "basis": "observed"}
    return blank | {"months_low": None, "months_high": None} | cells


def test_words_say_start_event_and_premises():
    signed = read_words(_project(decision_event="supply contract, ground-breaking later", first_power_event="running"))
    assert signed.premises == {"contract_signed"} and signed.event == "plant" and not signed.is_lower_bound
    built = read_words(_project(decision_event="ground-breaking", premises="gas on site;moat"))
    assert built.is_lower_bound and built.premises == {"gas_ready"} and built.unread == ("moat",)
    assert read_words(_project(verification="seen; start recalled")).excluded
    assert read_words(_project(months_low=5.0)).is_lower_bound
    assert read_words(_project(first_power_event="first GPU hall online")).event == "compute"


def test_every_premise_of_the_embedded_projects_is_read():
    for project in read_projects(Settings()).iter_rows(named=True):
        assert read_words(project).unread == ()


def test_predictions_meet_their_bars(predicted):
    scores = {row["group_name"]: row for row in backtest_scores(predicted).iter_rows(named=True)}
    all_, otherwise = scores["all"], scores["neither new_order nor grid"]
    assert all_["projects"] >= 20
    assert otherwise["crps_log_months"] <= otherwise["crps_new_order"] / 2
    assert all_["crps_log_months"] <= all_["crps_new_order"]
    assert all_["crps_log_months"] < all_["crps_pooled"]


def test_what_may_not_be_scored_is_not(predicted):
    projects = read_projects(Settings())
    both = predicted.join(projects, on="project_id", suffix="_of_project")
    scored = both.filter("is_scored")
    assert set(scored["also_in_shared_facts"]) == {"no"}
    assert not scored["verification"].str.contains("recalled").any()
    assert set(scored["basis"]) <= {"observed", "censored"}
    assert (both.filter(~pl.col("is_scored"))["reason"] != "").all()
    assert scored.filter(pl.col("basis") == "censored")["is_lower_bound"].all()


def test_no_parameter_names_a_project():
    """Durations, paths, postures, premises and settings are made without any row that is scored."""
    files = [path for path in TIMELINE.glob("*.csv") if path != PROJECTS_FILE]
    files += [*TIMELINE.glob("networks/*.csv"), *(TIMELINE.parent / "settings").glob("*.py")]
    text = "\n".join(path.read_text() for path in files)
    scored = read_projects(Settings()).filter(pl.col("also_in_shared_facts") == "no", pl.col("basis") != "planned")
    for row in scored.iter_rows(named=True):
        assert row["project_id"] not in text and row["name"] not in text


def test_a_bad_cell_is_named(tmp_path):
    rows = list(csv.DictReader(PROJECTS_FILE.read_text().splitlines()))
    rows[0]["months_low"] = "soon"
    path = tmp_path / "projects.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    with pytest.raises(InputError, match=r"row 2, column months_low.*'soon' is no number"):
        read_projects(Settings(), path)


def test_the_file_of_the_facts_runs_as_it_is(shared, predicted, tables, used):
    path = shared / "facts" / "fast_power" / "observed_projects.csv"
    if not path.is_file():
        pytest.skip("the facts of fast power are not beside this checkout")
    projects = read_projects(Settings(), path)
    assert projects["project_id"].to_list() == predicted["project_id"].to_list()
    few = projects.head(3)
    found = backtest(few, tables["candidate_markets"], used, tables["policy"], Settings(), TIMELINE_SEED)
    same = predicted.head(3)
    assert found.select("months_p10", "months_p50", "months_p90").equals(
        same.select("months_p10", "months_p50", "months_p90")
    )


READY = frozenset({"gas_ready", "permit_in_hand_or_waived", "land_in_hand", "shell_ready"})
# Stack, technology and rating; way of buying; further premises; what is not waited for; months (P50) at 5 and 20 MW as
# the facts judge them from a site in hand with these premises.
PATHS = {
    "rented engines": ("gas_recip", "recip_genset", 2.5, "rental", (), True, (4, 6)),
    "engine packages of a framework": ("gas_recip", "recip_genset", 2.5, "framework", (), False, (7, 8)),
    "fuel cells from stock": ("fuel_cell", "fuel_cell", 0.3, "open", (), True, (5, 7)),
    "engines ordered new": ("gas_recip", "recip_genset", 2.5, "new_order", (), False, (18, 22)),
    "rented turbines": ("gas_turbine", "gas_turbine_small_industrial", 30.0, "rental", (), True, (None, 5)),
    "rebuilt aeroderivatives": ("gas_turbine", "gas_turbine_aeroderivative", 48.0, "open", (), False, (None, 17)),
    "new grid connection": ("grid", "diesel_standby_genset", 2.5, "open", (), False, (20, 21)),
}


@pytest.mark.parametrize("name", PATHS)
def test_paths_are_rebuilt_from_their_parts_within_a_third(name, tables, used):
    stack, technology, unit, way, further, is_packaged, judged = PATHS[name]
    left_out = ["island_commissioning", *(["commissioning"] if is_packaged else [])]
    timed = used.with_columns(
        pl.when(pl.col("duration_id").is_in(left_out)).then(0.0).otherwise(point).alias(point)
        for point in ("low", "mid", "high")
    )
    buying = Buying(
        "open" if way == "rental" else way,
        premises=READY | set(further),
        compute_ready_months=0.0,
        wherever_sold="rental" if way == "rental" else None,
    )
    region = pl.DataFrame({"region_id": ["here"], "state": ["TX"], "iso": ["ERCOT"]})
    for it_mw, expected in zip((5.0, 20.0), judged, strict=True):
        if expected is None:
            continue
        using = Settings(timeline_samples=2000, site_it_mw=it_mw)
        design = {
            "stack_id": stack,
            "firm_technology": technology,
            "firm_units": ceil(1.3 * it_mw / unit) + 1,
            "firm_unit_mw": unit,
            "solar_mw": 0.0,
            "bess_mwh": 0.0,
            "reserve_mwh": 5.0,
        }
        found = months_of_site(region, design, timed, tables["policy"], using, TIMELINE_SEED, buying)
        assert found.points(found.first)[1] == pytest.approx(expected, rel=1 / 3), it_mw
