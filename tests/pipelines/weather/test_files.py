"""A folder of weather files and the choice of one for each region."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

import pipelines.contracts.weather  # noqa: F401 - registers the tables
from pipelines.contracts.base import validate
from pipelines.errors import InputError
from pipelines.warehouse.cache import Cache
from pipelines.weather.files import (
    choose_weather,
    file_year,
    great_circle_km,
    usable_files,
    weather_files,
    with_folder_status,
)
from pipelines.weather.readers import read_weather_file


def _regions(*rows: tuple[str, float, float]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=["region_id", "latitude", "longitude"], orient="row")


def test_great_circle_of_a_quarter_meridian() -> None:
    # A quarter of a meridian on a sphere of 6371 km radius is 10 007.54 km.
    assert float(great_circle_km(0.0, 10.0, 90.0, 10.0)) == pytest.approx(10_007.543, abs=1e-3)


@pytest.fixture
def texas(tmp_path: Path, tmy3_lines: Callable[[], list[str]]) -> pl.DataFrame:
    """Return the catalogue of two files with the heads of the TMY3 stations at Abilene and Midland."""
    heads = {
        "abilene": '722660,"ABILENE REGIONAL AP [UT]",TX,-6.0,32.470,-99.710,530',
        "midland": '722650,"MIDLAND INTERNATIONAL AP",TX,-6.0,31.950,-102.183,872',
    }
    for name, head in heads.items():
        (tmp_path / f"{name}.tmy3").write_text("\n".join([head, *tmy3_lines()[1:]]) + "\n")
    return weather_files(tmp_path).catalogue


def test_markets_near_the_stations_run_on_them(texas: pl.DataFrame) -> None:
    regions = _regions(("abilene_tx", 32.4231, -99.7685), ("dallas_tx", 32.77, -96.78), ("midland_tx", 31.89, -102.02))
    chosen = choose_weather(regions, texas, 50.0)
    validate(chosen, "core.weather_choice")
    assert chosen["region_id"].to_list() == ["abilene_tx", "dallas_tx", "midland_tx"]
    assert chosen["weather_source"].to_list() == ["file", "synthetic", "file"]
    assert chosen["file_name"].to_list() == ["abilene.tmy3", None, "midland.tmy3"]
    assert chosen["distance_km"][0] == pytest.approx(7.6, abs=0.1)
    assert chosen["path"].null_count() == 1


def test_the_distance_decides(texas: pl.DataFrame) -> None:
    region = _regions(("abilene_tx", 32.4231, -99.7685))
    assert choose_weather(region, texas, 7.0)["weather_source"].to_list() == ["synthetic"]
    assert choose_weather(region, texas, 8.0)["weather_source"].to_list() == ["file"]


def test_without_files_every_region_is_synthetic(tmp_path: Path) -> None:
    catalogue = weather_files(tmp_path).catalogue
    chosen = choose_weather(_regions(("a", 30.0, -90.0), ("b", 31.0, -91.0)), catalogue, 50.0)
    validate(chosen, "core.weather_choice")
    assert chosen["weather_source"].to_list() == ["synthetic", "synthetic"]
    assert chosen["path"].null_count() == 2


def test_a_folder_that_is_absent_and_a_file_that_is_no_weather_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="FIRSTMW_WEATHER_DIR"):
        weather_files(tmp_path / "absent")
    (tmp_path / "notes.txt").write_text("not looked at")
    assert weather_files(tmp_path).catalogue.is_empty()
    (tmp_path / "prices.csv").write_text("day,price\n2025-01-01,3\n")
    (tmp_path / "._X.tmy3").write_bytes(b"\x00\x05\x16\x07Mac OS X")
    (tmp_path / "download.csv").touch()
    folder = weather_files(tmp_path)
    assert folder.catalogue.is_empty()
    assert folder.foreign == {
        "download.csv": "the file is empty",
        "prices.csv": "the file is not TMY3, EPW, SAM CSV or NSRDB PSM",
    }


def test_a_region_whose_file_cannot_serve_takes_the_next(tmp_path: Path, tmy3_lines: Callable[[], list[str]]) -> None:
    good, cut = tmy3_lines(), tmy3_lines()[:5000]
    (tmp_path / "far.tmy3").write_text("\n".join([good[0].replace("35.000", "35.100"), *good[1:]]))
    (tmp_path / "near.tmy3").write_text("\n".join(cut))
    regions = _regions(("a", 35.0, -105.0))
    folder = usable_files(tmp_path, regions, 50.0, Cache(tmp_path / "cache"))
    assert list(folder.refused) == ["near.tmy3"]
    assert "row 5000: the file ends after 4998 rows" in folder.refused["near.tmy3"]
    assert choose_weather(regions, folder.catalogue, 50.0)["file_name"].to_list() == ["far.tmy3"]
    (tmp_path / "far.tmy3").unlink()
    alone = usable_files(tmp_path, regions, 50.0)
    assert choose_weather(regions, alone.catalogue, 50.0)["weather_source"].to_list() == ["synthetic"]
    status = pl.DataFrame({"source_id": ["reference/a"], "profile": ["reference"], "is_stale": [False], "note": [""],
                           "rows": [1], "rejects": [0]})  # fmt: skip
    told = with_folder_status(status, alone).row(by_predicate=pl.col("source_id") == "weather/near.tmy3", named=True)
    assert told["is_stale"]
    assert told["note"].startswith("not used: row 5000")


def test_a_files_hours_keep_the_contract(tmp_path: Path, tmy3_lines: Callable[[], list[str]]) -> None:
    path = tmp_path / "a.tmy3"
    path.write_text("\n".join(tmy3_lines()) + "\n")
    frame = file_year(read_weather_file(path), "made_up")
    assert validate(frame, "core.weather_hourly").height == 8760
    assert frame["weather_year"].unique().to_list() == [0]
