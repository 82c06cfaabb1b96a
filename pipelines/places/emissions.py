"""What a plant could emit in a year: pollutants of each kind of unit, before and after catalysts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import log
from pathlib import Path

from pipelines.errors import InputError
from pipelines.reference.side_table import read_side_table
from pipelines.settings import Settings
from pipelines.timeline.distribution import Z90

FACTORS_FILE = Path(__file__).with_name("emission_factors.csv")
POLLUTANTS = ("nox", "co", "voc", "pm25")
"""Pollutants that decide the class of a permit; formaldehyde counts as VOC and is a hazardous pollutant of its own."""
CONTROLS = ("none", "oxidation_catalyst", "scr_and_oxidation_catalyst")
HOURS_PER_YEAR = 8760.0
KG_PER_SHORT_TON = 907.18474
_KW_PER_HP = 0.745699872
_POUNDS_PER_SHORT_TON = 2000.0
# EPA Method 19: lb/MMBtu = ppm x 1.194e-7 (lb/scf of NO2 per ppm) x 8,710 dscf/MMBtu of natural gas, at 15 % oxygen.
_LB_PER_MMBTU_AND_PPM = 1.194e-7 * 8710.0 * 20.9 / (20.9 - 15.0)
_COLUMNS = ("plant", "pollutant", "low", "mid", "high", "unit", "condition", "source_title", "url")


@dataclass(frozen=True)
class Spread:
    """A figure above zero with its range on the logarithm: median, and standard deviations below and above it."""

    mid: float
    below: float
    above: float

    @classmethod
    def of(cls, low: float, mid: float, high: float) -> Spread:
        """Build it from P10, P50 and P90."""
        return cls(mid, log(mid / low) / Z90, log(high / mid) / Z90)

    def times(self, other: Spread) -> Spread:
        """Multiply by an independent figure."""
        spread = ((self.below**2 + other.below**2) ** 0.5, (self.above**2 + other.above**2) ** 0.5)
        return Spread(self.mid * other.mid, *spread)


@cache
def _factors(path: Path = FACTORS_FILE) -> dict[tuple[str, str], tuple[float, float, float, str]]:
    """Read the cited factors: P10, P50, P90 and unit by plant and pollutant; a single figure has no range."""
    found = {}
    for line, row in enumerate(read_side_table(path, _COLUMNS).iter_rows(named=True), start=2):
        try:
            mid = float(row["mid"])
            low, high = (float(row[name]) if row[name] else mid for name in ("low", "high"))
        except ValueError:
            raise InputError("the factor is no number", file=str(path), row=line, column="mid") from None
        found[row["plant"], row["pollutant"]] = (low, mid, high, row["unit"])
    return found


def _tons_per_mw_year(value: float, unit: str, settings: Settings) -> float:
    """Convert a factor to short tons per MW of output and year of 8,760 hours.

    Raises
    ------
    InputError
        If the unit is unknown.
    """
    if unit == "tons_per_mw_year":
        return value
    if unit == "lb_per_mwh":
        return value * HOURS_PER_YEAR / _POUNDS_PER_SHORT_TON
    if unit == "g_per_hp_h":
        hp_hours = 1000.0 * HOURS_PER_YEAR / _KW_PER_HP / settings.generator_efficiency_frac
        return value * hp_hours / (1000.0 * KG_PER_SHORT_TON)
    if unit == "ppm_at_15pct_O2":
        mmbtu = settings.turbine_permit_mmbtu_per_mwh * HOURS_PER_YEAR
        return value * _LB_PER_MMBTU_AND_PPM * mmbtu / _POUNDS_PER_SHORT_TON
    raise InputError(f"unit {unit!r} is not known", file=str(FACTORS_FILE), column="unit")


def uncontrolled(plant: str, settings: Settings) -> dict[str, Spread]:
    """Compute what a kind of unit emits without catalysts, short tons per MW of output and year at full load.

    Parameters
    ----------
    plant : str
        Reference plant of the technology (`location_proxy` of `technologies.csv`).

    Returns
    -------
    dict[str, Spread]
        By pollutant, with formaldehyde apart where it is known; empty for a kind of unit without factors.
    """
    found = {
        pollutant: Spread.of(*(_tons_per_mw_year(value, unit, settings) for value in points))
        for (name, pollutant), (*points, unit) in _factors().items()
        if name == plant
    }
    if found and "pm25" not in found:
        found["pm25"] = Spread(settings.engine_pm25_tons_per_mw_year, 0.0, 0.0)
    return found


def flameless(settings: Settings) -> dict[str, float]:
    """Compute what units emit that burn nothing, fuel cells: short tons per MW of output and year, by pollutant."""
    rows = zip(("nox", "co", "voc"), settings.fuel_cell_lb_per_mwh, strict=True)
    return {name: _tons_per_mw_year(value, "lb_per_mwh", settings) for name, value in rows}


def controlled(plant: str, control: str, settings: Settings) -> dict[str, Spread]:
    """Compute what a kind of unit emits behind catalysts, short tons per MW of output and year at full load.

    Removal shares are settings with ranges; the VOC includes formaldehyde, whose removal differs.

    Parameters
    ----------
    plant : str
    control : str
        One of `CONTROLS`.

    Returns
    -------
    dict[str, Spread]
        By pollutant of `POLLUTANTS`, and formaldehyde where it is known.
    """
    bare = uncontrolled(plant, settings)
    has_oxidation, has_scr = control != "none", control == "scr_and_oxidation_catalyst"
    removal = {
        "nox": settings.scr_nox_removal_frac if has_scr else None,
        "co": settings.oxidation_co_removal_frac if has_oxidation else None,
        "voc": settings.oxidation_voc_removal_frac if has_oxidation else None,
        "formaldehyde": settings.oxidation_formaldehyde_removal_frac if has_oxidation else None,
    }
    found = {}
    for name, spread in bare.items():
        shares = removal.get(name)
        found[name] = spread if shares is None else spread.times(Spread.of(*(1.0 - share for share in shares[::-1])))
    if "formaldehyde" in found and "voc" in found:
        found["voc"] = _sum(found["voc"], found["formaldehyde"])
    return found


def _sum(one: Spread, other: Spread) -> Spread:
    """Add two independent figures; the spreads as for small ones, weighted by size."""
    total = one.mid + other.mid
    shares = (one.mid / total, other.mid / total)

    def joint(name: str) -> float:
        own = (getattr(one, name), getattr(other, name))
        return sum((share * value) ** 2 for share, value in zip(shares, own, strict=True)) ** 0.5

    return Spread(total, joint("below"), joint("above"))
