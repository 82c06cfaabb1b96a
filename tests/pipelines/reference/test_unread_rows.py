"""Rows of reference tables that no code reads: each is marked with its use and the reason, and no other is unread.

A row is read if what is made of its table is another thing without it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from types import SimpleNamespace
from typing import Any, cast

import polars as pl
import pytest

from pipelines.economics.costs import site_costs, unit_costs
from pipelines.economics.finance import terms
from pipelines.economics.gas_supply import gas_supply
from pipelines.errors import FirstmwError
from pipelines.plant.firm import battery, firm_technologies
from pipelines.plant.grid import curtailed_hours_per_year
from pipelines.plant.solar import solar_parameters
from pipelines.ranking.uncertainty import uncertainties
from pipelines.reference.load import load_reference, reference_tables
from pipelines.reference.parameters import Parameters, parameters
from pipelines.reference.regions import reference_regions
from pipelines.reference.side_table import read_side_table
from pipelines.reliability import chosen
from pipelines.reliability.common_mode import region_causes
from pipelines.settings import REFERENCE_DIR, Settings
from pipelines.timeline.durations import durations
from pipelines.timeline.supply import read_classes

KEYS = {
    "data_centre_load": ("topic", "subject"),
    "industrial_capacity": ("equipment_class", "company_or_scope", "metric", "period"),
    "policy": ("policy_id", "metric"),
    "technology": ("technology", "parameter"),
}


class Watched(dict[tuple[str, str], dict[str, Any]]):
    """Rows that remember which of them were looked up."""

    def __init__(self, rows: dict[tuple[str, str], dict[str, Any]]) -> None:
        super().__init__(rows)
        self.seen: set[tuple[str, str]] = set()

    def get(self, key: Any, default: Any = None) -> Any:
        self.seen.add(key)
        return super().get(key, default)


@pytest.fixture(scope="module")
def tables() -> dict[str, pl.DataFrame]:
    return {name: load_reference(name, REFERENCE_DIR) for name in reference_tables()}


def row_keys(frame: pl.DataFrame, table: str) -> list[str]:
    return [" | ".join(str(part or "") for part in row) for row in frame.select(KEYS[table]).iter_rows()]


def marked(table: str) -> list[str]:
    marks = read_side_table(REFERENCE_DIR / "unread_rows.csv", ("table", "row_key", "use", "reason"))
    return marks.filter(pl.col("table") == table)["row_key"].to_list()


def without_effect(frame: pl.DataFrame, table: str, make: Callable[[pl.DataFrame], Any]) -> set[str]:
    """Return the keys whose rows may go one at a time without a change."""
    whole, unread, read = make(frame), set(), set()
    for place, key in enumerate(row_keys(frame, table)):
        try:
            same = make(frame.filter(pl.int_range(pl.len()) != place)) == whole
        except FirstmwError:
            same = False
        (unread if same else read).add(key)
    return unread - read


def test_every_mark_has_a_use_and_a_reason() -> None:
    marks = read_side_table(REFERENCE_DIR / "unread_rows.csv", ("table", "row_key", "use", "reason"))
    assert set(marks["use"]) <= {"check", "context", "scenario"}
    assert (marks["reason"] != "").all()
    assert set(marks["table"]) == set(KEYS)
    assert not marks.select("table", "row_key").is_duplicated().any()


def test_defaults_of_technologies_are_read_or_marked(tables: dict[str, pl.DataFrame]) -> None:
    settings = Settings()
    own = parameters(tables["technology"])
    rows = Watched(own.rows)
    watched = Parameters(rows)
    unit_costs(watched, settings)
    site_costs(watched, settings)
    own_terms = terms(watched, tables["tax_rules"], settings)
    firm_technologies(watched, tables["temperature_outage"], settings)
    battery(watched, settings)
    solar_parameters(watched, settings)
    region = reference_regions(REFERENCE_DIR).head(1)
    hubs = gas_supply(region, tables["gas_hub_rules"], settings)
    region_causes(region, hubs, tables["grid_reliability"], watched, settings)
    uncertainties(watched, tables["henry_hub_path"], 4.0, date(2026, 11, 22), own_terms, settings)
    chosen._sampling(cast(Any, SimpleNamespace(settings=settings, parameters=watched)))
    unread = set(own.rows) - rows.seen
    assert {" | ".join(key) for key in unread} == set(marked("technology"))


def test_rows_of_other_tables_are_read_or_marked(tables: dict[str, pl.DataFrame]) -> None:
    settings = Settings()

    def months(policy: pl.DataFrame) -> list[Any]:
        return durations(tables["equipment_lead_times"], policy, tables["queue_statistics"], settings).rows()

    def curtailed(facts: pl.DataFrame) -> list[float]:
        return [curtailed_hours_per_year(facts, share) for share in (0.0015, 0.003, 0.0075, 0.02, 0.1)]

    made: dict[str, Callable[[pl.DataFrame], Any]] = {
        "data_centre_load": curtailed,
        "industrial_capacity": read_classes,
        "policy": months,
    }
    for table, make in made.items():
        assert without_effect(tables[table], table, make) == set(marked(table)), table


def test_a_row_that_nobody_reads_is_found(tables: dict[str, pl.DataFrame]) -> None:
    frame = tables["industrial_capacity"]
    more = pl.concat([frame, frame.head(1).with_columns(pl.lit("tidal mills").alias("equipment_class"))])
    found = without_effect(more, "industrial_capacity", read_classes) - set(marked("industrial_capacity"))
    assert {key.split(" | ")[0] for key in found} == {"tidal mills"}
