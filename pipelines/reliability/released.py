"""Ride-through of a loss of any length for a design of a release, from its published hours."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from pipelines.dispatch.inputs import DesignSet, SiteYear
from pipelines.errors import UsageError
from pipelines.plant.firm import battery, firm_technologies
from pipelines.reference.load import load_reference
from pipelines.reference.parameters import parameters
from pipelines.reliability.chosen import LOSS_HOURS, loss_from_outside, through_loss
from pipelines.settings import Settings

_AGREEMENT = 2e-3
"""Difference from a published probability up to which the hours describe the year that it was computed from."""


def released_survival(
    hours: pl.DataFrame,
    designs: pl.DataFrame,
    published: Mapping[str, list[float | None]],
    elevation_m: float,
    length: int,
    settings: Settings,
) -> dict[str, float | None]:
    """Compute the probability to ride through a loss of a length that is not published.

    The temperature that units derate by is read off the load, whose PUE rises with it; below the temperature where the
    PUE begins to rise no unit derates. What comes out for the published lengths must be what is published.

    Parameters
    ----------
    hours : pl.DataFrame
        Contract `mart.dispatch_hourly` of one region, in the order of the hours.
    designs : pl.DataFrame
        Contract `mart.designs` of its stacks.
    published : Mapping[str, list[float | None]]
        Stack to its probabilities for `LOSS_HOURS`; null where nothing can be lost.
    elevation_m : float
        Height of the region above the sea (m).
    length : int
        Length of the loss (h).
    settings : Settings
        Those of the night.

    Returns
    -------
    dict[str, float | None]
        By stack; null where nothing can be lost.

    Raises
    ------
    UsageError
        If the published probabilities do not come out: several weather years, or other settings than the night's.
    """
    figures = parameters(load_reference("technology", settings.reference_dir))
    technologies = firm_technologies(figures, load_reference("temperature_outage", settings.reference_dir), settings)
    cells = battery(figures, settings)
    found: dict[str, float | None] = {}
    for own in designs.iter_slices(1):
        stack, design = own["stack_id"][0], DesignSet.from_frame(own)
        if loss_from_outside(design, technologies) == "nothing":
            found[stack] = None
            continue
        trace = hours.filter(pl.col("stack_id") == stack)
        load = trace["load_mw"].to_numpy()
        rise = load / (settings.site_it_mw * settings.it_load_factor) - settings.pue_base
        warmth = np.maximum(rise, 0.0) / settings.pue_per_c if settings.pue_per_c > 0.0 else np.zeros(len(load))
        temperature = settings.pue_base_temperature_c + warmth
        sun = (trace["solar_mw"] + trace["curtailed_mw"]).to_numpy() / max(design.solar_mw[0], 1.0)
        site = SiteYear(
            region_id=trace["region_id"][0],
            weather_year=0,
            start_utc=trace["hour_utc"][0],
            step_hours=1.0,
            solar_mw_per_mw=np.where(design.solar_mw[0] > 0.0, sun, 0.0),
            load_mw=load,
            grid_available_frac=np.ones(len(load)),
            temperature_c=temperature,
            capacity_frac={name: unit.capacity_frac(temperature, elevation_m) for name, unit in technologies.items()},
        )
        by_length = through_loss(
            site, design, technologies, cells, trace["soc_mwh"].to_numpy(), max(length, *LOSS_HOURS)
        )
        again = by_length[np.array(LOSS_HOURS) - 1]
        if not np.allclose(again, np.array(published[stack], float), rtol=0.0, atol=_AGREEMENT):
            raise UsageError(
                f"the hours of {stack} in {site.region_id} do not give its published survival of {LOSS_HOURS} h, so "
                f"that {length} h cannot be answered from them: the night had several weather years or other settings; "
                "ask with its settings, or give --units and --load."
            )
        found[stack] = float(by_length[length - 1])
    return found
