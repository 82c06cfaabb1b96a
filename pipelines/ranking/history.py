"""The ranking over the nights: every release's rows carried on, and what moved since the one before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import polars as pl

from pipelines.contracts import history as _contracts  # noqa: F401 - registers the tables
from pipelines.contracts.base import REGISTRY, validate
from pipelines.ordered import row_sum
from pipelines.ranking.rank import KEY

NEW, UNMOVED, OTHERS = "new row", "nothing", "other rows"
CAUSES = {
    "lead_times": "lead times",
    "gas_price": "gas price",
    "power_price": "grid energy price",
    "plant": "cost of plant",
    "other_costs": "other costs",
    "energy": "dispatch and load",
    "availability": "availability",
    "margin": "margin of compute",
}
"""Parts that a change of value is split into, as columns `<part>_usd_per_mw` and in words."""
_KIND_OF_INPUT = {
    "lead_times": (
        "equipment_lead_times",
        "queue_statistics",
        "policy",
        "_months",
        "_lead_time",
        "lead_times.",
        "duration",
        "grid_compl",
    ),
    "gas_price": ("gas_", "henry_hub", "energy_outlook", "before/", "eia", "fred"),
    "power_price": ("power_prices", "price_projections", "energy_outlook", "eia"),
    "plant": (
        "technology",
        "tax_rules",
        "locational",
        "_usd_per_k",
        "life",
        "debt",
        "salvage",
        "tax",
        "project",
        "finance.",
    ),
    "other_costs": ("technology", "carbon", "diesel", "uranium", "fixed_om", "variable_om", "emission"),
    "energy": ("weather", "climatology", "pue", "load", "heat_rate", "solar", "dispatch", "design"),
    "availability": ("outage", "reliability", "mtbf", "mttr", "interruption", "restart", "weather"),
    "margin": ("revenue", "compute", "nonpower"),
}
"""Fragments of the names of inputs that bear on each part."""
_SMALL = 1e-9


def history_rows(
    ranked: pl.DataFrame, chosen: pl.DataFrame, *, scope: str, number: int, margin_usd_per_mw_year: float
) -> pl.DataFrame:
    """Return tonight's rows of the history.

    Parameters
    ----------
    ranked, chosen : pl.DataFrame
        Contracts `mart.ranked_sites`, `sim.phased`.
    scope : str
        What the night is about; ranks of different scopes are not comparable.
    number : int
        Number of the night in the history, from 1.
    margin_usd_per_mw_year : float
        Margin of compute before power.
    """
    served = pl.col("served_mwh")
    plant = row_sum(name for name in chosen.columns if name.endswith("_charge_usd_per_year"))
    parts = chosen.select(
        *KEY,
        (pl.col("gas_mmbtu_per_year") / served).alias("gas_mmbtu_per_mwh"),
        (pl.col("grid_mwh") / served).alias("grid_mwh_per_mwh"),
        (plant / served).alias("plant_usd_per_mwh"),
        (pl.col("load_mwh")).alias("_load"),
    )
    joined = ranked.join(parts, on=KEY, how="left", maintain_order="left")
    rows = joined.with_columns(
        pl.col("online_availability_frac").alias("availability_frac"),
        pl.lit(number, dtype=pl.Int64).alias("night_number"),
        pl.lit(scope).alias("scope"),
        pl.lit(margin_usd_per_mw_year).alias("margin_usd_per_mw_year"),
        (pl.col("power_usd_per_mw_year") / pl.col("lcoe_usd_per_mwh")).alias("bus_mwh_per_mw_year"),
    )
    return validate(rows, "mart.ranking_history")


def carried_history(before: pl.DataFrame | None, tonight: pl.DataFrame, most_rows: int) -> pl.DataFrame:
    """Return the history with tonight's rows, the oldest nights left out where there are too many rows.

    Parameters
    ----------
    before : pl.DataFrame | None
        Contract `mart.ranking_history` of the last release, if there is one.
    tonight : pl.DataFrame
        From `history_rows`.
    most_rows : int
        Rows kept, in whole nights; tonight's are always kept.
    """
    if before is None or before.is_empty():
        return tonight
    nights = (
        before.group_by("night_number").agg(pl.len().cast(pl.Int64).alias("rows")).sort("night_number", descending=True)
    )
    kept = nights.filter(pl.col("rows").cum_sum() + tonight.height <= most_rows)["night_number"].implode()
    old = before.filter(pl.col("night_number").is_in(kept))
    return pl.concat([old.select(tonight.columns), tonight]).sort("night_number", "rank")


def compatible_history(frame: pl.DataFrame | None) -> pl.DataFrame | None:
    """Return a release's history if it has the columns of the contract; an older form is not carried on."""
    columns = REGISTRY["mart.ranking_history"].schema.column_names()
    if frame is None or any(column not in frame.columns for column in columns):
        return None
    return frame.select(columns)


