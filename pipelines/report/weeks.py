"""The hours that the page carries: five weeks of every traced site, and its energy by month."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from pipelines.identity import content_hash
from pipelines.warehouse.row_groups import RowGroup, group_bounds, row_groups

Keep = Callable[[str, Mapping[str, Any], Callable[[], pl.DataFrame]], tuple[pl.DataFrame, bool]]
HOURS_PER_WEEK = 168
LEVELS = 2000
"""Steps from nothing to a series' largest hour of the week: a twentieth of a percent, finer than a screen shows."""
SERIES = (
    "load_mw", "solar_mw", "discharge_mw", "grid_mw", "baseload_mw", "firm_mw", "unserved_mw", "charge_mw",
    "curtailed_mw", "soc_mwh",
)  # fmt: skip
SLOTS = ("hardest", "winter", "spring", "summer", "autumn")
_MID_MONTHS = {"winter": 1, "spring": 4, "summer": 7, "autumn": 10}
_SITE = ["region_id", "stack_id"]
_ENERGIES = tuple(name for name in SERIES if name != "soc_mwh")


def week_choice(weekly: pl.DataFrame, hours: pl.DataFrame) -> pl.DataFrame:
    """Return the weeks to carry: the hardest, and the one with the 15th of the middle month of each season.

    The hardest is the week with most energy unserved; among equals the one that leaves most load to other than solar.

    Parameters
    ----------
    weekly : pl.DataFrame
        Rows of `dispatch_weekly`.
    hours : pl.DataFrame
        Hours per site: region_id, stack_id, hours; a week that is not whole is not chosen.

    Returns
    -------
    pl.DataFrame
        One row per site in the order of `hours`: region_id, stack_id, and by slot the week, null where there is none.
    """
    whole = (
        weekly.join(hours, on=_SITE, how="inner")
        .filter(pl.col("week") * HOURS_PER_WEEK <= pl.col("hours"))
        .with_columns((pl.col("load_mwh") - pl.col("solar_mwh")).alias("residual_mwh"))
    )
    hardest = (
        whole.sort([*_SITE, "unserved_mwh", "residual_mwh", "week"], descending=[False, False, True, True, False])
        .group_by(_SITE, maintain_order=True)
        .first()
        .select(*_SITE, pl.col("week").alias("hardest"))
    )
    chosen = hours.join(hardest, on=_SITE, how="left", maintain_order="left")
    start = pl.col("week_start_utc")
    for slot, month in _MID_MONTHS.items():
        day = pl.datetime(start.dt.year(), month, 15)
        season = whole.filter((start <= day) & (day < start.dt.offset_by("7d")))
        season = season.group_by(_SITE, maintain_order=True).first().select(*_SITE, pl.col("week").alias(slot))
        chosen = chosen.join(season, on=_SITE, how="left", maintain_order="left")
    return chosen


def encode_hours(folder: Path, keep: Keep | None = None) -> tuple[dict[str, Any], bytes]:
    """Return what the page carries of the hours of a release.

    Parameters
    ----------
    folder : Path
        Folder with `dispatch_hourly.parquet` and `dispatch_weekly.parquet`, in the order of their keys.
    keep : Keep | None
        Keeps what is worked out for a region by its hours, as `Cache.frame` does.

    Returns
    -------
    tuple[dict[str, Any], bytes]
        The index (sites; weeks per site and slot, 0 where there is none; scale of every series and week; energy by
        site, series and month in MWh) and the hours: by series the low bytes, then the high bytes of the zigzag
        differences of the levels, of those weeks whose scale is not 0.
    """
    source = folder / "dispatch_hourly.parquet"
    weekly = pl.read_parquet(folder / "dispatch_weekly.parquet", glob=False)
    code = content_hash(Path(__file__).read_text(encoding="utf-8"))

    def encoded(group: RowGroup, weeks: pl.DataFrame) -> dict[str, Any]:
        def compute() -> pl.DataFrame:
            return _encode(pl.scan_parquet(source, glob=False).slice(group.offset, group.rows).collect(), weeks)

        key = {"hours": group.sha256, "weeks": content_hash(weeks), "code": code}
        frame = keep("report_hours", key, compute)[0] if keep else compute()
        return frame.row(0, named=True)

    pieces = [encoded(group, weeks) for group, weeks in _by_region(source, weekly)]
    indices = [json.loads(piece["index"]) for piece in pieces]
    content = [piece[f"{name}_{half}"] for name in SERIES for half in ("low", "high") for piece in pieces]
    months = {name.removesuffix("_mw"): _joined(index["months"][name] for index in indices) for name in _ENERGIES}
    return {
        **{name: _joined(index[name] for index in indices) for name in ("sites", "weeks", "starts")},
        "scales": {name: _joined(index["scales"][name] for index in indices) for name in SERIES if indices},
        "months": {name: values for name, values in months.items() if any(values)},
    }, b"".join(content)


