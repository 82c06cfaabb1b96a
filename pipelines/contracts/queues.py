"""Contract of the interconnection queues, request by request, of all operators in one table and one vocabulary."""

from __future__ import annotations

import csv
from pathlib import Path

import dataframely as dy

from pipelines.contracts.base import choice, day, flag, integer, number, table, text

ISOS = ["CAISO", "ERCOT", "ISO-NE", "MISO", "NYISO", "PJM", "SPP", "Southeast non-ISO", "West non-ISO"]
with Path(__file__).with_name("queue_technologies.csv").open(encoding="utf-8", newline="") as _file:
    VOCABULARY = tuple(csv.DictReader(_file))
"""By technology: the plant types and fuels that queues write for it, what it is counted as, and its rank among the
fuels of one thermal plant."""
TECHNOLOGIES = [row["technology"] for row in VOCABULARY]
STATUSES = ["active", "under_construction", "partially_operational", "operational", "suspended", "withdrawn", "retired"]
MAX_PROJECT_MW = 10_000.0
"""Assumption: a request above this is a slip of the pen; the largest in the recorded files is 3,576 MW."""


@table(
    "core.queue_projects",
    grain="One row per request, snapshot and file of a queue; a project that two files carry has a row for each.",
    time="Calendar days in the operator's own time zone; snapshot_date is the day the file speaks about.",
)
class QueueProjects(dy.Schema):
    """Requests to connect generation, storage, lines or load to the grid."""

    source_id = text("Source the row was read from", key=True)
    dataset = text("File of that source, for operators that publish several", key=True)
    snapshot_date = day("Day the file speaks about: its own date, else the day it was fetched", key=True)
    entity = text("Operator or utility whose queue it is; ids are unique only within it", key=True)
    queue_id = text("Number of the request in that queue", key=True)
    occurrence = integer(
        "1, or 2 and up where a file gives one number to several requests, in order of their dates, sizes and names",
        minimum=1,
        key=True,
    )
    iso = choice("Grid operator, or the non-ISO area", ISOS)
    project_name = text("Name of the project; null where the file withholds it", nullable=True)
    county_name = text("County as the file writes it, several apart by a comma or slash", nullable=True)
    county_fips = text("First county found, five digits; null where none could be", nullable=True, regex=r"^\d{5}$")
    state = text("Two-letter state, or the Mexican or Canadian part it lies in", nullable=True, regex=r"^[A-Z]{2}$")
    technology = choice(
        "What is to be connected; thermal: a steam plant of unstated fuel; hybrid: any mixture without a name of its "
        "own; other: the file says so; unknown: the file says nothing",
        TECHNOLOGIES,
    )
    is_load = flag("Whether the request is for load")
    capacity_mw = number(
        "Power requested at the point of interconnection, the larger of summer and winter; what the request adds "
        "where the facility exists already (0 for a change without more power)",
        "MW",
        minimum=0.0,
        maximum=MAX_PROJECT_MW,
        nullable=True,
    )
    facility_mw = number(
        "Power of the whole facility behind that point, storage included, where the file gives it",
        "MW",
        minimum=0.0,
        maximum=MAX_PROJECT_MW,
        nullable=True,
    )
    storage_mw = number(
        "Power of the storage in it, where the file gives it apart",
        "MW",
        minimum=0.0,
        maximum=MAX_PROJECT_MW,
        nullable=True,
    )
    status = choice("Where the request stands; active: being studied, agreed or waiting to be built", STATUSES)
    has_agreement = flag("Whether an interconnection agreement is signed; null where the file is silent", nullable=True)
    requested_date = day("When the request entered the queue", nullable=True)
    agreement_date = day("When the interconnection agreement was signed", nullable=True)
    proposed_date = day("When the project is to go into operation, by its latest word", nullable=True)
    actual_date = day("When it went into operation", nullable=True)
    withdrawn_date = day("When the request was withdrawn", nullable=True)
    is_outcome_date_estimated = flag("Whether the actual or withdrawn date is the row's last change, for want of one")
    technology_source_text = text("Fuel and plant type as the file writes them", nullable=True)
    status_source_text = text("Status as the file writes it", nullable=True)
    poi_name = text("Point of interconnection", nullable=True)
    source_sheet = text("Sheet of the workbook; empty for a file without sheets")
    source_row = integer("Row of the sheet or file (first row = 1)", minimum=1)
