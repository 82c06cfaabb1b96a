"""Solar output against pvlib's own model chain, published capacity factors and limits that physics sets."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import polars as pl
import pvlib
import pytest
from weather_payloads import ReferencePlace, reference_place

from pipelines.plant.solar import SolarParameters, solar_mw_per_mw, solar_parameters
from pipelines.settings import Settings
from pipelines.weather.calendar import hours_of_year
from pipelines.weather.sun import sun_path

PLANT = SolarParameters(1.2, 0.96, 0.14, -0.0035, 0.40, 60.0, 0.20)


def _output(place: ReferencePlace, plant: SolarParameters = PLANT) -> np.ndarray:
    return solar_mw_per_mw(place.year, place.latitude, place.longitude, place.elevation_m, plant)


def test_texas_lies_in_the_published_range() -> None:
    """Single-axis plants around Abilene and Midland: 0.25 to 0.33 AC."""
    for region_id in ("abilene_tx", "midland_tx"):
        for ratio in (1.2, 1.34):
            assert 0.25 <= _output(reference_place(region_id), replace(PLANT, dc_ac_ratio=ratio)).mean() <= 0.33


@pytest.mark.filterwarnings("ignore:DatetimeIndex.dayofyear:DeprecationWarning", "ignore::pandas.errors.Pandas4Warning")
def test_output_is_that_of_pvlibs_model_chain() -> None:
    """Here pvlib puts the chain together, with SPA positions at mid-interval; ours differs near the horizon only."""
    place = reference_place("amarillo_tx")
    hours = place.year
    mount = pvlib.pvsystem.SingleAxisTrackerMount(axis_tilt=0, axis_azimuth=180, max_angle=60, backtrack=True, gcr=0.40)
    array = pvlib.pvsystem.Array(
        mount,
        albedo=0.20,
        module_parameters={"pdc0": 1.2, "gamma_pdc": -0.0035},
        temperature_model_parameters={"a": -3.56, "b": -0.075, "deltaT": 3.0},
    )
    system = pvlib.pvsystem.PVSystem([array], inverter_parameters={"pdc0": 1.0 / 0.96, "eta_inv_nom": 0.96})
    chain = pvlib.modelchain.ModelChain(
        system,
        pvlib.location.Location(place.latitude, place.longitude, altitude=place.elevation_m),
        transposition_model="perez",
        aoi_model="physical",
        spectral_model="no_loss",
        losses_model="pvwatts",
        solar_position_method="nrel_numpy",
    )
    # PVWatts multiplies its losses; this set makes 14.08 percent of them, as its defaults do.
    index = pd.DatetimeIndex(hours["hour_utc"].to_numpy(), tz="UTC") + pd.Timedelta(minutes=30)
    weather = pd.DataFrame(
        {
            "ghi": hours["ghi_w_per_m2"].to_numpy(),
            "dni": hours["dni_w_per_m2"].to_numpy(),
            "dhi": hours["dhi_w_per_m2"].to_numpy(),
            "temp_air": hours["temperature_c"].to_numpy(),
            "wind_speed": hours["wind_m_per_s"].to_numpy(),
        },
        index=index,
    )
    theirs = chain.run_model(weather).results.ac.fillna(0.0).to_numpy()
    ours = _output(place, replace(PLANT, losses_frac=0.14075660688264469))
    assert ours.mean() == pytest.approx(theirs.mean(), rel=0.005)
    whole = sun_path(hours["hour_utc"].to_numpy(), place.latitude, place.longitude).zenith_deg < 80.0
    assert np.abs(ours - theirs)[whole].max() < 0.02


def test_night_is_dark_and_the_inverter_clips() -> None:
    place = reference_place("san_antonio_tx")
    night = sun_path(place.year["hour_utc"].to_numpy(), place.latitude, place.longitude).up_frac == 0.0
    means = []
    for ratio in (1.0, 1.2, 1.5, 2.0):
        output = _output(place, replace(PLANT, dc_ac_ratio=ratio))
        assert output[night].max() == 0.0
        assert 0.0 <= output.min() <= output.max() <= 1.0
        means.append(output.mean() / ratio)
    assert (_output(place, replace(PLANT, dc_ac_ratio=2.0)) == 1.0).sum() > 500
    # More modules give more, but less per module once the inverter clips.
    assert means[0] == pytest.approx(means[1], rel=0.03)
    assert means[2] > means[3]
    assert means[3] < 0.95 * means[1]


def test_noon_output_by_hand() -> None:
    """Tracker flat under a sun overhead: beam of 900 W/m2, less cell heat, losses and conversion."""
    hours = hours_of_year(2025)
    sun = sun_path(hours, 23.4, -7.5)
    noon = int(np.argmin(sun.zenith_deg + 90.0 * (sun.up_frac < 1.0)))
    assert sun.zenith_deg[noon] < 1.0
    dni, dhi = 900.0, 0.0
    weather = pl.DataFrame(
        {
            "hour_utc": hours,
            "ghi_w_per_m2": np.full(8760, dni),
            "dni_w_per_m2": np.full(8760, dni),
            "dhi_w_per_m2": np.full(8760, dhi),
            "temperature_c": np.full(8760, 20.0),
            "wind_m_per_s": np.full(8760, 5.0),
        }
    )
    plant = replace(PLANT, dc_ac_ratio=1.0, inverter_efficiency=0.96, albedo=0.0)
    cell = 20.0 + 900.0 * np.exp(-3.56 - 0.075 * 5.0) + 3.0 * 0.9
    dc = 0.9 * (1.0 - 0.0035 * (cell - 25.0)) * (1.0 - 0.14)
    load = dc * 0.96
    # PVWatts V5 inverter: efficiency against load, 0.9637 being the reference inverter's.
    efficiency = 0.96 / 0.9637 * (-0.0162 * load - 0.0059 / load + 0.9858)
    made = solar_mw_per_mw(weather, 23.4, -7.5, 0.0, plant)[noon]
    assert made == pytest.approx(dc * efficiency, rel=2e-3)


def test_the_plant_comes_from_technology_and_settings() -> None:
    class Table:
        def value(self, technology: str, parameter: str) -> float:
            return {
                ("solar_pv_tracking", "inverter_load_ratio"): 1.2,
                ("solar_pv_tracking", "inverter_efficiency"): 0.96,
            }[technology, parameter]

    assert solar_parameters(Table(), Settings()) == PLANT
