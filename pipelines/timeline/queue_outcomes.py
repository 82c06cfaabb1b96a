"""What becomes of requests in the interconnection queues: energised, withdrawn or still waiting, by month since entry.

Generation queues describe congestion and grid-tied generation. They say nothing about a load, whose wait is drawn from
load-side figures.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.contracts import queue_outcomes as _contracts  # noqa: F401 - registers the tables
from pipelines.contracts.base import REGISTRY, validate
from pipelines.contracts.queue_outcomes import ALL, SIZE_CLASSES
from pipelines.contracts.queues import VOCABULARY
from pipelines.settings import Settings
from pipelines.sources.queue_projects import one_row_per_request
from pipelines.timeline.competing_risk import Incidence, cumulative_incidence

DAYS_PER_MONTH = 365.25 / 12
ENERGISED, WITHDRAWN = 0, 1
_COLLECTION = "queue_lbnl"
_CLASS_OF = {row["technology"]: row["outcome_class"] for row in VOCABULARY if row["outcome_class"]}
_SIZE_FROM_MW = (20.0, 100.0, 300.0)
_PUBLISHED_METRIC = {
    "published_energised_frac": "share_operational_requests",
    "published_withdrawn_frac": "share_withdrawn",
    "published_wait_months": "months_request_to_operation",
}
# The suffix that a published metric has for a class of technology.
_PUBLISHED_CLASS = {ALL: "", "solar": "_solar", "solar_battery": "_solar_plus_storage", "battery": "_storage"} | {
    "gas": "_gas"
}
_GROUP = ["source_id", "iso", "technology_class", "size_class"]


@dataclass(frozen=True)
class QueueOutcomes:
    """The three tables on the queues.

    Attributes
    ----------
    outcomes : pl.DataFrame
        Contract `mart.queue_outcomes`.
    survival : pl.DataFrame
        Contract `mart.queue_survival`.
    waits : pl.DataFrame
        Contract `mart.queue_waits`.
    """

    outcomes: pl.DataFrame
    survival: pl.DataFrame
    waits: pl.DataFrame


def queue_outcomes(projects: pl.DataFrame, statistics: pl.DataFrame, settings: Settings) -> QueueOutcomes:
    """Return shares energised, withdrawn and still waiting by operator, technology and size, with withdrawal competing.

    Each file is estimated on its own, so that an operator's own file and the collection of all can be held against each
    other. An operator without any file stands with the published statistic alone.

    Parameters
    ----------
    projects : pl.DataFrame
        Contract `core.queue_projects`.
    statistics : pl.DataFrame
        Contract `core.queue_statistics`.
    settings : Settings
        First year of entry, least counts, horizon.
    """
    known = _spells(projects, settings)
    groups = [(dict(zip(_GROUP, key, strict=True)), frame) for key, frame in _groups(known)]
    rows, curves = [], []
    for group, frame in groups:
        row, curve = _estimate(group, frame, settings)
        rows.append(row)
        if curve is not None:
            curves.append(curve)
    outcomes = _beside_published(_with_absent(rows, statistics), statistics)
    survival = pl.concat(curves) if curves else REGISTRY["mart.queue_survival"].schema.create_empty()
    return QueueOutcomes(
        validate(_with_choice(outcomes).sort(_GROUP), "mart.queue_outcomes"),
        validate(survival.sort([*_GROUP, "month"]), "mart.queue_survival"),
        validate(_waits(known, statistics), "mart.queue_waits"),
    )


def _spells(projects: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Return one row per request and file: how it ended (`cause`), months waited (null where a day is missing)."""
    parts = [one_row_per_request(part) for part in projects.partition_by("source_id", maintain_order=True)]
    frame = pl.concat(parts) if parts else projects
    status = pl.col("status")
    is_energised = status.is_in(["operational", "retired"]) | (
        (status == "partially_operational") & pl.col("actual_date").is_not_null()
    )
    is_withdrawn = status == "withdrawn"
    end = pl.when(is_energised).then("actual_date").when(is_withdrawn).then("withdrawn_date").otherwise("snapshot_date")
    months = (end - pl.col("requested_date")).dt.total_days() / DAYS_PER_MONTH
    sizes: pl.Expr = pl.when(pl.col("capacity_mw").is_not_null()).then(pl.lit(SIZE_CLASSES[1]))
    for from_mw, label in zip(_SIZE_FROM_MW, SIZE_CLASSES[2:], strict=True):
        sizes = pl.when(pl.col("capacity_mw") >= from_mw).then(pl.lit(label)).otherwise(sizes)
    # A request whose entry is not known counts by when it ended; it is left out of the estimate as undated.
    entered = pl.coalesce(pl.col("requested_date"), end).dt.year()
    return (
        frame.filter(pl.col("technology") != "transmission")
        .with_columns(
            pl.when(is_energised).then(1).when(is_withdrawn).then(2).otherwise(0).cast(pl.Int64).alias("cause"),
            pl.when(months >= 0).then(months).alias("months"),
            end.dt.year().cast(pl.Int64).alias("end_year"),
            pl.when("is_load")
            .then(pl.lit("load"))
            .otherwise(pl.col("technology").replace_strict(_CLASS_OF, default="other", return_dtype=pl.String))
            .alias("technology_class"),
            sizes.alias("size_class"),
        )
        .filter(entered.is_null() | (entered >= settings.queue_entry_from_year))
    )


