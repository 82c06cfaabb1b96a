"""Read other people's inputs and results from the tables beside this file; README.md says whose they are."""

from __future__ import annotations

import csv
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

FOLDER = Path(__file__).parent


@cache
def _quantities() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    with (FOLDER / "cases.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["case_id"], {})[row["quantity"]] = row["value"]
    return found


def case_ids() -> list[str]:
    """List the cases of `cases.csv`."""
    return list(_quantities())


def quantities(case_id: str) -> dict[str, Any]:
    """Read one case of `cases.csv`: dotted name of a quantity to its number, or to its numbers in order."""
    found = {}
    for name, cell in _quantities()[case_id].items():
        numbers = [json.loads(number) for number in cell.split(" ")]
        found[name] = numbers if len(numbers) > 1 else numbers[0]
    return found


def published_case(case_id: str) -> dict[str, Any]:
    """Read one case of `cases.csv` as a tree: each dot of a name opens a branch; branches 0, 1, ... form a list."""
    tree: dict[str, Any] = {}
    for name, value in quantities(case_id).items():
        *branches, leaf = name.split(".")
        at = tree
        for branch in branches:
            at = at.setdefault(branch, {})
        at[leaf] = value
    return {name: _listed(branch) for name, branch in tree.items()}


def _listed(branch: Any) -> Any:
    if not isinstance(branch, dict):
        return branch
    parts = {name: _listed(part) for name, part in branch.items()}
    return list(parts.values()) if list(parts) == [str(i) for i in range(len(parts))] else parts


def hourly(table: str) -> pl.DataFrame:
    """Read an hourly table of this folder, one row per hour from the first; an empty cell is zero."""
    path = FOLDER / f"{table}.csv"
    return pl.read_csv(path, infer_schema_length=None).cast(pl.Float64).fill_null(0.0)


def rts79_units() -> pl.DataFrame:
    """Read the 32 units of RTS-79 by group: count, MW, forced outage rate, hours to failure and to repair."""
    return pl.read_csv(FOLDER / "rts79_units.csv")


def rts79_load() -> NDArray[np.float64]:
    """Compute the 8736 hourly loads of RTS-79, in MW, from its weekly, daily and hourly peaks in percent.

    Week 1 starts on a Monday. Weeks 1-8 and 44-52 are winter, 18-30 summer, the others spring and fall.
    """
    percent = {
        (row["peak"], row["season"]): np.array(row["percent"].split(" "), dtype=np.float64)
        for row in pl.read_csv(FOLDER / "rts79_load.csv").iter_rows(named=True)
    }
    peak_mw = published_case("rts79")["annual_peak_mw"]
    loads = []
    for week, of_year in enumerate(percent["week_of_year", None], 1):
        season = "winter" if week <= 8 or week >= 44 else "summer" if 18 <= week <= 30 else "spring_fall"
        for day, of_week in enumerate(percent["day_of_week", None]):
            of_day = percent["hour_of_weekday" if day < 5 else "hour_of_weekend", season]
            loads.append(peak_mw * of_year / 100 * of_week / 100 * of_day / 100)
    return np.concatenate(loads)


def industry_series() -> dict[str, list[tuple[str, str]]]:
    """Read monthly orders and prices of industries by series: month and printed figure, in order."""
    found = {}
    for row in pl.read_csv(FOLDER / "industry_series.csv").iter_rows(named=True):
        year, month = (int(part) for part in row["first_month"].split("-"))
        cells = row["value"].split(" ")
        months = [f"{year + (month - 1 + at) // 12}-{(month - 1 + at) % 12 + 1:02d}" for at in range(len(cells))]
        found[row["series_id"]] = list(zip(months, cells, strict=True))
    return found


def texas_solar_frac() -> NDArray[np.float64]:
    """Read the hourly solar output of 2022 near Abilene, Texas, per unit of DC rating, shape (8760,).

    The originals print 900ths rounded to eight decimals of one; the table holds the exact hundredths of a 900th.
    """
    return hourly("offgridai_year")["solar_900ths"].to_numpy() / 900.0


def offgridai_year() -> pl.DataFrame:
    """Read the calculator's year for 100 MW of load with 500 MW DC of solar, 300 MW x 4 h and 125 MW of gas.

    Columns `solar_mwh`, `state_mwh` (stored at the start of the hour), `generator_mwh`, `curtailed_mwh` and, from the
    balance of the hour, in which nothing is unserved, `battery_mwh` (discharge less charge).
    """
    solar = pl.Series("solar_mwh", 500.0 * texas_solar_frac())
    return hourly("offgridai_year").with_columns(
        solar, (100.0 + pl.col("curtailed_mwh") - solar - pl.col("generator_mwh")).alias("battery_mwh")
    )
