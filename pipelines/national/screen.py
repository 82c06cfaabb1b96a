"""Which designs of a large grid can stand for a stack whatever the prices: the fewest firm units that reach the target.

Of designs that differ in their number of firm units alone, more units than the target needs only cost more. Under
`load_following` they leave their units the same need in every hour, so that one dispatch tells the outages of them all.
Sizes that miss the target with nothing on outage, or lack what gives the stack its name, are passed over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.dispatch.batch import DispatchResult, simulate_batch
from pipelines.dispatch.inputs import DesignSet, SiteYear
from pipelines.plant.catalogue import stacks
from pipelines.reliability.campaign import Plant, SiteAssessor

# A share of energy so near to a limit is left to the choice itself to decide.
_MARGIN = 0.005
_LARGEST_MINIMUM = 0.5
_FALLBACKS = 3
"""Designs worked out for a stack none of whose sizes can reach the target."""


@dataclass(frozen=True)
class Families:
    """Designs that differ in their number of firm units alone.

    Attributes
    ----------
    designs : DesignSet
        All of them.
    members : tuple[NDArray[np.int64], ...]
        Positions of the designs of each family in order of their units.
    """

    designs: DesignSet
    members: tuple[NDArray[np.int64], ...]

    @classmethod
    def of(cls, designs: DesignSet) -> Families:
        """Group the designs."""
        frame = designs.to_frame().drop("design_id").with_row_index("row")
        rest = [name for name in frame.columns if name not in {"row", "firm_units"}]
        rows = frame.sort("firm_units", "row").group_by(rest, maintain_order=True).agg("row")["row"]
        members = sorted((tuple(own) for own in rows.to_list()), key=min)
        return cls(designs, tuple(np.array(own, dtype=np.int64) for own in members))

    @cached_property
    def largest(self) -> NDArray[np.int64]:
        """Return the position of each family's design with the most units."""
        return np.array([own[-1] for own in self.members])

    @cached_property
    def largest_designs(self) -> DesignSet:
        """Return these designs."""
        return self.designs.take(self.largest)

    @cached_property
    def stack(self) -> NDArray[np.str_]:
        """Return the stack of each family."""
        return np.array(self.largest_designs.stack_id)


def decided_designs(
    years: Sequence[SiteYear], plant: Plant, causes: pl.DataFrame, families: Families, guess: NDArray[np.int64]
) -> tuple[pl.DataFrame, int]:
    """Dispatch every family of a site and work out those of its designs that prices can choose among.

    Parameters
    ----------
    years : Sequence[SiteYear]
        The site's weather years.
    plant : Plant
    causes : pl.DataFrame
        The site's shared failures.
    families : Families
        Of the plant's designs.
    guess : NDArray[np.int64]
        Place in each family that is looked at first, negative where nothing is known; replaced by what was found. It
        moves the effort, not the result.

    Returns
    -------
    tuple[pl.DataFrame, int]
        Columns of `sim.dispatch_annual` and `sim.adequacy`, ordered by design and year: of every family that can reach
        the target the fewest units that do, or the most units where none do; for a stack without such a family the
        designs that come nearest. And how many designs were worked out.
    """
    result = simulate_batch(years, families.largest_designs, plant.technologies, plant.battery, threads=1, has_few=True)
    possible = _possible(result, families.stack, plant)
    known = _Known(years, plant, causes)
    kept = _fallbacks(years, result, plant, families, possible)
    searches = {
        number: _Least(families.members[number], int(guess[number])) for number in np.flatnonzero(possible).tolist()
    }
    rest = list(searches.values())
    known.work_out([(design, [design]) for design in kept])
    while rest:
        known.work_out([(search.design, _compared(search, plant)) for search in rest])
        for search in rest:
            search.learn(known)
        rest = [search for search in rest if not search.is_done]
    # What was found is dispatched with its own units.
    known.work_out([(search.found, [search.found]) for search in searches.values() if not known.has_rows(search.found)])
    for number, search in searches.items():
        kept.append(search.found)
        guess[number] = search.low
    return known.rows(sorted(set(kept))), known.count


def _compared(search: _Least, plant: Plant) -> list[int]:
    """Return the designs that a search learns about from the dispatch of its next one."""
    design, designs = search.design, plant.designs
    name = designs.firm_technology[design]
    # A minimum load above half a unit makes output depend on how many units there are.
    is_shared = designs.rule[design] == "load_following" and (
        not name or plant.technologies[name].min_load_frac <= _LARGEST_MINIMUM
    )
    return search.compared() if is_shared else [design]


class _Least:
    """The search for the fewest units of one family that reach the target."""

    def __init__(self, designs: NDArray[np.int64], guess: int) -> None:
        self._designs = designs
        self.low, self._high = 0, len(designs)
        self._is_first = guess >= 0
        self._place = min(guess, len(designs) - 1) if guess >= 0 else len(designs) - 1

    @property
    def design(self) -> int:
        """Return the design to be looked at next."""
        return int(self._designs[self._place])

    @property
    def is_done(self) -> bool:
        return self.low >= self._high

    @property
    def found(self) -> int:
        """Return the design with the fewest units that do, or with the most where none do."""
        return int(self._designs[min(self.low, len(self._designs) - 1)])

    def compared(self) -> list[int]:
        """Return first the guess and the size below it, which decide where the guess is right; then all in question."""
        low, high = (self._place - 1, self._place + 1) if self._is_first else (self.low, self._high)
        self._is_first = False
        return sorted({self.design, *self._designs[max(low, 0) : high].tolist()})

    def learn(self, known: _Known) -> None:
        """Narrow the search by what is known, a step at a time: neighbouring sites need nearly the same."""
        while not self.is_done and known.has(self.design):
            if known.is_met(self.design):
                self._high = self._place
                self._place -= 1
            else:
                self.low = self._place + 1
                self._place += 1