def _joined(lists: Iterable[list[Any]]) -> list[Any]:
    return [value for values in lists for value in values]


def _by_region(source: Path, weekly: pl.DataFrame) -> list[tuple[RowGroup, pl.DataFrame]]:
    """Return the row groups with the weeks of their sites: one by region where they are cut so, else one in all."""
    groups = [group for group in row_groups(source) if group.rows]
    bounds = group_bounds(source, "region_id") or []
    regions = [least for least, largest in bounds if least == largest]
    if len(set(regions)) == len(groups):
        own = weekly.partition_by("region_id", as_dict=True, maintain_order=True)
        return [(group, own.get((region,), weekly.clear())) for group, region in zip(groups, regions, strict=True)]
    rows = sum(group.rows for group in groups)
    return [(RowGroup(0, rows, content_hash(*(group.sha256 for group in groups))), weekly)]


def _encode(hourly: pl.DataFrame, weekly: pl.DataFrame) -> pl.DataFrame:
    """Return index and planes of the hours of some sites as one row."""
    hours = hourly.group_by(_SITE, maintain_order=True).agg(pl.len().cast(pl.Int64).alias("hours"))
    choice = week_choice(weekly, hours)
    first = np.concatenate([[0], np.cumsum(hours["hours"].to_numpy())[:-1]]).astype(np.int64)
    weeks = choice.select(pl.col(SLOTS).fill_null(0)).to_numpy().astype(np.int64)
    rows = (first[:, None] + (np.maximum(weeks, 1) - 1) * HOURS_PER_WEEK).reshape(-1)
    is_there = (weeks > 0).reshape(-1)
    places = np.minimum(rows[:, None] + np.arange(HOURS_PER_WEEK), hourly.height - 1)
    month = hourly["hour_utc"].dt.month().to_numpy().astype(np.int64)
    turns = np.union1d(np.flatnonzero(np.diff(month, prepend=0)), first)
    cells = (np.searchsorted(first, turns, side="right") - 1) * 12 + month[turns] - 1
    scales: dict[str, list[float]] = {}
    months: dict[str, list[int]] = {}
    planes: dict[str, bytes] = {}
    for name in SERIES:
        values = hourly[name].to_numpy()
        levels, scales[name] = _levels(values[places], is_there)
        planes[f"{name}_low"], planes[f"{name}_high"] = _planes(levels)
        if name in _ENERGIES:
            sums = np.zeros(len(first) * 12)
            np.add.at(sums, cells, np.add.reduceat(values, turns))
            months[name] = np.round(sums).astype(np.int64).tolist()
    index = {
        "sites": choice.select(_SITE).rows(),
        "weeks": weeks.tolist(),
        "starts": [f"{moment:%Y-%m-%d}" for moment in hourly["hour_utc"].gather(first)],
        "scales": scales,
        "months": months,
    }
    return pl.DataFrame({"index": [json.dumps(index)], **{name: [plane] for name, plane in planes.items()}})


def _levels(values: np.ndarray, is_there: np.ndarray) -> tuple[np.ndarray, list[float]]:
    """Return the levels of the weeks that hold something, and the largest value of every week (0 where none)."""
    largest = np.where(is_there, values.max(axis=1), 0.0)
    largest = np.where(largest > 1e-6, largest, 0.0)
    # The scale is published rounded; levels count in the rounded one, so that what is read back is what was meant.
    scale = np.array([float(f"{value:.5g}") for value in largest])
    holds = scale > 0
    levels = np.rint(np.clip(values[holds] / scale[holds, None], 0.0, 1.0) * LEVELS).astype(np.int64)
    return levels, scale.tolist()


def _planes(levels: np.ndarray) -> tuple[bytes, bytes]:
    """Return low and high bytes of the zigzag differences."""
    steps = np.diff(levels, axis=1, prepend=0)
    zigzag = np.where(steps >= 0, 2 * steps, -2 * steps - 1)
    return (zigzag & 255).astype(np.uint8).tobytes(), (zigzag >> 8).astype(np.uint8).tobytes()
