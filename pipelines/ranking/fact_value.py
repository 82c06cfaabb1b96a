"""What knowing a fact of a region would be worth: the better choice of a stack that it allows (EVPPI)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.contracts import ranking as _contracts  # noqa: F401 - registers the tables
from pipelines.contracts.base import validate
from pipelines.deferred import deferred
from pipelines.identity import stable_seed
from pipelines.ranking.model import Array, SiteModel
from pipelines.ranking.place_draws import LATERAL, PERMIT
from pipelines.ranking.rank import tiers
from pipelines.ranking.robustness import ValueDraws, completed
from pipelines.reference.side_table import read_side_table
from pipelines.timeline.distribution import own_scores
from pipelines.timeline.draws import TIMELINE_SEED, Draws

interpolate = deferred("scipy.interpolate")

Rows = NDArray[np.int64]
FACTS_FILE = Path(__file__).with_name("knowable_facts.csv")
_LOCAL, _CONNECTION = "local_permits", "grid_firm"
# Options of a region that are compared, the likeliest best ones; regions at once; shuffles that show chance alone.
_OPTIONS, _REGIONS_AT_ONCE, _SHUFFLES = 3, 256, 4
# Share of the draws below which another option than the first is too rare to be worth asking about.
_RARE = 0.005
_NOISE = 1e-9
_SCHEMA = {
    "region_id": pl.String,
    "fact_id": pl.String,
    "months": pl.Float64,
    "usd_per_mw": pl.Float64,
    "stack_id": pl.String,
    "switch_frac": pl.Float64,
    "other_stack_id": pl.String,
}
_KNOTS = (0.0, 0.0, 0.0, 0.0, 1.0 / 3.0, 2.0 / 3.0, 1.0, 1.0, 1.0, 1.0)


@dataclass(frozen=True)
class Knowable:
    """A fact that could be known.

    Attributes
    ----------
    fact_id : str
    is_open : NDArray[np.bool_]
        Whether it moves a row, shape (n_rows,).
    draw : Callable[[Rows], Array]
        Draws of the fact in the regions of some rows, shape (n_part, n_draws); whole numbers where it is a class.
    moves_months : bool
        Whether it moves the months to the first MW.
    is_class : bool
        Whether it takes a few values alone.
    """

    fact_id: str
    is_open: NDArray[np.bool_]
    draw: Callable[[Rows], Array]
    moves_months: bool
    is_class: bool = False


def fact_value(model: SiteModel, draws: Draws, drawn: ValueDraws) -> pl.DataFrame:
    """Compute what knowing each fact would be worth for the choice of a stack in each region.

    Expected value of partial perfect information: the mean over the fact of the best conditional mean, less the best
    mean. The conditional means are regressed over the draws of the ranks (Strong, Oakley and Brennan 2014, Medical
    Decision Making 34), by a cubic spline of the fact's rank with two inner knots, or by its classes. A spline follows
    chance as well: what it gains on shuffled draws is taken off, and what is then below nothing is nothing. Months are
    those of who chooses by the first MW; a grid request that is not energised counts the whole horizon.

    Stacks that meet the target where a site may be built are compared; a region without one has no rows.

    Parameters
    ----------
    model : SiteModel
    draws : Draws
        Row i of the model is row i there.
    drawn : ValueDraws
        From `draw_values`.

    Returns
    -------
    pl.DataFrame
        Contract `mart.fact_value`, in order of region_id and fact_id.
    """
    members = _members(model)
    facts = _knowable(model, drawn)
    parts = [
        _of_regions(model, draws, drawn, facts, members[start : start + _REGIONS_AT_ONCE])
        for start in range(0, len(members), _REGIONS_AT_ONCE)
    ]
    described = read_side_table(FACTS_FILE, ("fact_id", "meaning", "known_by"))
    found = pl.DataFrame([row for part in parts for row in part], schema=_SCHEMA)
    found = found.join(described, on="fact_id", how="left", maintain_order="left")
    return validate(found.sort("region_id", "fact_id"), "mart.fact_value")


def _members(model: SiteModel) -> list[Rows]:
    """List the rows of each region that are compared, in order of the region."""
    regions = model.instances("region")
    rows = np.flatnonzero(tiers(model.rows) == 0)
    rows = rows[np.argsort(regions[rows], kind="stable")]
    if not len(rows):
        return []
    return np.split(rows, np.flatnonzero(regions[rows][1:] != regions[rows][:-1]) + 1)


def _of_regions(
    model: SiteModel, draws: Draws, drawn: ValueDraws, facts: list[Knowable], members: list[Rows]
) -> list[dict[str, Any]]:
    """Value every fact in some regions: rows of the table."""
    n_draws = drawn.values.shape[1]
    values = Options.of(drawn.values[np.concatenate(members)], members)
    rows = np.concatenate(members)
    months = np.minimum(draws.first_mw_months[draws.network[rows], :n_draws], model.settings.horizon_months)
    is_done = completed(model, rows, n_draws) > 0.0
    soon = Options.of(-np.where(is_done, months, model.settings.horizon_months), members)
    stacks, regions = model.rows["stack_id"].to_list(), model.instances("region")
    made = []
    for fact in facts:
        at = np.flatnonzero([fact.is_open[own].any() for own in members])
        if not len(at):
            continue
        of_fact = np.array([members[i][np.argmax(fact.is_open[members[i]])] for i in at])
        figures = fact.draw(of_fact)
        usd, switches, other = values.gain(at, figures, is_class=fact.is_class)
        saved = soon.gain(at, figures, is_class=fact.is_class)[0] if fact.moves_months else np.zeros(len(at))
        made += [
            {
                "region_id": str(regions[members[i][0]]),
                "fact_id": fact.fact_id,
                "months": float(saved[k]),
                "usd_per_mw": float(usd[k]),
                "stack_id": stacks[values.rows[i, 0]],
                "switch_frac": float(switches[k]) if usd[k] > 0.0 else 0.0,
                "other_stack_id": stacks[values.rows[i, other[k]]] if usd[k] > 0.0 and switches[k] > 0.0 else None,
            }
            for k, i in enumerate(at)
        ]
    return made


@dataclass(frozen=True)
class Options:
    """The options of some regions in every draw.

    Attributes
    ----------
    rows : Rows
        Row of the model of each option, the one of the best mean first, shape (n_regions, n_options); regions with
        fewer options have their first one again.
    worth : Array
        What each option is worth, shape (n_regions, n_options, n_draws).
    chance : Array
        What the choice by a fact gains on shuffled draws, shape (n_regions,).
    is_open : NDArray[np.bool_]
        Whether another option than the first is best in more than a rare draw, shape (n_regions,); else no fact counts.
    """

    rows: Rows
    worth: Array
    chance: Array
    is_open: NDArray[np.bool_]

    @classmethod
    def of(cls, figures: Array, members: list[Rows]) -> Options:
        """Collect the options that are best in most draws.

        Parameters
        ----------
        figures : Array
            Of the members, one after another, shape (n_members, n_draws).
        """
        rows, picked, is_open, start = [], [], [], 0
        for own in members:
            mine = figures[start : start + len(own)]
            wins = np.bincount(np.argmax(mine, axis=0), minlength=len(own))
            first = int(np.argmax(mine.mean(axis=1)))
            is_open.append(wins[first] < (1.0 - _RARE) * mine.shape[1])
            wins[first] = mine.shape[1] + 1
            order = np.argsort(-wins, kind="stable")[:_OPTIONS]
            order = np.concatenate([order, np.repeat(order[:1], _OPTIONS - len(order))])
            rows.append(own[order])
            picked.append(start + order)
            start += len(own)
        worth, opened = figures[np.array(picked)], np.array(is_open)
        n_draws, chance = figures.shape[1], np.zeros(len(rows))
        rng = np.random.default_rng(stable_seed("fact value", "shuffles", n_draws))
        for _ in range(_SHUFFLES):
            chance[opened] += _splined(worth[opened], rng.permutation(n_draws)[None, :])[0] / _SHUFFLES
        return cls(np.array(rows), worth, chance, opened)

    def gain(self, at: Rows, figures: Array, *, is_class: bool) -> tuple[Array, Array, Rows]:
        """Compute what choosing by a fact gains, the share of draws that it changes the choice in, and to which option.

        Parameters
        ----------
        at : Rows
            Regions, shape (n_at,).
        figures : Array
            Draws of the fact, shape (n_at, n_draws).
        """
        gain, share, other = np.zeros(len(at)), np.zeros(len(at)), np.zeros(len(at), dtype=np.int64)
        opened = self.is_open[at]
        worth, own = self.worth[at[opened]], figures[opened]
        chosen = _by_class if is_class else _by_rank
        found, share[opened], other[opened] = chosen(worth, own)
        gain[opened] = np.maximum(found - self.chance[at[opened]], 0.0)
        # What is left of two equal sums is no gain.
        gain[gain <= _NOISE * np.abs(self.worth[at, 0]).max(axis=1)] = 0.0
        return gain, share, other


@cache
def _basis(n_draws: int) -> Array:
    """Compute an orthonormal basis of cubic splines over the ranks of the draws, shape (n_draws, n_functions)."""
    ranks = (np.arange(n_draws) + 0.5) / n_draws
    return np.asarray(np.linalg.qr(interpolate.BSpline.design_matrix(ranks, np.array(_KNOTS), 3).toarray())[0])


def _splined(worth: Array, order: Rows) -> tuple[Array, Array, Rows]:
    """Choose by the spline of the worth over a fact whose draws rise in an order, (n_regions or 1, n_draws)."""
    basis = _basis(worth.shape[2])
    sorted_worth = np.take_along_axis(worth, np.broadcast_to(order, (len(worth), worth.shape[2]))[:, None, :], axis=2)
    # Not by a product of matrices, whose last bits depend on the number of threads.
    fitted = np.einsum("rsk,dk->rsd", np.einsum("rsd,dk->rsk", sorted_worth, basis), basis)
    return _chosen(fitted, np.full((1, worth.shape[2]), 1.0 / worth.shape[2]))


def _by_rank(worth: Array, figures: Array) -> tuple[Array, Array, Rows]:
    """Choose by the spline of the worth over the rank of a fact."""
    return _splined(worth, np.argsort(figures, axis=1, kind="stable"))


def _by_class(worth: Array, classes: Array) -> tuple[Array, Array, Rows]:
    """Choose by the mean worth of each class of a fact."""
    members = classes[:, :, None] == np.arange(int(classes.max(initial=0.0)) + 1)
    counts = members.sum(axis=1)
    sums = np.einsum("rsd,rdc->rsc", worth, members.astype(np.float64))
    means = sums / np.maximum(counts, 1)[:, None, :]
    return _chosen(means, counts / worth.shape[2])


def _chosen(expected: Array, weights: Array) -> tuple[Array, Array, Rows]:
    """Choose the best option at every figure of a fact.

    Parameters
    ----------
    expected : Array
        Conditional means, shape (n_regions, n_options, n_figures).
    weights : Array
        Probability of each figure, shape (n_regions or 1, n_figures).

    Returns
    -------
    tuple[Array, Array, Rows]
        Gain over the option that is best without knowing, share of the draws with another choice, and the option
        chosen most often among the others; shape (n_regions,).
    """
    without = np.einsum("rsf,rf->rs", expected, np.broadcast_to(weights, (len(expected), weights.shape[1])))
    best = expected.argmax(axis=1)
    gain = np.sum(expected.max(axis=1) * weights, axis=1) - without.max(axis=1)
    share = np.stack([np.sum((best == option) * weights, axis=1) for option in range(expected.shape[1])], axis=1)
    return np.maximum(gain, 0.0), np.minimum(share[:, 1:].sum(axis=1), 1.0), 1 + share[:, 1:].argmax(axis=1)


def _knowable(model: SiteModel, drawn: ValueDraws) -> list[Knowable]:
    """List the facts that could be known, with their draws."""
    places, inputs, settings = drawn.places, drawn.inputs, model.settings
    ranges, n_draws = places.ranges, drawn.values.shape[1]

    def months_of(duration: str) -> Callable[[Rows], Array]:
        """Draw what is a duration's alone; the part that all durations share is the market's and not the place's."""
        own = own_scores(duration, settings.timeline_samples, TIMELINE_SEED)[:n_draws]
        return lambda rows: np.broadcast_to(own, (len(rows), n_draws))

    def transport(rows: Rows) -> Array:
        parts = (
            inputs.by_instance(effect, model.instances(target)[rows])
            for effect, target in (("gas_basis", "hub"), ("gas_adder", "gas_rule"))
        )
        return np.asarray(sum((part for part in parts if part is not None), np.zeros((len(rows), n_draws))))

    def ratio_of(effect: str) -> Callable[[Rows], Array]:
        target = next(iter(inputs.targets(effect)), "all")
        drawn_of = inputs.by_instance
        return lambda rows: np.asarray(drawn_of(effect, model.instances(target)[rows]))

    def major(rows: Rows) -> Array:
        return places.is_major(rows).astype(np.float64)

    burns = model.gas_mmbtu > 0.0
    is_request, everything = model.completion < 1.0, np.ones(len(burns), dtype=np.bool_)
    has_units = (model.rows["firm_technology"].fill_null("") != "").to_numpy()
    has_lateral = ranges.lateral_usd_per_mwh > 0.0
    found = [
        Knowable("gas_pipeline_distance_km", ranges.is_length_open, places.lengths, moves_months=True),
        Knowable("gas_lateral_months", burns & has_lateral, months_of(LATERAL), moves_months=True),
        Knowable("air_permit_class", ranges.is_class_open, major, moves_months=True, is_class=True),
        Knowable("air_permit_months", has_units, months_of(PERMIT), moves_months=True),
        Knowable("local_permits_months", everything, months_of(_LOCAL), moves_months=True),
        Knowable("grid_connection_months", is_request, months_of(_CONNECTION), moves_months=True),
        Knowable(
            "grid_request_energised",
            is_request,
            lambda rows: completed(model, rows, n_draws),
            moves_months=True,
            is_class=True,
        ),
    ]
    if {"gas_basis", "gas_adder"} & inputs.drawn_effects:
        found.append(Knowable("gas_transport_usd_per_mmbtu", burns, transport, moves_months=False))
    if "power" in inputs.drawn_effects:
        found.append(Knowable("grid_energy_price_ratio", model.power > 0.0, ratio_of("power"), moves_months=False))
    if "location" in inputs.drawn_effects:
        found.append(Knowable("construction_cost_ratio", everything, ratio_of("location"), moves_months=False))
    return found
