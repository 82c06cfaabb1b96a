"""Ways to buy each class of equipment, and which of them a posture takes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.contracts.base import REGISTRY
from pipelines.contracts.procurement import PATHS, POSTURES
from pipelines.errors import InputError
from pipelines.reference.side_table import read_side_table
from pipelines.timeline.variants import Case

PATHS_FILE = Path(__file__).with_name("paths.csv")
POSTURES_FILE = Path(__file__).with_name("postures.csv")
CLASSES = (
    "unit_transformers",
    "mv_switchgear",
    "firm_delivery",
    "compute_modules",
    "chillers",
    "coolant_distribution",
    "reserve_battery",
    "gas_lateral",
)
NEW_ORDER = "new_order"
AVOID = "avoid"
_SAME_CLASS = {"bess_delivery": "reserve_battery"}
_CONDITIONS = ("class", "variant", "measure", "min_mw", "max_mw")
_PATH_COLUMNS = (
    *("class", "variant", "path", "measure", "min_mw", "max_mw", "duration_id"),
    *("price_low", "price_mid", "price_high", "price_unit"),
    *("price_source_title", "price_publisher", "price_url", "price_as_of"),
    *("market_mw", "facts_class", "conditions", "verification"),
)
_POSTURE_COLUMNS = ("posture", *_CONDITIONS, "path", "reason")


def class_of(activity: str) -> str | None:
    """Return the class of equipment that an activity delivers, or None where it delivers none."""
    name = _SAME_CLASS.get(activity, activity)
    return name if name in CLASSES else None


@dataclass(frozen=True)
class PathRules:
    """The rows of `paths.csv` and `postures.csv`; in both the first row that fits decides."""

    paths: tuple[dict[str, Any], ...]
    postures: tuple[dict[str, Any], ...]

    @cached_property
    def _paths_of(self) -> dict[tuple[str, str], list[dict[str, Any]]]:
        return _grouped(self.paths, "class", "path")

    @cached_property
    def _postures_of(self) -> dict[tuple[str, str], list[dict[str, Any]]]:
        return _grouped(self.postures, "class", "posture")

    def row(self, name: str, path: str, variant: str, case: Case) -> dict[str, Any] | None:
        """Select the row of a path of a class, or None where it is not sold for this variant and size."""
        rows = self._paths_of.get((name, path), ())
        return next((row for row in rows if _fits(row, variant, case)), None)

    def duration(self, name: str, path: str, variant: str, case: Case) -> str | None:
        """Select the duration of a path of a class, or None where it is not sold for this variant and size."""
        row = self.row(name, path, variant, case)
        return None if row is None else str(row["duration_id"])

    def of_posture(self, posture: str, name: str, variant: str, case: Case) -> str:
        """Select the path that a posture takes; new order where no row fits."""
        rows = self._postures_of.get((name, posture), ())
        return next((row["path"] for row in rows if _fits(row, variant, case)), NEW_ORDER)

    def offered(self, posture: str, name: str, variant: str, case: Case) -> tuple[str, ...]:
        """List the paths that a posture offers beside new orders: its own, then those of the postures before it."""
        # Each posture offers the paths of those before it.
        reached = POSTURES[1 : POSTURES.index(posture) + 1]
        found = dict.fromkeys(self.of_posture(one, name, variant, case) for one in reversed(reached))
        return tuple(path for path in found if path != NEW_ORDER)


def _grouped(rows: tuple[dict[str, Any], ...], *columns: str) -> dict[tuple[str, str], list[dict[str, Any]]]:
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows:
        first, second = (row[column] for column in columns)
        found.setdefault((first, second), []).append(row)
    return found


def _fits(row: dict[str, Any], variant: str, case: Case) -> bool:
    if row["variant"] not in {"", variant}:
        return False
    return not row["measure"] or row["min_mw"] <= getattr(case, row["measure"]) < row["max_mw"]


def read_path_rules(paths: Path = PATHS_FILE, postures: Path = POSTURES_FILE) -> PathRules:
    """Read which paths there are and which posture takes which.

    Raises
    ------
    InputError
        If a file or a column is missing, a class, path, posture or measure is unknown, or a bound is no number.
    """
    return PathRules(
        tuple(_rows(paths, _PATH_COLUMNS)),
        tuple(_rows(postures, _POSTURE_COLUMNS)),
    )


@cache
def path_rules() -> PathRules:
    """Return the rules of this package, read once."""
    return read_path_rules()


def _rows(path: Path, columns: tuple[str, ...]) -> list[dict[str, Any]]:
    known = {"class": CLASSES, "path": PATHS, "posture": POSTURES, "measure": ("", *Case.__dataclass_fields__)}
    rows = []
    for line, row in enumerate(read_side_table(path, columns).iter_rows(named=True), start=2):
        for column, names in known.items():
            if column in row and row[column] not in names:
                raise InputError(
                    f"{column} {row[column]!r} is not one of {', '.join(name for name in names if name)}",
                    file=str(path),
                    row=line,
                    column=column,
                )
        bounds = {}
        for column, empty in (("min_mw", 0.0), ("max_mw", float("inf"))):
            try:
                bounds[column] = float(row[column]) if row[column] else empty
            except ValueError:
                raise InputError(
                    f"{row[column]!r} is no number", file=str(path), row=line, column=column, remedy="give MW"
                ) from None
        rows.append(row | bounds)
    return rows


def procurement_paths(used: pl.DataFrame, path: Path = PATHS_FILE) -> pl.DataFrame:
    """List the paths with their months as used, price and limits.

    Parameters
    ----------
    used : pl.DataFrame
        Contract core.durations.
    path : Path
        Table of the paths.

    Returns
    -------
    pl.DataFrame
        Contract mart.procurement_paths, in the order of the file.

    Raises
    ------
    InputError
        As `read_path_rules`, or if a path names a duration that there is not.
    """
    rows = pl.DataFrame(_rows(path, _PATH_COLUMNS), infer_schema_length=None)
    missing = rows.filter(~pl.col("duration_id").is_in(used["duration_id"].to_list()))
    if len(missing):
        raise InputError(f"duration {missing['duration_id'][0]!r} has no row", file=str(path), column="duration_id")
    months = used.select(
        "duration_id",
        *(pl.col(point).alias(f"months_p{p}") for point, p in (("low", 10), ("mid", 50), ("high", 90))),
        pl.col("is_assumption").alias("is_months_assumed"),
        pl.col("source_title").alias("months_source"),
        pl.col("url").alias("months_url"),
        pl.col("as_of").alias("months_as_of"),
    )
    numbers = ("price_low", "price_mid", "price_high", "market_mw")
    return (
        rows.join(months, on="duration_id", how="left", maintain_order="left")
        .with_columns(
            *(pl.when(pl.col(name) == "").then(None).otherwise(name).cast(pl.Float64).alias(name) for name in numbers),
            pl.when(pl.col("max_mw").is_infinite()).then(None).otherwise("max_mw").alias("max_mw"),
        )
        .with_columns(
            (pl.col("price_low").is_null() & pl.col("price_mid").is_null() & pl.col("price_high").is_null()).alias(
                "is_price_unknown"
            ),
            pl.int_range(1, pl.len() + 1).over("class").cast(pl.Int64).alias("path_order"),
        )
        .rename({"class": "equipment_class"})
        .select(REGISTRY["mart.procurement_paths"].schema.column_names())
    )


def posture_paths(path: Path = POSTURES_FILE) -> pl.DataFrame:
    """List the path that each posture takes by class and size, with the reason; contract mart.posture_paths."""
    rows = pl.DataFrame(_rows(path, _POSTURE_COLUMNS), infer_schema_length=None)
    return (
        rows.with_columns(
            pl.when(pl.col("max_mw").is_infinite()).then(None).otherwise("max_mw").alias("max_mw"),
            pl.int_range(1, pl.len() + 1).over("posture").cast(pl.Int64).alias("rule_order"),
        )
        .rename({"class": "equipment_class"})
        .select(REGISTRY["mart.posture_paths"].schema.column_names())
    )
