"""Tables of weather: which hours a region runs on, the hours themselves, and their months."""

from __future__ import annotations

import dataframely as dy

from pipelines.contracts.base import choice, integer, number, table, text, timestamp

_SOURCES = ["file", "nsrdb", "nasa_power", "open_meteo", "pvgis", "synthetic"]
_FORMATS = ["tmy3", "epw", "sam_csv", "nsrdb_psm"]


@table(
    "core.weather_choice",
    grain="One row per region: the weather file it runs on, or that it runs on synthetic reference years.",
)
class WeatherChoice(dy.Schema):
    """Whose weather a region has."""

    region_id = text("Region", key=True)
    weather_source = choice("Where the hours come from", _SOURCES)
    station = text("Station of the weather file, or sources of fetched years; empty if synthetic", nullable=True)
    weather_format = choice("Format of the weather file", _FORMATS, nullable=True)
    distance_km = number(
        "Distance from the region to the station of the file; 0 for gridded data", "km", minimum=0.0, nullable=True
    )
    file_name = text("Name of the weather file", nullable=True)
    retrieved_at_utc = timestamp("When the newest of fetched years came; empty for the others", nullable=True)


@table(
    "core.weather_hourly",
    grain="One row per region, weather year and hour.",
    time="hour_utc is the start of the hour in UTC; irradiance is the mean over the hour. Typical and synthetic years "
    "stand on the calendar of 2025, actual years on their own.",
)
class WeatherHourly(dy.Schema):
    """The hours that plants and loads run on."""

    region_id = text("Region", key=True)
    weather_year = integer(
        "Calendar year of an actual year, 1, 2, ... for synthetic years, 0 for a typical year from a file",
        key=True,
        minimum=0,
    )
    hour_utc = timestamp("Start of the hour", key=True)
    ghi_w_per_m2 = number("Global horizontal irradiance", "W/m2", minimum=0.0, maximum=1600.0)
    dni_w_per_m2 = number("Direct normal irradiance", "W/m2", minimum=0.0, maximum=1450.0)
    dhi_w_per_m2 = number("Diffuse horizontal irradiance", "W/m2", minimum=0.0, maximum=1100.0)
    temperature_c = number("Air temperature", "deg C", minimum=-70.0, maximum=60.0)
    wind_m_per_s = number("Wind speed", "m/s", minimum=0.0, maximum=90.0)


@table(
    "mart.weather_monthly",
    grain="One row per region, weather year and month of the year.",
    time="Months and days are those of local solar time, in whole hours from UTC.",
)
class WeatherMonthly(dy.Schema):
    """The months of the weather as used."""

    region_id = text("Region", key=True)
    weather_year = integer(
        "Calendar year of an actual year, 1, 2, ... for synthetic years, 0 for a typical year from a file",
        key=True,
        minimum=0,
    )
    month = integer("Month of the year, 1 to 12", key=True, minimum=1)
    weather_source = choice("Where the hours come from", _SOURCES)
    station = text(
        "Station of the weather file, sources of fetched years, or station of the climatology behind a synthetic year",
        nullable=True,
    )
    ghi_kwh_per_m2_day = number("Global horizontal irradiation, daily mean", "kWh/m2/day", minimum=0.0, maximum=12.0)
    dni_kwh_per_m2_day = number("Direct normal irradiation, daily mean", "kWh/m2/day", minimum=0.0, maximum=15.0)
    dhi_kwh_per_m2_day = number("Diffuse horizontal irradiation, daily mean", "kWh/m2/day", minimum=0.0, maximum=8.0)
    solar_capacity_frac = number(
        "Mean AC output of single-axis tracking solar per MW AC", "MW/MW", minimum=0.0, maximum=1.0
    )
    temperature_mean_c = number("Mean air temperature", "deg C", minimum=-50.0, maximum=50.0)
    temperature_mean_daily_min_c = number("Mean of the daily lowest temperatures", "deg C", minimum=-60.0, maximum=50.0)
    temperature_mean_daily_max_c = number(
        "Mean of the daily highest temperatures", "deg C", minimum=-50.0, maximum=60.0
    )
    temperature_max_c = number("Highest temperature of the month", "deg C", minimum=-50.0, maximum=60.0)
    temperature_min_c = number("Lowest temperature of the month", "deg C", minimum=-70.0, maximum=50.0)
    wind_mean_m_per_s = number("Mean wind speed", "m/s", minimum=0.0, maximum=30.0)


@table(
    "sim.solar_hourly",
    grain="One row per region, weather year and hour, the hours of core.weather_hourly.",
    time="hour_utc is the start of the hour in UTC; output is the mean over the hour.",
)
class SolarHourly(dy.Schema):
    """What a single-axis tracking plant gives."""

    region_id = text("Region", key=True)
    weather_year = integer("Weather year as in core.weather_hourly", key=True, minimum=0)
    hour_utc = timestamp("Start of the hour", key=True)
    solar_mw_per_mw = number("AC output per MW AC of the plant", "MW/MW", minimum=0.0, maximum=1.0)
