"""From the rows that a queue's reader made to `core.queue_projects`: last checks, rejects, counties, duplicates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl

from pipelines.contracts.base import REGISTRY
from pipelines.contracts.queues import MAX_PROJECT_MW, QueueProjects
from pipelines.sources.base import Parsed, Payload
from pipelines.sources.fips import counties_by_name
from pipelines.sources.observations import broken
from pipelines.sources.queue_common import because, blank, with_state
from pipelines.sources.queue_technology import with_technology

TABLE = "core.queue_projects"
MAX_REJECTED_FRAC = 0.2
MAX_UNREAD_FRAC = 0.2
_DAYS = ("requested_date", "agreement_date", "proposed_date", "actual_date", "withdrawn_date")
_PAST = ("requested_date", "agreement_date", "actual_date", "withdrawn_date")
_ENDINGS = {
    "actual_date": ("operational", "partially_operational", "retired"),
    "withdrawn_date": ("withdrawn",),
}
# By what requests of one number are told apart: first by what seldom changes between two nights.
_IDENTITY = [
    "entity",
    "queue_id",
    "requested_date",
    "capacity_mw",
    "project_name",
    "county_name",
    "technology",
    "poi_name",
    "status",
    *_DAYS[1:],
    "facility_mw",
]
_POWERS = ("capacity_mw", "facility_mw", "storage_mw")
_TEXTS = ("project_name", "county_name", "poi_name", "technology_source_text", "status_source_text")
# Of the files that carry one request, the one that is believed: the operator's own before LBNL's collection of all, of
# an operator's own files the one that is renewed last.
_PREFERENCE = {
    ("queue_pjm", "cycle"): 0,
    ("queue_pjm_cycles", "cycle"): 0,
    ("queue_spp", "active"): 0,
}
_OWN_FILE, _COLLECTION = 1, 2
# An operator's own file that holds only its newer requests: LBNL's collection still speaks for the older ones.
_ONLY_NEWER = ("queue_pjm_cycles",)


def finish(
    payload: Payload,
    frame: pl.DataFrame,
    *,
    dataset: str,
    snapshot: date,
    technology: Sequence[str],
    iso: str | None = None,
    notes: Sequence[str] = (),
) -> Parsed:
    """Make rows and rejects of a queue's read rows; each row comes out on one side.

    Parameters
    ----------
    payload : Payload
    frame : pl.DataFrame
        source_sheet, source_row, `_reason`, queue_id, state as text, status and status_source_text, and of the
        contract's other columns those that the file has; `_unread_<column>` of its days.
    dataset : str
    snapshot : date
    technology : Sequence[str]
        Columns with the texts of fuel and plant type.
    iso : str | None
        Operator; None where the frame has `iso` and `entity`.
    notes : Sequence[str]

    Raises
    ------
    SourceBroken
        If the file has no rows, if more than a fifth of them are faulty, or if a column of days is none: the layout
        has then changed, and a part of the queue must not pass for the whole.
    """
    if frame.is_empty():
        broken(payload, "holds no requests")
    frame = with_technology(with_state(frame), list(technology))
    # A reader may have set the technology itself, for rows that are told from generation by another column.
    if "technology_override" in frame.columns:
        frame = frame.with_columns(pl.coalesce("technology_override", "technology").alias("technology"))
    frame = _completed(frame, dataset, snapshot, payload, iso)
    written = pl.col("technology_source_text").str.slice(0, 80)
    frame = frame.with_columns(
        because(pl.col("queue_id").is_null(), "the number of the request is missing"),
    ).with_columns(because(pl.col("technology").is_null(), "technology '", written, "' is unknown"))
    # Each figure was looked at when it was read; a sum of several can still be too large.
    for name in _POWERS:
        figure = pl.col(name).cast(pl.String)
        frame = frame.with_columns(
            because(pl.col(name) > MAX_PROJECT_MW, f"{name} ", figure, f" is above {MAX_PROJECT_MW:.0f}")
        )
    frame = _contract_checked(_without_false_days(frame, payload.retrieved_at_utc.date()))
    kept = frame.filter(pl.col("_reason") == "")
    left_out = frame.filter(pl.col("_reason") != "")
    _believe(payload, frame, left_out)
    source = pl.concat_str(
        [
            pl.lit(f"{payload.source_id}/{payload.key}"),
            pl.when(pl.col("source_sheet") != "").then(pl.lit("/") + pl.col("source_sheet")),
        ],
        ignore_nulls=True,
    )
    rejects = left_out.select(
        pl.lit(TABLE).alias("table_name"), source.alias("source_id"), "source_row", pl.col("_reason").alias("reason")
    )
    rows = _numbered(kept).select(REGISTRY[TABLE].schema.column_names())
    return Parsed(TABLE, rows, rejects, frame.height, (*notes, *_notes(frame, rows)))


def _completed(frame: pl.DataFrame, dataset: str, snapshot: date, payload: Payload, iso: str | None) -> pl.DataFrame:
    """Return the frame with every column of the contract in its type; absent ones are null or the same on every row."""
    types = {name: column.dtype for name, column in QueueProjects.columns().items()}
    entity = pl.lit(iso) if iso else blank(pl.col("entity"))
    frame = frame.with_columns(
        pl.lit(payload.source_id).alias("source_id"),
        pl.lit(dataset).alias("dataset"),
        pl.lit(snapshot).alias("snapshot_date"),
        entity.fill_null("unknown").alias("entity"),
        (pl.lit(iso) if iso else pl.col("iso")).alias("iso"),
        blank(pl.col("queue_id")).alias("queue_id"),
        pl.lit(1, pl.Int64).alias("occurrence"),
    )
    if "is_outcome_date_estimated" not in frame.columns:
        frame = frame.with_columns(pl.lit(value=False).alias("is_outcome_date_estimated"))
    absent = [name for name in types if name not in frame.columns]
    frame = frame.with_columns(pl.lit(None, types[name]).alias(name) for name in absent)
    return frame.with_columns(
        *(blank(pl.col(name)).alias(name) for name in _TEXTS),
        (pl.col("technology") == "load").fill_null(value=False).alias("is_load"),
        # -0.0 and sums of parts would otherwise show as other bytes than the same figure read whole.
        *((pl.col(name).round(6) + 0.0).alias(name) for name in _POWERS),
    )


def _without_false_days(frame: pl.DataFrame, fetched: date) -> pl.DataFrame:
    """Return the frame without days of the past that lie after the fetch, or end a request that goes on.

    Such days are plans or slips of the pen; `_false_<column>` marks them.
    """
    for name in _PAST:
        is_ahead = pl.col(name) > fetched + timedelta(days=1)
        fits = pl.col("status").is_in(_ENDINGS[name]) if name in _ENDINGS else pl.lit(value=True)
        is_false = (is_ahead | (pl.col(name).is_not_null() & ~fits)).fill_null(value=False)
        day = pl.when(~is_false).then(name)
        frame = frame.with_columns(is_false.alias(f"_false_{name}"), day.alias(name))
    return frame


def _contract_checked(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with a reason on rows that break the contract in a way no other check names."""
    columns = REGISTRY[TABLE].schema.column_names()
    checked = frame.filter(pl.col("_reason") == "").with_columns(
        pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("occurrence")
    )
    _, failures = REGISTRY[TABLE].schema.filter(checked.select(columns))
    if len(failures) == 0:
        return frame
    places = failures.invalid().select("source_sheet", "source_row").with_columns(pl.lit(value=True).alias("_breaks"))
    joined = frame.join(places, on=["source_sheet", "source_row"], how="left", maintain_order="left")
    rules = ", ".join(sorted(failures.counts())).replace("|", " breaks ")
    return joined.with_columns(because(pl.col("_breaks"), f"the row breaks the contract ({rules})")).drop("_breaks")