def night_before(
    before: pl.DataFrame | None, scope: str, run_id: str | None, as_of_utc: datetime, regions: pl.Series
) -> pl.DataFrame | None:
    """Select the rows of the night to compare with.

    Parameters
    ----------
    before : pl.DataFrame | None
        Contract `mart.ranking_history` of the release before, if there is one.
    scope : str
        What tonight is about.
    run_id : str | None
        Run of the release before.
    as_of_utc : datetime
        Tonight's logical date.
    regions : pl.Series
        Ids of tonight's regions.

    Returns
    -------
    pl.DataFrame | None
        The rows of the release before; where it is of another scope, those of the newest earlier night of tonight's
        scope; where there is none, the release before's rows of tonight's regions, if it has all of them, ranked among
        themselves.
    """
    if before is None:
        return None
    same = before.filter(pl.col("scope") == scope)
    last = same.filter(pl.col("run_id") == run_id) if run_id else same.clear()
    if last.is_empty():
        earlier = same.filter(pl.col("as_of_utc") <= as_of_utc)
        last = earlier.filter(pl.col("night_number") == pl.col("night_number").max())
    if last.is_empty() and run_id:
        common = before.filter((pl.col("run_id") == run_id) & pl.col("region_id").is_in(regions.unique().implode()))
        if common["region_id"].n_unique() == regions.n_unique():
            # Places among all regions say nothing about places among some of them.
            last = common.with_columns(
                pl.col("rank").rank("ordinal").cast(pl.Int64), pl.col("region_rank").rank("dense").cast(pl.Int64)
            )
    return None if last.is_empty() else last


def rank_changes(tonight: pl.DataFrame, before: pl.DataFrame | None, changed: pl.DataFrame) -> pl.DataFrame:
    """Return what moved each row since the night before.

    The change of value is split exactly. With years online T and net margin N per year, value = T N, and
    N = A (M - B L) - R; the change of a product is each factor's change times the mean of the other (Sun 1998, Energy
    Economics 20, for two factors), so the parts sum to the change.

    Parameters
    ----------
    tonight : pl.DataFrame
        From `history_rows`.
    before : pl.DataFrame | None
        Rows of the night to compare with.
    changed : pl.DataFrame
        Contract `mart.run_changes`: which inputs and assumptions differ.

    Returns
    -------
    pl.DataFrame
        Contract `mart.rank_changes`; without a night before every row is new.
    """
    now = tonight.with_columns(_net_parts())
    old = now.clear() if before is None else before.with_columns(_net_parts())
    joined = now.join(old, on=KEY, how="left", suffix="_before", maintain_order="left")
    is_new = pl.col("rank_before").is_null()
    parts = {name: part.fill_null(0.0) for name, part in _split().items()}
    frame = joined.with_columns(part.alias(f"{name}_usd_per_mw") for name, part in parts.items()).with_columns(
        (pl.col("value_usd_per_mw") - pl.col("value_usd_per_mw_before"))
        .fill_null(0.0)
        .alias("value_change_usd_per_mw"),
        (pl.col("rank") - pl.col("rank_before")).fill_null(0).alias("rank_change"),
        (pl.col("design_id") != pl.col("design_id_before")).fill_null(False).alias("is_other_design"),
    )
    names = list(CAUSES)
    largest = pl.concat_list([pl.col(f"{name}_usd_per_mw").abs() for name in names]).list.arg_max()
    is_still = pl.max_horizontal(pl.col(f"{name}_usd_per_mw").abs() for name in names) <= _SMALL * pl.col(
        "value_usd_per_mw"
    ).abs().clip(1.0)
    cause = (
        pl.when(is_new)
        .then(pl.lit(NEW))
        .when(is_still & (pl.col("rank_change") == 0))
        .then(pl.lit(UNMOVED))
        .when(is_still)
        .then(pl.lit(OTHERS))
    )
    words = largest.cast(pl.Int64).replace_strict(
        dict(enumerate(CAUSES.values())), default=UNMOVED, return_dtype=pl.String
    )
    frame = frame.with_columns(cause.otherwise(words).alias("moved_by")).with_columns(
        _what_moved().alias("movement"), _inputs_of(changed).alias("changed_inputs")
    )
    return validate(
        frame.with_columns(
            pl.col("run_id_before").fill_null("").alias("previous_run_id"),
            pl.col("as_of_utc_before").alias("previous_as_of_utc"),
            pl.col("rank_before").alias("previous_rank"),
            pl.col("value_usd_per_mw_before").alias("previous_value_usd_per_mw"),
            pl.col("lcoe_usd_per_mwh_before").alias("previous_lcoe_usd_per_mwh"),
            pl.col("first_mw_months_p50_before").alias("previous_first_mw_months_p50"),
        ),
        "mart.rank_changes",
    )


