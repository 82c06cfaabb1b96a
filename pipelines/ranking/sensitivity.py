"""Which assumptions a site hangs on, and which of them turns the order of two neighbours, at what figure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.contracts import ranking as _contracts  # noqa: F401 - registers the tables
from pipelines.contracts.base import validate
from pipelines.economics.gas import Ranges
from pipelines.economics.value import discount_by_month
from pipelines.ranking.model import Array, SiteModel, at_load
from pipelines.ranking.rank import KEY
from pipelines.ranking.uncertainty import Uncertain
from pipelines.timeline.draws import Draws

_LONGEST_DELAY = 60
_SMALLEST_SWING = 1e-6
_LOCAL_TARGETS = ("hub", "gas_rule", "state", "technology", "region")


def _ends(item: Uncertain, model: SiteModel, ranges: Ranges) -> tuple[Array, Array]:
    """Return the low and the high figure of an assumption for each row; gas has ranges by hub and by place."""
    low = np.full(model.rows.height, item.low)
    high = np.full(model.rows.height, item.high)
    own = ranges.get(item.effect, {})
    if own:
        for row, instance in enumerate(model.instances(item.target)):
            low[row], high[row] = own.get(instance, (item.low, item.high))
    return low, high


def _outcome(item: Uncertain, model: SiteModel, figure: Array) -> tuple[Array, Array]:
    """Return LCOE and value with one assumption at another figure per row."""
    if item.effect == "gas":
        figure = figure - item.base
    lcoe = model.lcoe_at(item.effect, item.target, figure)
    if item.effect == "outages":
        availability = 1.0 - np.clip((1.0 - model.availability) * figure, 0.0, 1.0)
        return lcoe, model.value_at(lcoe, availability=availability)
    if item.effect in {"revenue", "compute_capital"}:
        name = "revenue" if item.effect == "revenue" else "compute_usd_per_mw"
        return lcoe, model.value_at(lcoe, margin=model.margin(**{name: figure}))  # type: ignore[arg-type]
    if item.effect == "load_factor":
        share = figure / item.base
        lcoe = at_load(lcoe, model.varying_cost(), share)
        return lcoe, model.value_at(lcoe, bus_mwh=model.bus_mwh * share)
    if item.effect == "completion":
        waits = model.completion < 1.0
        factor = np.where(waits, figure / np.where(waits, model.completion, 1.0), 1.0)
        years = model.online_years * factor
        return lcoe, model.value_at(lcoe, online_years=years)
    return lcoe, model.value_at(lcoe)


def site_sensitivity(model: SiteModel, draws: Draws, uncertain: Sequence[Uncertain], ranges: Ranges) -> pl.DataFrame:
    """Return LCOE and value of every row at the ends of each assumption's range, the largest swing first.

    Lead times are moved together: the row's months and online time at the 10th and 90th percentile of its draws.

    Parameters
    ----------
    model, draws, uncertain, ranges
        As for `robustness.rank_acceptability`.

    Returns
    -------
    pl.DataFrame
        Contract `mart.site_sensitivity`; assumptions that do not move a row are left out.
    """
    frames = []
    key = model.rows.select(KEY)
    for item in uncertain:
        if item.effect == "lead_times":
            frames.append(_lead_times(item, model, draws, key))
            continue
        low, high = _ends(item, model, ranges)
        (lcoe_low, value_low), (lcoe_high, value_high) = (_outcome(item, model, end) for end in (low, high))
        base = np.full(len(low), item.base)
        frames.append(_swing(item, key, low, base, high, lcoe_low, lcoe_high, value_low, value_high))
    moved = pl.concat(frames).filter(pl.col("swing_usd_per_mw") > _SMALLEST_SWING)
    placed = moved.sort(*KEY, "swing_usd_per_mw", "assumption_id", descending=[False, False, True, False]).with_columns(
        pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over(KEY).alias("importance")
    )
    return validate(placed, "mart.site_sensitivity")


def _lead_times(item: Uncertain, model: SiteModel, draws: Draws, key: pl.DataFrame) -> pl.DataFrame:
    months = np.quantile(draws.first_mw_months, [0.1, 0.5, 0.9], axis=1)[:, draws.network]
    years = np.quantile(draws.online_years, [0.9, 0.1], axis=1)[:, draws.network] * model.completion
    values = [model.value_at(model.lcoe, online_years=online) for online in years]
    return _swing(item, key, months[0], months[1], months[2], model.lcoe, model.lcoe, values[0], values[1])


def _swing(
    item: Uncertain,
    key: pl.DataFrame,
    low: Array,
    base: Array,
    high: Array,
    lcoe_low: Array,
    lcoe_high: Array,
    value_low: Array,
    value_high: Array,
) -> pl.DataFrame:
    return key.with_columns(
        pl.lit(item.assumption_id).alias("assumption_id"),
        pl.lit(item.unit).alias("unit"),
        pl.Series("low", low),
        pl.Series("base", base),
        pl.Series("high", high),
        pl.Series("lcoe_at_low_usd_per_mwh", lcoe_low),
        pl.Series("lcoe_at_high_usd_per_mwh", lcoe_high),
        pl.Series("value_at_low_usd_per_mw", value_low),
        pl.Series("value_at_high_usd_per_mw", value_high),
        pl.Series("swing_usd_per_mw", np.abs(value_high - value_low)),
        pl.lit(item.is_drawn).alias("is_drawn"),
    )


def neighbours(ranked: pl.DataFrame) -> pl.DataFrame:
    """Return pairs of rows that follow each other: regions by their best row, and the best two stacks of a region.

    Parameters
    ----------
    ranked : pl.DataFrame
        region_id, stack_id, rank, region_rank, is_region_best, is_eligible, is_target_met and `row`, the row's place in
        the model.

    Returns
    -------
    pl.DataFrame
        pair, first, second (places in the model); both meet the target in regions where a site may be built.
    """
    met = ranked.filter("is_eligible", "is_target_met").sort("rank")
    best = met.filter("is_region_best").sort("region_rank")["row"]
    by_region = met.group_by("region_id", maintain_order=True).agg(pl.col("row").head(2))
    stacks = by_region.filter(pl.col("row").list.len() == 2)["row"].to_list()
    pairs = [("regions", a, b) for a, b in pairwise(best)]
    pairs += [("stacks", a, b) for a, b in stacks]
    return pl.DataFrame(pairs, schema={"pair": pl.String, "first": pl.Int64, "second": pl.Int64}, orient="row")


def rank_flips(
    model: SiteModel,
    pairs: pl.DataFrame,
    online_share: Array,
    uncertain: Sequence[Uncertain],
    ranges: Ranges,
) -> pl.DataFrame:
    """Return for each pair and assumption the figure at which both rows are worth the same.

    A common assumption moves both rows; a local one moves the first row's hub, state or stack, and the second row
    where it has the same. Between and beyond base and end of the range the value is taken as linear in the figure,
    which it is for all but the cost of capital. A delay of the first row alone is counted month by month.

    Parameters
    ----------
    model : SiteModel
    pairs : pl.DataFrame
        From `neighbours`.
    online_share : Array
        Expected share online by month, rows as in the model.
    uncertain, ranges
        As for `robustness.rank_acceptability`.

    Returns
    -------
    pl.DataFrame
        Contract `mart.rank_flips`.
    """
    if pairs.is_empty():
        return validate(_empty_flips(), "mart.rank_flips")
    first, second = pairs["first"].to_numpy(), pairs["second"].to_numpy()
    value = model.value_at(model.lcoe)
    gap = value[first] - value[second]
    frames = [_delays(model, pairs, online_share, gap)]
    for item in uncertain:
        if item.effect == "lead_times":
            continue
        low, high = _ends(item, model, ranges)
        moves = np.ones(len(first), dtype=np.bool_)
        if item.target in _LOCAL_TARGETS:
            own = model.instances(item.target)
            moves = own[first] == own[second]
        flips = []
        for end in (low, high):
            # Both rows at the figure that the first row's range ends at.
            there = _outcome(item, model, end)[1]
            changed = there[first] - np.where(moves, _second(item, model, end, first, second), value[second])
            slope = (changed - gap) / np.where(end[first] == item.base, np.nan, end[first] - item.base)
            with np.errstate(divide="ignore", invalid="ignore"):
                figure = item.base - gap / slope
            is_side = np.sign(figure - item.base) == np.sign(end[first] - item.base)
            if item.effect in {"gas", "gas_basis", "gas_adder"}:
                # Gas cannot be had for less than nothing: beyond that the value no longer moves.
                least = np.minimum(model.gas_usd_per_mmbtu[first], model.gas_usd_per_mmbtu[second])
                is_side &= figure - item.base >= -least
            flips.append(np.where(is_side & np.isfinite(figure), figure, np.nan))
        for end, figure in zip((low, high), flips, strict=True):
            frames.append(_flip_rows(item, model, pairs, gap, figure, end[first], (low[first], high[first])))
    found = pl.concat(frames).filter(pl.col("flip").is_finite() & _is_possible())
    placed = (
        found.sort("pair", "region_id", "stack_id", "other_region_id", "other_stack_id", "ranges_away", "assumption_id")
        .unique(
            subset=["pair", "region_id", "stack_id", "other_region_id", "other_stack_id", "assumption_id"],
            keep="first",
            maintain_order=True,
        )
        .with_columns(
            pl.int_range(1, pl.len() + 1, dtype=pl.Int64)
            .over("pair", "region_id", "stack_id", "other_region_id", "other_stack_id")
            .alias("closeness")
        )
    )
    return validate(placed, "mart.rank_flips")


def _second(
    item: Uncertain, model: SiteModel, end: Array, first: NDArray[np.int64], second: NDArray[np.int64]
) -> Array:
    """Return the value of the second rows at the figure of the first rows' range."""
    figure = end.copy()
    # A hub's range is the same for both rows of a pair that share it; elsewhere the range is common.
    figure[second] = end[first]
    return np.asarray(_outcome(item, model, figure)[1][second])


