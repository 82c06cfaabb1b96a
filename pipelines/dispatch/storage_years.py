"""Further weather years of a region for designs without a firm source, whose size the worst week of a year decides."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.dispatch.inputs import DesignSet, SiteYear
from pipelines.identity import content_hash
from pipelines.plant.load import load_mw
from pipelines.plant.solar import SolarParameters, plant_sun, solar_mw_per_mw
from pipelines.settings import Settings
from pipelines.warehouse.cache import Cache
from pipelines.weather.assemble import weather_version
from pipelines.weather.calendar import TYPICAL_YEAR, hours_of_year
from pipelines.weather.sun import sun_path
from pipelines.weather.synthetic import local_sky, synthetic_year

_PROBE_C = np.linspace(-60.0, 60.0, 241)


@dataclass(frozen=True)
class StorageYears:
    """Weather years of one region beyond those that every design runs on; made when something must be dispatched.

    Attributes
    ----------
    region_id : str
    weather_years : tuple[int, ...]
    key : str
        Hash of what their hours depend on.
    make : Callable[[], list[SiteYear]]
    """

    region_id: str
    weather_years: tuple[int, ...]
    key: str
    make: Callable[[], list[SiteYear]]

    def sites(self) -> list[SiteYear]:
        """Return one entry per year; units have no capacity in them."""
        return self.make()


def has_no_firm_source(designs: DesignSet) -> NDArray[np.bool_]:
    """Tell which designs have neither grid nor units to fall back on, shape (n_designs,)."""
    found: NDArray[np.bool_] = (designs.firm_units == 0) & (designs.baseload_units == 0) & (designs.grid_mw == 0.0)
    return found


def storage_years(
    regions: pl.DataFrame,
    climatology: pl.DataFrame,
    sites: Sequence[SiteYear],
    parameters: SolarParameters,
    settings: Settings,
    kept: Cache,
) -> dict[str, StorageYears]:
    """Find the synthetic years that fill up each region's weather years to `storage_weather_years`.

    Parameters
    ----------
    regions : pl.DataFrame
        region_id, latitude, longitude, elevation_m.
    climatology : pl.DataFrame
        Twelve rows per region, as from `nearest_climatology`.
    sites : Sequence[SiteYear]
        The years that every design runs on.
    parameters : SolarParameters
    settings : Settings
    kept : Cache
        Where temperature and solar output by hour are kept.

    Returns
    -------
    dict[str, StorageYears]
        By region; a region with enough years of its own is not among them.
    """
    used: dict[str, set[int]] = {}
    for site in sites:
        used.setdefault(site.region_id, set()).add(site.weather_year)
    months = climatology.partition_by("region_id", as_dict=True, maintain_order=True)
    same = {"solar": asdict(parameters), "code": weather_version()}
    load_key = content_hash(load_mw(_PROBE_C, settings).tobytes())
    found = {}
    for region in regions.sort("region_id").iter_rows(named=True):
        name = region["region_id"]
        count = settings.storage_weather_years - len(used[name])
        if count <= 0:
            continue
        years = tuple(year for year in range(1, count + len(used[name]) + 1) if year not in used[name])[:count]
        place = {column: region[column] for column in ("latitude", "longitude", "elevation_m")}
        key = {"region": name, **place, "months": content_hash(months[name,]), "years": years, **same}
        hours = _Hours(name, place, months[name,], years, parameters, key, kept)
        found[name] = StorageYears(name, years, content_hash(key, load_key), _Maker(hours, settings))
    return found


@dataclass(frozen=True)
class _Hours:
    """Temperature and solar output of some synthetic years of a region."""

    region_id: str
    place: Mapping[str, float]
    months: pl.DataFrame
    years: tuple[int, ...]
    parameters: SolarParameters
    key: Mapping[str, object]
    kept: Cache

    def frame(self) -> pl.DataFrame:
        """Return weather_year, temperature_c, solar_mw_per_mw; hours in order within each year."""
        return self.kept.frame("storage_years", self.key, self._made)[0]

    def _made(self) -> pl.DataFrame:
        # The sun over a place is that of every synthetic year there, and of its solar plant.
        sun = sun_path(hours_of_year(TYPICAL_YEAR), self.place["latitude"], self.place["longitude"])
        sky = local_sky(sun, self.place["longitude"], self.place["elevation_m"])
        above = plant_sun(sun, self.place["elevation_m"], self.parameters)
        parts = []
        for year in self.years:
            hours = synthetic_year(self.months, self.region_id, **self.place, year_index=year, sun=sky)
            output = solar_mw_per_mw(hours, **self.place, parameters=self.parameters, sun=above)
            parts.append(hours.select("weather_year", "temperature_c").with_columns(solar_mw_per_mw=output))
        return pl.concat(parts)


@dataclass(frozen=True)
class _Maker:
    """Makes the site years of a region out of its hours."""

    hours: _Hours
    settings: Settings

    def __call__(self) -> list[SiteYear]:
        start = hours_of_year(TYPICAL_YEAR)[0].item()
        every_hour = np.ones(len(hours_of_year(TYPICAL_YEAR)))
        years = self.hours.frame().partition_by("weather_year", as_dict=True, maintain_order=True)
        return [
            SiteYear(
                region_id=self.hours.region_id,
                weather_year=int(year),
                start_utc=start,
                step_hours=1.0,
                solar_mw_per_mw=own["solar_mw_per_mw"].to_numpy(),
                load_mw=load_mw(own["temperature_c"].to_numpy(), self.settings),
                grid_available_frac=every_hour,
                temperature_c=own["temperature_c"].to_numpy(),
                capacity_frac={},
            )
            for (year,), own in years.items()
        ]
