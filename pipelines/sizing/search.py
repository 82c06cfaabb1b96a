"""The search of one region and stack over the lattice, and which of its designs are worth working out exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.dispatch.lattice import place_of
from pipelines.ordered import group_sum
from pipelines.sizing.cost_line import ENERGIES, CostLine
from pipelines.sizing.estimate import OutageEstimate
from pipelines.sizing.fine import CELL_STEPS, SUMS, UNITS, Block, Lattice, Region, cell_around

STARTS = 3
"""Cells of the first level that a search starts in, where the whole lattice is coarse."""
_MOST_TRIED = 40
MOST_CELLS = 12
"""Cells that a search may visit after the whole lattice."""
FEW_AXES_PARTS = 4
"""Parts of a lattice with two axes or fewer, which is small."""
HOPEFUL, SAFE = 4, 3
"""Designs per number of units that are worked out: the cheapest that may meet the target, the cheapest that should."""
MARGIN, EXACT_MARGIN = 0.1, 0.01
"""Error allowed to an estimate of outages, as a share of what the target allows: of units, and where none fail."""
_WORST, _DEAREST = 1.5, 1.05
"""Options that are estimated to lose more than this many times what is allowed, or to cost more than this many times
the best, are dropped."""
_MOST_POINTS = 1000


@dataclass(frozen=True)
class Options:
    """Sizes that a stack may take: places (n, n_axes); firm units, cost (USD/MWh) and unavailability, (n,)."""

    places: NDArray[np.int64]
    units: NDArray[np.int64]
    cost: NDArray[np.float64]
    unavailability: NDArray[np.float64]

    @property
    def keys(self) -> NDArray[np.int64]:
        """Return one number per size and number of units."""
        keys = self.units.copy()
        for column in self.places.T:
            keys = keys * _MOST_POINTS + column
        return keys

    def where(self, kept: NDArray[np.bool_] | NDArray[np.int64]) -> Options:
        """Return some of them."""
        return Options(self.places[kept], self.units[kept], self.cost[kept], self.unavailability[kept])


NOTHING = Options(np.zeros((0, 1), np.int64), np.zeros(0, np.int64), np.zeros(0), np.zeros(0))


@dataclass
class Search:
    """The search of one region and stack.

    Attributes
    ----------
    stack_id : str
    line : CostLine
    outages : dict[int, OutageEstimate]
        By number of units that may be taken.
    least_renewable_frac : float
        Share of solar that the stack must keep; minus infinity where there is no such share.
    seen : dict[Block, Options]
        What the blocks dispatched so far hold.
    options : Options
        What may win of all that, once the search has run.
    known : dict[int, float]
        Key of designs worked out, to the share of energy that they lose.
    """

    stack_id: str
    line: CostLine
    outages: dict[int, OutageEstimate]
    least_renewable_frac: float
    seen: dict[Block, Options] = field(default_factory=dict)
    options: Options = field(default_factory=lambda: NOTHING)
    known: dict[int, float] = field(default_factory=dict)

    def run(self, region: Region, lattice: Lattice, parts: int, allowed: float) -> None:
        """Look at the whole lattice in so many parts, then level by level at the cell around the best.

        Parameters
        ----------
        region : Region
        lattice : Lattice
        parts : int
            A key of `CELL_STEPS`.
        allowed : float
            Share of energy that a design may lose.
        """
        axes = lattice.axes(self.stack_id)
        parts = parts if axes > 2 else max(parts, FEW_AXES_PARTS)
        self.look(Block(self.stack_id, parts), region, lattice)
        for level, step in enumerate(CELL_STEPS[parts]):
            # A limit that binds cuts valleys into the cost, so that the cheapest place of a coarse lattice may lie in
            # the wrong one: the search starts in several.
            for cell in self._cells(allowed, step, STARTS if level == 0 and len(CELL_STEPS[parts]) > 1 else 1):
                self.look(cell, region, lattice)
            while len(self.seen) <= MOST_CELLS:
                cells = self._cells(allowed, step, 1)
                if not cells:
                    break
                self.look(cells[0], region, lattice)
        self.options = self._gather(allowed)

    def at_energy_prices(self, factor: float) -> Search:
        """Return the same search, not begun, where fuel and grid energy cost so many times as much."""
        return replace(self, line=self.line.at_energy_prices(factor), seen={}, known={})

    def _cells(self, allowed: float, step: int, count: int) -> list[Block]:
        """Return the cells around the cheapest options estimated to lose no more than allowed, those not seen yet."""
        best = joined([options.where(options.unavailability <= allowed) for options in self.seen.values()])
        cells: list[Block] = []
        for index in np.argsort(best.cost, kind="stable")[: count * _MOST_TRIED]:
            cell = cell_around(self.stack_id, best.places[index].tolist(), step)
            if cell not in cells:
                cells.append(cell)
            if len(cells) == count:
                break
        return [cell for cell in cells if cell not in self.seen]

    def _gather(self, allowed: float) -> Options:
        """Return what was seen and may win, each size and number of units once, the cheapest first."""
        every = joined(list(self.seen.values()))
        fit = every.cost[every.unavailability <= allowed]
        ceiling = _DEAREST * float(fit.min()) if len(fit) else np.inf
        every = every.where((every.unavailability <= _WORST * allowed) & (every.cost <= ceiling))
        _, first = np.unique(every.keys, return_index=True)
        once = every.where(np.sort(first))
        return once.where(np.argsort(once.cost, kind="stable"))

    def look(self, block: Block, region: Region, lattice: Lattice) -> None:
        """Dispatch and price a block."""
        sizes, sums = lattice.sizes(block), region.sums(block, lattice)
        of = dict(zip(SUMS, sums.T, strict=True))
        unserved = of["unserved_mwh"] / region.load_mwh
        is_kept = of["delivered_solar_mwh"] >= self.least_renewable_frac * (region.load_mwh - of["unserved_mwh"])
        energies = np.column_stack([of[name] for name in ENERGIES])
        reserve_mw, _ = lattice.layouts[self.stack_id].reserve_of(sizes.values[:, 0])
        found = []
        for count, outages in self.outages.items():
            is_own = is_kept & (lattice.is_dispatched_once(self.stack_id) | (sizes.values[:, UNITS] == count))
            values = sizes.values[is_own]
            values[:, UNITS] = count
            lost = outages.unavailability(values, unserved[is_own])
            usd = self.line.cost_usd(np.column_stack([values, energies[is_own], reserve_mw[is_own]]))
            cost = usd / (region.load_mwh * (1.0 - lost))
            found.append(Options(sizes.places[is_own], np.full(len(cost), count), cost, lost))
        self.seen[block] = joined(found)

    def finalists(self, allowed: float) -> Options:
        """Return the sizes to be worked out next: those that may meet the target at less cost than any known to.

        Parameters
        ----------
        allowed : float
            Share of energy that a design may lose.

        Returns
        -------
        Options
            None where nothing is left that may be better.
        """
        options = self.options
        actual = np.array([self.known.get(key, np.nan) for key in options.keys.tolist()])
        is_known = np.isfinite(actual)
        best = options.cost[is_known & (actual <= allowed)]
        margins = np.where((options.units > 0) & (not self.known), MARGIN, EXACT_MARGIN)
        hopeful = ~is_known & (options.unavailability <= allowed * (1.0 + margins))
        safe = ~is_known & (options.unavailability <= allowed * (1.0 - margins))
        ceiling = min([*best, *options.cost[safe][:1], np.inf])
        taken: list[int] = []
        for count in self.outages:
            own = options.units == count
            if (hopeful & own).any() and options.cost[hopeful & own][0] <= ceiling:
                taken += np.flatnonzero(hopeful & own & (options.cost <= min([*best, np.inf])))[:HOPEFUL].tolist()
                taken += np.flatnonzero(safe & own & (options.cost <= ceiling * 1.05))[:SAFE].tolist()
        if len(best) and self.known:
            # What saves less than rounding is not worth another look.
            taken = [index for index in taken if options.cost[index] < best.min() * (1.0 - 1e-4)]
        return options.where(np.array(sorted(set(taken)), np.int64))

    def learn(self, own: Sequence[dict[str, Any]], lattice: Lattice) -> None:
        """Take in what designs lose that were worked out, and correct the estimates by it.

        Parameters
        ----------
        own : Sequence[dict[str, Any]]
            The designs of this region and stack, from `energy_lost`.
        lattice : Lattice
        """
        if not own:
            return
        load_mw = lattice.layouts[self.stack_id].load_mw
        options = self.options
        estimated = dict(zip(options.keys.tolist(), options.unavailability.tolist(), strict=True))
        errors: dict[int, list[float]] = {}
        for row in own:
            place = np.array([place_of(lattice.stacks[self.stack_id].continuous(), row, load_mw)])
            key = int(Options(place, np.array([row["firm_units"]]), np.zeros(1), np.zeros(1)).keys[0])
            self.known[key] = row["lost"]
            if key in estimated:
                errors.setdefault(row["firm_units"], []).append(np.log(row["lost"] / estimated[key]))
        lost = options.unavailability.copy()
        for count, own_errors in errors.items():
            lost[options.units == count] *= np.exp(np.mean(own_errors))
        self.options = replace(options, unavailability=lost)


def energy_lost(designs: pl.DataFrame, assessed: pl.DataFrame) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """Return by region and stack the designs that were worked out, with the share of energy that each loses as `lost`.

    Parameters
    ----------
    designs : pl.DataFrame
        region_id and contract `sim.designs`.
    assessed : pl.DataFrame
        Rows of `sim.adequacy` of the designs, over all weather years.
    """
    key = ["region_id", "design_id"]
    energy = assessed.group_by(key, maintain_order=True).agg(
        (group_sum("eue_mwh_per_year") / group_sum("load_mwh")).alias("lost")
    )
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in designs.join(energy, on=key, maintain_order="left").iter_rows(named=True):
        found.setdefault((row["region_id"], row["stack_id"]), []).append(row)
    return found


def joined(parts: Sequence[Options]) -> Options:
    """Return the options of several, one after the other."""
    return Options(*(np.concatenate([getattr(part, one.name) for part in parts]) for one in fields(Options)))
