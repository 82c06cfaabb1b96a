"""Tables about the night itself: what was fetched, what was refused, which sources and assumptions stand behind it."""

from __future__ import annotations

import dataframely as dy

from pipelines.contracts.base import choice, flag, integer, number, table, text, timestamp
from pipelines.input_families import FAMILIES


@table(
    "raw.ledger",
    grain="One row per fetch of a source.",
    time="retrieved_at_utc is when the answer had arrived.",
)
class Ledger(dy.Schema):
    """Where every byte of input came from."""

    source_id = text("Source as named in the table sources", key=True)
    retrieved_at_utc = timestamp("When the answer had arrived", key=True)
    sha256 = text("SHA-256 of the bytes, also their name under data/raw", key=True, regex=r"^[0-9a-f]{64}$")
    url = text("Address asked, with keys and tokens struck out; for embedded facts the file")
    status = integer("HTTP status of the answer; 0 for a file read from the disk", minimum=0)
    size_bytes = integer("Length of the answer", "bytes", minimum=0)
    etag = text("Entity tag sent by the source", nullable=True)
    media_type = text("Content type sent by the source", nullable=True)
    last_modified = text("Time of change sent by the source", nullable=True)
    request_key = text("What the source was asked for; empty where a source is one file", key=True)


@table("core.rejects", grain="One row per input row that breaks its contract and was left out.")
class Rejects(dy.Schema):
    """What was refused and why."""

    table_name = text("Table the row was meant for, with its schema", key=True)
    source_id = text("Source or file the row came from", key=True)
    source_row = integer("Row in that file (header = 1)", minimum=1, key=True)
    reason = text("Rules the row breaks")


@table("mart.sources", grain="One row per cited document or data set.")
class Sources(dy.Schema):
    """Every source with its publisher and licence."""

    source_id = text("Short name of the source", key=True)
    source_title = text("Title of the document or data set")
    publisher = text("Who publishes it")
    url = text("Where it can be read")
    as_of = text("Date the source itself carries (YYYY, YYYY-MM or YYYY-MM-DD)")
    licence = text("Terms of use as the publisher states them; null where it states none", nullable=True)
    used_in = text("Tables that carry its figures, separated by semicolons")
    fact_rows = integer("Rows of those tables that cite it", "rows", minimum=0)


@table("mart.assumptions", grain="One row per setting or chosen parameter that results depend on.")
class Assumptions(dy.Schema):
    """Every assumption with its citation."""

    assumption_id = text("Setting, or technology and parameter, or figure of the gas price, by name", key=True)
    kind = choice(
        "fact: a cited figure; choice: a setting of the user's; assumption: a figure without a source",
        ["fact", "choice", "assumption"],
    )
    value = text("Value used, as text")
    unit = text("Unit of the value; empty where it has none")
    meaning = text("What it stands for")
    is_default = flag("Whether the value is the shipped default")
    choice_reason = text("Why this figure where sources disagree", nullable=True)
    source_title = text("Title of the source; null for choices and assumptions", nullable=True)
    publisher = text("Who publishes the source", nullable=True)
    url = text("Where the source can be read", nullable=True)
    as_of = text("Date the source itself carries", nullable=True)


@table(
    "mart.data_status",
    grain="One row per source used in the night.",
    time="data_through_utc is the end of the time the data speak about, retrieved_at_utc when they were fetched.",
)
class DataStatus(dy.Schema):
    """How fresh and how complete each source is."""

    source_id = text("Source as named in the table sources or file of embedded facts", key=True)
    profile = choice(
        "reference: facts embedded in the product; live: fetched tonight; user_file: a file of the user's own; "
        "last_good: kept from an earlier fetch; snapshot: a dated edition embedded in the product",
        ["reference", "live", "user_file", "last_good", "snapshot"],
    )
    family = choice("What it is about", list(FAMILIES))
    is_stale = flag(
        "Whether a fresher state was wanted and could not be had, or a snapshot is older than two editions of its "
        "source; never true for embedded facts"
    )
    data_through_utc = timestamp("End of the time that the data speak about", nullable=True)
    retrieved_at_utc = timestamp("When the bytes were fetched; null for embedded facts", nullable=True)
    age_days = number("Age of the data at the night's date, from data_through_utc", "d", nullable=True)
    rows = integer("Rows taken over", "rows", minimum=0)
    rejects = integer("Rows left out for breaking their contract", "rows", minimum=0)
    note = text("What a reader should know; empty where there is nothing", nullable=True)


@table(
    "ops.tables",
    grain="One row per table of the build database.",
    time="written_at_utc is wall time.",
)
class BuiltTables(dy.Schema):
    """Which run wrote each table; publication refuses to mix runs."""

    table_name = text("Table with its schema", key=True)
    run_id = text("Run that wrote it")
    as_of_utc = timestamp("Logical date of that run", nullable=True)
    rows = integer("Rows written", "rows", minimum=0)
    linked_path = text("Parquet file that holds the rows where the table is linked; empty where it is stored")
    content = text("Hash of the rows")
    made_from = text(
        "What the rows were made from, as JSON: each input with its hash, null where none says all", nullable=True
    )
    told = text("What the orchestrator was told of it when it was made, as JSON", nullable=True)
    written_at_utc = timestamp("When it was written")


@table(
    "ops.assets",
    grain="One row per asset and run.",
    time="started_at_utc is wall time.",
)
class AssetRuns(dy.Schema):
    """How long each step took and what it gave."""

    run_id = text("Run", key=True)
    asset = text("Asset with its layer", key=True)
    started_at_utc = timestamp("When the step began")
    seconds = number("Wall time of the step", "s", minimum=0.0)
    rows = integer("Rows written", "rows", minimum=0, nullable=True)
    is_cache_hit = flag("Whether the result came from the cache whole; null where there is none", nullable=True)
    rejects = integer("Input rows refused, where the step counts them", "rows", minimum=0, nullable=True)
    peak_memory_mb = number("Peak memory of the process so far", "MB", minimum=0.0, nullable=True)
