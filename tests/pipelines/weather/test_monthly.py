"""Months of a weather year against a plain count over a real file's own rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

import pipelines.contracts.weather  # noqa: F401 - registers the tables
from pipelines.contracts.base import validate
from pipelines.weather.files import file_year
from pipelines.weather.monthly import weather_monthly
from pipelines.weather.readers import WeatherFile


def test_months_are_those_of_the_printed_local_rows(shared: Path, stations: dict[str, WeatherFile]) -> None:
    name = "TX-Abilene_Regional_Ap_Ut"
    months = weather_monthly(
        file_year(stations[name], "abilene_tx"),
        stations[name].longitude,
        np.full(8760, 0.25),
        weather_source="file",
        station=stations[name].station_name,
    )
    validate(months, "mart.weather_monthly")
    raw = pd.read_csv(shared / "real" / "tmy3" / f"{name}.tmy3", skiprows=1, encoding="latin-1")
    month = raw["Date (MM/DD/YYYY)"].str[:2].astype(int)
    for column, printed in (("ghi", "GHI (W/m^2)"), ("dni", "DNI (W/m^2)"), ("dhi", "DHI (W/m^2)")):
        counted = raw.groupby(month)[printed].mean().to_numpy() * 0.024
        # A beam of the last lit minute can fall on the other side of the horizon of the common calendar.
        assert months[f"{column}_kwh_per_m2_day"].to_numpy() == pytest.approx(counted, rel=2e-3)
    # Solar time is 39 minutes behind the zone's: a month's ends may trade an hour of the night.
    assert months["temperature_mean_c"].to_numpy() == pytest.approx(
        raw.groupby(month)["Dry-bulb (C)"].mean().to_numpy(), abs=0.03
    )
    assert months["solar_capacity_frac"].to_list() == [0.25] * 12


def test_months_agree_with_the_reference_climatology(shared: Path, stations: dict[str, WeatherFile]) -> None:
    """The facts give Abilene's months from the same station, made by other people's code."""
    facts = pl.read_csv(shared / "facts" / "climatology_monthly.csv").filter(pl.col("market_id") == "abilene_tx")
    file = stations["TX-Abilene_Regional_Ap_Ut"]
    months = weather_monthly(
        file_year(file, "abilene_tx"), file.longitude, np.zeros(8760), weather_source="file", station=None
    )
    for ours, theirs, miss in (
        # Days here begin at solar midnight, theirs at the zone's: a front at midnight moves a daily extreme.
        ("ghi_kwh_per_m2_day", "ghi_kwh_m2_day", 0.01),
        ("dni_kwh_per_m2_day", "dni_kwh_m2_day", 0.02),
        ("dhi_kwh_per_m2_day", "dhi_kwh_m2_day", 0.01),
        ("temperature_mean_c", "temp_mean_c", 0.05),
        ("temperature_mean_daily_min_c", "temp_mean_daily_min_c", 0.4),
        ("temperature_mean_daily_max_c", "temp_mean_daily_max_c", 0.4),
        ("wind_mean_m_per_s", "wind_speed_mean_m_s", 0.02),
    ):
        assert months[ours].to_numpy() == pytest.approx(facts[theirs].to_numpy(), abs=miss), ours
