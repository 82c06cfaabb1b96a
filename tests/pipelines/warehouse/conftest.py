"""A small night of its own tables: what the warehouse tests write, publish and read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import dataframely as dy
import polars as pl
import pytest

from pipelines.contracts.base import REGISTRY, choice, flag, integer, number, table, text, timestamp
from pipelines.warehouse import Publication, ReleaseInfo, Warehouse, publish


@pytest.fixture(autouse=True, scope="module")
def small_contracts() -> Iterator[None]:
    """Describe two published tables for as long as a module's tests run."""

    @table("mart.test_sites", grain="One row per site.", time="as_of_utc is the night's date.")
    class Sites(dy.Schema):
        region_id = text("Region", key=True)
        stack_id = choice("Stack", ["grid", "gas_recip"], key=True)
        solar_mw = number("Solar installed", "MW", minimum=0.0, nullable=True)
        is_target_met = flag("Whether the target is met")
        firm_units = integer("Units", minimum=0)
        as_of_utc = timestamp("Logical date")
        run_id = text("Run")

    @table("mart.test_hours", grain="One row per site and hour.")
    class Hours(dy.Schema):
        region_id = text("Region", key=True)
        hour_utc = timestamp("Interval start", key=True)
        load_mw = number("Load", "MW", minimum=0.0)

    yield
    del REGISTRY["mart.test_sites"], REGISTRY["mart.test_hours"]


class Night:
    """Makes and publishes small nights of July 2026, one per day of the month."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.build_path = data_dir / "build" / "firstmw.duckdb"

    @staticmethod
    def run_id(day: int = 1) -> str:
        """Return the run id of a day."""
        return f"202607{day:02d}-0123456789ab"

    @staticmethod
    def sites(day: int = 1, *, solar_mw: float = 40.0) -> pl.DataFrame:
        """Return four rows of mart.test_sites, not in the order of their key."""
        return pl.DataFrame(
            {
                "region_id": ["tx_abilene", "oh_columbus", "tx_abilene", "oh_columbus"],
                "stack_id": ["grid", "grid", "gas_recip", "gas_recip"],
                "solar_mw": [None, 0.0, solar_mw, 0.1 + 0.2],
                "is_target_met": [True, False, True, True],
                "firm_units": [0, 0, 9, 8],
                "as_of_utc": [datetime(2026, 7, day)] * 4,
                "run_id": [Night.run_id(day)] * 4,
            },
            schema_overrides={"as_of_utc": pl.Datetime("us")},
        )

    @staticmethod
    def hours(n_hours: int = 48) -> pl.DataFrame:
        """Return hours of two regions in the order of their key."""
        start = datetime(2025, 1, 1)
        times = pl.datetime_range(start, start + timedelta(hours=n_hours - 1), "1h", time_unit="us", eager=True)
        one = pl.DataFrame({"hour_utc": times}).with_row_index("_h")
        return pl.concat(
            one.select(pl.lit(region).alias("region_id"), "hour_utc", (20.0 + pl.col("_h") / 7.0).alias("load_mw"))
            for region in ("oh_columbus", "tx_abilene")
        )

    def warehouse(self, day: int = 1) -> Warehouse:
        """Open an empty build of a day."""
        return Warehouse(self.build_path, run_id=self.run_id(day), as_of=date(2026, 7, day), is_fresh=True)

    def publication(self, day: int = 1, **more: Any) -> Publication:
        """Return what to publish of a day."""
        return Publication(self.run_id(day), date(2026, 7, day), datetime(2026, 7, day, 5, 30), **more)

    def publish(self, day: int = 1, *, solar_mw: float = 40.0, keep: int = 5, **more: Any) -> ReleaseInfo:
        """Build and publish a day."""
        with self.warehouse(day) as warehouse:
            warehouse.write("mart.test_sites", self.sites(day, solar_mw=solar_mw))
            warehouse.write("mart.test_hours", self.hours())
            return publish(warehouse, self.data_dir, self.publication(day, **more), keep=keep)


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """Return an empty data folder."""
    return tmp_path / "data"


@pytest.fixture
def night(data_dir: Path) -> Night:
    """Return the maker of small nights in an empty data folder."""
    return Night(data_dir)


@pytest.fixture(scope="session")
def new_night() -> type[Night]:
    """Return the maker of small nights itself, for folders of one's own."""
    return Night
