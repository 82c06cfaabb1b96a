"""Means of hours from irradiance that holds at one moment of each hour, and beam that fits the sun of the hour."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.deferred import deferred
from pipelines.sources.weather_common import SUN
from pipelines.weather.sun import SunPath, sun_path

pvlib = deferred("pvlib")

_MIDDLE = 0.5
# Below three degrees of sun a clearness index is noise.
_LOWEST_COS_ZENITH = 0.05
# As good as an instant.
MOMENT_HOURS = 1e-3

Array = NDArray[np.float64]


def hour_means(
    frame: pl.DataFrame, latitude: float, longitude: float, offset_hours: float, *, is_round: bool
) -> pl.DataFrame:
    """Return rows with the irradiance of whole hours in place of values that hold at one moment of the hour.

    Values at the middle of the hour stand for its mean. Others become clearness indices, which are interpolated to the
    middle and multiplied by the extraterrestrial irradiance of the hour. The beam is what global and diffuse leave for
    the sun of the hour, never more than comes from outside the atmosphere.

    Parameters
    ----------
    frame : pl.DataFrame
        start_utc, fault, and ghi_w_per_m2, dni_w_per_m2, dhi_w_per_m2 as given; where all of the diffuse and the beam
        are null, both are split from the global. Rows with a fault or without a start are passed through.
    latitude, longitude : float
        Degrees, north and east positive.
    offset_hours : float
        Moment that the values hold at, from the start of the hour (h).
    is_round : bool
        Whether the first hour follows on the last, as in a typical year.

    Returns
    -------
    pl.DataFrame
        The rows, those that were changed first and in time order; a value that was null or NaN stays so.

    Notes
    -----
    Split: D. G. Erbs, S. A. Klein, J. A. Duffie, "Estimation of the diffuse radiation fraction for hourly, daily and
    monthly-average global radiation", Solar Energy 28(4), 1982, by pvlib.
    """
    serves = pl.col("start_utc").is_not_null() & pl.col("fault").is_null() & pl.col("start_utc").is_first_distinct()
    hours, others = frame.filter(serves).sort("start_utc"), frame.filter(~serves)
    if hours.is_empty():
        return frame
    start = hours["start_utc"].to_numpy()
    sun = sun_path(start, latitude, longitude)
    ghi, dhi = (hours[name].to_numpy().astype(np.float64) for name in ("ghi_w_per_m2", "dhi_w_per_m2"))
    is_global_only = hours["dhi_w_per_m2"].null_count() == hours["dni_w_per_m2"].null_count() == hours.height
    if abs(offset_hours - _MIDDLE) > 1e-3:
        moment = sun_path(moved(start, offset_hours), latitude, longitude, MOMENT_HOURS)
        near = _neighbour(start, offset_hours, is_round=is_round)
        ghi, dhi = (_to_middle(values, moment, sun, near, abs(_MIDDLE - offset_hours)) for values in (ghi, dhi))
    if is_global_only:
        dhi = _diffuse(ghi, sun, start)
    cosine = np.maximum(sun.cos_zenith, 1e-3)
    beam = np.maximum(ghi - dhi, 0.0) / cosine
    dni = np.where(sun.up_frac > 0.0, np.minimum(beam, sun.extra_normal_w_per_m2 * sun.up_frac), 0.0)
    made = {"ghi_w_per_m2": ghi, "dni_w_per_m2": dni, "dhi_w_per_m2": ghi - dni * sun.cos_zenith}
    is_bad = {
        name: pl.col(name).is_null() | pl.col(name).is_nan() for name in (("ghi_w_per_m2",) if is_global_only else SUN)
    }
    hours = hours.with_columns(
        pl.when(is_bad.get(name, pl.lit(False)))
        .then(name)
        .otherwise(pl.Series(made[name], dtype=pl.Float64))
        .alias(name)
        for name in SUN
    )
    return pl.concat([hours, others])


def moved(start: NDArray[np.datetime64], hours: float) -> NDArray[np.datetime64]:
    """Return stamps moved by a part of an hour."""
    return (start.astype("datetime64[us]") + np.timedelta64(round(hours * 3.6e9), "us")).astype("datetime64[us]")


def _neighbour(start: NDArray[np.datetime64], offset_hours: float, *, is_round: bool) -> NDArray[np.int64]:
    """Return for each hour the place of the one on the other side of its middle, itself where there is none."""
    step = 1 if offset_hours < _MIDDLE else -1
    place = np.arange(len(start))
    near = np.roll(place, -step)
    is_next = start[near] - start == np.timedelta64(step, "h")
    if is_round:
        is_next[-1 if step == 1 else 0] = True
    return np.where(is_next, near, place)


def _to_middle(values: Array, moment: SunPath, sun: SunPath, near: NDArray[np.int64], weight: float) -> Array:
    """Return means of hours from values at one moment of each hour."""
    height = np.cos(np.radians(moment.zenith_deg))
    outside = moment.extra_normal_w_per_m2 * height
    clearness = np.divide(values, outside, out=np.full_like(values, np.nan), where=height > _LOWEST_COS_ZENITH)
    weights = np.stack([np.full_like(values, 1.0 - weight), np.full_like(values, weight)])
    both = np.stack([clearness, clearness[near]])
    weights = np.where(np.isfinite(both), weights, 0.0)
    total = weights.sum(axis=0)
    middle = np.where(np.isfinite(both), both, 0.0)
    by_clearness = (middle * weights).sum(axis=0) / np.maximum(total, 1e-9) * sun.extra_horizontal_w_per_m2
    # Near the horizon the values themselves are interpolated, up to what comes from outside.
    plain = np.minimum((1.0 - weight) * values + weight * values[near], sun.extra_horizontal_w_per_m2)
    return np.where(total > 0.0, by_clearness, np.where(sun.up_frac > 0.0, plain, values))


def _diffuse(ghi: Array, sun: SunPath, start: NDArray[np.datetime64]) -> Array:
    """Return the diffuse part of global irradiance."""
    day = (start.astype("datetime64[D]") - start.astype("datetime64[Y]").astype("datetime64[D]")).astype(np.int64) + 1
    lit = np.maximum(sun.up_frac, 1e-3)
    split = pvlib.irradiance.erbs(np.nan_to_num(ghi) / lit, sun.zenith_deg, day)
    return np.where(sun.up_frac > 0.0, np.asarray(split["dhi"]) * lit, ghi)
