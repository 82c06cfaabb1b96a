"""How firm a place is: ranks over draws of the inputs and of the weights (stochastic multicriteria acceptability)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.contracts import ranking as _contracts  # noqa: F401 - registers the tables
from pipelines.contracts.base import validate
from pipelines.contracts.economics import SCORE_COMPONENTS
from pipelines.economics.gas import Ranges
from pipelines.identity import stable_seed
from pipelines.ranking.model import Array, SiteModel, at_load
from pipelines.ranking.place_draws import PlaceDraws, PlaceRanges
from pipelines.ranking.rank import KEY, riding_through, tiers
from pipelines.ranking.score import score_anchors, utility
from pipelines.ranking.uncertainty import Uncertain
from pipelines.timeline.distribution import quantile
from pipelines.timeline.draws import Draws

_RESILIENCE = ["worst_years_served_frac", "rides_through_24h_frac"]
# What is worked on at once, and by how many threads; the figures do not depend on it.
_ROWS_AT_ONCE, _DRAWS_AT_ONCE, _THREADS = 2048, 128, 2


class InputDraws:
    """Draws of the uncertain assumptions; the same assumption and instance has the same draws in every night.

    Parameters
    ----------
    uncertain : Sequence[Uncertain]
        The assumptions; those not drawn are left at the night's figure.
    n_draws : int
    tail : float
        Growth of the tails beyond P10 and P90, as for durations.
    ranges : Ranges
        Ranges of the instances of local effects, around the night's figures.
    """

    def __init__(self, uncertain: Sequence[Uncertain], n_draws: int, tail: float, ranges: Ranges) -> None:
        self._by_effect: dict[str, list[Uncertain]] = {}
        for item in uncertain:
            if item.is_drawn:
                self._by_effect.setdefault(item.effect, []).append(item)
        self.n_draws, self._tail, self._ranges = n_draws, tail, ranges

    @property
    def drawn_effects(self) -> set[str]:
        """Return the effects that are drawn."""
        return set(self._by_effect)

    def base(self, effect: str) -> float:
        """Return the night's figure of an effect."""
        return self._by_effect[effect][0].base

    def targets(self, effect: str) -> list[str]:
        """Return what an effect is drawn for."""
        return [item.target for item in self._by_effect.get(effect, [])]

    def of(self, effect: str, target: str | None = None, instance: str = "") -> Array | None:
        """Return the draws of an effect, shape (n_draws,), or None where nothing of the kind is uncertain."""
        for item in self._by_effect.get(effect, []):
            if target is None or item.target == target:
                low, high = self._ranges.get(effect, {}).get(instance, (item.low, item.high))
                z = np.random.default_rng(stable_seed("robustness", item.assumption_id, instance)).standard_normal(
                    self.n_draws
                )
                return quantile_around(z, low, item.base, high, tail=self._tail)
        return None

    def by_instance(self, effect: str, instances: NDArray[np.str_]) -> Array | None:
        """Return the draws of a local effect, shape (n_rows, n_draws), each row by its own instance."""
        if effect not in self._by_effect:
            return None
        names, place = np.unique(instances, return_inverse=True)
        drawn = np.array([self.of(effect, None, str(name)) for name in names])
        return drawn[place]


def quantile_around(z: Array, low: float, base: float, high: float, *, tail: float) -> Array:
    """Return draws through (P10, low), (P50, base), (P90, high), for figures of any sign."""
    return base + quantile(z, 0.0, base - low, high - low, tail=tail) - (base - low)


@dataclass(frozen=True)
class ValueDraws:
    """The night in every draw.

    Attributes
    ----------
    values, scores : Array
        Value (USD per MW) and score (0-100) of every row, shape (n_rows, n_draws).
    inputs : InputDraws
        Draws of the assumptions behind them.
    places : PlaceDraws
        Draws of what is not known of the places.
    """

    values: Array
    scores: Array
    inputs: InputDraws
    places: PlaceDraws


