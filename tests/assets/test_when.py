"""`firstmw when` and `firstmw backtest` on a night's release: the same draws, wrong names refused."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from pipelines.timeline.projects import PROJECTS_FILE
from pipelines.warehouse import open_release

REGION = "abilene_tx"


@pytest.fixture(scope="module")
def when(firstmw, night: Path):
    """Return a function that asks when and reads the answer."""

    def ask(*arguments: str) -> dict:
        ran = firstmw("when", *arguments, "--json", data_dir=night)
        assert ran.code in {0, 3}, ran.err
        return json.loads(ran.out)

    return ask


def test_when_repeats_the_ranked_row(when, night: Path) -> None:
    with open_release(night) as release:
        ranked = release.table("ranked_sites").filter(pl.col("region_id") == REGION)
    best = ranked.filter("is_region_best").row(0, named=True)
    found = when(REGION)
    assert found["stack_id"] == best["stack_id"] and found["posture"] == "open" and found["bridge"] is None
    for point in (10, 50, 90):
        assert found[f"first_mw_months_p{point}"] == pytest.approx(best[f"first_mw_months_p{point}"], rel=1e-9)
    assert found["full_mw_months_p50"] == pytest.approx(best["full_mw_months_p50"], rel=1e-9)
    assert found["first_mw_months_p50"] <= found["mw_5_months_p50"] <= found["full_mw_months_p50"]
    assert found["binding"][0]["activity"] == best["critical_activity"]
    assert found["run_id"] == best["run_id"]


def test_when_has_the_steps_of_the_release(when, night: Path) -> None:
    with open_release(night) as release:
        best = release.table("ranked_sites").filter((pl.col("region_id") == REGION) & pl.col("is_region_best"))
        steps = release.table("acceleration").join(
            best, on=["region_id", "stack_id"], how="semi", maintain_order="left"
        )
    key = ("step", "equipment_class", "to_path")
    steps = steps.sort(key)
    found = sorted(when(REGION)["accelerations"], key=lambda step: tuple(step[name] for name in key))
    assert len(found) == len(steps) > 0
    for one, row in zip(found, steps.drop("region_id", "stack_id").iter_rows(named=True), strict=True):
        assert one.keys() == row.keys()
        for name, value in row.items():
            assert one[name] == (pytest.approx(value, rel=1e-9) if isinstance(value, float) else value)


def test_paths_holds_and_premises_bring_months_forward(when) -> None:
    small = [REGION, "--stack", "gas_recip", "--mw", "4"]
    base = when(*small)
    assert base["mw_5_months_p50"] is None and base["it_mw"] == 4.0
    # A rented package brings its step-up transformer and breakers.
    package = ["firm_delivery", "mv_switchgear", "unit_transformers"]
    rents = [text for name in package for text in ("--path", f"{name}=rental")]
    rented = when(*small, *rents)
    assert rented["path"]["firm_delivery"] == "rental"
    ready = ["gas_ready", "shell_ready", "permit_in_hand_or_waived"]
    further = [text for name in ready for text in ("--premise", name)]
    both = when(*small, *rents, *further, "--hold", "reserve_battery=0")
    assert both["first_mw_months_p50"] < rented["first_mw_months_p50"] < base["first_mw_months_p50"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--path", "engines=rental"], "there is no class 'engines'; choose one of unit_transformers"),
        (["--path", "firm_delivery=theft"], "there is no path 'theft'; choose one of new_order, stock"),
        (["--posture", "lazy"], "there is no posture 'lazy'"),
        (["--premise", "luck"], "there is no premise 'luck'"),
        (["--hold", "chillers=soon"], "'soon' is no number of months"),
        (["--stack", "gas_recip", "--path", "unit_transformers=import"], "is not sold by the path 'import'"),
    ],
)
def test_wrong_names_are_refused_with_the_known_ones(firstmw, night: Path, arguments, said) -> None:
    ran = firstmw("when", REGION, *arguments, data_dir=night)
    assert ran.code == 2 and said in ran.err


def test_backtest_of_a_file_is_that_of_the_night(firstmw, night: Path, tmp_path: Path) -> None:
    few = PROJECTS_FILE.read_text().splitlines()[:6]
    (tmp_path / "projects.csv").write_text("\n".join(few) + "\n")
    ran = firstmw("backtest", "--file", str(tmp_path / "projects.csv"), "--json", data_dir=night)
    assert ran.code in {0, 3}, ran.err
    own = {row["project_id"]: row["months_p50"] for row in json.loads(ran.out)["rows"]}
    with open_release(night) as release:
        published = dict(release.table("backtest").select("project_id", "months_p50").iter_rows())
    assert own == {name: published[name] for name in own} and len(own) == 5
