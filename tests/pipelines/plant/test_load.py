"""Load of a site against the PUE range that its source publishes."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipelines.dispatch.basis import base_load_mw, peak_load_mw
from pipelines.plant.load import design_pue, load_mw, pue
from pipelines.reference.load import load_reference
from pipelines.settings import REFERENCE_DIR, Settings
from pipelines.timeline.plant import module_bus_mw, module_count

TEMPERATURES = arrays(np.float64, st.integers(1, 50), elements=st.floats(-50.0, 55.0))


def test_load_is_it_times_pue() -> None:
    settings = Settings(site_it_mw=20.0, it_load_factor=0.5, pue_base=1.1, pue_base_temperature_c=15.0, pue_per_c=0.01)
    assert load_mw(np.array([-10.0, 15.0, 25.0]), settings) == pytest.approx([11.0, 11.0, 12.0])


def test_annual_pue_of_cool_and_hot_climates_lies_in_the_published_range() -> None:
    """Newkirk et al. (2025) give 1.098 to 1.188 over the continental United States."""
    day = np.arange(8760)
    for mean, season, daily in ((5.0, 12.0, 5.0), (24.0, 10.0, 7.0)):
        temperature = mean - season * np.cos(2 * np.pi * day / 8760) - daily * np.cos(2 * np.pi * day / 24)
        assert 1.098 <= pue(temperature, Settings()).mean() <= 1.188


@given(TEMPERATURES)
def test_load_never_falls_as_it_gets_hotter(temperature: np.ndarray) -> None:
    load = load_mw(temperature, Settings())
    assert (load >= Settings().it_load_factor * Settings().site_it_mw).all()
    assert (load_mw(temperature + 1.0, Settings()) >= load).all()


def test_a_hole_in_the_temperature_is_refused() -> None:
    with pytest.raises(ValueError, match="not finite"):
        load_mw(np.array([10.0, np.nan]), Settings())


@given(design=st.floats(-10.0, 55.0), per_c=st.floats(0.0, 0.02))
def test_plant_is_sized_and_modules_are_counted_at_one_temperature(design: float, per_c: float) -> None:
    settings = Settings(design_temperature_c=design, pue_per_c=per_c)
    assert design_pue(settings) == pue(np.array([design]), settings)[0]
    # The plant is sized for the rating; the hour has the mean.
    mean = settings.it_load_factor * peak_load_mw(settings)
    assert load_mw(np.array([design]), settings)[0] == pytest.approx(mean)
    assert module_count(settings) * module_bus_mw(settings) == pytest.approx(peak_load_mw(settings))


def test_the_mean_load_is_the_measured_share_of_the_maximum() -> None:
    facts = load_reference("data_centre_load", REFERENCE_DIR)
    own = facts.filter(pl.col("subject") == "AI training node: average over maximum")
    assert own["mid"].item() == Settings().it_load_factor


def test_the_rating_sizes_what_the_mean_load_uses() -> None:
    half, whole = Settings(it_load_factor=0.5), Settings(it_load_factor=1.0)
    assert peak_load_mw(half) == peak_load_mw(whole)
    assert base_load_mw(half) == pytest.approx(0.5 * base_load_mw(whole))
