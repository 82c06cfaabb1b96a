"""A tracking plant, the real stations, and small weather files in each publisher's layout."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import weather_payloads

from pipelines.plant.solar import SolarParameters
from pipelines.weather.readers import WeatherFile, read_weather_file
from pipelines.weather.sun import sun_path


@pytest.fixture(scope="session")
def plant() -> SolarParameters:
    """Return a tracking plant with PVWatts V5 defaults and a DC/AC ratio of 1.2."""
    return SolarParameters(
        dc_ac_ratio=1.2,
        inverter_efficiency=0.96,
        losses_frac=0.14,
        power_per_c=-0.0035,
        ground_coverage_ratio=0.40,
        max_rotation_deg=60.0,
        albedo=0.20,
    )


@pytest.fixture(scope="session")
def stations(shared: Path) -> dict[str, WeatherFile]:
    """Return the real TMY3 files by name."""
    return {path.stem: read_weather_file(path) for path in sorted((shared / "real" / "tmy3").glob("*.tmy3"))}


@dataclass(frozen=True)
class Hours:
    """A made-up clear year in local standard time, 8760 hours."""

    ghi: np.ndarray
    dni: np.ndarray
    dhi: np.ndarray
    temperature: np.ndarray
    wind: np.ndarray


@pytest.fixture(scope="session")
def made_up() -> Hours:
    """Return a clear year at 35 N, 105 W, zone -7, in rows of local standard time."""
    start = np.arange(np.datetime64("2025-01-01T07", "h"), np.datetime64("2026-01-01T07", "h")).astype("datetime64[us]")
    sun = sun_path(start, 35.0, -105.0)
    dni = np.round(700.0 * (sun.cos_zenith > 0.1) * sun.up_frac)
    dhi = np.round(80.0 * sun.up_frac * (sun.cos_zenith > 0.05))
    hour = np.arange(8760)
    return Hours(
        ghi=np.round(dni * sun.cos_zenith + dhi),
        dni=dni,
        dhi=dhi,
        temperature=np.round(15.0 + 8.0 * np.sin(2 * np.pi * (hour % 24 - 9) / 24), 1),
        wind=np.round(3.0 + hour % 5, 1),
    )


@pytest.fixture
def tmy3_lines(made_up: Hours) -> Callable[[], list[str]]:
    """Return a maker of the lines of a TMY3 file of the made-up year."""

    def lines() -> list[str]:
        place = '720001,"MADE UP",NM,-7.0,35.000,-105.000,1500'
        return weather_payloads.tmy3_lines(
            place, made_up.ghi, made_up.dni, made_up.dhi, made_up.temperature, made_up.wind
        )

    return lines


@pytest.fixture
def sam_lines(made_up: Hours) -> Callable[[bool], list[str]]:
    """Return a maker of the lines of a SAM CSV file (short form) or an NSRDB PSM file (with minutes) in UTC stamps."""

    def lines(has_minutes: bool) -> list[str]:
        dates = np.arange(np.datetime64("2013-01-01"), np.datetime64("2014-01-01"))
        columns = (made_up.ghi, made_up.dni, made_up.dhi, made_up.temperature, made_up.wind)
        if has_minutes:
            # Time zone 0: the first row is midnight UTC, which is 17:00 of the day before at the site.
            columns = tuple(np.roll(column, 7) for column in columns)
            head = [
                "Source,Location ID,City,State,Country,Latitude,Longitude,Time Zone,Elevation,Local Time Zone,Version",
                "NSRDB,1,-,-,-,35.0,-105.0,0,1500,-7,tmy-2020",
                "Year,Month,Day,Hour,Minute,GHI,DNI,DHI,Temperature,Wind Speed",
            ]
        else:
            head = [
                "Source,Location ID,City,State,Country,Latitude,Longitude,Time Zone,Elevation",
                "TMY3,720001,Made Up,NM,USA,35.0,-105.0,-7,1500",
                "Year,Month,Day,Hour,GHI,DNI,DHI,Tdry,Wspd",
            ]
        rows = []
        for i in range(8760):
            date = str(dates[i // 24])
            year = 2013 if date[5:7] < "07" else 2009
            stamp = f"{year},{int(date[5:7])},{int(date[8:10])},{i % 24}" + (",30" if has_minutes else "")
            rows.append(",".join([stamp, *(f"{column[i]:g}" for column in columns)]))
        return [*head, *rows]

    return lines


@pytest.fixture
def epw_lines(made_up: Hours) -> Callable[..., list[str]]:
    """Return a maker of the lines of an EPW file of the made-up year, each hour in equal parts of so many minutes."""

    def lines(minutes: int = 60) -> list[str]:
        dates = np.arange(np.datetime64("1995-01-01"), np.datetime64("1996-01-01"))
        head = ["LOCATION,MADE UP,NM,USA,Custom,720001,35.0,-105.0,-7.0,1500", "DESIGN CONDITIONS,0",
                "TYPICAL/EXTREME PERIODS,0", "GROUND TEMPERATURES,0", "HOLIDAYS/DAYLIGHT SAVINGS,No,0,0,0",
                "COMMENTS 1,made up", "COMMENTS 2,",
                f"DATA PERIODS,1,{60 // minutes},Data,Sunday, 1/ 1,12/31"]  # fmt: skip
        rows = []
        for i in range(8760):
            date = str(dates[i // 24])
            for part in range(60 // minutes):
                stamp = f"1995,{int(date[5:7])},{int(date[8:10])},{i % 24 + 1},{(part + 1) * minutes}"
                sun = f"{made_up.ghi[i]:.0f},{made_up.dni[i]:.0f},{made_up.dhi[i]:.0f}"
                wind = f"0,0,0,0,180,{made_up.wind[i]}"
                rows.append(
                    f"{stamp},?9,{made_up.temperature[i]},5.0,40,95000,0,0,300,{sun},{wind},2,2,16,7,9,9,1,1,0,8,1,0,0"
                )
        return [*head, *rows]

    return lines
