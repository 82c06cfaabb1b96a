"""Live rows over the reference, and whose weather a region runs on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from pipelines.contracts.base import REGISTRY, validate
from pipelines.reference.load import load_reference
from pipelines.reference.regions import reference_climatology, reference_regions
from pipelines.settings import REFERENCE_DIR
from pipelines.sources.archive import GroupOutcome, SourceOutcome
from pipelines.sources.base import Parsed
from pipelines.sources.merge import live_choice, merged, night_weather
from pipelines.warehouse import Cache

GAS = "core.gas_prices"
WEATHER = "core.weather_hourly"
ORDER = ("file", "nsrdb", "nasa_power", "open_meteo", "pvgis")


@dataclass
class Years:
    """Stands for a night's live inputs: source, region, year and hours that are missing, in the order of preference."""

    held: list[tuple[str, str, int, int]]

    def parsed(self, table: str) -> Iterator[tuple[SourceOutcome, GroupOutcome, Parsed]]:
        for source, region, year, missing in self.held:
            outcome = SourceOutcome(source, "live", is_stale=False)
            key = f"{region}/{year or 'tmy'}"
            rows = hours(region, year, source)
            yield outcome, GroupOutcome(key, "live"), Parsed(table, rows.tail(rows.height - missing), pl.DataFrame(), 0)

    def title(self, source_id: str) -> str:
        return source_id.upper()


def hours(region: str, year: int, source: str) -> pl.DataFrame:
    """Return a year whose temperature tells the source."""
    start = datetime(year or 2025, 1, 1)
    stamps = pl.datetime_range(start, datetime(start.year + 1, 1, 1), "1h", closed="left", eager=True)
    columns = dict.fromkeys(("ghi_w_per_m2", "dni_w_per_m2", "dhi_w_per_m2"), 0.0)
    frame = pl.DataFrame({"hour_utc": stamps.cast(pl.Datetime("us"))}).with_columns(
        pl.lit(region).alias("region_id"),
        pl.lit(year, dtype=pl.Int64).alias("weather_year"),
        *(pl.lit(value).alias(name) for name, value in columns.items()),
        pl.lit(float(ORDER.index(source))).alias("temperature_c"),
        pl.lit(1.0).alias("wind_m_per_s"),
    )
    return validate(frame, WEATHER)


def choice(**sources: str) -> pl.DataFrame:
    """Return the choice of a folder of files: "file" or "synthetic" by region."""
    schema = REGISTRY["core.weather_choice"].schema.create_empty().schema
    rows = [
        {
            "region_id": region,
            "weather_source": source,
            "station": "S" if source == "file" else None,
            "weather_format": "tmy3" if source == "file" else None,
            "distance_km": 7.0 if source == "file" else None,
            "file_name": "s.tmy3" if source == "file" else None,
        }
        for region, source in sources.items()
    ]
    return pl.DataFrame(rows, schema=schema)


def source_of(held: list[tuple[str, str, int, int]], order: tuple[str, ...] = ORDER, own: str = "synthetic") -> str:
    found = live_choice(choice(r=own), Years(held), order)
    return str(validate(found, "core.weather_choice")["weather_source"].item())


def test_live_rows_stand_over_the_reference_and_nothing_is_lost():
    reference = load_reference("gas_prices", REFERENCE_DIR)
    hub = reference.filter(pl.col("geography_type") == "hub").sort("period")
    newer = hub.tail(1).with_columns(pl.lit(19.99).alias("price"))
    later = newer.with_columns(pl.lit("2031-01").alias("period"))
    found = validate(merged(reference, pl.concat([newer, later]), GAS), GAS)
    assert found.height == reference.height + 1
    assert found.filter(pl.col("price") == 19.99).height == 2
    same = found.filter(pl.col("geography_type") == "state").sort(REGISTRY[GAS].key)
    assert same.equals(reference.filter(pl.col("geography_type") == "state").sort(REGISTRY[GAS].key))
    assert merged(reference, reference.clear(), GAS).equals(reference.sort(REGISTRY[GAS].key))


def test_a_file_counts_by_its_place_in_the_order():
    held = [("nasa_power", "r", 2024, 0)]
    assert source_of(held, own="file") == "file"
    assert source_of(held, order=("nasa_power", "file"), own="file") == "nasa_power"
    assert source_of(held, order=("nasa_power",), own="file") == "nasa_power"
    assert source_of([], order=("nasa_power",), own="file") == "file"


def test_only_whole_years_count():
    assert source_of([("nasa_power", "r", 2024, 1)]) == "synthetic"
    assert source_of([("nasa_power", "r", 2024, 0)]) == "nasa_power"
    assert source_of([("nasa_power", "r", 2024, 1), ("open_meteo", "r", 2023, 0)]) == "open_meteo"


def test_no_live_night_changes_nothing():
    before = choice(a="file", b="synthetic")
    assert live_choice(before, None, ORDER) is before
    assert live_choice(before, Years([]), ORDER).equals(before)


def test_calendar_years_stand_before_a_typical_one():
    found = live_choice(choice(r="synthetic"), Years([("nsrdb", "r", 0, 0), ("pvgis", "r", 2023, 0)]), ORDER)
    assert found.select("weather_source", "station", "distance_km").row(0) == ("pvgis", "PVGIS", 0.0)
    assert source_of([("nsrdb", "r", 0, 0)]) == "nsrdb"


@pytest.fixture(scope="module")
def places() -> tuple[pl.DataFrame, pl.DataFrame]:
    regions = reference_regions(REFERENCE_DIR)
    return regions, reference_climatology(regions, REFERENCE_DIR)


def test_each_region_runs_on_its_own_hours(places, tmp_path: Path):
    regions, climatology = places
    three = regions.filter(pl.col("region_id").is_in(["abilene_tx", "columbus_oh", "lea_nm", "quincy_wa"])).head(3)
    first, second, third = three["region_id"].to_list()
    live = Years(
        [
            ("nasa_power", second, 2024, 0),
            ("nasa_power", third, 2024, 0),
            ("open_meteo", second, 2024, 0),
            ("open_meteo", second, 2023, 0),
        ]
    )
    chosen = live_choice(choice(**dict.fromkeys(three["region_id"].to_list(), "synthetic")), live, ORDER)
    assert chosen["weather_source"].to_list() == ["synthetic", "nasa_power", "nasa_power"]
    assert chosen.filter(pl.col("region_id") == second)["station"].item() == "NASA_POWER; OPEN_METEO"
    found, hits = night_weather(three, climatology, chosen, live, None, 1, Cache(tmp_path))
    validate(found, WEATHER)
    assert hits == 0
    years = found.group_by("region_id", "weather_year", maintain_order=True).agg(
        pl.len(), pl.col("hour_utc").is_sorted().alias("is_sorted"), pl.col("temperature_c").first()
    )
    assert years["is_sorted"].all()
    assert years.select("region_id", "weather_year", "len").rows() == [
        (first, 1, 8760),
        (second, 2023, 8760),
        (second, 2024, 8784),
        (third, 2024, 8784),
    ]
    # The year that both have is that of the first.
    assert years["temperature_c"].to_list()[1:] == [3.0, 2.0, 2.0]
    # Without any fetched year the frame is that of the reference profile.
    alone = choice(**{first: "synthetic"})
    plain, _ = night_weather(three.head(1), climatology, alone, None, None, 1, Cache(tmp_path))
    assert plain.equals(found.filter(pl.col("region_id") == first))
