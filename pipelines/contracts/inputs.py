"""Tables about live inputs: what each source gave tonight, what changed since the night before, what is published."""

from __future__ import annotations

import dataframely as dy

from pipelines.contracts.base import choice, day, integer, table, text, timestamp
from pipelines.contracts.geography import Hazards
from pipelines.contracts.indicators import LeadTimeMovement
from pipelines.contracts.queues import QueueProjects

CHANGES = ["added", "removed", "changed"]


@table(
    "raw.fetches",
    grain="One row per request of a live night: whether its answer is tonight's, an older good one, or missing.",
    time="retrieved_at_utc is when the bytes came for the first time, confirmed_at_utc when the source last gave them.",
)
class Fetches(dy.Schema):
    """What the night has of every source, request by request."""

    source_id = text("Source", key=True)
    request_key = text("What was asked for", key=True)
    profile = choice(
        "live: tonight's; user_file: a file of the user's own; last_good: an older answer; reference: nothing, the "
        "embedded facts stand",
        ["live", "user_file", "last_good", "reference"],
    )
    answers = integer("Answers that belong to it, pages and steps", "answers", minimum=0)
    rows = integer("Rows taken over", "rows", minimum=0)
    rejects = integer("Rows left out for breaking their contract", "rows", minimum=0)
    data_through_utc = timestamp("End of the time that the rows speak about", nullable=True)
    retrieved_at_utc = timestamp("When the bytes came for the first time", nullable=True)
    confirmed_at_utc = timestamp("When the source last gave them", nullable=True)
    reason = text("Why there is no answer of tonight; empty where there is one")


@table(
    "mart.input_changes",
    grain="One row per row that came or went and per cell that changed in a snapshot since the live night before.",
    time="before_as_of and as_of are the logical dates of the two nights; empty in a night of the reference profile.",
)
class InputChanges(dy.Schema):
    """What is new in queues, prices and indicators."""

    table_name = text("Table of the inputs", key=True)
    row_key = text("Key of the row in that table, its parts separated by blanks and bars", key=True)
    column_name = text("Column that changed; empty for a whole row that came or went", key=True)
    change = choice("What happened to the row or the cell", CHANGES)
    before = text("What stood there the night before", nullable=True)
    after = text("What stands there now", nullable=True)
    before_as_of = day("Date of the night before")
    as_of = day("Date of the night")


@table(
    "mart.queue_projects",
    grain="One row per request in an interconnection queue, from the file nearest to its operator.",
    time="Calendar days in the operator's own time zone; without a live answer, the dated snapshot of the package.",
)
class PublishedQueueProjects(QueueProjects):
    """Who else waits for the grid."""


@table(
    "mart.hazards",
    grain="One row per county: the composite National Risk Index, of a given file or of the snapshot of the package.",
    time="release names the edition of the index; scores of two releases do not compare.",
)
class PublishedHazards(Hazards):
    """Natural hazards of a county."""


@table(
    "mart.lead_time_movement",
    grain="One row per published lead time: what monthly indicators say has changed since it was published.",
    time="Months count from the order; periods are calendar months.",
)
class PublishedLeadTimeMovement(LeadTimeMovement):
    """The curated lead time and, beside it, the same figure moved by the indicators."""
