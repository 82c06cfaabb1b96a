"""Output of a single-axis tracking solar plant per MW AC, by pvlib's model chain on hourly irradiance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.deferred import deferred
from pipelines.settings import Settings
from pipelines.weather.sun import SunPath, sun_path

pvlib = deferred("pvlib")

# SAPM cell-temperature coefficients of an open rack, glass on polymer (King et al., SAND2004-3535, table 1).
_CELL_A, _CELL_B, _CELL_DELTA = -3.56, -0.075, 3.0


class _Parameters(Protocol):
    """Technology defaults by name."""

    def value(self, technology: str, parameter: str) -> float:
        """Return the default of one parameter."""


@dataclass(frozen=True)
class SolarParameters:
    """What a tracking plant is, per MW AC.

    Attributes
    ----------
    dc_ac_ratio : float
        Module rating over inverter rating (MW DC per MW AC).
    inverter_efficiency : float
        Nominal conversion efficiency (share).
    losses_frac : float
        DC losses between module rating and inverter: soiling, shading, mismatch, wiring, availability (share).
    power_per_c : float
        Change of module output per deg C of cell temperature above 25 (share, negative).
    ground_coverage_ratio : float
        Module width over row pitch.
    max_rotation_deg : float
        Largest tracker rotation from horizontal (degrees).
    albedo : float
        Ground reflectance.
    """

    dc_ac_ratio: float
    inverter_efficiency: float
    losses_frac: float
    power_per_c: float
    ground_coverage_ratio: float
    max_rotation_deg: float
    albedo: float


def solar_parameters(parameters: _Parameters, settings: Settings) -> SolarParameters:
    """Return the tracking plant described by the technology table and the settings.

    Parameters
    ----------
    parameters : object with `.value(technology, parameter) -> float`
        The technology table's defaults; read: inverter_load_ratio and inverter_efficiency of solar_pv_tracking.
    settings : Settings
        The `solar_*` settings.
    """
    return SolarParameters(
        dc_ac_ratio=parameters.value("solar_pv_tracking", "inverter_load_ratio"),
        inverter_efficiency=parameters.value("solar_pv_tracking", "inverter_efficiency"),
        losses_frac=settings.solar_losses_frac,
        power_per_c=settings.solar_power_per_c,
        ground_coverage_ratio=settings.solar_ground_coverage_ratio,
        max_rotation_deg=settings.solar_max_rotation_deg,
        albedo=settings.solar_albedo,
    )


@dataclass(frozen=True)
class PlantSun:
    """The sun over a tracking plant in the hours that have any, the same in every year; arrays of shape (n_day_hours,).

    Attributes
    ----------
    n_hours : int
        Of the whole year.
    day : NDArray[np.int64]
        Positions of these hours in the year.
    zenith_deg, azimuth_deg : NDArray[np.float64]
    extra_normal_w_per_m2 : NDArray[np.float64]
        Extraterrestrial irradiance normal to the beam.
    tilt_deg, facing_deg : NDArray[np.float64]
        Where the modules point.
    airmass : NDArray[np.float64]
        Absolute air mass.
    glass_frac : NDArray[np.float64]
        Share of the beam that the glass lets through.
    """

    n_hours: int
    day: NDArray[np.int64]
    zenith_deg: NDArray[np.float64]
    azimuth_deg: NDArray[np.float64]
    extra_normal_w_per_m2: NDArray[np.float64]
    tilt_deg: NDArray[np.float64]
    facing_deg: NDArray[np.float64]
    airmass: NDArray[np.float64]
    glass_frac: NDArray[np.float64]


def plant_sun(sun: SunPath, elevation_m: float, parameters: SolarParameters) -> PlantSun:
    """Compute where the modules of a tracking plant point and what their glass lets through.

    Parameters
    ----------
    sun : SunPath
    elevation_m : float
        Height above sea level (m).
    parameters : SolarParameters
    """
    day = np.flatnonzero(sun.up_frac > 0.0)
    zenith, azimuth = sun.zenith_deg[day], sun.azimuth_deg[day]
    tracker = pvlib.tracking.singleaxis(
        zenith,
        azimuth,
        axis_tilt=0.0,
        axis_azimuth=180.0,
        max_angle=parameters.max_rotation_deg,
        backtrack=True,
        gcr=parameters.ground_coverage_ratio,
    )
    tilt = np.nan_to_num(tracker["surface_tilt"])
    facing = np.nan_to_num(tracker["surface_azimuth"], nan=180.0)
    pressure = pvlib.atmosphere.alt2pres(elevation_m)
    airmass = pvlib.atmosphere.get_absolute_airmass(pvlib.atmosphere.get_relative_airmass(zenith), pressure)
    glass = np.nan_to_num(pvlib.iam.physical(pvlib.irradiance.aoi(tilt, facing, zenith, azimuth)))
    extra = sun.extra_normal_w_per_m2[day]
    return PlantSun(len(sun.up_frac), day, zenith, azimuth, extra, tilt, facing, airmass, glass)


def solar_mw_per_mw(
    weather: pl.DataFrame,
    latitude: float,
    longitude: float,
    elevation_m: float,
    parameters: SolarParameters,
    sun: SunPath | PlantSun | None = None,
) -> NDArray[np.float64]:
    """Return the AC output per MW AC of a horizontal north-south single-axis tracking plant.

    Parameters
    ----------
    weather : pl.DataFrame
        One region-year of `core.weather_hourly`, in time order, shape (n_hours,).
    latitude, longitude : float
        Degrees, north and east positive.
    elevation_m : float
        Height above sea level (m).
    parameters : SolarParameters
    sun : SunPath | PlantSun | None
        The sun over the same hours, or over the plant in them, where the caller has it already.

    Returns
    -------
    NDArray[np.float64]
        MW AC per MW AC, shape (n_hours,), in [0, 1] and 0 while the sun is down.

    Notes
    -----
    Tracking with backtracking (Lorenzo et al. 2011), Perez transposition (1990), beam reflection off glass (physical
    model), SAPM cell temperature, PVWatts V5 DC and inverter (Dobos, NREL/TP-6A20-62641); clipped at the AC rating.
    """
    if sun is None:
        sun = sun_path(weather["hour_utc"].to_numpy(), latitude, longitude)
    above = sun if isinstance(sun, PlantSun) else plant_sun(sun, elevation_m, parameters)
    ghi, dni, dhi, temperature, wind = (
        weather[column].to_numpy()[above.day]
        for column in ("ghi_w_per_m2", "dni_w_per_m2", "dhi_w_per_m2", "temperature_c", "wind_m_per_s")
    )
    plane = pvlib.irradiance.get_total_irradiance(
        above.tilt_deg,
        above.facing_deg,
        above.zenith_deg,
        above.azimuth_deg,
        dni,
        ghi,
        dhi,
        dni_extra=above.extra_normal_w_per_m2,
        airmass=above.airmass,
        albedo=parameters.albedo,
        model="perez",
    )
    beam, diffuse = np.nan_to_num(plane["poa_direct"]), np.nan_to_num(plane["poa_diffuse"])
    cell = pvlib.temperature.sapm_cell(beam + diffuse, temperature, wind, _CELL_A, _CELL_B, _CELL_DELTA)
    on_cells = beam * above.glass_frac + diffuse
    dc = pvlib.pvsystem.pvwatts_dc(on_cells, cell, parameters.dc_ac_ratio, parameters.power_per_c)
    dc = np.maximum(dc * (1.0 - parameters.losses_frac), 0.0)
    # The inverter is rated by its DC input at full AC output: one MW AC needs 1 / efficiency MW DC.
    ac = pvlib.inverter.pvwatts(dc, 1.0 / parameters.inverter_efficiency, parameters.inverter_efficiency)
    output = np.zeros(above.n_hours)
    output[above.day] = np.clip(ac, 0.0, 1.0)
    return output
