"""Every recorded file of these sources: read without unexplained loss, refused in one sentence, or no answer."""

from __future__ import annotations

import csv
import fnmatch
import importlib
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from test_queue_files import FILES as QUEUE_FILES

from pipelines.sources.base import Parsed, Payload, SourceError
from pipelines.weather.readers import read_weather_file

HERE = Path(__file__).parent


def after_header(text: str) -> int:
    return len(text.rstrip().splitlines()[text.splitlines().index("-END HEADER-") + 2 :])


def lines_after(count: int) -> Callable[[str], int]:
    return lambda text: len(text.rstrip().splitlines()) - count


def list_at(*path: str) -> Callable[[str], int]:
    def count(text: str) -> int:
        found = json.loads(text)
        for name in path:
            found = found[name]
        return len(found)

    return count


def stamped(text: str) -> int:
    """Count lines that begin with a stamp of PVGIS."""
    return sum(line[:8].isdigit() and line[8:9] == ":" for line in text.splitlines())


# File: connector, key of its request, and its rows counted without it.
READ = {
    "nasa_power/POWER_Point_Hourly_2025*": ("nasa_power", "bellevue_wa/2025", after_header),
    "nasa_power/POWER_Point_Hourly_2017*": ("nasa_power", "georgia/2017", after_header),
    "open_meteo/archive_hourly_tz.json": ("open_meteo", "brasilia/2022", list_at("hourly", "time")),
    "open_meteo/archive_hourly_tz_auto.json": ("open_meteo", "pacific/2022", list_at("hourly", "time")),
    "open_meteo/archive_savannah*": ("open_meteo", "savannah_ga/2026", list_at("hourly", "time")),
    "open_meteo/open-meteo-*.csv": ("open_meteo", "minnesota/2023", lines_after(4)),
    "pvgis/tmy_37*.json": ("pvgis", "nevada/tmy", list_at("outputs", "tmy_hourly")),
    "pvgis/tmy_45*.json": ("pvgis", "piedmont/tmy", list_at("outputs", "tmy_hourly")),
    "pvgis/tmy_45*.csv": ("pvgis", "piedmont/tmy", stamped),
    "pvgis/hourly_45_8_sarah3*": ("pvgis", "piedmont/2020", list_at("outputs", "hourly")),
    "pvgis/hourly_45.000*.json": ("pvgis", "piedmont/2013", list_at("outputs", "hourly")),
    "pvgis/hourly_45.000*.csv": ("pvgis", "piedmont/2016", stamped),
    "nsrdb_psm4/35*": ("nsrdb", "amarillo_tx/2012", lines_after(3)),
    "geography/gazetteer*": ("census_counties", "counties/2017", lines_after(0)),
    "geography/reeds_county2zone.csv": ("county_zones", "county2zone", lines_after(1)),
    "geography/reeds_hierarchy.csv": ("county_zones", "hierarchy", lines_after(1)),
    "hazards/NRI_Table*": ("nri", "counties", lines_after(1)),
}
# Half-hours: two rows of the file are one row of the answer.
HALVES = {"nsrdb_psm4/40*": ("nsrdb", "craig_co/2023", lines_after(3))}
STATIONS = {"tmy3/*": 2, "epw/*": 8, "sam_csv/*": 3}
# Answers of other services of the same publishers.
REFUSED = {
    "nasa_power/vcr_*": ("nasa_power", "x/2022"),
    "nasa_power/POWER_Regional_*": ("nasa_power", "x/2022"),
    "open_meteo/archive_daily_tz.json": ("open_meteo", "brasilia/2022"),
}
# Files whose rows another test of this folder counts, every one of them.
ELSEWHERE = {
    "fred/*.csv": "test_fred.py",
    "fred/vcr_test_get_series_json.yaml": "test_fred.py",
    "eia/v2_*": "test_eia_v2.py",
    "eia/*.xls": "test_eia_files.py",
    "reliability/Reliability_2024.xlsx": "test_eia861.py",
    "queue_*/*": "test_queue_files.py",
}
NO_ANSWER = {
    "fred/vcr_test_get_series_info.yaml": "describes a series",
    "queue_lbnl/queues_codebook_thru2023.csv": "describes columns",
    "queue_lbnl/thru2024_sheet_summary.json": "describes a workbook",
    "hazards/NRIDataDictionary.csv": "describes columns",
    "hazards/NRI_HazardInfo.csv": "describes hazards",
    "reliability/ieee_by_state_2013_2023.csv": "a history made from the reports, held against them in test_eia861.py",
    "geography/county_centers_2000_2010.csv": "held against the gazetteer",
    "geography/county_fips_master.csv": "held against the county index",
    "geography/im3_open_source_data_center_atlas.csv": "held against the county index",
    "geography/us-atlas_*": "held against the county index",
}


def files(shared: Path, pattern: str) -> list[Path]:
    found = sorted(path for path in (shared / "real").glob(pattern) if path.is_file())
    if not found:
        pytest.skip(f"no file {pattern} is there")
    return found


def parse(source: str, key: str, path: Path) -> list[Parsed]:
    module = importlib.import_module(f"pipelines.sources.{source}")
    found = module.parse(Payload(source, key, path.read_bytes(), "https://example.org/", 200, datetime(2026, 9, 1)))
    return [found] if isinstance(found, Parsed) else list(found)


@pytest.mark.parametrize("pattern", [*READ, *HALVES])
def test_rows_in_are_rows_kept_and_rows_rejected(shared, pattern):
    source, key, count = (READ | HALVES)[pattern]
    for path in files(shared, pattern):
        first = parse(source, key, path)[0]
        kept, rejected = first.rows.height, first.rejects.height
        counted = count(path.read_bytes().decode("utf-8-sig"))
        counted //= 2 if pattern in HALVES else 1
        print(f"{source}: {path.name}: {first.rows_in:,} in = {kept:,} kept + {rejected:,} rejected")
        assert first.rows_in == counted == kept + rejected


@pytest.mark.parametrize("pattern", STATIONS)
def test_weather_files_lose_no_hour(shared, pattern):
    for path in files(shared, pattern):
        counted = len(path.read_bytes().decode("latin-1").rstrip().splitlines()) - STATIONS[pattern]
        read = read_weather_file(path).frame.height
        print(f"file: {path.name}: {counted:,} in = {read:,} kept + 0 rejected")
        assert read == counted


@pytest.mark.parametrize("pattern", REFUSED)
def test_answers_of_other_services_are_refused_in_one_sentence(shared, pattern):
    source, key = REFUSED[pattern]
    for path in files(shared, pattern):
        with pytest.raises(SourceError, match=f"^{source}: ") as refused:
            parse(source, key, path)
        assert "\n" not in str(refused.value)


def test_no_recorded_file_is_forgotten(shared):
    with (shared / "real" / "MANIFEST.csv").open(encoding="utf-8", newline="") as file:
        recorded = [row["file"] for row in csv.DictReader(file)]
    named = [*READ, *HALVES, *STATIONS, *REFUSED, *ELSEWHERE, *NO_ANSWER]
    assert [name for name in recorded if not any(fnmatch.fnmatchcase(name, pattern) for pattern in named)] == []
    of_queues = {name for name in recorded if name.startswith("queue_")} - set(NO_ANSWER)
    assert of_queues == set(QUEUE_FILES)
    assert all((HERE / name).is_file() for name in ELSEWHERE.values())
