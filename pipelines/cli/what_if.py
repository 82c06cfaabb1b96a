"""What `simulate` and `size` share: the plant's technologies and the site year that the flags describe."""

from __future__ import annotations

import difflib
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.dispatch.inputs import DesignSet, SiteYear
from pipelines.dispatch.what_if import YEAR_HOURS, capacity_factors, read_column, site_year, to_steps
from pipelines.errors import InputError, UsageError
from pipelines.plant.firm import battery as default_battery
from pipelines.plant.firm import firm_technologies
from pipelines.plant.grid import curtailed_hours_per_year, flexible_available_frac
from pipelines.plant.load import load_mw as load_of_temperature
from pipelines.plant.technology import Battery, FirmTechnology
from pipelines.reference.load import load_reference
from pipelines.reference.parameters import parameters
from pipelines.settings import Settings


def plant_of(given: dict[str, Any], firm: str) -> tuple[dict[str, FirmTechnology], Battery]:
    """Return technologies and battery of the reference tables, with what the flags say otherwise.

    A firm unit larger than the technology's is a block of such units, the last of which alone bears the minimum load.
    All of the battery's energy is used unless a floor is given.
    """
    settings = Settings()
    figures = parameters(load_reference("technology", settings.reference_dir))
    technologies = firm_technologies(figures, load_reference("temperature_outage", settings.reference_dir), settings)
    own: dict[str, Any] = {
        "min_load_frac": given.get("min_load"),
        "heat_rate_mmbtu_per_mwh": given.get("heat_rate"),
        "no_load_frac": given.get("no_load_frac"),
    }
    own = {name: value for name, value in own.items() if value is not None}
    if firm:
        kind = technologies[firm]
        block_mw = max(given.get("unit_mw") or 0.0, kind.unit_mw)
        technologies[firm] = replace(kind, **({"min_load_frac": kind.min_load_frac * kind.unit_mw / block_mw} | own))
    elif own:
        raise UsageError("minimum load, heat rate and no-load fuel are those of firm units; give --firm and --units.")
    battery = default_battery(figures, settings)
    ours: dict[str, Any] = {
        "charge_efficiency": given.get("charge_efficiency"),
        "discharge_efficiency": given.get("discharge_efficiency"),
        "soc_floor_frac": given.get("soc_floor", 0.0),
        "soc_start_frac": given.get("start_soc"),
        # Sizes given by flags are those in service; a design of the release has its mean outages.
        "in_service_frac": None if given.get("soc_floor", 0.0) is None else 1.0,
    }
    battery = replace(battery, **{name: value for name, value in ours.items() if value is not None})
    return technologies, replace(battery, soc_start_frac=max(battery.soc_start_frac, battery.soc_floor_frac))