class _Known:
    """Designs of one site that were worked out with outages."""

    def __init__(self, years: Sequence[SiteYear], plant: Plant, causes: pl.DataFrame) -> None:
        self._sites = [SiteAssessor(year, plant, causes, has_few=True) for year in years]
        self._plant = plant
        self._weight = np.array([float(year.load_mw.sum()) for year in years])
        self._frames: list[pl.DataFrame] = []
        self._with_rows: set[int] = set()
        self._availability: dict[int, float] = {}

    @property
    def count(self) -> int:
        return len(self._availability)

    def has(self, design: int) -> bool:
        return design in self._availability

    def has_rows(self, design: int) -> bool:
        return design in self._with_rows

    def is_met(self, design: int) -> bool:
        return self._availability[design] >= self._plant.settings.availability_target

    def work_out(self, dispatched: Sequence[tuple[int, Sequence[int]]]) -> None:
        """Dispatch designs, each with those of its family that share its need."""
        if not dispatched:
            return
        own = np.array([design for design, _ in dispatched], dtype=np.int64)
        column, compared = (
            np.array(values, dtype=np.int64)
            for values in zip(
                *((place, one) for place, (_, others) in enumerate(dispatched) for one in others), strict=True
            )
        )
        found = [
            site.shared(self._plant.designs.take(own), column, self._plant.designs.take(compared))
            for site in self._sites
        ]
        served = self._weight @ np.stack([adequacy["availability_frac"].to_numpy() for _, adequacy in found])
        for design, share in zip(compared.tolist(), (served / self._weight.sum()).tolist(), strict=True):
            self._availability[design] = share
        is_own = compared == own[column]
        mark = pl.Series("_design", own)
        for annual, adequacy in found:
            both = adequacy.filter(pl.Series(is_own)).drop(set(adequacy.columns) & set(annual.columns))
            self._frames.append(pl.concat([annual, both], how="horizontal").with_columns(mark))
        self._with_rows |= set(own.tolist())

    def rows(self, designs: list[int]) -> pl.DataFrame:
        """Return the rows of the designs, in order of design and year."""
        together = pl.concat(self._frames).filter(pl.col("_design").is_in(designs))
        return together.sort("_design", "weather_year").drop("_design")


def _shares(result: DispatchResult) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return each design's served, renewable and baseload share of the energy of all years, shape (n_designs,)."""
    load, unserved = result.load_mwh.sum(axis=0), result.unserved_mwh.sum(axis=0)
    served = load - unserved
    other = (result.grid_mwh + result.baseload_mwh + result.firm_mwh).sum(axis=0)
    renewable = 1.0 - np.divide(other, served, out=np.ones_like(served), where=served > 0)
    return served / load, renewable, result.baseload_mwh.sum(axis=0) / load


def _is_itself(result: DispatchResult, stack: NDArray[np.str_], plant: Plant) -> NDArray[np.bool_]:
    """Return whether a design may have the parts that give its stack the name, shape (n_designs,)."""
    _, _, baseload = _shares(result)
    lacks = np.zeros(len(stack), dtype=np.bool_)
    for own in stacks(plant.settings).values():
        # A floor on the sun is for the choice: with it or without, the fewest units that reach the target decide.
        if own.floor is not None and own.floor.share == "baseload":
            lacks |= (stack == own.id) & (baseload < getattr(plant.settings, own.floor.setting) - _MARGIN)
    return ~lacks


def _possible(result: DispatchResult, stack: NDArray[np.str_], plant: Plant) -> NDArray[np.bool_]:
    """Return whether a design may reach the target as what its stack is, shape (n_designs,)."""
    served, _, _ = _shares(result)
    # Single precision: an energy share is good to some 5e-4 of what is lost.
    lost = 1.0 - served
    return _is_itself(result, stack, plant) & (lost <= (1.0 - plant.settings.availability_target) * 1.01)


def _fallbacks(
    years: Sequence[SiteYear],
    result: DispatchResult,
    plant: Plant,
    families: Families,
    possible: NDArray[np.bool_],
) -> list[int]:
    """Return, for each stack without a possible family, the designs that come nearest to what is asked."""
    found: list[int] = []
    for stack in sorted(set(families.stack.tolist()) - set(families.stack[possible].tolist())):
        places = np.flatnonzero(families.stack == stack)
        own, year_sums = families.largest[places], result.take(places)
        if any(len(families.members[place]) > 1 for place in places.tolist()):
            own = np.sort(np.concatenate([families.members[place] for place in places.tolist()]))
            year_sums = simulate_batch(years, families.designs.take(own), plant.technologies, plant.battery, threads=1)
        served, renewable, baseload = _shares(year_sums)
        is_itself = _is_itself(year_sums, np.full(len(own), stack), plant)
        order = np.lexsort((own, -(renewable + baseload)))
        if is_itself.any():
            order = np.lexsort((own, -served))
            order = order[is_itself[order]]
        found += own[order[:_FALLBACKS]].tolist()
    return found
