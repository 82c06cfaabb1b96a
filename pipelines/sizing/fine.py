"""Fine blocks of the lattice, dispatched together and kept by what they depend on; prices are not among it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property, lru_cache
from typing import Any, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.dispatch.basis import Layout, stack_layout
from pipelines.dispatch.batch import simulate_batch
from pipelines.dispatch.inputs import DesignSet, SiteYear
from pipelines.dispatch.lattice import grid_points, lattice_designs, lattice_set, lattice_sizes, neighbours
from pipelines.dispatch.storage_years import StorageYears
from pipelines.identity import content_hash
from pipelines.plant.catalogue import stacks
from pipelines.plant.stack import Stack
from pipelines.plant.technology import FirmTechnology
from pipelines.reliability.campaign import Plant, assess_site, site_key
from pipelines.settings import Settings
from pipelines.sizing.cost_line import ENERGIES, SIZES

REACH = 4
"""Steps that a cell spans on either side of its centre."""
CELL_STEPS = {2: (4, 1), 4: (1,)}
"""Steps of the cells, one level after the other, within the lattice split into so many parts."""
_BLOCKS_KEPT = 64
UNITS = SIZES.index("firm_units")
SUMS = (*ENERGIES, "delivered_solar_mwh", "unserved_mwh")


@dataclass(frozen=True)
class Block:
    """A set of sizes of one stack: the whole lattice in coarser parts, or a cell of it.

    Attributes
    ----------
    stack_id : str
    parts : int
        Parts that the gaps of the design grid are split into, where the block is the whole lattice; otherwise 0.
    centre : tuple[int, ...]
        Middle of a cell.
    step : int
        Parts of the lattice between neighbours of a cell.
    """

    stack_id: str
    parts: int = 0
    centre: tuple[int, ...] = ()
    step: int = 0


def cell_around(stack_id: str, place: Sequence[int], step: int) -> Block:
    """Return the cell that holds a place in its middle part; the cells lie where they lie whatever the prices are."""
    span = step * REACH
    return Block(stack_id, centre=tuple(span * round(position / span) for position in place), step=step)


@dataclass(frozen=True)
class Sizes:
    """The designs of a block.

    Attributes
    ----------
    places : NDArray[np.int64]
        On the lattice, shape (n, n_axes).
    values : NDArray[np.float64]
        `SIZES`, shape (n, len(SIZES)).
    """

    places: NDArray[np.int64]
    values: NDArray[np.float64]

    @property
    def units(self) -> NDArray[np.int64]:
        """Return the firm units of each."""
        return self.values[:, UNITS].astype(np.int64)


class Lattice:
    """Makes the designs of blocks, each once.

    Firm units only give what is missing, so that their number moves no energy while they suffice: blocks are dispatched
    with the most units, which represent every number, unless a design may do without any.

    Parameters
    ----------
    stacks : Mapping[str, Stack]
        The stacks with continuous sizes.
    layouts : Mapping[str, Layout]
        By stack.
    """

    def __init__(self, stacks: Mapping[str, Stack], layouts: Mapping[str, Layout]) -> None:
        self.stacks, self.layouts = stacks, layouts
        self.sizes = lru_cache(maxsize=1024)(self._sizes)
        self.designs = lru_cache(maxsize=1024)(self._designs)
        self.name = lru_cache(maxsize=None)(self._name)

    @classmethod
    def of(cls, technologies: Mapping[str, FirmTechnology], settings: Settings) -> Lattice:
        """Return the lattice of all stacks with continuous sizes."""
        own = {name: stack for name, stack in stacks(settings).items() if stack.axes is not None}
        return cls(own, {name: stack_layout(stack, technologies, settings) for name, stack in own.items()})

    @property
    def key(self) -> dict[str, Any]:
        """Return what the designs of all blocks follow from."""
        return {stack_id: asdict(layout) for stack_id, layout in self.layouts.items()}

    def counts(self, stack_id: str) -> tuple[int, ...]:
        """Return the numbers of units that a block of the stack is dispatched with."""
        counts, firm = self.layouts[stack_id].counts, self.stacks[stack_id].firm
        return counts if firm is not None and firm.is_optional else (max(counts),)

    def has_firm_source(self, stack_id: str) -> bool:
        """Return whether designs of the stack have a grid or units to fall back on."""
        return not self.stacks[stack_id].parts.isdisjoint({"grid", "baseload", "firm"})

    def is_dispatched_once(self, stack_id: str) -> bool:
        """Return whether one number of units stands for all."""
        return len(self.counts(stack_id)) == 1

    def axes(self, stack_id: str) -> int:
        """Return how many sizes the stack has."""
        return len(self.stacks[stack_id].continuous().values)

    def at(self, stack_id: str, places: NDArray[np.int64], units: NDArray[np.int64]) -> pl.DataFrame:
        """Return the designs at places of the lattice, at least one, with so many firm units each."""
        return lattice_designs(self.stacks[stack_id], places, units, self.layouts[stack_id])

    def _name(self, block: Block) -> str:
        """Return what the designs of a block follow from, as a hash."""
        return content_hash(asdict(block), asdict(self.layouts[block.stack_id]))[:32]

    def _sizes(self, block: Block) -> Sizes:
        axes = self.stacks[block.stack_id].continuous()
        places = grid_points(axes, block.parts) if block.parts else neighbours(axes, block.centre, block.step, REACH)
        counts = np.array(self.counts(block.stack_id))
        units = np.tile(counts, len(places))
        places = np.repeat(places, len(counts), axis=0)
        sizes = lattice_sizes(axes, places, self.layouts[block.stack_id])
        return Sizes(places, np.column_stack([sizes, units.astype(np.float64)]))

    def _designs(self, block: Block) -> DesignSet:
        """Return the designs of a block, without names."""
        sizes = self.sizes(block)
        return lattice_set(self.stacks[block.stack_id], sizes.places, sizes.units, self.layouts[block.stack_id])


class Frames(Protocol):
    """Where results are kept: the cache of a night, or nothing."""

    def rows(
        self, kind: str, key: Mapping[str, Any], wanted: Sequence[str], compute: Callable[[list[int]], pl.DataFrame]
    ) -> tuple[pl.DataFrame, int]:
        """Return rows in the order wanted, those not there made, and how many were there."""

    def held(self, kind: str, key: Mapping[str, Any]) -> pl.DataFrame | None:
        """Return the frame of a key if it is there."""

    def replace(self, kind: str, key: Mapping[str, Any], frame: pl.DataFrame) -> None:
        """Put a frame in the place of the one of a key."""


class Region:
    """One region's site years, and what was dispatched there.

    Parameters
    ----------
    years : Sequence[SiteYear]
    plant : Plant
        With the design grid.
    causes : pl.DataFrame
        The region's shared failures.
    cache : Frames
    further : StorageYears | None
        Years that designs without a firm source run on as well.
    """

    def __init__(
        self,
        years: Sequence[SiteYear],
        plant: Plant,
        causes: pl.DataFrame,
        cache: Frames,
        further: StorageYears | None = None,
    ) -> None:
        self.years, self.load_mwh = years, float(np.mean([site.load_mw.sum() * site.step_hours for site in years]))
        self._plant, self._causes, self._cache = plant, causes, cache
        self.keys = [content_hash(site_key(site, plant, causes)) for site in years]
        """What the results of each year depend on besides the designs."""
        self._further = further
        self.further_keys = (
            [content_hash(further.key, year, content_hash(causes), plant.key) for year in further.weather_years]
            if further
            else []
        )
        """The same of the further years."""
        self._new_blocks = False
        self.dispatched = 0
        """Rows that were not in the cache."""

    def sums(self, block: Block, lattice: Lattice) -> NDArray[np.float64]:
        """Return `SUMS` of every design of a block, mean of the weather years, shape (n, len(SUMS))."""
        total = np.zeros((len(lattice.sizes(block).places), len(SUMS)))
        name = lattice.name(block)
        if self._further is not None and not lattice.has_firm_source(block.stack_id):
            found = _used(self._further_blocks, name)
            if found is None:
                for rows in self._dispatch(self._every_year, block, lattice):
                    total += rows
                found = self._further_blocks[name] = (total / len(self._every_year)).astype(np.float32)
                self.dispatched += len(found) * len(self._every_year)
                self._new_blocks = True
            return found.astype(np.float64)
        for site, blocks in zip(self.years, self._blocks, strict=True):
            found = _used(blocks, name)
            if found is None:
                found = blocks[name] = self._dispatch([site], block, lattice)[0]
                self.dispatched += len(found)
                self._new_blocks = True
            total += found
        return total / len(self.years)

    def is_marked(self, name: str) -> bool:
        """Return whether a mark was left beside the blocks."""
        marks = [_used(blocks, name) for blocks in self._blocks]
        return all(mark is not None for mark in marks)

    def mark(self, name: str) -> None:
        """Leave a mark beside the blocks, to be kept with them."""
        for blocks in self._blocks:
            blocks[name] = np.zeros((1, len(SUMS)), np.float32)
        self._new_blocks = True

    def keep(self) -> None:
        """Keep the blocks that were dispatched, beside those used before."""
        if not self._new_blocks:
            return
        for own, blocks in [*zip(self.keys, self._blocks, strict=True), (self._all_key, self._further_blocks)]:
            if not blocks:
                continue
            kept = list(blocks.items())[-_BLOCKS_KEPT:]
            names = pl.Series("block", [name for name, rows in kept for _ in range(len(rows))], pl.String)
            rows = np.concatenate([rows for _, rows in kept])
            self._cache.replace("sizes", {"site": own}, pl.DataFrame(rows, schema=list(SUMS)).insert_column(0, names))
        self._new_blocks = False

    @cached_property
    def _blocks(self) -> list[dict[str, NDArray[np.float32]]]:
        """Return the blocks of every year by name, read when first asked for; what was used last stands last."""
        return [self._held(own) for own in self.keys]

    @cached_property
    def _further_blocks(self) -> dict[str, NDArray[np.float32]]:
        """Return the blocks of designs without a firm source, means over all years."""
        return self._held(self._all_key)

    @cached_property
    def _all_key(self) -> str:
        return content_hash([*self.keys, *self.further_keys])

    @cached_property
    def _every_year(self) -> list[SiteYear]:
        """Return the own and the further years."""
        return [*self.years, *(self._further.sites() if self._further else [])]

    def _held(self, own: str) -> dict[str, NDArray[np.float32]]:
        """Return the blocks of a site year that are kept; all in one file, which opens in the time of one block."""
        frame = self._cache.held("sizes", {"site": own})
        if frame is None:
            return {}
        rows = frame.select(SUMS).to_numpy()
        runs = frame["block"].rle().struct.unnest()
        ends = runs["len"].cum_sum().to_list()
        starts = [0, *ends[:-1]]
        return {name: rows[start:end] for name, start, end in zip(runs["value"].to_list(), starts, ends, strict=True)}

    def _dispatch(self, sites: Sequence[SiteYear], block: Block, lattice: Lattice) -> list[NDArray[np.float32]]:
        """Return `SUMS` of every design of a block in each of some site years, each of shape (n, len(SUMS))."""
        designs, plant = lattice.designs(block), self._plant
        found = simulate_batch(sites, designs, plant.technologies, plant.battery, threads=1)
        lost = found.charge_mwh - found.discharge_mwh
        sums = {
            "firm_mwh": found.firm_mwh,
            "firm_fuel_mmbtu": found.firm_fuel_mmbtu,
            "grid_mwh": found.grid_mwh,
            "delivered_solar_mwh": found.solar_potential_mwh - found.curtailed_mwh - lost,
            "unserved_mwh": found.unserved_mwh,
        }
        return [np.column_stack([sums[name][place].astype(np.float32) for name in SUMS]) for place in range(len(sites))]

    def assess(self, year: int, designs: pl.DataFrame) -> pl.DataFrame:
        """Return dispatch and adequacy of designs in one year, in double precision.

        Parameters
        ----------
        year : int
            Place in `years`, and beyond them in the further years.
        designs : pl.DataFrame
            Contract `sim.designs`.

        Returns
        -------
        pl.DataFrame
            Columns of `sim.dispatch_annual` and `sim.adequacy`, one row per design; none depends on the others.
        """
        plant = replace(self._plant, designs=DesignSet.from_frame(designs))
        site = self.years[year] if year < len(self.years) else self._every_year[year]
        return assess_site(site, plant, self._causes, dtype=np.float64)


def _used(blocks: dict[str, NDArray[np.float32]], name: str) -> NDArray[np.float32] | None:
    """Return a block and put it last; None where there is none."""
    found = blocks.pop(name, None)
    if found is not None:
        blocks[name] = found
    return found
