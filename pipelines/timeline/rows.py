"""Regions and stacks made ready for the kernel: which network, how large, with which durations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from math import inf
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.errors import InputError
from pipelines.identity import content_hash
from pipelines.places.grid_site import brownfields
from pipelines.plant.catalogue import stacks
from pipelines.settings import Settings
from pipelines.timeline.buying import Buying, is_island_first, purchase, with_compute_given, with_first_island
from pipelines.timeline.by_place import place_variants
from pipelines.timeline.draws import DrawBook
from pipelines.timeline.durations import slip_shares
from pipelines.timeline.network import Network, network_of
from pipelines.timeline.paths import path_rules
from pipelines.timeline.plant import (
    NetworkArrays,
    Sizes,
    lv_modules,
    module_bus_mw,
    module_count,
    network_arrays,
    site_of,
)
from pipelines.timeline.variants import (
    MAJOR_SOURCE_POLICY,
    PERMIT_CLASSES,
    Case,
    permit_class,
    policy_value,
    read_variants,
)

_Drawn = tuple[tuple[str, float, float, float], ...]
_CHOSEN = (
    "region_id",
    "stack_id",
    "firm_technology",
    "firm_units",
    "firm_unit_mw",
    "solar_mw",
    "bess_mwh",
    "reserve_mwh",
)


SITED = (*_CHOSEN, "firm_mwh")
"""What `site_cases` reads of a chosen design; energy of the firm units only where it is known."""


@dataclass(frozen=True, eq=False)
class Row:
    """One region and stack made ready for the kernel; equal cases are one object."""

    network: Network
    arrays: NetworkArrays
    drawn: _Drawn
    duration_ids: tuple[str, ...]
    completion: float
    paths: tuple[tuple[str, str], ...] = ()

    def draw_rows(self, draws: DrawBook) -> NDArray[np.int64]:
        """Enter what the activities draw in a book and return its row of each, shape (n_activities,)."""
        return np.array([draws.row(name, (low, mid, high)) for name, low, mid, high in self.drawn], dtype=np.int64)

    @cached_property
    def key(self) -> tuple:
        """Return what the result depends on."""
        return (
            self.network.stack_id,
            self.network.content,
            self.drawn,
            self.arrays.multiple.tobytes(),
            self.arrays.complete_multiple.tobytes(),
            self.arrays.from_module.tobytes(),
            self.arrays.ends.tobytes(),
        )

    def hash(self, of_draws: tuple) -> str:
        """Return the hash of what the result depends on, the settings of the draws among it."""
        stack_id, network, drawn, *arrays = self.key
        return content_hash([stack_id, network, drawn, of_draws], *arrays)


def sizes_of(design: Mapping[str, Any]) -> Sizes:
    """Return the sizes that the timeline needs of a chosen design."""
    return Sizes(
        int(design["firm_units"] or 0),
        float(design["firm_unit_mw"] or 0),
        float(design["solar_mw"] or 0),
        float(design["bess_mwh"] or 0),
        float(design["reserve_mwh"] or 0),
    )


class SiteCase(NamedTuple):
    """What a network reads of one region and stack; regions that do not differ in it share one row."""

    stack_id: str
    sizes: Sizes
    case: Case


def prepare(
    regions: pl.DataFrame,
    chosen: pl.DataFrame,
    used: pl.DataFrame,
    policy: pl.DataFrame,
    settings: Settings,
    *,
    ready: dict[tuple, Any] | None = None,
    buying: Buying | None = None,
) -> list[Row]:
    """Return chosen designs made ready for the kernel, in their order.

    Parameters
    ----------
    regions, chosen, policy, settings
        As in `time_to_power`.
    used : pl.DataFrame
        Contract core.durations.
    ready : dict[tuple, Any] | None
        What was made ready for other cases of the same night; grows.
    buying : Buying | None
        How the equipment is bought; by default as the settings say.
    """
    cases = site_cases(regions, chosen, policy, settings)
    return rows_of(cases, used, policy, settings, ready=ready, buying=buying)


def site_cases(regions: pl.DataFrame, chosen: pl.DataFrame, policy: pl.DataFrame, settings: Settings) -> list[SiteCase]:
    """Select what the networks of chosen designs depend on, in their order.

    Raises
    ------
    InputError
        If a column or a region is missing.
    """
    for name, frame, columns in (
        ("regions", regions, ("region_id", "state", "iso")),
        ("chosen designs", chosen, _CHOSEN),
    ):
        missing = [column for column in columns if column not in frame.columns]
        if missing:
            raise InputError(f"column {missing[0]} is missing", file=name, remedy="add the column")
    threshold = policy_value(policy, MAJOR_SOURCE_POLICY)
    places = {row["region_id"]: row for row in regions.select("region_id", "state", "iso").iter_rows(named=True)}
    unknown = chosen.filter(~pl.col("region_id").is_in(list(places)))["region_id"]
    if len(unknown):
        raise InputError(
            f"region {unknown[0]!r} is not in the table of regions", file="chosen designs", column="region_id"
        )

    @cache
    def permit_of(technology: str, running_mw: float) -> str:
        return permit_class(technology, running_mw, threshold, settings)

    @cache
    def islanded(stack_id: str, unit_mw: float) -> int:
        stack = stacks(settings).get(stack_id)
        # Where the grid carries the site there are no islands.
        return lv_modules(unit_mw, settings) if stack is not None and stack.is_islanded else 0

    brought = {name: stack.phases[0].units for name, stack in stacks(settings).items() if stack.phases[0].units}
    modules = module_count(settings)
    load = modules * module_bus_mw(settings)
    found = []
    by_place, reused = place_variants(regions, chosen, load, settings), brownfields(regions, settings)
    for design, variants_here in zip(chosen.select(_CHOSEN).iter_rows(named=True), by_place, strict=True):
        sizes = sizes_of(design)
        running = min(sizes.firm_units * sizes.firm_unit_mw, load)
        permit = permit_of(design["firm_technology"] or "", running)
        if (units := brought.get(design["stack_id"])) is not None:
            sizes = replace(sizes, phase_unit_mw=units.unit_mw)
            permit = max(permit, permit_of(units.technology, load), key=PERMIT_CLASSES.index)
        place = places[design["region_id"]]
        case = Case(
            place["state"] or "",
            place["iso"] or "",
            permit,
            sizes.firm_unit_mw,
            load,
            by_place=variants_here,
            unit_mw=settings.unit_transformer_mw,
            padmount_mw=settings.unit_transformer_mw if settings.is_transformer_by_size else inf,
            lv_modules=(at_lv := islanded(design["stack_id"], sizes.phase_unit_mw or sizes.firm_unit_mw)),
            mv_modules=modules - at_lv,
            is_brownfield=design["region_id"] in reused,
        )
        found.append(SiteCase(design["stack_id"], sizes, case))
    return found


def rows_of(
    cases: Iterable[SiteCase],
    used: pl.DataFrame,
    policy: pl.DataFrame,
    settings: Settings,
    *,
    ready: dict[tuple, Any] | None = None,
    buying: Buying | None = None,
) -> list[Row]:
    """Make cases ready for the kernel, in their order; equal cases are one row.

    Parameters
    ----------
    cases : Iterable[SiteCase]
    used, policy, settings, ready, buying
        As in `prepare`.
    """
    buying = Buying.of(settings) if buying is None else buying
    rules = path_rules()
    ready = {} if ready is None else ready
    variants = read_variants(policy, settings)
    figures = {row["duration_id"]: (row["low"], row["mid"], row["high"]) for row in used.iter_rows(named=True)}
    # Few sizes and few places differ in what a network reads of them: each is made ready once.
    site = site_of(settings)
    slips = slip_shares() if settings.has_slip else {}
    bought_at = (content_hash(variants.rules, figures, slips), buying)

    def network_for(stack_id: str, is_first: bool) -> Network:
        own = once(ready, (stack_id,), partial(network_of, stack_id, settings))
        network = with_first_island(own) if is_first else own
        return network if buying.compute_ready_months is None else with_compute_given(network)

    def row_of(stack_id: str, sizes: Sizes, case: Case) -> Row:
        is_first = is_island_first(case, variants, buying, rules)
        kind = (stack_id, is_first, buying.compute_ready_months is None)
        network = once(ready, kind, lambda: network_for(stack_id, is_first))
        own = replace(sizes, lv_modules=case.lv_modules if is_first else 0)
        arrays = once(ready, (*kind, own, site), lambda: network_arrays(network, own, settings))
        bought = once(
            ready,
            (*kind, case, bought_at),
            lambda: purchase(network, case, variants, figures, buying, rules, slips),
        )
        is_grid = "grid_connection" in network.names
        completion = settings.grid_completion_probability if is_grid else 1.0
        return Row(network, arrays, bought.drawn, bought.duration_ids, completion, bought.paths)

    of_rows = (bought_at, site, settings.grid_completion_probability)
    return [once(ready, (case, of_rows), partial(row_of, *case)) for case in cases]


def once(ready: dict[tuple, Any], key: tuple, make: Callable[[], Any]) -> Any:
    """Return what is ready under a key, made if it is not there."""
    if key not in ready:
        ready[key] = make()
    return ready[key]
