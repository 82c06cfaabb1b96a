"""Named sets of settings, each evaluated beside the night."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from pipelines.contracts import ranking as _contracts  # noqa: F401 - registers the tables
from pipelines.contracts.base import validate
from pipelines.errors import InputError, UsageError
from pipelines.ranking.cases import Case, CaseFacts, evaluate_case, other_settings
from pipelines.ranking.rank import rank_sites
from pipelines.reference.side_table import read_side_table
from pipelines.settings import SCENARIOS_FILE, Settings, marked

BASE = "base"
_COLUMNS = ("scenario_id", "setting", "value", "meaning")
_SHOWN = [
    *("region_id", "stack_id", "design_id", "rank", "region_rank", "is_region_best", "is_target_met"),
    *("first_mw_months_p50", "lcoe_usd_per_mwh", "co2_kg_per_mwh", "online_years_discounted", "net_usd_per_mw_year"),
    "value_usd_per_mw",
]


def read_scenarios(path: Path = SCENARIOS_FILE) -> pl.DataFrame:
    """Read the sets: one row per scenario and setting that it changes; `base` changes none and need not be listed.

    Raises
    ------
    InputError
        If the file or a column is missing, a setting is unknown or not economic, or a value does not fit it.
    """
    text = read_side_table(path, _COLUMNS, remedy="restore it or unset FIRSTMW_SCENARIOS_FILE")
    frame = text.with_columns(pl.all().str.strip_chars())
    own = Settings()
    for row, line in enumerate(frame.iter_rows(named=True), start=2):
        try:
            other_settings(own, {line["setting"]: line["value"]} if line["setting"] else {})
        except (UsageError, ValueError) as error:
            raise InputError(
                f"{line['setting']}={line['value']!r}: {str(error).splitlines()[0]}",
                file=str(path),
                row=row,
                column="setting",
                remedy="name an economic setting and a value that it takes",
            ) from error
    return frame.select(_COLUMNS)


def scenario_settings(scenarios: pl.DataFrame) -> dict[str, dict[str, Any]]:
    """Return the changes of every scenario by its name, in file order."""
    found: dict[str, dict[str, Any]] = {}
    for row in scenarios.iter_rows(named=True):
        changes = found.setdefault(row["scenario_id"], {})
        if row["setting"]:
            changes[row["setting"]] = row["value"]
    return found


def described_scenarios(scenarios: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Return contract `mart.scenarios`: what each scenario changes, beside tonight's value."""
    tonight = [str(getattr(settings, name)) if name in marked("economics") else "" for name in scenarios["setting"]]
    order = {name: place for place, name in enumerate(scenarios["scenario_id"].unique(maintain_order=True), start=1)}
    return scenarios.with_columns(
        pl.Series("base_value", tonight, dtype=pl.String),
        pl.col("scenario_id").replace_strict(order, return_dtype=pl.Int64).alias("scenario_order"),
    )


def scenario_rankings(
    scenarios: pl.DataFrame, base: pl.DataFrame, facts: CaseFacts, settings: Settings
) -> pl.DataFrame:
    """Return the ranking under every scenario, contract `mart.scenario_rankings`.

    Parameters
    ----------
    scenarios : pl.DataFrame
        From `read_scenarios`.
    base : pl.DataFrame
        Rows of the night itself, from `valued_sites`.
    facts : CaseFacts
    settings : Settings
        The night's.
    """
    night = rank_sites(base).select(_SHOWN)
    frames = [night.with_columns(pl.lit(BASE).alias("scenario_id"))]
    for name, changes in scenario_settings(scenarios).items():
        if changes:
            case = evaluate_case(facts, other_settings(settings, changes))
            frames.append(case.ranked().select(_SHOWN).with_columns(pl.lit(name).alias("scenario_id")))
    reference = night.select(
        "region_id",
        "stack_id",
        pl.col("rank").alias("base_rank"),
        pl.col("value_usd_per_mw").alias("base_value"),
        pl.col("design_id").alias("base_design_id"),
    )
    ranked = pl.concat(frames).join(reference, on=["region_id", "stack_id"], how="left", maintain_order="left")
    return validate(
        ranked.with_columns(
            (pl.col("rank") - pl.col("base_rank")).alias("rank_change"),
            (pl.col("value_usd_per_mw") - pl.col("base_value")).alias("value_change_usd_per_mw"),
            (pl.col("design_id") != pl.col("base_design_id")).alias("is_other_design"),
        ),
        "mart.scenario_rankings",
    )


def rank_sensitivity(base: Case, settings: Settings) -> pl.DataFrame:
    """Return ranks at every margin of the settings, contract `mart.rank_sensitivity`.

    Parameters
    ----------
    base : Case
        The night itself.
    """
    frames = [
        base.ranked(margin).with_columns(pl.lit(float(margin)).alias("margin_usd_per_mw_year"))
        for margin in settings.margin_cases_usd_per_mw_year
    ]
    return validate(pl.concat(frames), "mart.rank_sensitivity")