def _groups(known: pl.DataFrame) -> Iterator[tuple[tuple[str, ...], pl.DataFrame]]:
    """Yield every operator with all its requests, by technology, by size, and by both; loads only by themselves."""
    generation = known.filter(~pl.col("is_load"))
    for frame, technology, size in (
        (generation, ALL, ALL),
        (known, None, ALL),
        (generation, ALL, None),
        (generation, None, None),
    ):
        part = frame if size else frame.filter(pl.col("size_class").is_not_null())
        part = part.with_columns(
            *([pl.lit(technology).alias("technology_class")] if technology else []),
            *([pl.lit(size).alias("size_class")] if size else []),
        )
        for key, group in part.group_by(_GROUP, maintain_order=True):
            yield tuple(str(name) for name in key), group


def _estimate(
    group: dict[str, str], frame: pl.DataFrame, settings: Settings
) -> tuple[dict[str, Any], pl.DataFrame | None]:
    cause = frame["cause"].to_numpy()
    months = frame["months"].to_numpy()
    dated = np.isfinite(months)
    counts = {
        name: (int((cause == code).sum()), int((dated & (cause == code)).sum()))
        for name, code in (("energised", 1), ("withdrawn", 2), ("waiting", 0))
    }
    row: dict[str, Any] = {
        **group,
        "requests": frame.height,
        **{name: total for name, (total, _) in counts.items()},
        **{f"{name}_undated": total - known for name, (total, known) in counts.items()},
        "snapshot_date": frame["snapshot_date"].max(),
    }
    reason = _why_not(counts, settings)
    row |= {"is_estimable": not reason, "reason": reason}
    ended = months[dated & (cause == 1)]
    row["observed_wait_months_p50"] = float(np.median(ended)) if len(ended) else None
    if reason:
        return row, None
    found = cumulative_incidence(months[dated], cause[dated])
    return row | _figures(found, settings), _curve(group, found, settings)


def _why_not(counts: dict[str, tuple[int, int]], settings: Settings) -> str:
    """Return why the estimate cannot be made from these rows, or nothing."""
    (energised, on_date), (withdrawn, off_date) = counts["energised"], counts["withdrawn"]
    requests = sum(known for _, known in counts.values())
    if withdrawn == 0 and energised > 0:
        return "the file does not list withdrawn requests"
    if energised == 0:
        return "the file lists no request in operation"
    for what, total, known, day in (
        ("in operation", energised, on_date, "that they were requested or went into operation"),
        ("withdrawn", withdrawn, off_date, "that they were requested or withdrawn"),
    ):
        if known < settings.queue_min_dated_frac * total:
            return f"{total - known} of {total} requests {what} carry no day {day}"
    if requests < settings.queue_min_requests:
        return f"{requests} dated requests, fewer than {settings.queue_min_requests}"
    if on_date < settings.queue_min_energised:
        return f"{on_date} dated requests in operation, fewer than {settings.queue_min_energised}"
    return ""


def _figures(found: Incidence, settings: Settings) -> dict[str, Any]:
    """Return the shares at the last month that enough requests are still watched in, and the median wait."""
    through = _watched_through(found, settings)
    figures: dict[str, Any] = {"watched_through_months": through}
    for name, cause in (("energised", ENERGISED), ("withdrawn", WITHDRAWN)):
        low, high = found.band([through], cause)
        share = float(found.at([through], cause)[0])
        figures |= {f"{name}_frac": share, f"{name}_frac_low": float(low[0]), f"{name}_frac_high": float(high[0])}
    figures["waiting_frac"] = float(found.waiting_at([through])[0])
    # Half of those that are energised at all within the watched months.
    figures["wait_months_p50"] = found.months_to(figures["energised_frac"] / 2.0, ENERGISED)
    figures["withdrawal_months_p50"] = found.months_to(figures["withdrawn_frac"] / 2.0, WITHDRAWN)
    return figures


def _watched_through(found: Incidence, settings: Settings) -> int:
    """Return the last whole month, up to the horizon, that enough requests are watched up to."""
    enough = found.waits[-settings.queue_min_at_risk :]
    return int(min(settings.queue_horizon_months, enough[0])) if len(enough) == settings.queue_min_at_risk else 0


def _curve(group: dict[str, str], found: Incidence, settings: Settings) -> pl.DataFrame:
    months = np.arange(1, _watched_through(found, settings) + 1)
    columns: dict[str, NDArray[np.float64]] = {"waiting_frac": found.waiting_at(months)}
    for name, cause in (("energised", ENERGISED), ("withdrawn", WITHDRAWN)):
        low, high = found.band(months, cause)
        columns |= {f"{name}_frac": found.at(months, cause), f"{name}_frac_low": low, f"{name}_frac_high": high}
    return pl.DataFrame(
        {"month": months.astype(np.int64), "at_risk": found.watched_at(months), **columns}
    ).with_columns(pl.lit(value).alias(name) for name, value in group.items())


