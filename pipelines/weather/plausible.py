"""Weather against the sun and against itself: one set of checks for files and for the answers of live sources.

| check | refused | warned |
|---|---|---|
| light while the sun is down, above 30 W/m2 | more than 300 hours | any hour |
| global irradiance over that above the atmosphere, whole year | outside 20 to 80 % | - |
| days without light, where 0.5 kWh/m2 or more reach the atmosphere | more than 7 in a row | more than 3 in all |
| stamps against the sun, by beam and by global | off by 45 minutes or more | off by half an hour |
| beam and diffuse against the global | miss it by more than 20 % | - |
| beam of a whole year over the global | less than 10 % | - |

The stations of the TMY3 set keep within all that is refused; of the 1,020 files some 16 have up to 283 lit hours at
night (Wilcox and Marion, Users manual for TMY3 data sets, NREL/TP-581-43156, 2008, which says that the hours of sunrise
and sunset are uncertain).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.weather.sun import sun_path

# Sky light before sunrise, smeared over an hour; more than that while the sun is down is a wrong clock.
TWILIGHT_W_PER_M2 = 30.0
MOST_LIT_NIGHT_HOURS = 300
# |DNI cos z + DHI - GHI| over GHI: real sources stay within 0.06, columns mistaken for each other lie above 0.3.
LARGEST_CLOSURE_FRAC = 0.2
# Of the irradiance above the atmosphere; the cloudiest basins of the world reach 0.25, the driest deserts 0.75.
CLEARNESS = (0.2, 0.8)
# Beam over global irradiance, whole year: 0.4 in the cloudiest basins.
LEAST_BEAM_FRAC = 0.1
MOST_DARK_DAYS, MOST_DARK_DAYS_UNSAID = 7, 3
_LIT_DAY_WH_PER_M2 = 500.0
_DARK_FRAC = 0.005
# Correlation with the sun that a shift by an hour may gain: half an hour gains 0.002, a whole one at least 0.02.
_CLOCK_MARGIN = 0.01
_HALF_HOUR, _REFUSED_HOURS = 0.3, 0.7
_SHIFTS_HOURS = np.arange(-6, 7) / 4.0
_BETTER = 0.7
"""A shift counts where it leaves less than this share of what beam and diffuse miss the global by (rms)."""
_BLOCK_HOURS = 1440
# Clock and closure are judged over at least a month of hours.
JUDGED_HOURS = 720


@dataclass(frozen=True)
class Verdict:
    """What is wrong with a year of irradiance.

    Attributes
    ----------
    fault : str
        Why it is refused, as the end of a sentence that begins with the file or the answer; empty where it is not.
    column : str
        Quantity at fault, empty where it is no single one.
    warnings : tuple[str, ...]
        What is odd about it, in the same form.
    """

    fault: str = ""
    column: str = ""
    warnings: tuple[str, ...] = ()


def judge(
    start_utc: NDArray[np.datetime64],
    latitude: float,
    longitude: float,
    ghi: NDArray[np.float64],
    dni: NDArray[np.float64],
    dhi: NDArray[np.float64],
    *,
    most_lit_hours: int = MOST_LIT_NIGHT_HOURS,
) -> Verdict:
    """Judge hours of irradiance by the sun and by each other.

    Parameters
    ----------
    start_utc : NDArray[np.datetime64]
        Starts of the hours in rising order, shape (n_hours,).
    latitude, longitude : float
        Degrees, north and east positive.
    ghi, dni, dhi : NDArray[np.float64]
        Means of the hours (W/m2), shape (n_hours,).
    most_lit_hours : int
        Hours at night that may be lit.
    """
    if not len(start_utc):
        return Verdict()
    sun = sun_path(start_utc, latitude, longitude)
    is_night = sun.up_frac == 0.0
    lit = np.where(is_night, ghi, 0.0)
    count, place = int((lit > TWILIGHT_W_PER_M2).sum()), int(lit.argmax())
    warnings = []
    if count:
        brightest = f"{lit[place]:g} W/m2 at {str(start_utc[place])[:16]} UTC"
        told = f"has {brightest}, and {count} lit hours in all, while the sun is down"
        if count > most_lit_hours:
            return Verdict(f"{told}: clock, zone or position is wrong", "ghi_w_per_m2")
        warnings.append(f"{told}; they are put to zero")
    if len(start_utc) < JUDGED_HOURS:
        return Verdict(warnings=tuple(warnings))
    day, beam, sky = (np.where(is_night, 0.0, np.maximum(values, 0.0)) for values in (ghi, dni, dhi))
    if not day.any():
        return Verdict("has no irradiance at all", "ghi_w_per_m2")
    extra = sun.extra_horizontal_w_per_m2
    # A wrong clock misses the closure as well, so that the clock is judged first.
    for column, check in (
        ("ghi_w_per_m2", lambda: (_amount(day, extra), "")),
        ("ghi_w_per_m2", lambda: _dark_days(start_utc, day, extra)),
        ("ghi_w_per_m2", lambda: _clock(start_utc, latitude, longitude, day, beam, sky)),
        ("dni_w_per_m2", lambda: (_closure(sun.cos_zenith, day, beam, sky), "")),
    ):
        fault, warning = check()
        if fault:
            return Verdict(fault, column, tuple(warnings))
        warnings += [warning] if warning else []
    return Verdict(warnings=tuple(warnings))


def _amount(ghi: NDArray[np.float64], extra: NDArray[np.float64]) -> str:
    clearness = float(ghi.sum() / extra.sum())
    if CLEARNESS[0] <= clearness <= CLEARNESS[1]:
        return ""
    unit = "; it may be in kW/m2" if ghi.max() < 2.0 else ""
    return (
        f"has a global irradiance of {ghi.sum() / 1000.0:,.4g} kWh/m2, {clearness:.3g} of that above the atmosphere at "
        f"this latitude, where {CLEARNESS[0]:g} to {CLEARNESS[1]:g} of it reach the ground{unit}"
    )


def _dark_days(
    start_utc: NDArray[np.datetime64], ghi: NDArray[np.float64], extra: NDArray[np.float64]
) -> tuple[str, str]:
    """Return what is wrong with days without light, and what is odd."""
    _, of_day = np.unique(start_utc.astype("datetime64[D]"), return_inverse=True)
    light, above = np.bincount(of_day, ghi), np.bincount(of_day, extra)
    is_dark = (above >= _LIT_DAY_WH_PER_M2) & (light < _DARK_FRAC * above)
    longest = max((len(list(run)) for dark, run in itertools.groupby(is_dark) if dark), default=0)
    told = f"has {int(is_dark.sum())} days without light, {longest} of them in a row"
    if longest > MOST_DARK_DAYS:
        return told, ""
    return "", told if is_dark.sum() > MOST_DARK_DAYS_UNSAID else ""


def _clock(
    start_utc: NDArray[np.datetime64],
    latitude: float,
    longitude: float,
    ghi: NDArray[np.float64],
    dni: NDArray[np.float64],
    dhi: NDArray[np.float64],
) -> tuple[str, str]:
    """Return what is wrong with the stamps, and what is odd: the sun an hour off, or half an hour.

    The global irradiance follows the sun best on the right clock, and there the beam, seen at the sun's height, is what
    the diffuse leaves of it. The second is judged by two months at a time, since clocks may jump in summer.
    """
    paths = [
        sun_path(start_utc + np.timedelta64(round(3600 * shift), "s"), latitude, longitude) for shift in _SHIFTS_HOURS
    ]
    now = int(np.flatnonzero(_SHIFTS_HOURS == 0.0)[0])
    agreement = [np.corrcoef(ghi, paths[now + step].extra_horizontal_w_per_m2)[0, 1] for step in (0, -4, 4)]
    if agreement[0] < max(agreement[1:]) - _CLOCK_MARGIN:
        return "follows the sun better when it is moved by an hour: clock, zone or position is wrong", ""
    squares = np.array([(ghi - dhi - dni * path.cos_zenith) ** 2 for path in paths])
    blocks = np.array_split(np.arange(len(ghi)), max(len(ghi) // _BLOCK_HOURS, 1))
    misses = np.array([np.sqrt(squares[:, block].mean(axis=1)) for block in blocks])
    best = misses.argmin(axis=1)
    is_better = misses[np.arange(len(blocks)), best] < _BETTER * misses[:, now]
    off = np.where(is_better, _SHIFTS_HOURS[best], 0.0)
    told = "has a beam that follows the sun better when the stamps are moved by {:+.2g} h{}"
    worst = float(off[np.abs(off).argmax()])
    if abs(worst) >= _REFUSED_HOURS:
        part = "" if (off == off[0]).all() else f" in {int((np.abs(off) >= _REFUSED_HOURS).sum())} of {len(off)} parts"
        return told.format(worst, f"{part}: clock, zone or position is wrong"), ""
    typical = float(np.median(off))
    return "", told.format(typical, "; the hours are read as stamped") if abs(typical) >= _HALF_HOUR else ""


def _closure(
    cos_zenith: NDArray[np.float64], ghi: NDArray[np.float64], dni: NDArray[np.float64], dhi: NDArray[np.float64]
) -> str:
    """Return how quantities contradict each other, as columns under wrong names do."""
    total = max(float(ghi.sum()), 1.0)
    miss = float(np.abs(dni * cos_zenith + dhi - ghi).sum() / total)
    beam = float(dni.sum() / total)
    sums = ", ".join(
        f"{name} {values.sum() / 1000.0:,.0f}" for name, values in (("global", ghi), ("beam", dni), ("diffuse", dhi))
    )
    if miss > LARGEST_CLOSURE_FRAC:
        named = {"global": ghi, "beam": dni, "diffuse": dhi}
        for one, other in itertools.combinations(named, 2):
            swapped = named | {one: named[other], other: named[one]}
            left = np.abs(swapped["beam"] * cos_zenith + swapped["diffuse"] - swapped["global"]).sum()
            if left < LARGEST_CLOSURE_FRAC * swapped["global"].sum():
                sums += f"; {one} and {other} are swapped, as it seems"
                break
        return f"has beam and diffuse irradiance that miss the global by {miss:.0%} (kWh/m2: {sums})"
    if beam < LEAST_BEAM_FRAC:
        return f"has a beam of {beam:.1%} of the global irradiance in a whole year (kWh/m2: {sums})"
    return ""