def draw_values(
    model: SiteModel,
    draws: Draws,
    uncertain: Sequence[Uncertain],
    ranges: Ranges,
    places: PlaceRanges,
    adequacy: pl.DataFrame,
) -> ValueDraws:
    """Draw value and score of every row.

    Common assumptions are drawn together, local ones by hub, place, state or stack, facts of places and grid requests
    (energised or not) by region, months to power as the activity networks draw them.

    Parameters
    ----------
    model : SiteModel
        Rows in the order of the timeline.
    draws : Draws
        Of the time to power; row i of the model is row i there.
    uncertain : Sequence[Uncertain]
    ranges : Ranges
        Ranges of the basis by hub and of the adder by rule, around the night's figures.
    places : PlaceRanges
        What is not known of the place of each row.
    adequacy : pl.DataFrame
        Contract `mart.adequacy`; a row without sampled years is scored on its other parts.
    """
    settings = model.settings
    n_draws = min(settings.robustness_draws, draws.online_years.shape[1])
    inputs = InputDraws(uncertain, n_draws, settings.duration_tail_per_sigma, ranges)
    of_places = PlaceDraws(places, n_draws, settings)
    values = np.empty((model.rows.height, n_draws))
    scores = np.empty_like(values)
    weights = _weights(n_draws)
    sampled = model.rows.select(KEY).join(riding_through(adequacy), on=KEY, how="left", maintain_order="left")
    resilience = sampled.select(_RESILIENCE).to_numpy().astype(np.float64)

    def draw(start: int) -> None:
        part = np.arange(start, min(start + _ROWS_AT_ONCE, len(values)))
        values[part], scores[part] = _draw_rows(model, draws, inputs, of_places, part, resilience, weights)

    with ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(draw, range(0, len(values), _ROWS_AT_ONCE)))
    return ValueDraws(values, scores, inputs, of_places)


def rank_acceptability(model: SiteModel, drawn: ValueDraws) -> pl.DataFrame:
    """Return where each row ranks over draws of inputs and weights.

    By value, the weight between speed and cost is the margin of compute, which is drawn. By score, the weights of the
    parts are drawn uniformly among all that sum to one (SMAA-2: Lahdelma and Salminen 2001, Operations Research
    49). Inputs are drawn the same way in both, see `draw_values`. Rows that miss the target come after those that meet
    it, and rows of regions where no site may be built last, as in the ranking.

    Returns
    -------
    pl.DataFrame
        Contract `mart.rank_acceptability`.
    """
    tier = tiers(model.rows)
    key = model.rows.select(KEY)
    # Equal figures go by region and first id of the stack.
    order = np.lexsort((model.instances("technology"), model.instances("region")))
    frames = [
        _summary(figures, tier, key, order).with_columns(pl.lit(name).alias("ordered_by"))
        for name, figures in (("value", drawn.values), ("score", drawn.scores))
    ]
    return validate(pl.concat(frames), "mart.rank_acceptability")


def _draw_rows(
    model: SiteModel,
    draws: Draws,
    inputs: InputDraws,
    places: PlaceDraws,
    part: NDArray[np.int64],
    resilience: Array,
    weights: Array,
) -> tuple[Array, Array]:
    """Return value and score of some rows in every draw, each of shape (n_part, n_draws)."""
    n_draws = inputs.n_draws
    ones = np.ones(n_draws)
    lcoe = np.repeat(model.lcoe[part][:, None], n_draws, axis=1)
    place = inputs.by_instance("location", model.instances(next(iter(inputs.targets("location")), "region"))[part])
    terms = _capital_cost_draws(model, inputs)
    for technology, charge in model.capital.items():
        factor = inputs.of("capital", technology)
        moved = terms.get(technology, ones)[None, :] * (ones if factor is None else factor)[None, :]
        lcoe += charge[part][:, None] * (moved * (1.0 if place is None else place) - 1.0)
    gas = _gas_draws(model, inputs, part)
    lcoe += gas
    lcoe += places.lcoe(part)
    varying = model.varying_cost()[part][:, None] + gas
    local_power = inputs.by_instance("power", model.instances("state")[part])
    if local_power is not None:
        power = model.power[part][:, None] * (local_power - 1.0)
        lcoe += power
        varying = varying + power
    targets = inputs.targets("operation")
    for target in targets:
        own, figure = model.operation_of(target, set(targets) - {target}), inputs.of("operation", target)
        if figure is not None:
            lcoe += own[part][:, None] * (figure - 1.0)
    used = inputs.of("load_factor")
    share = ones if used is None else used / inputs.base("load_factor")
    lcoe = at_load(lcoe, varying, share[None, :])
    lost = 1.0 - model.availability[part][:, None]
    outages = inputs.by_instance("outages", model.instances("technology")[part])
    scale = np.ones((len(part), n_draws)) if outages is None else outages
    available = 1.0 - np.clip(lost * scale, 0.0, 1.0)
    margin = _margin_draws(model, inputs)
    network = draws.network[part]
    online = draws.online_years[network, :n_draws] * completed(model, part, n_draws)
    power_usd = model.bus_mwh[part][:, None] * share * lcoe
    net = available * (margin - power_usd) - model.restart_years[part][:, None] * margin
    figures = {
        "first_mw_months_p50": draws.first_mw_months[network, :n_draws],
        "lcoe_usd_per_mwh": lcoe,
        "availability_frac": available,
        # Years lose in proportion to the outages; what is there without gas or grid does not depend on them.
        "worst_years_served_frac": 1.0 - np.clip((1.0 - resilience[part, :1]) * scale, 0.0, 1.0),
        "rides_through_24h_frac": resilience[part, 1:],
        "co2_kg_per_mwh": model.carbon_kg[part][:, None],
    }
    return online * net, weighted_score(figures, weights)