def _with_absent(rows: list[dict[str, Any]], statistics: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with one for every operator that has published statistics and no file."""
    types = {name: column.dtype for name, column in REGISTRY["mart.queue_outcomes"].schema.columns().items()}
    frame = pl.DataFrame(rows, schema=types)
    generation = statistics.filter(pl.col("queue_side") == "generation")
    isos = [name for name in generation["region"].unique(maintain_order=True).sort() if name != "US"]
    absent = [name for name in isos if name not in frame["iso"].to_list()]
    empty = {
        "source_id": "",
        "technology_class": ALL,
        "size_class": ALL,
        **dict.fromkeys(("requests", "energised", "withdrawn", "waiting"), 0),
        **dict.fromkeys(("energised_undated", "withdrawn_undated", "waiting_undated"), 0),
        "is_estimable": False,
        "reason": "no file of this queue in this night: queues are fetched by the live profile",
    }
    more = pl.DataFrame([{**empty, "iso": name} for name in absent], schema=types)
    return pl.concat([frame, more])


def _with_choice(frame: pl.DataFrame) -> pl.DataFrame:
    """Mark the row that stands for a group: an estimate before none, an operator's own file before the collection."""
    ordered = frame.with_columns((pl.col("source_id") == _COLLECTION).alias("_collected")).sort(
        "is_estimable", "_collected", "source_id", descending=[True, False, False], maintain_order=True
    )
    first = pl.int_range(pl.len()).over("iso", "technology_class", "size_class") == 0
    return ordered.with_columns(first.alias("is_preferred"))


def _beside_published(frame: pl.DataFrame, statistics: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with the published shares and the newest published median of the same operator and class."""
    generation = statistics.filter(pl.col("queue_side") == "generation")
    wanted = frame.select("iso", "technology_class").unique(maintain_order=True)
    found = []
    for iso, technology in wanted.iter_rows():
        row: dict[str, Any] = {"iso": iso, "technology_class": technology}
        suffix = _PUBLISHED_CLASS.get(technology)
        for column, metric in _PUBLISHED_METRIC.items():
            own = generation.filter((pl.col("region") == iso) & (pl.col("metric") == f"{metric}{suffix}"))
            own = own.filter(~pl.col("cohort").str.starts_with("all years"))
            newest = own.sort("cohort", "as_of").tail(1) if suffix is not None else own.clear()
            factor = 0.01 if column.endswith("_frac") else 1.0
            figure = newest["mid"][0] if newest.height else None
            row[column] = None if figure is None else figure * factor
            row[column.replace("_frac", "").replace("_months", "") + "_cohort"] = (
                newest["cohort"][0] if newest.height else None
            )
            row.setdefault("published_source", None)
            if newest.height:
                row["published_source"] = f"{newest['publisher'][0]} ({newest['as_of'][0]})"
        found.append(row)
    names = [name for name in frame.columns if name.startswith("published_")]
    types = {name: frame.schema[name] for name in ("iso", "technology_class", *names)}
    table = pl.DataFrame(found, schema=types, orient="row")
    joined = frame.drop(names).join(table, on=["iso", "technology_class"], how="left", maintain_order="left")
    # A published share is of all sizes.
    is_all = pl.col("size_class") == ALL
    return joined.with_columns(pl.when(is_all).then(name).alias(name) for name in names)


def _waits(known: pl.DataFrame, statistics: pl.DataFrame) -> pl.DataFrame:
    """Return the median wait of what went into operation in each year, beside the published one."""
    keys = ["source_id", "iso", "end_year"]
    own = (
        known.filter((pl.col("cause") == 1) & pl.col("months").is_not_null() & ~pl.col("is_load"))
        .group_by(keys, maintain_order=True)
        .agg(
            pl.len().cast(pl.Int64).alias("energised"),
            *(pl.col("months").quantile(p, "linear").alias(f"wait_months_p{100 * p:.0f}") for p in (0.25, 0.5, 0.75)),
        )
        .rename({"end_year": "operation_year"})
    )
    year = pl.col("cohort").str.extract(r"operational in (\d{4})$", 1).cast(pl.Int64, strict=False)
    published = (
        statistics.filter((pl.col("queue_side") == "generation") & (pl.col("metric") == "months_request_to_operation"))
        .with_columns(year.alias("operation_year"))
        .filter(pl.col("operation_year").is_not_null())
        .sort("region", "operation_year", "as_of")
        .unique(["region", "operation_year"], keep="last", maintain_order=True)
        .select(
            pl.col("region").alias("iso"),
            "operation_year",
            pl.col("mid").alias("published_wait_months"),
            pl.col("note").str.extract(r"(\d+) dated", 1).cast(pl.Int64).alias("published_energised"),
            (pl.col("publisher") + " (" + pl.col("as_of") + ")").alias("published_source"),
        )
    )
    joined = own.join(published, on=["iso", "operation_year"], how="left", maintain_order="left")
    return joined.with_columns(
        (pl.col("wait_months_p50") - pl.col("published_wait_months")).alias("difference_months")
    ).sort([*keys[:2], "operation_year"])
