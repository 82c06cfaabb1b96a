"""Which designs of a large grid can stand for a stack whatever the prices: the fewest firm units that reach the target.

Every design is dispatched. Its outages are worked out only where they can decide: sizes that miss the target with
nothing on outage, or lack what gives the stack its name, are passed over, and of designs that differ in their number of
firm units alone, more units than the target needs only cost more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.dispatch.batch import DispatchResult, simulate_batch
from pipelines.dispatch.inputs import DesignSet, SiteYear
from pipelines.reliability.campaign import Plant, assess_site

# A share of energy so near to a limit is left to the choice itself to decide.
_MARGIN = 0.005
_FALLBACKS = 3
"""Designs worked out for a stack none of whose sizes can reach the target."""


@dataclass(frozen=True)
class Families:
    """Designs that differ in their number of firm units alone.

    Attributes
    ----------
    members : tuple[NDArray[np.int64], ...]
        Designs of each family in order of their units.
    """

    members: tuple[NDArray[np.int64], ...]

    @classmethod
    def of(cls, designs: DesignSet) -> Families:
        """Group the designs."""
        frame = designs.to_frame().drop("design_id").with_row_index("row")
        rest = [name for name in frame.columns if name not in {"row", "firm_units"}]
        rows = frame.sort("firm_units", "row").group_by(rest, maintain_order=True).agg("row")["row"]
        members = sorted((tuple(own) for own in rows.to_list()), key=min)
        return cls(tuple(np.array(own, dtype=np.int64) for own in members))


def decided_designs(
    years: Sequence[SiteYear], plant: Plant, causes: pl.DataFrame, families: Families, guess: NDArray[np.int64]
) -> tuple[pl.DataFrame, int]:
    """Dispatch every design of a site and work out those that prices can choose among.

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
        Place in each family that is looked at first; replaced by what was found. It moves the effort, not the result.

    Returns
    -------
    tuple[pl.DataFrame, int]
        Columns of `sim.dispatch_annual` and `sim.adequacy`, ordered by design and year: of every family that can reach
        the target the fewest units that do, or the most units where none do; for a stack without such a family the
        designs that come nearest. And how many designs were worked out.
    """
    result = simulate_batch(years, plant.designs, plant.technologies, plant.battery, threads=1)
    possible = _possible(result, plant)
    known = _Known(years, plant, causes)
    kept = _fallbacks(result, plant, possible)
    searches = {
        number: _Least(own, int(guess[number]))
        for number, members in enumerate(families.members)
        if len(own := members[possible[members]])
    }
    # First the guess and the size below it: where the guess is right, these two decide.
    known.work_out([*kept, *(design for search in searches.values() for design in search.first())])
    still = dict(searches)
    while still:
        known.work_out([search.design for search in still.values()])
        for search in still.values():
            search.learn(known)
        still = {number: search for number, search in still.items() if not search.is_done}
    for number, search in searches.items():
        kept.append(search.found)
        guess[number] = search.low
    return known.rows(sorted(set(kept))), known.count


class _Least:
    """The search for the fewest units of one family that reach the target."""

    def __init__(self, designs: NDArray[np.int64], guess: int) -> None:
        self._designs = designs
        self.low, self._high = 0, len(designs)
        self._place = min(max(guess, 0), len(designs) - 1)

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

    def first(self) -> list[int]:
        return self._designs[max(self._place - 1, 0) : self._place + 1].tolist()

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
        self._years, self._plant, self._causes = years, plant, causes
        self._frames: list[pl.DataFrame] = []
        self._availability: dict[int, float] = {}

    @property
    def count(self) -> int:
        return len(self._availability)

    def has(self, design: int) -> bool:
        return design in self._availability

    def is_met(self, design: int) -> bool:
        return self._availability[design] >= self._plant.settings.availability_target

    def work_out(self, designs: Sequence[int]) -> None:
        """Work out those of the designs that were not yet."""
        wanted = np.array(sorted(set(designs) - set(self._availability)), dtype=np.int64)
        if not len(wanted):
            return
        plant = replace(self._plant, designs=taken(self._plant.designs, wanted))
        frames = [assess_site(year, plant, self._causes, dtype=np.float64) for year in self._years]
        served = np.stack([frame["availability_frac"].to_numpy() for frame in frames])
        weight = np.array([float(year.load_mw.sum()) for year in self._years])
        for design, share in zip(wanted.tolist(), (weight @ served) / weight.sum(), strict=True):
            self._availability[design] = float(share)
        self._frames += [frame.with_columns(pl.Series("_design", wanted)) for frame in frames]

    def rows(self, designs: list[int]) -> pl.DataFrame:
        """Return the rows of the designs, in order of design and year."""
        together = pl.concat(self._frames).filter(pl.col("_design").is_in(designs))
        return together.sort("_design", "weather_year").drop("_design")


def taken(designs: DesignSet, rows: NDArray[np.int64]) -> DesignSet:
    """Return some of the designs."""
    return DesignSet.from_frame(designs.to_frame()[rows.tolist()])


def _shares(result: DispatchResult) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return each design's served, renewable and baseload share of the energy of all years, shape (n_designs,)."""
    load, unserved = result.load_mwh.sum(axis=0), result.unserved_mwh.sum(axis=0)
    served = load - unserved
    other = (result.grid_mwh + result.baseload_mwh + result.firm_mwh).sum(axis=0)
    renewable = 1.0 - np.divide(other, served, out=np.ones_like(served), where=served > 0)
    return served / load, renewable, result.baseload_mwh.sum(axis=0) / load


def _is_itself(result: DispatchResult, plant: Plant) -> NDArray[np.bool_]:
    """Return whether a design may have the parts that give its stack the name, shape (n_designs,)."""
    stack = np.array(plant.designs.stack_id)
    _, renewable, baseload = _shares(result)
    lacks = (stack == "solar_bess_gas") & (renewable < plant.settings.min_renewable_frac - _MARGIN)
    return ~lacks & ~((stack == "smr_hybrid") & (baseload < plant.settings.min_baseload_frac - _MARGIN))


def _possible(result: DispatchResult, plant: Plant) -> NDArray[np.bool_]:
    """Return whether a design may reach the target as what its stack is, shape (n_designs,)."""
    served, _, _ = _shares(result)
    # Single precision: an energy share is good to some 5e-4 of what is lost.
    lost = 1.0 - served
    return _is_itself(result, plant) & (lost <= (1.0 - plant.settings.availability_target) * 1.01)


def _fallbacks(result: DispatchResult, plant: Plant, possible: NDArray[np.bool_]) -> list[int]:
    """Return, for each stack without a possible design, those that come nearest to what is asked."""
    served, renewable, baseload = _shares(result)
    is_itself = _is_itself(result, plant)
    stacks = np.array(plant.designs.stack_id)
    found: list[int] = []
    for stack in sorted(set(stacks) - set(stacks[possible])):
        own = np.flatnonzero(stacks == stack)
        if is_itself[own].any():
            own = own[is_itself[own]]
            order = np.lexsort((own, -served[own]))
        else:
            order = np.lexsort((own, -(renewable + baseload)[own]))
        found += own[order[:_FALLBACKS]].tolist()
    return found
