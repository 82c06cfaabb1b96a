"""Facts that the night's queues and hazards give a region."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from pipelines.places.observed import observed_facts
from pipelines.reference.load import load_reference
from pipelines.reliability.site_hazards import hazard_rates
from pipelines.settings import REFERENCE_DIR
from pipelines.sources.queue_projects import one_row_per_request
from pipelines.sources.snapshots import snapshot

REGIONS = pl.DataFrame({"region_id": ["taylor", "loudoun", "nowhere"], "county_fips": ["48441", "51107", ""]})


@pytest.fixture(scope="module")
def projects() -> pl.DataFrame:
    return one_row_per_request(snapshot("core.queue_projects").drop("snapshot_id"))


@pytest.fixture(scope="module")
def found(projects: pl.DataFrame) -> dict[str, dict]:
    frame = observed_facts(REGIONS, projects, hazard_rates(REGIONS, snapshot("core.county_hazards")))
    return {row["region_id"]: row for row in frame.iter_rows(named=True)}


def test_what_waits_in_a_county_adds_up(found: dict[str, dict], projects: pl.DataFrame) -> None:
    own = projects.filter((pl.col("county_fips") == "48441") & pl.col("status").is_in(["active", "under_construction"]))
    assert found["taylor"]["queue_waiting_mw"] == pytest.approx(own["capacity_mw"].sum())
    parts = [found["taylor"][f"queue_waiting_{kind}_mw"] for kind in ("gas", "solar", "battery", "wind")]
    assert 0.0 < sum(parts) <= found["taylor"]["queue_waiting_mw"] + 1e-9
    assert 0.0 < found["taylor"]["queue_waiting_years"] < 15.0


def test_without_a_county_nothing_is_known(found: dict[str, dict]) -> None:
    assert set(found["nowhere"].values()) == {"nowhere", None}


def test_years_count_to_the_date_of_the_file() -> None:
    one = pl.DataFrame(
        {
            "status": ["active"], "is_load": [False], "county_fips": ["48441"], "capacity_mw": [50.0],
            "technology": ["gas_turbine"], "snapshot_date": [date(2026, 7, 1)], "requested_date": [date(2022, 7, 1)],
        }
    )  # fmt: skip
    rates = pl.DataFrame(schema={"region_id": pl.String, "hazard": pl.String, "events_per_year": pl.Float64})
    row = observed_facts(REGIONS, one, rates).row(0, named=True)
    assert row["queue_waiting_years"] == pytest.approx(4.0, abs=0.01)
    assert row["queue_waiting_gas_mw"] == row["queue_waiting_mw"] == 50.0


def test_every_observed_fact_is_defined(found: dict[str, dict]) -> None:
    definitions = load_reference("fact_definitions", REFERENCE_DIR).filter(pl.col("topic").is_in(["queue", "hazards"]))
    assert set(found["taylor"]) - {"region_id"} == set(definitions["fact_id"])