def site_of(given: dict[str, Any], technologies: dict[str, FirmTechnology], name: str = "") -> SiteYear:
    """Return the site year that the flags describe, under a name of its own where one is given.

    Raises
    ------
    UsageError
        If not exactly one source of sun, or not exactly one load, is given.
    """
    sources = [name for name in ("pv_profile", "weather", "region") if given[name] is not None]
    if not sources and given.get("solar_mw"):
        raise UsageError("there is no sun; give one of --pv-profile, --weather and --region.")
    if not sources and given["load_mw"] is None:
        raise UsageError("nothing says how warm it is; give --load-mw, or one of --weather and --region.")
    if len(sources) > 1:
        raise UsageError("give only one of --pv-profile, --weather and --region.")
    step = given["step_minutes"]
    if 60 % step:
        raise UsageError(f"a step of {step} minutes does not divide the hour; use 60, 30, 15, 10, 5 or the like.")
    rows = given.get("profile_minutes")
    load = _load(given, step, rows)
    grid = given.get("grid_available")
    available = None if grid is None else to_steps(read_column(grid, most=1.0), step, rows)
    if not sources:
        assert load is not None
        # A year where neither a profile nor the weather says how long it is.
        none = np.zeros(np.size(load) if np.ndim(load) else YEAR_HOURS[0] * 60 // step)
        return site_year(none, load, technologies, step_minutes=step, grid_available_frac=available)
    if sources == ["pv_profile"]:
        if load is None:
            raise UsageError("a capacity-factor column says nothing of temperature and PUE; give --load-mw.")
        direct = given.get("solar_dc_mw")
        per_mw = 1.0 if direct is None else direct / given["solar_mw"]
        profile = capacity_factors(given["pv_profile"])
        if rows is None:
            _point_out(given["pv_profile"], len(profile), step)
        sun = to_steps(np.minimum(profile * per_mw, 1.0), step, rows)
        return site_year(
            sun, load, technologies, step_minutes=step, grid_available_frac=available, name=name or "what-if"
        )
    hours, place, station = _weather(given)
    from pipelines.plant.solar import solar_mw_per_mw, solar_parameters  # noqa: PLC0415 - loads pvlib

    settings = Settings()
    figures = parameters(load_reference("technology", settings.reference_dir))
    sun = solar_mw_per_mw(hours, **place, parameters=solar_parameters(figures, settings))
    temperature = to_steps(hours["temperature_c"].to_numpy(), step, 60)
    if load is None:
        load = load_of_temperature(temperature, settings.model_copy(update={"site_it_mw": given["it_mw"]}))
    share = settings.flexible_grid_curtailed_frac
    curtailed_hours = curtailed_hours_per_year(load_reference("data_centre_load", settings.reference_dir), share)
    return site_year(
        to_steps(sun, step, 60),
        load,
        technologies,
        step_minutes=step,
        temperature_c=temperature,
        grid_available_frac=flexible_available_frac(temperature, share, curtailed_hours)
        if available is None
        else available,
        elevation_m=place["elevation_m"],
        name=name or station,
        weather_year=int(hours["weather_year"][0]),
        start_utc=hours["hour_utc"][0],
    )


def _weather(given: dict[str, Any]) -> tuple[pl.DataFrame, dict[str, Any], str]:
    """Return the hours of a weather file or of a region's reference year, its place and its name."""
    if given["weather"] is not None:
        from pipelines.weather.files import file_year  # noqa: PLC0415 - loads pvlib
        from pipelines.weather.readers import read_weather_file  # noqa: PLC0415

        file = read_weather_file(_existing(given["weather"]))
        for warning in file.warnings:
            click.echo(f"firstmw: {given['weather']}: the file {warning}.", err=True)
        place: dict[str, Any] = {
            "latitude": file.latitude,
            "longitude": file.longitude,
            "elevation_m": file.elevation_m,
        }
        return file_year(file, file.station_name), place, file.station_name
    from pipelines.reference.regions import reference_climatology  # noqa: PLC0415
    from pipelines.weather.synthetic import synthetic_year  # noqa: PLC0415 - loads pvlib

    region = region_row(given["region"])
    place = {name: region[name] for name in ("latitude", "longitude", "elevation_m")}
    months = reference_climatology(pl.DataFrame([region]), Settings().reference_dir)
    hours = synthetic_year(months, region["region_id"], **place, year_index=given["weather_year"])
    return hours, place, region["region_id"]


def region_row(region_id: str) -> dict[str, Any]:
    """Return a region of the reference tables.

    Raises
    ------
    UsageError
        If there is none of this name; names close ones.
    """
    from pipelines.places.facts import with_place_facts  # noqa: PLC0415
    from pipelines.reference.regions import reference_regions  # noqa: PLC0415

    regions = reference_regions(Settings().reference_dir)
    found = regions.filter(pl.col("region_id") == region_id)
    if found.is_empty():
        close = difflib.get_close_matches(region_id, regions["region_id"].to_list(), n=3)
        hint = f"did you mean {' or '.join(close)}?" if close else "candidate_markets.csv lists them."
        raise UsageError(f"there is no region {region_id!r}; {hint}")
    return with_place_facts(found, Settings()).row(0, named=True)


def released_design(design_id: str, wanted: str | None = None) -> DesignSet:
    """Return a design of the current release, or of the one wanted by run id or name.

    Raises
    ------
    UsageError
        If there is no release, or none of its designs has this name; names close ones.
    """
    from pipelines.warehouse import open_release  # noqa: PLC0415 - loads DuckDB

    with open_release(Settings().data_dir, wanted) as release:
        designs = release.table("designs")
    found = designs.filter(pl.col("design_id") == design_id)
    if found.is_empty():
        close = difflib.get_close_matches(design_id, designs["design_id"].to_list(), n=3)
        hint = f"did you mean {' or '.join(close)}?" if close else "the table designs lists them."
        raise UsageError(f"the release has no design {design_id!r}; {hint}")
    return DesignSet.from_frame(found)


def nearest_region(weather: str) -> dict[str, Any]:
    """Return the region of the reference tables that is nearest to a weather file."""
    from pipelines.reference.regions import reference_regions  # noqa: PLC0415
    from pipelines.weather.files import great_circle_km  # noqa: PLC0415
    from pipelines.weather.headers import read_weather_header  # noqa: PLC0415

    regions = reference_regions(Settings().reference_dir)
    header = read_weather_header(_existing(weather))
    here = np.array([header.latitude]), np.array([header.longitude])
    distance = great_circle_km(*here, regions["latitude"].to_numpy(), regions["longitude"].to_numpy())
    return regions.row(int(np.argmin(distance)), named=True)


def _existing(path: str | Path) -> Path:
    if not Path(path).is_file():
        raise InputError("the file does not exist", file=str(path), remedy="check the path")
    return Path(path)


def _point_out(column: str, rows: int, step: int) -> None:
    """Say on stderr where a column has nearly as many rows as a year, or those of a year of another step."""
    years = {hours * 60 // minutes: minutes for hours in YEAR_HOURS for minutes in (60, 30, 15, 10, 5)}
    near = min(years, key=lambda count: abs(count - rows))
    minutes = years[near]
    told = ""
    if 0 < abs(near - rows) <= 48 * 60 // minutes:
        less = f"{near - rows:,} fewer" if rows < near else f"{rows - near:,} more"
        told = f"{less} than a year of {minutes}-minute rows ({near:,}) has"
    elif near == rows and minutes not in {60, step}:
        told = f"as a year of {minutes}-minute rows has; each is taken as {step} minutes, --step-minutes says otherwise"
    if told:
        click.echo(f"firstmw: {column} has {rows:,} rows, {told}.", err=True)


def _is_column(load: str | None) -> bool:
    return load is not None and ":" in load


def _load(given: dict[str, Any], step: int, rows: int | None) -> NDArray[np.float64] | float | None:
    """Return the load at the bus: a figure, a column at the step, or None where it follows the weather."""
    text, it_mw = given["load_mw"], given.get("it_mw")
    if (text is None) == (it_mw is None):
        raise UsageError("give one of --load-mw (at the bus) and --it-mw (times the PUE of the weather).")
    if text is None:
        return None
    if _is_column(text):
        values = read_column(text)
        if rows is None:
            _point_out(text, len(values), step)
        return to_steps(values, step, rows)
    try:
        load = float(text)
    except ValueError:
        load = -1.0
    if not 0.0 < load < np.inf:
        raise UsageError(f"--load-mw {text!r} is neither a positive number nor FILE.csv:COLUMN.")
    return load