def _believe(payload: Payload, frame: pl.DataFrame, left_out: pl.DataFrame) -> None:
    if left_out.height > MAX_REJECTED_FRAC * frame.height:
        commonest = left_out["_reason"].str.replace_all(r"'[^']*'", "...").value_counts(sort=True).item(0, 0)
        broken(payload, f"has {left_out.height} faulty rows of {frame.height}, most often: {commonest}")
    for name in _DAYS:
        mark = f"_unread_{name}"
        if mark not in frame.columns:
            continue
        unread = int(frame[mark].sum())
        filled = unread + int(frame[name].is_not_null().sum())
        if unread > MAX_UNREAD_FRAC * filled:
            broken(payload, f"has {unread} of {filled} texts in {name} that are no dates")


def _numbered(kept: pl.DataFrame) -> pl.DataFrame:
    """Return the kept rows with `occurrence`, counted by content so that a file in another order says the same."""
    ordered = kept.sort([*_IDENTITY, "source_sheet", "source_row"], nulls_last=True, maintain_order=True)
    count = pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("entity", "queue_id")
    return ordered.with_columns(count.alias("occurrence")).sort("entity", "queue_id", "occurrence")


def _notes(frame: pl.DataFrame, rows: pl.DataFrame) -> list[str]:
    notes = []
    for name in _DAYS:
        mark = f"_unread_{name}"
        if mark in frame.columns and (unread := int(frame[mark].sum())):
            notes.append(f"{unread} texts in {name} are no dates and are left empty")
    notes += [
        f"{false} days in {name} lie after the fetch or against the status and are left empty"
        for name in _PAST
        if (false := int(frame[f"_false_{name}"].sum()))
    ]
    repeated = int((rows["occurrence"] > 1).sum())
    if repeated:
        notes.append(f"{repeated} rows carry a number that another request of the file has too")
    ends = pl.coalesce("withdrawn_date", "actual_date")
    early = rows.filter(ends < pl.col("requested_date")).height
    if early:
        notes.append(f"{early} requests end before they begin")
    return notes