def _net_parts() -> list[pl.Expr]:
    """Return costs per MWh that are not plant, gas or grid energy, and what is lost to restarts."""
    gas = pl.col("gas_mmbtu_per_mwh") * pl.col("gas_level_usd_per_mmbtu")
    grid = pl.col("grid_mwh_per_mwh") * pl.col("power_level_usd_per_mwh")
    return [
        gas.alias("gas_usd_per_mwh"),
        grid.alias("grid_usd_per_mwh"),
        (pl.col("lcoe_usd_per_mwh") - gas - grid - pl.col("plant_usd_per_mwh")).alias("rest_usd_per_mwh"),
    ]


def _split() -> dict[str, pl.Expr]:
    def change(name: str) -> pl.Expr:
        return pl.col(name) - pl.col(f"{name}_before")

    def mean(name: str) -> pl.Expr:
        return (pl.col(name) + pl.col(f"{name}_before")) / 2.0

    earned = {
        suffix: pl.col(f"margin_usd_per_mw_year{suffix}") - pl.col(f"power_usd_per_mw_year{suffix}")
        for suffix in ("", "_before")
    }
    years = mean("online_years_discounted")
    # What one USD/MWh of the levelised cost takes from the value.
    per_lcoe = -years * mean("availability_frac") * mean("bus_mwh_per_mw_year")
    return {
        "lead_times": mean("net_usd_per_mw_year") * change("online_years_discounted"),
        "gas_price": per_lcoe * mean("gas_mmbtu_per_mwh") * change("gas_level_usd_per_mmbtu"),
        "power_price": per_lcoe * mean("grid_mwh_per_mwh") * change("power_level_usd_per_mwh"),
        "plant": per_lcoe * change("plant_usd_per_mwh"),
        "other_costs": per_lcoe * change("rest_usd_per_mwh"),
        "energy": per_lcoe
        * (
            mean("gas_level_usd_per_mmbtu") * change("gas_mmbtu_per_mwh")
            + mean("power_level_usd_per_mwh") * change("grid_mwh_per_mwh")
        )
        - years * mean("availability_frac") * mean("lcoe_usd_per_mwh") * change("bus_mwh_per_mw_year"),
        "availability": years
        * (change("availability_frac") * (earned[""] + earned["_before"]) / 2.0 - change("restart_usd_per_mw_year")),
        "margin": years * mean("availability_frac") * change("margin_usd_per_mw_year"),
    }


def _what_moved() -> pl.Expr:
    """Return the figure that moved most, before and after."""

    def told(name: str, unit: str, digits: int) -> pl.Expr:
        return pl.format(f"{{}} -> {{}} {unit}", pl.col(f"{name}_before").round(digits), pl.col(name).round(digits))

    figures = {
        "lead times": told("first_mw_months_p50", "months to the first MW", 2),
        "gas price": told("gas_level_usd_per_mmbtu", "USD/MMBtu", 3),
        "grid energy price": told("power_level_usd_per_mwh", "USD/MWh", 2),
        "cost of plant": told("plant_usd_per_mwh", "USD/MWh of plant", 2),
        "other costs": told("rest_usd_per_mwh", "USD/MWh of upkeep, other fuel and carbon", 2),
        "dispatch and load": told("lcoe_usd_per_mwh", "USD/MWh", 2),
        "availability": told("availability_frac", "available", 6),
        "margin of compute": told("margin_usd_per_mw_year", "USD/MW/year", 0),
        OTHERS: told("rank", "in rank, with the same value", 0),
    }
    moved = pl.lit("")
    for words, figure in figures.items():
        moved = pl.when(pl.col("moved_by") == words).then(figure).otherwise(moved)
    return moved.fill_null("")


