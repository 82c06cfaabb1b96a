"""The blend of published figures: every row exists, edits move the result, faults are named."""

from __future__ import annotations

import polars as pl
import pytest

from pipelines.contracts.base import validate
from pipelines.errors import InputError
from pipelines.settings import Settings
from pipelines.timeline.durations import DAYS_PER_MONTH, KEYS, durations, read_choices


@pytest.fixture(scope="module")
def used(tables) -> pl.DataFrame:
    return durations(tables["equipment_lead_times"], tables["policy"], tables["queue_statistics"], Settings())


def figure(used: pl.DataFrame, duration_id: str) -> tuple[float, float, float]:
    return used.filter(pl.col("duration_id") == duration_id).select("low", "mid", "high").row(0)


def test_every_row_named_in_the_choice_stands_in_its_table(tables):
    choices = read_choices()
    for row in choices.filter(pl.col("table").is_in(list(KEYS))).iter_rows(named=True):
        keys = dict(zip(KEYS[row["table"]], (row["row_key_1"], row["row_key_2"], row["row_key_3"]), strict=False))
        found = tables[row["table"]].filter(*(pl.col(column) == value for column, value in keys.items()))
        assert len(found) == 1, row
    assert (choices["choice_reason"] != "").all()
    settings_used = choices.filter(pl.col("table") == "setting")["row_key_1"]
    assert set(settings_used) <= set(Settings.model_fields)


def test_contract_and_citations(used):
    validate(used, "core.durations")
    published = used.filter(~pl.col("is_assumption"))
    assert published.filter(pl.col("as_of") == "").is_empty()
    # Classes whose figures all come from an index that hides the address.
    hidden = published.filter(pl.col("url") == "")["duration_id"].to_list()
    assert sorted(hidden) == ["coolant_distribution", "recip_rental"]
    assert used.filter((pl.col("low") > pl.col("mid")) | (pl.col("mid") > pl.col("high"))).is_empty()


def test_no_anonymous_source_where_a_named_one_exists(used):
    anonymous = used.filter(pl.col("publisher").str.contains("(?i)address not given"))
    assert sorted(anonymous["duration_id"]) == ["coolant_distribution", "recip_rental"]


def test_utility_record_keeps_its_median_and_average(used):
    low, mid, high = figure(used, "grid_firm_ercot")
    assert mid * DAYS_PER_MONTH == pytest.approx(687)
    assert low * DAYS_PER_MONTH < 687
    assert high * DAYS_PER_MONTH > 825


def test_steps_listed_apart_are_added(used):
    assert figure(used, "large_load_study_texas")[1] == pytest.approx((13 + 15 + 16 + 14) * 7 / DAYS_PER_MONTH)


def test_flexible_service_is_sooner_than_firm_at_the_median_everywhere(used):
    firm = used.filter(pl.col("duration_id").str.starts_with("grid_firm"))
    assert firm["mid"].min() > figure(used, "grid_flexible")[1]


def test_published_classes_order_as_published(used):
    order = ["fuel_cell_delivery", "recip_high_speed", "turbine_small_industrial", "turbine_heavy_frame", "smr_build"]
    mids = [figure(used, name)[1] for name in order]
    assert mids == sorted(mids)
    assert (
        figure(used, "air_permit_texas")[1] < figure(used, "air_permit_minor")[1] < figure(used, "air_permit_major")[1]
    )


def test_an_edited_lead_time_moves_its_duration_and_no_other(tables, used):
    lead_times = tables["equipment_lead_times"].with_columns(
        pl.when((pl.col("equipment_class") == "mv_switchgear") & pl.col("mid_months").is_not_null())
        .then(pl.lit(6.0))
        .otherwise(pl.col("mid_months"))
        .alias("mid_months")
    )
    after = durations(lead_times, tables["policy"], tables["queue_statistics"], Settings())
    moved = used.join(after, on="duration_id").filter(pl.col("mid") != pl.col("mid_right"))
    assert moved["duration_id"].to_list() == ["mv_switchgear"]
    assert (moved["mid_right"] < moved["mid"]).all()


def test_a_row_that_is_gone_is_named(tables):
    lead_times = tables["equipment_lead_times"].filter(pl.col("equipment_class") != "ups")
    with pytest.raises(InputError, match=r"durations.csv, row \d+.*ups / UPS systems"):
        durations(lead_times, tables["policy"], tables["queue_statistics"], Settings())


def test_a_duration_without_a_voice_is_named(tables):
    silent = read_choices().with_columns(
        pl.when(pl.col("duration_id") == "ups").then(0.0).otherwise("weight").alias("weight")
    )
    with pytest.raises(InputError, match="'ups' has no row"):
        durations(
            tables["equipment_lead_times"], tables["policy"], tables["queue_statistics"], Settings(), choices=silent
        )


def test_rates_become_months_per_mw(tables):
    faster = Settings(install_mw_per_month=10.0)
    after = durations(tables["equipment_lead_times"], tables["policy"], tables["queue_statistics"], faster)
    assert figure(after, "firm_installation")[1] == pytest.approx(0.1)
