"""Projects that never run: a Beta posterior, groups pooled in part, and no row scored by its own figure."""

from __future__ import annotations

import polars as pl
import pytest
from scipy import stats

from pipelines.reference.load import load_reference
from pipelines.settings import Settings
from pipelines.timeline.backtest import backtest, backtest_scores
from pipelines.timeline.draws import TIMELINE_SEED
from pipelines.timeline.durations import durations
from pipelines.timeline.projects import read_projects
from pipelines.timeline.scores import never_finishing

SETTINGS = Settings()


@pytest.fixture(scope="module")
def used() -> pl.DataFrame:
    names = ("equipment_lead_times", "policy", "queue_statistics")
    return durations(*(load_reference(name, SETTINGS.reference_dir) for name in names), SETTINGS)


def _tested(used: pl.DataFrame, projects: pl.DataFrame) -> pl.DataFrame:
    markets, policy = (load_reference(name, SETTINGS.reference_dir) for name in ("candidate_markets", "policy"))
    return backtest(projects, markets, used, policy, SETTINGS, TIMELINE_SEED)


def test_the_posterior_is_that_of_a_beta() -> None:
    # 4 of 22 with the prior of Jeffreys: 4.5 of 23.
    mean, low, high = never_finishing(4, 18)
    assert mean == pytest.approx(4.5 / 23)
    assert (low, high) == pytest.approx((stats.beta.ppf(0.05, 4.5, 18.5), stats.beta.ppf(0.95, 4.5, 18.5)))
    # A group without projects has the mean of all, one with many its own.
    assert never_finishing(0, 0, (4, 18))[0] == pytest.approx(mean)
    assert never_finishing(500, 500, (4, 18))[0] == pytest.approx(0.5, abs=0.01)
    some = never_finishing(2, 2, (4, 18))
    assert mean < some[0] < 0.5
    assert some[2] - some[1] > high - low


def test_cancelled_rows_count_as_never_finished_and_in_no_score(used: pl.DataFrame) -> None:
    projects = read_projects(SETTINGS).filter(pl.col("project_id").is_in(["P16", "P40", "P106", "P146"]))
    assert sorted(projects["basis"]) == ["cancelled", "cancelled", "observed", "observed"]
    rows = _tested(used, projects)
    every = backtest_scores(rows).row(by_predicate=pl.col("grouped_by") == "all", named=True)
    assert (every["cancelled"], every["finished"], every["projects"]) == (2, 2, 2)
    assert every["never_finished_frac"] == pytest.approx(2.5 / 5)
    seen = backtest_scores(rows).filter(pl.col("grouped_by") == "event")
    assert seen["never_finished_frac"].null_count() == len(seen) > 0
    own = backtest_scores(rows).row(by_predicate=pl.col("group_name") == "new_order", named=True)
    assert own["cancelled"] == 0
    assert 0.0 < own["never_finished_low_frac"] < own["never_finished_frac"] < every["never_finished_frac"]


def test_a_project_is_not_scored_by_a_duration_that_cites_it(used: pl.DataFrame) -> None:
    project = read_projects(SETTINGS).filter(pl.col("project_id") == "P16")
    assert _tested(used, project)["is_scored"].all()
    url = used.filter(pl.col("url") != "")["url"][0].split("; ")[0]
    row = _tested(used, project.with_columns(pl.lit(url).alias("url"))).row(0, named=True)
    assert not row["is_scored"]
    assert row["reason"] == "its source is that of a duration which predicts it"


def test_no_embedded_project_that_is_scored_is_a_source_of_a_duration(used: pl.DataFrame) -> None:
    projects = read_projects(SETTINGS)
    cited = {url for urls in used["url"] for url in urls.split("; ") if url}
    shared = projects.filter(pl.col("url").is_in(list(cited)))
    assert shared.filter(pl.col("also_in_shared_facts") != "yes").is_empty()