def _is_possible() -> pl.Expr:
    """Return whether a figure can be: ratios, prices and probabilities have their bounds."""
    is_ratio = pl.col("unit").is_in(["ratio", "percent", "USD/MW", "USD/MW/year", "USD/tonne"])
    is_share = pl.col("unit").is_in(["fraction", "share"])
    is_henry_hub = pl.col("assumption_id") == "gas_price"
    return (
        pl.when(is_share)
        .then((pl.col("flip") >= 0.0) & (pl.col("flip") <= 1.0))
        .when(is_ratio | is_henry_hub)
        .then(pl.col("flip") > 0.0)
        .otherwise(True)
    )


def _flip_rows(
    item: Uncertain,
    model: SiteModel,
    pairs: pl.DataFrame,
    gap: Array,
    figure: Array,
    end: Array,
    ends: tuple[Array, Array],
) -> pl.DataFrame:
    with np.errstate(divide="ignore", invalid="ignore"):
        away = np.abs((figure - item.base) / (end - item.base))
    return _named(model, pairs).with_columns(
        pl.lit(item.assumption_id).alias("assumption_id"),
        pl.lit(item.unit).alias("unit"),
        pl.Series("low", ends[0]),
        pl.lit(item.base).alias("base"),
        pl.Series("high", ends[1]),
        pl.Series("flip", figure),
        pl.Series("ranges_away", away),
        pl.Series("is_within_range", away <= 1.0),
        pl.Series("value_gap_usd_per_mw", gap),
    )