def weighted_score(figures: Mapping[str, Array], weights: Array) -> Array:
    """Compute the score (0-100) under drawn weights, shape (n_rows, n_draws); a row is scored on the parts it has.

    Parameters
    ----------
    figures : Mapping[str, Array]
        By column of the anchors, each of shape (n_rows, n_draws) or (n_rows, 1), NaN where a row has none.
    weights : Array
        Shape (n_components, n_draws).
    """
    anchors = score_anchors()
    score, known = np.zeros(weights.shape[1]), np.zeros(weights.shape[1])
    for weight, component in zip(weights, SCORE_COMPONENTS, strict=True):
        own = anchors.filter(pl.col("component") == component)
        share = own["weight"] / own["weight"].sum()
        rows = zip(share, own.iter_rows(named=True), strict=True)
        part = sum((frac * utility(figures[row["column_name"]], row) for frac, row in rows), np.zeros((1, 1)))
        is_known = np.isfinite(part)
        score = score + weight[None, :] * np.where(is_known, part, 0.0)
        known = known + weight[None, :] * is_known
    return np.asarray(score / known)


def _capital_cost_draws(model: SiteModel, inputs: InputDraws) -> dict[str, Array]:
    """Return the factor that the drawn cost of capital puts on the charges of each technology, shape (n_draws,)."""
    rates = inputs.of("cost_of_capital")
    if rates is None:
        return {}
    known = sorted(model.capital_at)
    base = inputs.base("cost_of_capital")
    factors = {}
    for technology, charge in model.capital.items():
        total = charge.sum()
        if total == 0.0:
            continue
        points = [(rate, model.capital_at[rate][technology].sum() / total) for rate in known] + [(base, 1.0)]
        points.sort()
        factors[technology] = np.interp(rates, [rate for rate, _ in points], [factor for _, factor in points])
    return factors


def _gas_draws(model: SiteModel, inputs: InputDraws, part: NDArray[np.int64]) -> Array:
    """Return the change of the LCOE by Henry Hub, basis, adder and heat rates, shape (n_part, n_draws)."""
    price = np.repeat(model.gas_usd_per_mmbtu[part][:, None], inputs.n_draws, axis=1)
    hub = inputs.of("gas")
    if hub is not None:
        price += hub - inputs.base("gas")
    for effect, target in (("gas_basis", "hub"), ("gas_adder", "gas_rule")):
        moved = inputs.by_instance(effect, model.instances(target)[part])
        if moved is not None:
            price += moved
    # A hub may fall to nothing for days, not for twenty years.
    price = np.maximum(price, model.settings.gas_floor_usd_per_mmbtu)
    rate = np.ones((len(part), inputs.n_draws))
    names = model.rows["firm_technology"].to_numpy()[part]
    for target in inputs.targets("heat_rate"):
        rate[names == target] = inputs.of("heat_rate", target)
    return model.gas_mmbtu[part][:, None] * (price * rate - model.gas_usd_per_mmbtu[part][:, None])


