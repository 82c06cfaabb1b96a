"""Programmes of many nodes under supply limits, and the same power as one campus."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.contracts.base import validate
from pipelines.contracts.programme import NONE
from pipelines.plant.catalogue import stacks
from pipelines.plant.stack import Campus
from pipelines.settings import Settings
from pipelines.timeline.draws import DrawBook, draw_network
from pipelines.timeline.plant import module_bus_mw
from pipelines.timeline.rows import Row, prepare, sizes_of
from pipelines.timeline.supply import CREWS, SupplyClass, crew_waits, read_classes, waits_in_turn

_CREW_ACTIVITY = "civil_works"
_LEAST_DELAY_MONTHS = 0.05
_CAMPUS_MODULES = 100


@dataclass(frozen=True)
class Programme:
    """Tables of the programmes: contracts mart.programme_curve, mart.programme_limits, mart.modular_against_campus."""

    curve: pl.DataFrame
    limits: pl.DataFrame
    against_campus: pl.DataFrame


@dataclass(frozen=True)
class _Nodes:
    """The nodes of one stack in turn, ready to be drawn."""

    stack_id: str
    rows: list[Row]
    draw_rows: list[NDArray[np.int64]]
    designs: list[dict[str, Any]]
    months: NDArray[np.float64]
    waits: dict[str, NDArray[np.float64]]
    classes: dict[str, SupplyClass]
    needs: dict[str, NDArray[np.float64]]

    def drawn(self, node: int, settings: Settings, *, without: str = "") -> tuple[NDArray[np.float64], NDArray]:
        """Return months to the first module of a node, shape (n_samples,), and its share online by month."""
        row = self.rows[node]
        months = self.months[self.draw_rows[node]]
        for name, waits in self.waits.items():
            if name == without or waits[node] <= 0:
                continue
            wanted = (_CREW_ACTIVITY,) if name == CREWS else self.classes[name].activities
            for activity in wanted:
                if activity in row.network.names:
                    months[row.network.names.index(activity)] += waits[node]
        drawn = draw_network(months, np.arange(len(months)), row.arrays, settings)
        return drawn.first, drawn.online_share * row.completion

    def delays(self, node: int, settings: Settings) -> dict[str, float]:
        """Return by how many months the first MW of a node comes sooner if a class were not scarce."""
        with_all = float(np.median(self.drawn(node, settings)[0]))
        return {
            name: max(with_all - float(np.median(self.drawn(node, settings, without=name)[0])), 0.0)
            if waits[node] > 0
            else 0.0
            for name, waits in self.waits.items()
        }


def programme(
    ranked: pl.DataFrame,
    regions: pl.DataFrame,
    durations: pl.DataFrame,
    policy: pl.DataFrame,
    capacity: pl.DataFrame,
    settings: Settings,
    seed: int,
    *,
    ready: dict[tuple, Any] | None = None,
) -> Programme:
    """Return how programmes of growing size come online when their nodes share makers and crews.

    All nodes are ordered at once, node i in the i-th best region of its stack (in turn again where there are fewer
    regions), and served in that order. What a node waits for those before it is added to the activities that need the
    class, so slack takes up what it can.

    Parameters
    ----------
    ranked : pl.DataFrame
        Contract `sim.chosen` with `rank` of the ranked sites.
    regions : pl.DataFrame
        region_id, state, iso.
    durations : pl.DataFrame
        Contract `core.durations`.
    policy, capacity : pl.DataFrame
        Reference tables policy and industrial_capacity.
    settings : Settings
        Sizes, claim, crews, samples.
    seed : int
        Seed of the time to power.
    ready : dict[tuple, Any] | None
        What was made ready for the time to power; grows.
    """
    classes, ready = read_classes(capacity), {} if ready is None else ready
    sizes = sorted(set(settings.programme_nodes))
    curves: list[pl.DataFrame] = []
    limits: list[dict[str, Any]] = []
    ways: list[dict[str, Any]] = []
    for stack_id in ranked["stack_id"].unique().sort():
        best = ranked.filter(pl.col("stack_id") == stack_id).sort("rank")
        turn = best[(np.arange(sizes[-1]) % len(best)).tolist()]
        nodes = _nodes(stack_id, turn, regions, durations, policy, classes, settings, seed, ready)
        drawn = [nodes.drawn(node, settings) for node in range(sizes[-1])]
        online = np.cumsum([share for _, share in drawn], axis=0) * settings.site_it_mw
        for count in sizes:
            delays = nodes.delays(count - 1, settings)
            binding = _largest(delays)
            limits += _limit_rows(nodes, count, delays, binding, settings)
            usable = online[count - 1]
            curves.append(_curve(stack_id, count, usable, binding, settings))
            first = float(np.median(np.min([months for months, _ in drawn[:count]], axis=0)))
            ways.append(
                _way("modular", stack_id, count, settings.site_it_mw * count, usable, first, binding)
                | {"firm_unit_mw": float(turn["firm_unit_mw"][0])}
            )
    ways += _campuses(ranked, regions, durations, policy, classes, settings, seed, ready)
    return Programme(
        validate(pl.concat(curves).sort("stack_id", "nodes", "month"), "mart.programme_curve"),
        validate(pl.DataFrame(limits).sort("stack_id", "nodes", "class_id"), "mart.programme_limits"),
        validate(_with_best(pl.DataFrame(ways)), "mart.modular_against_campus"),
    )


def _nodes(
    stack_id: str,
    turn: pl.DataFrame,
    regions: pl.DataFrame,
    durations: pl.DataFrame,
    policy: pl.DataFrame,
    classes: list[SupplyClass],
    settings: Settings,
    seed: int,
    ready: dict[tuple, Any],
) -> _Nodes:
    rows = prepare(regions, turn, durations, policy, settings, ready=ready)
    book = DrawBook()
    draw_rows = [row.draw_rows(book) for row in rows]
    designs = turn.to_dicts()
    needs = {
        item.class_id: np.array([item.need(sizes_of(d), d["firm_technology"] or "", settings) for d in designs])
        for item in classes
        if any(activity in rows[0].network.names for activity in item.activities)
    }
    known = {item.class_id: item for item in classes if needs.get(item.class_id, np.zeros(1)).any()}
    waits = {
        name: waits_in_turn(needs[name], item.yearly_output, settings.supply_claim_frac) for name, item in known.items()
    }
    waits[CREWS] = crew_waits(len(designs), settings)
    months = book.months(settings.programme_samples, seed, settings)
    return _Nodes(stack_id, rows, draw_rows, designs, months, waits, known, needs)


def _largest(delays: dict[str, float]) -> str:
    name = max(sorted(delays), key=lambda item: delays[item], default=NONE)
    return name if delays.get(name, 0.0) >= _LEAST_DELAY_MONTHS else NONE


def _limit_rows(
    nodes: _Nodes, count: int, delays: dict[str, float], binding: str, settings: Settings
) -> list[dict[str, Any]]:
    rows = []
    for name, waits in nodes.waits.items():
        item = nodes.classes.get(name)
        needed = float(nodes.needs[name][:count].sum()) if item else float(count)
        output = item.yearly_output if item else settings.epc_crews * 12.0 / settings.crew_months_per_site
        claim = settings.supply_claim_frac if item else 1.0
        rows.append(
            {
                "stack_id": nodes.stack_id,
                "nodes": count,
                "class_id": name,
                "description": item.description if item else "Crews for engineering, procurement and construction",
                "unit": item.unit if item else "sites",
                "yearly_output": output,
                "claim_frac": claim,
                "needed": needed,
                "years_of_claim": needed / (claim * output),
                "last_node_wait_months": float(waits[count - 1]),
                "last_node_delay_months": delays[name],
                "is_binding": name == binding,
                "is_assumption": item is None,
                "source": item.source if item else "settings epc_crews and crew_months_per_site",
            }
        )
    return rows


def _curve(stack_id: str, count: int, usable: NDArray[np.float64], binding: str, settings: Settings) -> pl.DataFrame:
    planned = count * settings.site_it_mw
    return pl.DataFrame(
        {
            "month": np.arange(1, len(usable) + 1, dtype=np.int64),
            "usable_mw": usable,
            "usable_frac": np.clip(usable / planned, 0.0, 1.0),
        }
    ).with_columns(
        pl.lit(stack_id).alias("stack_id"),
        pl.lit(count, dtype=pl.Int64).alias("nodes"),
        pl.lit(planned).alias("planned_mw"),
        pl.lit(binding).alias("binding_class"),
    )


def _way(
    build: str, stack_id: str, sites: int, planned: float, usable: NDArray[np.float64], first: float, binding: str
) -> dict[str, Any]:
    half = np.flatnonzero(usable >= planned / 2.0)
    last = len(usable) - 1
    return {
        "planned_mw": planned,
        "build": build,
        "stack_id": stack_id,
        "sites": sites,
        "first_mw_months_p50": first,
        "half_mw_months": float(half[0] + 1) if len(half) else None,
        "usable_mw_36": float(usable[min(35, last)]),
        "usable_mw_60": float(usable[min(59, last)]),
        "usable_mw_months_120": float(usable[:120].sum()),
        "binding_class": binding,
    }


def _campuses(
    ranked: pl.DataFrame,
    regions: pl.DataFrame,
    durations: pl.DataFrame,
    policy: pl.DataFrame,
    classes: list[SupplyClass],
    settings: Settings,
    seed: int,
    ready: dict[tuple, Any],
) -> list[dict[str, Any]]:
    """Return the campuses: one site in the stack's best region, large units, all crews of the programme on it.

    Its plant arrives no faster than the claimed share of the makers' output, and is set no faster than as many crews
    as the programme has. Permits, studies and a substation of its own follow from its size as for any site.
    """
    rows = []
    for count in sorted(set(settings.programme_nodes)):
        planned = count * settings.site_it_mw
        if count == 1:
            continue
        crews = min(count, settings.epc_crews)
        own = settings.model_copy(
            update={
                "site_it_mw": planned,
                "module_mw": planned / _CAMPUS_MODULES,
                **{
                    name: getattr(settings, name) * crews
                    for name in ("install_mw_per_month", "module_install_mw_per_month", "solar_install_mw_per_month")
                },
            }
        )
        for stack_id, stack in stacks(settings).items():
            if stack.campus is None:
                continue
            best = ranked.filter(pl.col("stack_id") == stack_id).sort("rank").head(1)
            if best.is_empty():
                continue
            design = _campus_design(best, stack.campus, planned, settings)
            used, binding = _arriving(durations, design, classes, own, crews)
            row = prepare(regions, design, used, policy, own, ready=ready)[0]
            book = DrawBook()
            draw_rows = row.draw_rows(book)
            months = book.months(settings.programme_samples, seed, settings)
            nodes = _Nodes(stack_id, [row], [draw_rows], design.to_dicts(), months, {}, {}, {})
            first, share = nodes.drawn(0, own)
            rows.append(
                _way("campus", stack_id, 1, planned, share * planned, float(np.median(first)), binding)
                | {"firm_unit_mw": float(design["firm_unit_mw"][0])}
            )
    return rows


def _campus_design(best: pl.DataFrame, campus: Campus, planned: float, settings: Settings) -> pl.DataFrame:
    """Return the design of the stack's best site, scaled to the campus, with units of the campus's own size."""
    scale = planned / settings.site_it_mw
    own = campus.unit_mw_setting
    unit = float(getattr(settings, own) if own else best["firm_unit_mw"][0] or 0.0)
    before = float(best["firm_units"][0] or 0) * float(best["firm_unit_mw"][0] or 0.0)
    load = planned / settings.module_mw * module_bus_mw(settings)
    units = ceil(max(before * scale if unit < load else before, load) / unit) + 1 if unit > 0 and before > 0 else 0
    return best.with_columns(
        pl.lit(unit).alias("firm_unit_mw"),
        pl.lit(units, dtype=pl.Int64).alias("firm_units"),
        *((pl.col(name) * scale).alias(name) for name in ("solar_mw", "bess_mwh", "reserve_mwh")),
    )


def _arriving(
    durations: pl.DataFrame, design: pl.DataFrame, classes: list[SupplyClass], own: Settings, crews: int
) -> tuple[pl.DataFrame, str]:
    """Return the durations of a campus, and the class that slows it most.

    Firm plant is set no faster than its makers deliver, compute no faster than its unit transformers come; nodes wait
    for the same flows, one after the other.
    """
    row = design.row(0, named=True)
    sizes = sizes_of(row)
    slower = {"firm_installation": (1.0, NONE), "module_installation": (1.0, NONE)}
    for item in classes:
        need = item.need(sizes, row["firm_technology"] or "", own)
        if need <= 0:
            continue
        per_month = own.supply_claim_frac * item.yearly_output / 12.0 / need
        if "firm_delivery" in item.activities:
            rate = per_month * sizes.firm_units * sizes.firm_unit_mw
            slower["firm_installation"] = (max(own.install_mw_per_month / rate, 1.0), item.class_id)
        elif "unit_transformers" in item.activities:
            rate = per_month * own.site_it_mw
            slower["module_installation"] = (max(own.module_install_mw_per_month / rate, 1.0), item.class_id)
    factor, binding = max(slower.values())
    scale = pl.lit(1.0)
    for duration_id, (times, _) in slower.items():
        scale = pl.when(pl.col("duration_id") == duration_id).then(times / crews).otherwise(scale)
    scale = (
        pl.when((pl.col("unit") == "months_per_mw") & ~pl.col("duration_id").is_in(list(slower)))
        .then(1.0 / crews)
        .otherwise(scale)
    )
    used = durations.with_columns((pl.col(point) * scale).alias(point) for point in ("low", "mid", "high"))
    return used, binding if factor > 1.0 else NONE


def _with_best(ways: pl.DataFrame) -> pl.DataFrame:
    is_best = pl.col("usable_mw_months_120") == pl.col("usable_mw_months_120").max().over("planned_mw")
    return ways.with_columns(is_best.alias("is_best"), pl.col("sites").cast(pl.Int64)).sort(
        "planned_mw", "build", "stack_id", descending=[False, True, False]
    )
