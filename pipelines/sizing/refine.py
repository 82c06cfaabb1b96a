"""From the best design of the grid to the best of the lattice, for every region and stack whose sizes are continuous.

The lattice in so many parts of the grid is dispatched whole and priced along the cost line; then the cell around the
best, four times finer, until the best lies in the middle of a cell. Outages of so many designs are estimated from those
of the grid; the few that may win are then worked out in double precision and priced as every design is, and so are
designs of the grid that keep or miss a limit so narrowly that rounding could decide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache as cached

import numpy as np
import polars as pl

from pipelines.contracts.base import REGISTRY
from pipelines.dispatch.inputs import DesignSet, SiteYear
from pipelines.dispatch.storage_years import StorageYears, has_no_firm_source
from pipelines.economics.selection import select_least_cost, share_of
from pipelines.identity import content_hash
from pipelines.plant.catalogue import stacks
from pipelines.reliability.campaign import Plant
from pipelines.sizing.cost_line import SIZES, cost_lines
from pipelines.sizing.estimate import OutageEstimate, fit_outages, lost_to_outages
from pipelines.sizing.fine import Frames, Lattice, Region
from pipelines.sizing.market import Market
from pipelines.sizing.search import Options, Search, energy_lost, joined

ROUNDS = 3
"""Batches of designs worked out per region; each corrects the estimates that the next is chosen by."""
ROUNDING = 5e-4
"""Relative difference of single from double precision that a decision must not hang on."""
_SITE_DESIGN = ["region_id", "design_id"]
ENERGY_PRICES = (0.5, 0.65, 0.8, 0.9, 1.1, 1.25, 1.5, 2.0)
"""Prices of fuel and grid energy, as multiples of tonight's, that the blocks of a new site are dispatched for as well:
a later night on which such prices moved finds them there. What is found does not depend on it."""


@dataclass(frozen=True)
class Finalists:
    """Designs that were worked out in double precision.

    Attributes
    ----------
    designs : pl.DataFrame
        Contract `sim.designs`, each once.
    annual, adequacy : pl.DataFrame
        Contracts `sim.dispatch_annual`, `sim.adequacy`.
    priced : pl.DataFrame
        Contract `sim.candidates`.
    dispatched, assessed : int
        Rows that were not in the cache: designs tried, designs worked out.
    """

    designs: pl.DataFrame
    annual: pl.DataFrame
    adequacy: pl.DataFrame
    priced: pl.DataFrame
    dispatched: int
    assessed: int


def refine(
    sites: Sequence[SiteYear],
    plant: Plant,
    causes: Mapping[str, pl.DataFrame],
    candidates: pl.DataFrame,
    market: Market,
    cache: Frames,
    *,
    further: Mapping[str, StorageYears] | None = None,
    threads: int = 2,
) -> Finalists:
    """Return the designs that may be better than each region's and stack's best of the grid, in double precision.

    Parameters
    ----------
    sites : Sequence[SiteYear]
    plant : Plant
        With the design grid.
    causes : Mapping[str, pl.DataFrame]
        Region to its shared failures.
    candidates : pl.DataFrame
        The grid at the night's prices, contract `sim.candidates`.
    market : Market
    cache : Frames
        Where dispatched blocks and finalists are kept; neither depends on prices.
    further : Mapping[str, StorageYears] | None
        Region to the years that designs without a firm source run on as well.
    threads : int
        Regions worked on at once; the results do not depend on it.

    Returns
    -------
    Finalists
        What remains of the grid's own choice is for `select_least_cost` to say, on `with_finalists`.
    """
    settings = market.settings
    parts, allowed = settings.sizing_parts, 1.0 - settings.availability_target
    lattice = Lattice.of(plant.technologies, settings)
    years: dict[str, list[SiteYear]] = {}
    for site in sites:
        years.setdefault(site.region_id, []).append(site)
    beyond = further or {}
    regions = {name: Region(own, plant, causes[name], cache, beyond.get(name)) for name, own in sorted(years.items())}
    chosen = select_least_cost(candidates, settings)
    searches = _searches(chosen, candidates, lattice, regions, market) if parts > 1 else {}
    mark = content_hash("energy prices", ENERGY_PRICES, lattice.key, parts, allowed)[:32]
    new = {name for name in searches if not regions[name].is_marked(mark)}
    elsewhere = _at_other_prices(candidates, lattice, {name: regions[name] for name in sorted(new)}, market)

    def look(name: str) -> None:
        for search in searches.get(name, []):
            search.run(regions[name], lattice, parts, allowed)
        if name in new:
            for search in elsewhere.get(name, []):
                search.run(regions[name], lattice, parts, allowed)
            regions[name].mark(mark)
        regions[name].keep()

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(look, regions))
    every = [(name, search) for name, own in searches.items() for search in own]
    grid = plant.designs.to_frame()
    wanted = [_near_limits(candidates, chosen, market).join(grid, on="design_id", maintain_order="left")]
    batches, rows, assessed = [wanted[0].clear()], [], 0
    for _ in range(ROUNDS):
        wanted += _hopeful(every, allowed, lattice)
        batch = pl.concat(wanted).unique(_SITE_DESIGN, maintain_order=True)
        if batch.is_empty():
            break
        found, is_new = _worked_out(batch, regions, cache, threads)
        lost = energy_lost(batch, found)
        for name, search in every:
            search.learn(lost.get((name, search.stack_id), ()), lattice)
        wanted = [batch.clear()]
        batches.append(batch)
        rows.append(found)
        assessed += is_new
    designs = pl.concat(batches).drop("region_id").unique("design_id", maintain_order=True).sort("design_id")
    tables = [REGISTRY[name].schema for name in ("sim.dispatch_annual", "sim.adequacy")]
    dispatched = sum(region.dispatched for region in regions.values())
    if designs.is_empty():
        nothing = [pl.DataFrame(table.create_empty()) for table in tables]
        return Finalists(designs, nothing[0], nothing[1], candidates.clear(), dispatched, assessed)
    together = pl.concat(rows).sort(*_SITE_DESIGN, "weather_year")
    annual, adequacy = (together.select(table.column_names()) for table in tables)
    priced = market.price(designs, annual, adequacy).select(candidates.columns)
    return Finalists(designs, annual, adequacy, priced, dispatched, assessed)


def with_finalists(candidates: pl.DataFrame, finalists: pl.DataFrame) -> pl.DataFrame:
    """Return the candidates of the grid and the finalists; what was worked out twice stands as worked out last."""
    rest = candidates.join(finalists, on=["region_id", "design_id"], how="anti", maintain_order="left")
    return pl.concat([rest, finalists.select(candidates.columns)]).sort("region_id", "design_id")


def _searches(
    chosen: pl.DataFrame, candidates: pl.DataFrame, lattice: Lattice, regions: Mapping[str, Region], market: Market
) -> dict[str, list[Search]]:
    """Return by region the searches of the stacks with continuous sizes whose best of the grid meets the target."""
    return _searches_of([chosen], candidates, list(lattice.stacks), lattice, regions, market)[0]


def _searches_of(
    choices: Sequence[pl.DataFrame],
    candidates: pl.DataFrame,
    stack_ids: Sequence[str],
    lattice: Lattice,
    regions: Mapping[str, Region],
    market: Market,
) -> list[dict[str, list[Search]]]:
    """Return the searches of some stacks for several choices by region; what choices share is priced and fitted once.

    Parameters
    ----------
    choices : Sequence[pl.DataFrame]
        Contract `sim.chosen`.
    candidates : pl.DataFrame
        The grid that they were chosen from.
    stack_ids : Sequence[str]
        Stacks of the lattice.
    lattice : Lattice
    regions : Mapping[str, Region]
    market : Market
    """
    refined = pl.col("stack_id").is_in(list(stack_ids))
    wanted = [chosen.filter(refined & pl.col("is_target_met")) for chosen in choices]
    found: list[dict[str, list[Search]]] = [{} for _ in choices]
    columns = REGISTRY["sim.designs"].schema.column_names()
    bases = pl.concat([own.select("region_id", *columns) for own in wanted]).unique(_SITE_DESIGN, maintain_order=True)
    if bases.is_empty():
        return found
    rows = lost_to_outages(candidates.filter(refined)).partition_by("region_id", "stack_id", "firm_units", as_dict=True)
    for name, stack in lattice.stacks.items():
        unit = lattice.layouts[name].unit
        if stack.firm is not None and stack.firm.is_optional and unit is not None:
            # A design without a unit: the line says what one would cost.
            absent = (pl.col("firm_units") == 0) & (pl.col("stack_id") == name)
            bases = bases.with_columns(
                pl.when(absent).then(pl.lit(unit.technology)).otherwise("firm_technology").alias("firm_technology"),
                pl.when(absent).then(unit.unit_mw).otherwise("firm_unit_mw").alias("firm_unit_mw"),
            )
    lines = cost_lines(market, bases, {name: region.load_mwh for name, region in regions.items()})

    @cached
    def estimate(region: str, stack: str, count: int, centre: tuple[float, ...]) -> OutageEstimate:
        return fit_outages(rows[region, stack, count], np.array(centre))

    for searches, own in zip(found, wanted, strict=True):
        for best in own.iter_rows(named=True):
            region, stack = best["region_id"], best["stack_id"]
            counts = lattice.layouts[stack].counts
            here = counts.index(best["firm_units"])
            centre = tuple(float(best[name]) for name in SIZES)
            outages = {count: estimate(region, stack, count, centre) for count in counts[max(here - 1, 0) : here + 2]}
            floor = lattice.stacks[stack].floor
            least = getattr(market.settings, floor.setting) if floor and floor.share == "renewable" else -np.inf
            line = lines[region, best["design_id"]]
            searches.setdefault(region, []).append(Search(stack, line, outages, least))
    return found


def _at_other_prices(
    candidates: pl.DataFrame, lattice: Lattice, regions: Mapping[str, Region], market: Market
) -> dict[str, list[Search]]:
    """Return by region the searches that it would make at each of `ENERGY_PRICES`.

    Stacks that buy neither fuel nor grid energy have the search of tonight at every price.
    """
    found: dict[str, list[Search]] = {}
    buying = [name for name in lattice.stacks if lattice.has_firm_source(name)]
    own = candidates.filter(pl.col("region_id").is_in(list(regions)) & pl.col("stack_id").is_in(buying))
    if not regions or own.is_empty() or not ENERGY_PRICES:
        return found
    bought = (pl.col("fuel_usd_per_year") + pl.col("grid_energy_usd_per_year")) / pl.col("served_mwh")
    choices = [
        select_least_cost(own.with_columns(pl.col("lcoe_usd_per_mwh") + (factor - 1.0) * bought), market.settings)
        for factor in ENERGY_PRICES
    ]
    by_price = _searches_of(choices, own, buying, lattice, regions, market)
    for factor, priced in zip(ENERGY_PRICES, by_price, strict=True):
        for name, searches in priced.items():
            found.setdefault(name, []).extend(search.at_energy_prices(factor) for search in searches)
    return found


def _hopeful(searches: Sequence[tuple[str, Search]], allowed: float, lattice: Lattice) -> list[pl.DataFrame]:
    """Return what the searches of all regions want worked out: region_id and contract `sim.designs`, by stack."""
    picked: dict[str, list[tuple[str, Options]]] = {}
    for name, search in searches:
        options = search.finalists(allowed)
        if len(options.units):
            picked.setdefault(search.stack_id, []).append((name, options))
    frames = []
    for stack_id, own in picked.items():
        options = joined([options for _, options in own])
        names = [name for name, options in own for _ in range(len(options.units))]
        designs = lattice.at(stack_id, options.places, options.units)
        frames.append(designs.insert_column(0, pl.Series("region_id", names, pl.String)))
    return frames


def _worked_out(
    batch: pl.DataFrame, regions: Mapping[str, Region], cache: Frames, threads: int
) -> tuple[pl.DataFrame, int]:
    """Return the designs of regions dispatched and assessed in every year, and how many rows were not in the cache."""
    by_region: dict[str, list[int]] = {}
    for row, name in enumerate(batch["region_id"]):
        by_region.setdefault(name, []).append(row)
    designs = batch.drop("region_id")
    is_alone = has_no_firm_source(DesignSet.from_frame(designs)).tolist()
    year_keys = {name: [*regions[name].keys, *regions[name].further_keys] for name in by_region}
    asked = [
        (name, year, row)
        for name, rows in by_region.items()
        for year in range(len(year_keys[name]))
        for row in rows
        if year < len(regions[name].keys) or is_alone[row]
    ]
    hashes = designs.hash_rows(seed=0).to_list()

    def compute(missing: list[int]) -> pl.DataFrame:
        jobs: dict[tuple[str, int], list[int]] = {}
        for place in missing:
            name, year, row = asked[place]
            jobs.setdefault((name, year), []).append(row)

        def one(job: tuple[str, int]) -> pl.DataFrame:
            return regions[job[0]].assess(job[1], designs[jobs[job]])

        with ThreadPoolExecutor(threads) as pool:
            return pl.concat(pool.map(one, jobs))

    keys = [f"{year_keys[name][year][:32]}{hashes[row]:016x}" for name, year, row in asked]
    # Rows of earlier code may have other columns, and do not stack with these.
    columns = [REGISTRY[name].schema.column_names() for name in ("sim.dispatch_annual", "sim.adequacy")]
    found, there = cache.rows("finalists", {"precision": "double", "columns": columns}, keys, compute)
    return found, len(keys) - there


def _near_limits(candidates: pl.DataFrame, chosen: pl.DataFrame, market: Market) -> pl.DataFrame:
    """Return region_id and design_id of the grid, the chosen or cheaper, that a limit decides by less than rounding."""
    settings = market.settings
    allowed = 1.0 - settings.availability_target
    lost = 1.0 - pl.col("availability_frac")
    near = (lost - allowed).abs() <= 20.0 * ROUNDING * allowed
    for stack in stacks(settings).values():
        if stack.floor is not None:
            least = getattr(settings, stack.floor.setting)
            near |= (pl.col("stack_id") == stack.id) & ((share_of(stack.floor) - least).abs() <= ROUNDING)
    best = chosen.select("region_id", "stack_id", "is_target_met", pl.col("lcoe_usd_per_mwh").alias("_best"))
    return (
        candidates.join(best, on=["region_id", "stack_id"], how="left", maintain_order="left")
        .filter(near & ((pl.col("lcoe_usd_per_mwh") <= pl.col("_best")) | ~pl.col("is_target_met")))
        .select(_SITE_DESIGN)
    )