def _margin_draws(model: SiteModel, inputs: InputDraws) -> Array:
    revenue, compute = inputs.of("revenue"), inputs.of("compute_capital")
    own = model.settings
    charge = (own.compute_capex_usd_per_mw * np.ones(inputs.n_draws)) if compute is None else compute
    earned = own.revenue_usd_per_mw_year if revenue is None else revenue
    return earned - charge * (own.revenue_usd_per_mw_year - model.margin()) / own.compute_capex_usd_per_mw


def completed(model: SiteModel, part: NDArray[np.int64], n_draws: int) -> Array:
    """Return whether each row's request is energised in each draw; the stacks of a region share the outcome."""
    probability = model.completion[part]
    done = np.ones((len(part), n_draws))
    regions = model.instances("region")[part]
    for row in np.flatnonzero(probability < 1.0):
        seed = stable_seed("robustness", "grid_completion", str(regions[row]))
        done[row] = np.random.default_rng(seed).random(n_draws) < probability[row]
    return done


def _weights(n_draws: int) -> Array:
    """Return weights of the score's parts, uniform among those that sum to one, shape (n_parts, n_draws)."""
    drawn = np.random.default_rng(stable_seed("robustness", "weights")).standard_exponential(
        (len(SCORE_COMPONENTS), n_draws)
    )
    return drawn / drawn.sum(axis=0)


def _summary(figures: Array, tier: NDArray[np.int64], key: pl.DataFrame, order: NDArray[np.int64]) -> pl.DataFrame:
    ranks = np.empty(figures.shape, dtype=np.int64)
    ranks[order] = rank_draws(figures[order], tier[order])
    low, middle, high = np.quantile(ranks, [0.05, 0.5, 0.95], axis=1)
    figure_low, figure_middle, figure_high = np.quantile(figures, [0.05, 0.5, 0.95], axis=1)
    return key.with_columns(
        pl.Series("top1_frac", (ranks == 1).mean(axis=1)),
        pl.Series("top10_frac", (ranks <= 10).mean(axis=1)),
        pl.Series("region_first_frac", _best_of_region(ranks, key["region_id"].to_numpy())),
        pl.Series("rank_p05", low),
        pl.Series("rank_p50", middle),
        pl.Series("rank_p95", high),
        pl.Series("figure_p05", figure_low),
        pl.Series("figure_p50", figure_middle),
        pl.Series("figure_p95", figure_high),
    )


def rank_draws(figures: Array, tier: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the rank of every row in every draw, from 1: lower tier first, then the figure from high to low.

    Parameters
    ----------
    figures : Array
        Value or score, shape (n_rows, n_draws); equal figures keep the order of the rows.
    tier : NDArray[np.int64]
        From `tiers`, shape (n_rows,).
    """
    first = np.argsort(tier, kind="stable")
    starts = np.flatnonzero(np.diff(tier[first])) + 1
    groups = list(zip(np.split(first, starts), [0, *starts.tolist()], strict=True))
    ranks = np.empty(figures.shape, dtype=np.int64)

    def rank(start: int) -> None:
        some = slice(start, start + _DRAWS_AT_ONCE)
        for rows, offset in groups:
            order = np.argsort(-figures[rows, some], axis=0, kind="stable")
            places = np.empty_like(order)
            np.put_along_axis(places, order, np.arange(len(rows))[:, None], axis=0)
            ranks[rows, some] = places + offset + 1

    with ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(rank, range(0, figures.shape[1], _DRAWS_AT_ONCE)))
    return ranks


def _best_of_region(ranks: NDArray[np.int64], regions: NDArray[np.str_]) -> Array:
    """Return the share of draws in which each row ranks first of its region."""
    order = np.argsort(regions.astype(str), kind="stable")
    names = regions.astype(str)[order]
    starts = np.flatnonzero(np.concatenate([[True], names[1:] != names[:-1]]))
    best = np.minimum.reduceat(ranks[order], starts, axis=0)
    place = np.cumsum(np.concatenate([[True], names[1:] != names[:-1]])) - 1
    share = np.empty(len(ranks))
    share[order] = (ranks[order] == best[place]).mean(axis=1)
    return share