def _named(model: SiteModel, pairs: pl.DataFrame) -> pl.DataFrame:
    key = model.rows.select(KEY)
    other = key[pairs["second"].to_list()].rename({name: f"other_{name}" for name in KEY})
    return pairs.select("pair").hstack(key[pairs["first"].to_list()]).hstack(other)


def _delays(model: SiteModel, pairs: pl.DataFrame, online_share: Array, gap: Array) -> pl.DataFrame:
    """Return the months that the first row alone can lose before the second is worth as much."""
    first = pairs["first"].to_numpy()
    worth = discount_by_month(model.settings)
    share = online_share[first][:, : worth.size]
    lasts = min(_LONGEST_DELAY, worth.size - 1)
    years = np.stack([share[:, : worth.size - k] @ worth[k:] for k in range(lasts + 1)], axis=1)
    # Share of the value that is left after k months, which falls with k.
    left = years / np.where(years[:, :1] == 0.0, 1.0, years[:, :1])
    value = model.value_at(model.lcoe)[first]
    wanted = 1.0 - gap / np.where(value == 0.0, np.nan, value)
    months = np.full(len(first), np.nan)
    for row in range(len(first)):
        if value[row] > 0.0 and left[row, -1] <= wanted[row] <= 1.0:
            months[row] = np.interp(-wanted[row], -left[row], np.arange(lasts + 1))
    p90 = (model.rows["first_mw_months_p90"] - model.rows["first_mw_months_p50"]).to_numpy()[first]
    return _named(model, pairs).with_columns(
        pl.lit("delay").alias("assumption_id"),
        pl.lit("months").alias("unit"),
        pl.lit(0.0).alias("low"),
        pl.lit(0.0).alias("base"),
        pl.Series("high", p90),
        pl.Series("flip", months),
        pl.Series("ranges_away", months / np.maximum(p90, 1e-9)),
        pl.Series("is_within_range", months <= p90),
        pl.Series("value_gap_usd_per_mw", gap),
    )


def _empty_flips() -> pl.DataFrame:
    from pipelines.contracts.ranking import RankFlips  # noqa: PLC0415 - only where there are no neighbours

    return RankFlips.create_empty()
