"""Classes of an air permit by pollutant: what a plant could emit against the lines of the place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import ndtr

from pipelines.places.emissions import HOURS_PER_YEAR, POLLUTANTS, Spread, controlled
from pipelines.places.fact_columns import select_facts
from pipelines.plant.catalogue import stacks
from pipelines.settings import Settings

Array = NDArray[np.float64]
FACTS: dict[str, pl.DataType] = {
    "state": pl.String(),
    "nox_major_tpy": pl.Float64(),
    "voc_major_tpy": pl.Float64(),
    "pm25_major_tpy": pl.Float64(),
    "nox_offset_ratio": pl.Float64(),
}
"""Facts of a place that decide the permit; null where unknown."""
PSD_TPY = 250.0
"""Line of a major source in an attainment area, each pollutant by itself (40 CFR 52.21(b)(1)(i)(b))."""
_NO_RATIO = 1.0
_ROWS = ("region_id", "stack_id", "firm_technology", "firm_units", "firm_unit_mw")


@dataclass(frozen=True)
class Permits:
    """Classes of one kind of unit behind one control at many places; arrays of shape (n_rows,).

    Attributes
    ----------
    below : Array
        Probability that the plant stays below every line.
    nonattainment : Array
        Probability that it needs nonattainment New Source Review.
    is_natural : NDArray[np.bool_]
        Whether it lies below every line without a limit on hours or a margin.
    tons : dict[str, Array]
        Potential to emit at the load all year (short ton/year).
    used_mwh : Array
        Energy that the units give in a year; that of the mean load where they begin alone.
    limit_mwh : Array
        Energy up to which they are a minor source at the median rates: what a limit on hours in the permit would be.
        Not a number where they are one without a limit.
    """

    below: Array
    nonattainment: Array
    is_natural: NDArray[np.bool_]
    tons: dict[str, Array]
    used_mwh: Array
    limit_mwh: Array


def with_places(rows: pl.DataFrame, regions: pl.DataFrame) -> pl.DataFrame:
    """Join the facts of the place; a line that is unknown is that of an attainment area."""
    usage = pl.col("firm_mwh") if "firm_mwh" in rows.columns else pl.lit(None, dtype=pl.Float64).alias("firm_mwh")
    facts = select_facts(regions, FACTS)
    return (
        rows.select(*_ROWS, usage)
        .with_row_index("_row")
        .join(facts, on="region_id", how="left", maintain_order="left")
        .with_columns(
            pl.col("nox_major_tpy", "voc_major_tpy", "pm25_major_tpy").fill_null(PSD_TPY),
            pl.col("nox_offset_ratio").fill_null(_NO_RATIO),
        )
    )


def used_share(frame: pl.DataFrame, running_mw: Array, settings: Settings) -> Array:
    """Compute the share of a year's potential that the units give, shape (n_rows,).

    Where they begin alone they carry the mean load, and more than they give beside the sun; without a known energy 1.
    """
    begins = [name for name, stack in stacks(settings).items() if stack.early]
    share = frame["firm_mwh"].to_numpy() / np.maximum(running_mw * HOURS_PER_YEAR, 1e-9)
    share = np.where(np.isfinite(share), np.clip(share, 0.0, 1.0), 1.0)
    is_alone = frame["stack_id"].is_in(begins).to_numpy() & np.isfinite(frame["firm_mwh"].to_numpy())
    return np.where(is_alone, np.maximum(share, settings.it_load_factor), share)


def classified(frame: pl.DataFrame, plant: str, control: str, running_mw: Array, settings: Settings) -> Permits:
    """Compute the probabilities of the classes of one kind of unit behind one control.

    Parameters
    ----------
    frame : pl.DataFrame
        Rows with the facts of their places.
    plant, control : str
    running_mw : Array
        Output that can be sustained (MW), shape (n_rows,).
    """
    rates, bare = controlled(plant, control, settings), controlled(plant, "none", settings)
    share = used_share(frame, running_mw, settings)
    lines = {
        "nox": frame["nox_major_tpy"].to_numpy(),
        "co": np.full(len(frame), PSD_TPY),
        "voc": frame["voc_major_tpy"].to_numpy(),
        "pm25": frame["pm25_major_tpy"].to_numpy(),
    }
    below, attained = np.ones(len(frame)), np.ones(len(frame))
    is_natural = np.ones(len(frame), dtype=np.bool_)
    limit_mwh = np.full(len(frame), np.inf)
    tons = {name: running_mw * rate.mid for name, rate in rates.items()}
    for name in POLLUTANTS:
        line = lines[name]
        limited = (1.0 - settings.permit_margin_frac) * line / np.maximum(share, 1e-9)
        is_own = running_mw * bare[name].mid <= line
        # What is below the line without a catalyst needs neither margin nor limit.
        limit = np.where(is_own, np.maximum(line, limited), limited)
        chance = _at_most(rates[name], limit / np.maximum(running_mw, 1e-9))
        below = below * chance
        attained = attained * np.where(line < PSD_TPY, chance, 1.0)
        is_natural &= is_own
        allowed = (1.0 - settings.permit_margin_frac) * line / rates[name].mid * HOURS_PER_YEAR
        limit_mwh = np.where(is_own, limit_mwh, np.minimum(limit_mwh, allowed))
    limit_mwh = np.where(np.isfinite(limit_mwh), limit_mwh, np.nan)
    return Permits(below, 1.0 - attained, is_natural, tons, running_mw * share * HOURS_PER_YEAR, limit_mwh)


def _at_most(rate: Spread, limit: Array) -> Array:
    """Compute the probability that a rate is no more than a limit, shape of the limit."""
    distance = np.log(np.maximum(limit, 1e-300) / rate.mid)
    spread = np.where(distance >= 0.0, rate.above, rate.below)
    certain = (distance >= 0.0).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(spread > 0.0, ndtr(distance / np.where(spread > 0.0, spread, 1.0)), certain)
