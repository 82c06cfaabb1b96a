"""Regions and stacks made ready for the kernel: which network, how large, with which durations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.errors import InputError
from pipelines.identity import content_hash
from pipelines.plant.catalogue import stacks
from pipelines.settings import Settings
from pipelines.timeline.by_place import place_variants
from pipelines.timeline.draws import DrawBook
from pipelines.timeline.network import Network, network_of
from pipelines.timeline.plant import NetworkArrays, Sizes, module_bus_mw, module_count, network_arrays, site_of
from pipelines.timeline.variants import (
    MAJOR_SOURCE_POLICY,
    PERMIT_CLASSES,
    Case,
    Variants,
    permit_class,
    policy_value,
    read_variants,
)

# A flexible request is the same request with less firm service: it takes the same draws and never waits longer.
SAME_DRAWS = {"grid_flexible": "grid_firm"}
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


@dataclass(frozen=True)
class Row:
    """One region and stack made ready for the kernel."""

    network: Network
    arrays: NetworkArrays
    draw_rows: NDArray[np.int64]
    drawn: _Drawn
    duration_ids: tuple[str, ...]
    completion: float

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


def prepare(
    regions: pl.DataFrame,
    chosen: pl.DataFrame,
    used: pl.DataFrame,
    policy: pl.DataFrame,
    settings: Settings,
    draws: DrawBook,
    *,
    ready: dict[tuple, Any] | None = None,
) -> list[Row]:
    """Return chosen designs made ready for the kernel, in their order; what they draw is entered in `draws`.

    Parameters
    ----------
    regions, chosen, policy, settings
        As in `time_to_power`.
    used : pl.DataFrame
        Contract core.durations.
    draws : DrawBook
    ready : dict[tuple, Any] | None
        What was made ready for other cases of the same night; grows.
    """
    ready = {} if ready is None else ready
    for name, frame, columns in (
        ("regions", regions, ("region_id", "state", "iso")),
        ("chosen designs", chosen, _CHOSEN),
    ):
        missing = [column for column in columns if column not in frame.columns]
        if missing:
            raise InputError(f"column {missing[0]} is missing", file=name, remedy="add the column")
    variants = read_variants(policy, settings)
    threshold = policy_value(policy, MAJOR_SOURCE_POLICY)
    figures = {row["duration_id"]: (row["low"], row["mid"], row["high"]) for row in used.iter_rows(named=True)}
    places = {row["region_id"]: row for row in regions.select("region_id", "state", "iso").iter_rows(named=True)}
    networks = {
        name: once(ready, (name,), partial(network_of, name, settings))
        for name in chosen["stack_id"].unique(maintain_order=True)
    }
    # Few sizes and few places differ in what a network reads of them: each is made ready once.
    site = site_of(settings)
    of_figures = content_hash(variants.rules, figures)

    @cache
    def arrays_of(stack_id: str, sizes: Sizes) -> NetworkArrays:
        return once(ready, (stack_id, sizes, site), lambda: network_arrays(networks[stack_id], sizes, settings))

    @cache
    def draws_of(stack_id: str, case: Case) -> tuple[NDArray[np.int64], _Drawn, tuple[str, ...]]:
        drawn, ids = once(
            ready, (stack_id, case, of_figures), lambda: _drawn(networks[stack_id], case, variants, figures)
        )
        return (
            np.array([draws.row(name, (low, mid, high)) for name, low, mid, high in drawn], dtype=np.int64),
            drawn,
            ids,
        )

    @cache
    def row_of(stack_id: str, sizes: Sizes, case: Case) -> Row:
        network = networks[stack_id]
        draw_rows, drawn, ids = draws_of(stack_id, case)
        is_grid = "grid_connection" in network.names
        completion = settings.grid_completion_probability if is_grid else 1.0
        return Row(network, arrays_of(stack_id, sizes), draw_rows, drawn, ids, completion)

    @cache
    def permit_of(technology: str, running_mw: float) -> str:
        return permit_class(technology, running_mw, threshold, settings)

    brought = {name: stack.phases[0].units for name, stack in stacks(settings).items() if stack.phases[0].units}
    load = module_count(settings) * module_bus_mw(settings)
    unknown = chosen.filter(~pl.col("region_id").is_in(list(places)))["region_id"]
    if len(unknown):
        raise InputError(
            f"region {unknown[0]!r} is not in the table of regions", file="chosen designs", column="region_id"
        )
    rows = []
    by_place = place_variants(regions, chosen, load, settings)
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
            variants_here,
        )
        rows.append(row_of(design["stack_id"], sizes, case))
    return rows


def once(ready: dict[tuple, Any], key: tuple, make: Callable[[], Any]) -> Any:
    """Return what is ready under a key, made if it is not there."""
    if key not in ready:
        ready[key] = make()
    return ready[key]


def _drawn(
    network: Network, case: Case, variants: Variants, figures: dict[str, tuple[float, float, float]]
) -> tuple[_Drawn, tuple[str, ...]]:
    """Return what each activity draws (scores, then figures) and the duration that it stands for."""
    drawn, ids = [], []
    for activity in network.activities:
        name = activity.duration_id
        variant = variants.of(name, case)
        if variant not in figures:
            raise InputError(
                f"duration {variant!r} of activity {activity.activity!r} has no row",
                file="durations.csv",
                column="duration_id",
                remedy="add a row for it",
            )
        figure = figures[variant]
        if name in SAME_DRAWS:
            firm = figures[variants.of(SAME_DRAWS[name], case)]
            figure = tuple(min(pair) for pair in zip(figure, firm, strict=True))  # type: ignore[assignment]
        drawn.append((SAME_DRAWS.get(name, name), *figure))
        ids.append(variant)
    return tuple(drawn), tuple(ids)
