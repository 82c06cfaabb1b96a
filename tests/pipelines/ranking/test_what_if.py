"""What-ifs: names checked with close ones, values checked, only what depends on a lead time moves, reasons shown."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.cli.refresh import what_if_sentence
from pipelines.errors import InputError, UsageError
from pipelines.ranking.history import run_changes
from pipelines.ranking.what_if import all_changes, changed_settings, read_changes, settable
from pipelines.reference.load import load_reference
from pipelines.settings import REFERENCE_DIR, Settings
from pipelines.timeline.durations import durations


@pytest.fixture(scope="module")
def pooled():
    """Return a function from settings to the durations by name."""
    tables = [load_reference(name, REFERENCE_DIR) for name in ("equipment_lead_times", "policy", "queue_statistics")]

    def call(settings: Settings) -> dict[str, dict]:
        return {row["duration_id"]: row for row in durations(*tables, settings).iter_rows(named=True)}

    return call


def moved(before: dict[str, dict], after: dict[str, dict]) -> set[str]:
    points = ("low", "mid", "high")
    return {name for name in before if any(before[name][point] != after[name][point] for point in points)}


def test_a_middle_takes_the_ends_along_and_nothing_else_moves(pooled):
    base = pooled(Settings())
    after = pooled(changed_settings(Settings(), ["lead_times.power_transformer.mid=12"]))
    assert moved(base, after) == {"power_transformer"}
    now, was = after["power_transformer"], base["power_transformer"]
    assert now["mid"] == 12.0
    assert now["low"] / was["low"] == pytest.approx(12.0 / was["mid"])
    assert now["high"] / was["high"] == pytest.approx(12.0 / was["mid"])
    assert now["is_assumption"] and now["choice_reason"].startswith("what-if: low")


def test_an_equipment_class_stands_for_the_durations_that_draw_on_it(pooled):
    base = pooled(Settings())
    after = pooled(changed_settings(Settings(), ["lead_times.recip_engine.mid=12"]))
    assert moved(base, after) == {"recip_high_speed", "recip_medium_speed"}
    after = pooled(changed_settings(Settings(), ["lead_times.distribution_transformer.mid=30"]))
    assert moved(base, after) == {"unit_transformers", "unit_transformers_padmount"}


def test_settings_are_set_by_name_and_typed():
    after = changed_settings(Settings(), ["grid_completion_probability=1", "settings.has_tax_credits=false"])
    assert after.grid_completion_probability == 1.0
    assert after.has_tax_credits is False
    assert changed_settings(Settings(), []) == Settings()
    assert "timeline_samples" in settable()
    assert not {"data_dir", "eia_api_key", "http_timeout", "profile"} & set(settable())


def test_lead_times_set_in_the_environment_make_a_what_if_too(monkeypatch):
    monkeypatch.setenv("FIRSTMW_WHAT_IF_LEAD_TIMES", "ups.mid=20, chiller.mid=9")
    settings = Settings()
    changes = all_changes(settings, ["has_tax_credits=false"])
    assert changes == ("has_tax_credits=false", "lead_times.chiller.mid=9", "lead_times.ups.mid=20")
    after = changed_settings(settings, changes)
    assert after.what_if_lead_times == ("ups.mid=20", "chiller.mid=9")
    assert changed_settings(after, changes) == after
    monkeypatch.delenv("FIRSTMW_WHAT_IF_LEAD_TIMES")
    assert all_changes(Settings(), []) == ()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("lead_times.power_transformr.mid=12", "did you mean power_transformer"),
        ("lead_times.generator_step_up.mid=12", "there is no lead time 'generator_step_up'"),
        ("lead_times.power_transformer.p50=12", "low|mid|high"),
        ("lead_times.power_transformer.mid=soon", "'soon'"),
        ("lead_times.power_transformer.mid=-1", "'-1'"),
        ("lead_times.power_transformer.mid=nan", "'nan'"),
        ("grid_completion=1", "did you mean grid_completion_probability"),
        ("grid_completion_probability=2", "less than or equal to 1"),
        ("data_dir=/tmp", "there is no setting 'data_dir'"),
        ("grid_completion_probability", "sets nothing"),
    ],
)
def test_what_is_wrong_is_said_with_the_way_out(change, said):
    with pytest.raises(UsageError) as told:
        changed_settings(Settings(), [change])
    assert said in str(told.value)


def test_points_that_do_not_rise_and_names_set_twice_are_refused(pooled):
    with pytest.raises(UsageError, match="does not rise"):
        pooled(changed_settings(Settings(), ["lead_times.power_transformer.high=1"]))
    with pytest.raises(UsageError, match="set twice"):
        changed_settings(Settings(), ["lead_times.ups.mid=1", "lead_times.ups.mid=2"])


def test_a_file_says_the_same_as_the_options(tmp_path):
    path = tmp_path / "slow.toml"
    path.write_text(
        "grid_completion_probability = 1.0\nmargin_cases_usd_per_mw_year = [1e6, 2e6]\n"
        "[lead_times.power_transformer]\nlow = 6\nmid = 12\nhigh = 24\n"
    )
    assert changed_settings(Settings(), read_changes(path)) == changed_settings(
        Settings(),
        [
            *("grid_completion_probability=1.0", "margin_cases_usd_per_mw_year=1000000.0,2000000.0"),
            *(f"lead_times.power_transformer.{point}" for point in ("low=6", "mid=12", "high=24")),
        ],
    )
    path.write_text("grid_completion_probability 1")
    with pytest.raises(InputError, match=r"slow\.toml"):
        read_changes(path)
    with pytest.raises(InputError, match="TOML"):
        read_changes(tmp_path / "none.toml")


@settings(max_examples=8)
@given(st.floats(0.1, 100.0), st.floats(0.1, 100.0))
def test_a_longer_middle_gives_a_longer_duration_throughout(pooled, one, other):
    shorter, longer = (
        pooled(changed_settings(Settings(), [f"lead_times.mv_switchgear.mid={months}"]))["mv_switchgear"]
        for months in sorted((one, other))
    )
    assert all(shorter[point] <= longer[point] + 1e-12 for point in ("low", "mid", "high"))


def test_run_changes_name_the_lead_time_with_its_figures(pooled):
    before = pl.DataFrame(list(pooled(Settings()).values()))
    after = pl.DataFrame(list(pooled(changed_settings(Settings(), ["lead_times.ups.mid=20"])).values()))
    nothing = pl.DataFrame(schema={"assumption_id": pl.String, "value": pl.String})
    found = run_changes({}, nothing, "c", {"code": "c", "as_of": "d"}, nothing, "d", after, before)
    row = found.filter(pl.col("kind") == "lead_time").row(0, named=True)
    assert row["name"] == "lead_times.ups"
    assert row["after"].split(" / ")[1] == "20.0" != row["before"].split(" / ")[1]
    assert found.filter(pl.col("kind") == "lead_time").height == 1


def test_the_closing_sentence_says_what_moved():
    moved_rows = {"against_run_id": "r0", "rows": 24, "moved_rows": 3, "moved_by": {"lead times": 2, "other rows": 1}}
    told = what_if_sentence(["lead_times.ups.mid=20"], moved_rows)
    assert "3 of 24 rows move against r0 (2 by lead times, 1 by other rows)" in told
    assert "no row moves" in what_if_sentence(["x=1"], moved_rows | {"moved_rows": 0})
    assert "no release" in what_if_sentence(["x=1"], moved_rows | {"against_run_id": None})