def _inputs_of(changed: pl.DataFrame) -> pl.Expr:
    """Return the inputs that differ from the night before and bear on what moved."""
    named = changed.filter(pl.col("kind") != "release")["name"].to_list() if changed.height else []
    found = pl.lit("")
    for part, words in CAUSES.items():
        mine = [name for name in named if any(fragment in name for fragment in _KIND_OF_INPUT[part])]
        others = [name for name in named if name in {"code", "as_of"}]
        found = pl.when(pl.col("moved_by") == words).then(pl.lit("; ".join(mine or others))).otherwise(found)
    return found


def run_changes(
    inputs: Mapping[str, str],
    assumptions: pl.DataFrame,
    code: str,
    previous: Mapping[str, Any] | None,
    previous_assumptions: pl.DataFrame | None,
    as_of: str,
    lead_times: pl.DataFrame | None = None,
    previous_lead_times: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Return what a night rests on that the release before did not, contract `mart.run_changes`.

    Parameters
    ----------
    inputs : Mapping[str, str]
        Name to checksum of every input.
    assumptions : pl.DataFrame
        Contract `mart.assumptions`.
    code : str
        Hash of the code.
    previous : Mapping[str, Any] | None
        Manifest of the release before, if there is one.
    previous_assumptions : pl.DataFrame | None
        Its assumptions.
    as_of : str
        Logical date.
    lead_times, previous_lead_times : pl.DataFrame | None
        Contract `core.durations` of the two nights.
    """
    rows: list[tuple[str, str, str, str]] = []
    if previous is not None:
        old_inputs = {name: value for name, value in previous.get("inputs", {}).items()}
        rows.append(("release", "run_id", "", str(previous.get("run_id", ""))))
        for name in sorted({*inputs, *old_inputs} - {"previous_release"}):
            pair = (old_inputs.get(name, ""), inputs.get(name, ""))
            if pair[0] != pair[1]:
                rows.append(("input", name, pair[0][:12], pair[1][:12]))
        if previous.get("code", "") != code:
            rows.append(("code", "code", str(previous.get("code", ""))[:12], code[:12]))
        if str(previous.get("as_of", "")) != as_of:
            rows.append(("as_of", "as_of", str(previous.get("as_of", "")), as_of))
    if previous_assumptions is not None:
        old = previous_assumptions.select("assumption_id", pl.col("value").alias("before"))
        both = assumptions.select("assumption_id", "value").join(old, on="assumption_id", how="full", coalesce=True)
        differs = both.filter(pl.col("value").ne_missing(pl.col("before"))).sort("assumption_id")
        rows += [
            ("assumption", row["assumption_id"], row["before"] or "", row["value"] or "")
            for row in differs.iter_rows(named=True)
        ]
    if lead_times is not None and previous_lead_times is not None:
        rows += _lead_time_changes(lead_times, previous_lead_times)
    names = ("kind", "name", "before", "after")
    return validate(pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row"), "mart.run_changes")


def _lead_time_changes(now: pl.DataFrame, before: pl.DataFrame) -> list[tuple[str, str, str, str]]:
    """Return the durations whose figures differ, as P10 / P50 / P90."""

    def told(frame: pl.DataFrame, name: str) -> pl.DataFrame:
        figures = pl.concat_str(
            [pl.col(point).round(3).cast(pl.String) for point in ("low", "mid", "high")], separator=" / "
        )
        return frame.select("duration_id", figures.alias(name))

    both = told(before, "before").join(told(now, "after"), on="duration_id", how="full", coalesce=True)
    differs = both.filter(pl.col("before").ne_missing(pl.col("after"))).sort("duration_id")
    return [
        ("lead_time", f"lead_times.{row['duration_id']}", row["before"] or "", row["after"] or "")
        for row in differs.iter_rows(named=True)
    ]