def with_county_fips(projects: pl.DataFrame, counties: pl.DataFrame) -> pl.DataFrame:
    """Return the projects with `county_fips` found by name where the file gives no code.

    Parameters
    ----------
    projects : pl.DataFrame
        Contract `core.queue_projects`.
    counties : pl.DataFrame
        county_fips, county_name, state.

    Returns
    -------
    pl.DataFrame
        Of several counties the first; null where none is found, or where the state is unknown or abroad.
    """
    index = counties_by_name(counties)
    names = projects.select("county_name", "state").unique(maintain_order=True)
    found = [index.find(name, state).fips for name, state in names.iter_rows()]
    codes = pl.Series("_fips", [fips[0] if fips else None for fips in found], dtype=pl.String)
    return (
        projects.join(
            names.with_columns(codes), on=["county_name", "state"], how="left", nulls_equal=True, maintain_order="left"
        )
        .with_columns(pl.coalesce("county_fips", "_fips").alias("county_fips"))
        .select(projects.columns)
    )


def one_row_per_request(projects: pl.DataFrame) -> pl.DataFrame:
    """Return the newest word on each request, once, from the file that is nearest to its operator.

    An operator's own file stands before LBNL's collection, PJM's cycle files before its older export, SPP's active
    list before its summary, and a later snapshot before an earlier one. LBNL's rows on an operator that has a whole
    file of its own here are left away whole: older editions write the same request under another number.

    Parameters
    ----------
    projects : pl.DataFrame
        Contract `core.queue_projects`.
    """
    is_lbnl = pl.col("source_id") == "queue_lbnl"
    own = projects.filter(~is_lbnl & ~pl.col("source_id").is_in(_ONLY_NEWER))["iso"].unique().to_list()
    rank = pl.lit(_OWN_FILE)
    for (source_id, dataset), place in _PREFERENCE.items():
        rank = pl.when((pl.col("source_id") == source_id) & (pl.col("dataset") == dataset)).then(place).otherwise(rank)
    rank = pl.when(is_lbnl).then(_COLLECTION).otherwise(rank)
    edition = pl.when(is_lbnl).then(pl.lit("")).otherwise("dataset")
    latest = pl.col("snapshot_date") == pl.col("snapshot_date").max().over("source_id", edition)
    is_collected = is_lbnl & pl.col("entity").is_in(own)
    return (
        projects.filter(latest & ~is_collected)
        .with_columns(rank.alias("_rank"))
        .sort(
            ["_rank", "snapshot_date", "source_id", "dataset"],
            descending=[False, True, False, False],
            maintain_order=True,
        )
        .unique(["iso", "entity", "queue_id", "occurrence"], keep="first", maintain_order=True)
        .drop("_rank")
        .sort("iso", "entity", "queue_id", "occurrence")
    )
