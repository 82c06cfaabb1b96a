"""Draws of what is not known of a place: the length of the gas lateral and the class of the air permit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import log

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import expit, logit

from pipelines.identity import stable_seed
from pipelines.places.air_permit import air_permits, burning_plants, control_prices, has_facts
from pipelines.places.emissions import CONTROLS
from pipelines.places.gas_lateral import lateral_months, lateral_usd
from pipelines.places.gas_reach import gas_laterals, known_laterals, lateral_lengths
from pipelines.places.permit_durations import MAJOR, STEPS, months_of, permit_points
from pipelines.places.permit_months import nonattainment_months
from pipelines.settings import Settings
from pipelines.timeline.distribution import Z90, own_scores, quantile, scores
from pipelines.timeline.draws import TIMELINE_SEED

Array = NDArray[np.float64]
LATERAL, PERMIT = "gas_lateral", "air_permit"
"""Durations with whose months the length of the lateral and the class of the permit are drawn."""


@dataclass(frozen=True)
class PlaceRanges:
    """What is not known of the place of each row; arrays of shape (n_rows,) unless said otherwise.

    Attributes
    ----------
    region : NDArray[np.str_]
    lateral_usd_per_mwh : Array
        Charge of the lateral at its median length (USD per MWh served).
    length_km : Array
        P10, P50 and P90 of its length, shape (n_rows, 3).
    length_weight : Array
        Correlation of the length with the months of the lateral, on normal scores.
    minor_prob : Array
        Probability of staying below every line of a major source; 0 or 1 where the class is not open.
    permit_months : Array
        P10, P50 and P90 of the permit as drawn, of a minor and of a major one, shape (n_rows, 3, 3).
    major_usd_per_mwh : Array
        Rise of the levelised cost from a minor source to a major one (USD/MWh).
    """

    region: NDArray[np.str_]
    lateral_usd_per_mwh: Array
    length_km: Array
    length_weight: Array
    minor_prob: Array
    permit_months: Array
    major_usd_per_mwh: Array

    @property
    def is_length_open(self) -> NDArray[np.bool_]:
        """Return whether the length of the lateral is a range, shape (n_rows,)."""
        return (self.length_weight > 0.0) & (self.lateral_usd_per_mwh > 0.0)

    @property
    def is_class_open(self) -> NDArray[np.bool_]:
        """Return whether the class of the permit is open, shape (n_rows,)."""
        return (self.minor_prob > 0.0) & (self.minor_prob < 1.0)


def place_ranges(rows: pl.DataFrame, regions: pl.DataFrame, settings: Settings) -> PlaceRanges:
    """Collect what is not known of the places of chosen designs.

    Parameters
    ----------
    rows : pl.DataFrame
        Rows of `valued_sites`.
    regions : pl.DataFrame
        Contract `core.regions`; without facts of places, or with their effects switched off, nothing is open.
    settings : Settings
    """
    count = len(rows)
    lateral, length, weight = np.zeros(count), np.zeros((count, 3)), np.zeros(count)
    if known_laterals(regions, settings) is not None:
        lateral = (rows["lateral_charge_usd_per_year"] / rows["served_mwh"]).to_numpy()
        length, weight = _lengths(rows, regions, settings)
    below, points, rise = np.ones(count), np.zeros((count, 3, 3)), np.zeros(count)
    if has_facts(regions, settings):
        below, points, rise = _classes(rows, regions, settings)
    return PlaceRanges(rows["region_id"].to_numpy().astype(str), lateral, length, weight, below, points, rise)


def _lengths(rows: pl.DataFrame, regions: pl.DataFrame, settings: Settings) -> tuple[Array, Array]:
    """Read the length of each row's lateral, shape (n_rows, 3), and its correlation with the months, shape (n_rows,).

    The range of the months comes from length and from time to build; the part of the length is the range that it alone
    makes, on the logarithm, as a share of the whole.
    """
    of_class = {}
    for name, (low, mid, high) in lateral_lengths(settings).items():
        by_length = log(lateral_months(high, 1, settings) / lateral_months(low, 1, settings))
        whole = log(lateral_months(high, 2, settings) / lateral_months(low, 0, settings))
        of_class[name] = (low / mid, high / mid, by_length / whole if whole > 0.0 else 0.0)
    found = {}
    laterals = gas_laterals(regions, settings).select("region_id", "gas_lateral_km", "gas_lateral_class")
    for region, length_km, name in laterals.iter_rows():
        low, high, weight = of_class[name]
        found[region] = (low * length_km, length_km, high * length_km, weight)
    made = np.array([found[region] for region in rows["region_id"]]).reshape(len(rows), 4)
    return made[:, :3], made[:, 3]


def _classes(rows: pl.DataFrame, regions: pl.DataFrame, settings: Settings) -> tuple[Array, Array, Array]:
    """Read how open the class of each permit is, the months of both classes, and what a major source costs more."""
    permits = air_permits(rows, regions, settings)
    below = permits["air_permit_below_prob"].to_numpy()
    # The months are drawn by quarters of the probability: what they take as certain is certain here.
    quarters = np.rint(below * STEPS)
    prob = np.where((quarters > 0) & (quarters < STEPS), below, np.rint(below))
    states = rows.select("region_id").join(
        regions.select("region_id", "state"), on="region_id", how="left", maintain_order="left"
    )["state"]
    drawn, points = permit_points(settings), np.zeros((len(rows), 3, 3))
    for row in np.flatnonzero((prob > 0.0) & (prob < 1.0)).tolist():
        permit_id = permits["air_permit_id"][row]
        minor, major = (months_of(name, states[row]).points for name in ("minor", "major"))
        if MAJOR[1] in permit_id.split("_"):
            major = nonattainment_months(major, settings.nonattainment_month_factors)
        points[row] = drawn[permit_id], minor, major
    return prob, points, _rise(rows, permits, settings)


def _rise(rows: pl.DataFrame, permits: pl.DataFrame, settings: Settings) -> Array:
    """Compute what a major source costs more than a minor one, shape (n_rows,) (USD/MWh).

    Every control in place of those chosen, and offsets; their capital is charged as that of the firm units.
    """
    per_kw, per_mwh = np.zeros(len(rows)), np.zeros(len(rows))
    for plant, control, at in _controlled(rows, permits, settings):
        capital, operation = control_prices(plant, settings)
        per_kw[at] = capital[CONTROLS[-1]] - capital[control]
        per_mwh[at] = operation[CONTROLS[-1]] - operation[control]
    major = 1.0 - permits["air_permit_below_prob"].to_numpy()
    expected, nothing = permits["offset_usd"].to_numpy(), np.zeros(len(rows))
    offset = np.divide(expected, major, out=nothing.copy(), where=major > 1e-6)
    firm_kw = 1000.0 * (rows["firm_units"].cast(pl.Float64) * rows["firm_unit_mw"]).to_numpy()
    built, charged = rows["firm_capex_usd"].to_numpy(), rows["firm_charge_usd_per_year"].to_numpy()
    recovery = np.divide(charged, built, out=nothing.copy(), where=built > 0.0)
    yearly = (per_kw * firm_kw + offset) * recovery + per_mwh * rows["firm_mwh"].to_numpy()
    return np.asarray(yearly / rows["served_mwh"].to_numpy())


def _controlled(
    rows: pl.DataFrame, permits: pl.DataFrame, settings: Settings
) -> Iterator[tuple[str, str, NDArray[np.int64]]]:
    """Yield kind of unit, chosen control and rows of the plants whose permit is by pollutant."""
    plants = burning_plants(settings)
    frame = pl.DataFrame([rows["firm_technology"], permits["air_permit_control"]]).with_row_index("_at")
    grouped = frame.filter(pl.col("firm_technology").is_in(list(plants)))
    for (technology, control), group in grouped.group_by("firm_technology", "air_permit_control", maintain_order=True):
        yield plants[str(technology)], str(control), group["_at"].to_numpy().astype(np.int64)


class PlaceDraws:
    """Draws of lengths of laterals and classes of permits; a region has the same ones in any company.

    Both agree with the months that the activity networks draw: a long lateral is a slow one, and a permit that takes
    long is likelier that of a major source. What the months leave open is drawn by region.

    Parameters
    ----------
    ranges : PlaceRanges
    n_draws : int
    settings : Settings
        Samples, correlation and tails of the durations.
    """

    def __init__(self, ranges: PlaceRanges, n_draws: int, settings: Settings) -> None:
        self.ranges, self.n_draws, self._settings = ranges, n_draws, settings
        samples, correlation = settings.timeline_samples, settings.duration_correlation
        self._lateral = own_scores(LATERAL, samples, TIMELINE_SEED)[:n_draws]
        self._permit = scores([PERMIT], samples, TIMELINE_SEED, correlation)[0, :n_draws]

    def lengths(self, part: NDArray[np.int64]) -> Array:
        """Draw the length of the lateral as normal scores, shape (n_part, n_draws)."""
        weight = self.ranges.length_weight[part][:, None]
        return weight * self._lateral + np.sqrt(1.0 - weight**2) * self._of_regions(part, LATERAL)

    def is_major(self, part: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Draw whether the plant is a major source, given the months of its permit (Bayes), shape (n_part, n_draws)."""
        own, prob = self.ranges, self.ranges.minor_prob[part]
        drawn = np.broadcast_to((prob == 0.0)[:, None], (len(part), self.n_draws)).copy()
        at = np.flatnonzero(own.is_class_open[part])
        if not len(at):
            return drawn
        points, tail = own.permit_months[part[at]], self._settings.duration_tail_per_sigma
        months = np.log([quantile(self._permit, *mixture, tail=tail) for mixture in points[:, 0]])
        minor, major = (_log_density(months, np.log(points[:, kind])) for kind in (1, 2))
        chance = expit(minor - major + logit(prob[at])[:, None])
        drawn[at] = self._of_regions(part[at], PERMIT, is_uniform=True) > chance
        return drawn

    def lcoe(self, part: NDArray[np.int64]) -> Array:
        """Draw the change of the levelised cost by length and class, shape (n_part, n_draws) (USD/MWh)."""
        own, moved = self.ranges, np.zeros((len(part), self.n_draws))
        at = np.flatnonzero(own.is_length_open[part])
        if len(at):
            rows, tail = part[at], self._settings.duration_tail_per_sigma
            z, points = self.lengths(rows), own.length_km[rows]
            lengths = np.array([quantile(z[i], *points[i], tail=tail) for i in range(len(at))])
            factor = lateral_usd(lengths, self._settings) / lateral_usd(points[:, 1:2], self._settings)
            moved[at] += own.lateral_usd_per_mwh[rows][:, None] * (factor - 1.0)
        at = np.flatnonzero(own.is_class_open[part])
        if len(at):
            # The night's cost is that of the expected class.
            is_major = self.is_major(part[at])
            moved[at] += own.major_usd_per_mwh[part[at]][:, None] * (is_major - is_major.mean(axis=1, keepdims=True))
        return moved

    def _of_regions(self, part: NDArray[np.int64], name: str, *, is_uniform: bool = False) -> Array:
        """Draw standard normal or uniform figures of each row's region, shape (n_part, n_draws)."""
        regions, place = np.unique(self.ranges.region[part], return_inverse=True)
        made = np.empty((len(regions), self.n_draws))
        for row, region in enumerate(regions):
            own = np.random.default_rng(stable_seed("robustness", "place", name, str(region)))
            made[row] = own.random(self.n_draws) if is_uniform else own.standard_normal(self.n_draws)
        return made[place]


def _log_density(months: Array, points: Array) -> Array:
    """Compute the logarithm of the density of log months up to a constant, normal in two halves through three points.

    Parameters
    ----------
    months : Array
        Logarithms, shape (n_rows, n_draws).
    points : Array
        Logarithms of P10, P50 and P90, shape (n_rows, 3).
    """
    below, above = (np.maximum(points[:, i] - points[:, i - 1], 1e-3) / Z90 for i in (1, 2))
    distance = months - points[:, 1:2]
    spread = np.where(distance < 0.0, below[:, None], above[:, None])
    return np.asarray(-0.5 * (distance / spread) ** 2 - np.log(below + above)[:, None])
