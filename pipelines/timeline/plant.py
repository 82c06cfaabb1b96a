"""What each activity has to deliver before module k can run: the multiples that the durations are drawn with."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from pipelines.plant.load import design_pue
from pipelines.settings import Settings
from pipelines.timeline.network import MV_PLANT, SINK, Network


@dataclass(frozen=True)
class Sizes:
    """Sizes of a design that the timeline needs; powers in MW, energies in MWh."""

    firm_units: int
    firm_unit_mw: float
    solar_mw: float
    bess_mwh: float
    reserve_mwh: float
    phase_unit_mw: float = 0.0
    """Rating of the units that the first phase brings; 0 where it runs on those of the permanent plant."""
    lv_modules: int = 0
    """First modules on islands at 480 V, which no medium-voltage plant feeds."""


@dataclass(frozen=True)
class NetworkArrays:
    """A network of one design as the kernel takes it; see `kernel.run_network`."""

    multiple: NDArray[np.float64]
    complete_multiple: NDArray[np.float64]
    pred_start: NDArray[np.int64]
    preds: NDArray[np.int64]
    from_module: NDArray[np.int64]
    is_full: NDArray[np.bool_]
    varies: NDArray[np.bool_]
    ends: NDArray[np.int64]


def module_count(settings: Settings) -> int:
    """Return the number of compute modules of a site."""
    return max(ceil(settings.site_it_mw / settings.module_mw - 1e-9), 1)


def module_bus_mw(settings: Settings) -> float:
    """Return the load of one module at the bus at the design temperature (MW): IT x PUE."""
    return settings.module_mw * design_pue(settings)


def site_of(settings: Settings) -> tuple[int, float, float, bool, float]:
    """Return all that `network_arrays` reads of the settings, of modules and of the blocks of the electrical plant."""
    return (
        module_count(settings),
        settings.module_mw,
        module_bus_mw(settings),
        settings.is_module_rule,
        settings.unit_transformer_mw,
    )


def lv_modules(unit_mw: float, settings: Settings) -> int:
    """Return how many modules run on islands at 480 V where the firm units have a rating.

    A unit that generates at 480 V feeds the board beside it, which carries up to `lv_island_mw`; a site runs up to
    `lv_islands` of them. Without the module rule an island carries the whole site or nothing.
    """
    if unit_mw <= 0 or unit_mw > settings.lv_island_mw:
        return 0
    carried = int(settings.lv_islands * settings.lv_island_mw / module_bus_mw(settings) + 1e-9)
    count = module_count(settings)
    return min(carried, count) if settings.is_module_rule or carried >= count else 0


def _electrical_share(settings: Settings) -> NDArray[np.float64]:
    """Return the share of the electrical plant that the first k modules need, in whole blocks of a unit transformer."""
    n_modules = module_count(settings)
    if not settings.is_module_rule:
        return np.ones(n_modules)
    load = np.arange(1, n_modules + 1) * module_bus_mw(settings)
    blocks = np.ceil(load / settings.unit_transformer_mw - 1e-9)
    return blocks / blocks[-1]


def units_needed(modules: int, sizes: Sizes, settings: Settings) -> int:
    """Return the firm units that carry the first `modules` modules with one unit spare, unbounded by the fleet."""
    if sizes.firm_units == 0 or sizes.firm_unit_mw <= 0:
        return 0
    return phase_units(sizes.firm_unit_mw, modules, settings)


def phase_units(unit_mw: float, modules: int, settings: Settings) -> int:
    """Return the units of a rating that carry the first `modules` modules with one unit spare."""
    return ceil(modules * module_bus_mw(settings) / unit_mw - 1e-9) + 1


def modules_on_firm_units(sizes: Sizes, settings: Settings) -> int:
    """Return how many modules the firm fleet alone carries with one unit spare."""
    count = 0
    if sizes.firm_units == 0:
        return count
    for module in range(1, module_count(settings) + 1):
        if units_needed(module, sizes, settings) <= sizes.firm_units:
            count = module
    return count


def network_arrays(network: Network, sizes: Sizes, settings: Settings) -> NetworkArrays:
    """Return the arrays of a network for one design.

    First MW rule: module k waits for the firm units that carry k modules with one spare, for the whole ride-through
    battery, for k modules' share of solar and dispatch battery where no firm fleet stands in, and for k modules' share
    of the electrical plant; modules on islands at 480 V do not wait for medium-voltage plant. Activities of scope
    "full" hold only modules beyond what the firm fleet carries alone.

    Parameters
    ----------
    network : Network
        Activities in order.
    sizes : Sizes
        The design.
    settings : Settings
        Site, module and PUE.
    """
    n_modules = module_count(settings)
    order = {name: index for index, name in enumerate(network.names)}
    brings = sizes.phase_unit_mw
    brought = np.array([phase_units(brings, k, settings) * brings if brings else 0.0 for k in range(1, n_modules + 1)])
    # What a phase brings carries the whole site.
    firm_alone = n_modules if brings else modules_on_firm_units(sizes, settings)
    multiple = np.ones((len(order), n_modules))
    complete = np.ones(len(order))
    from_module = np.ones(len(order), dtype=np.int64)
    is_full = np.zeros(len(order), dtype=np.bool_)
    share = np.arange(1, n_modules + 1) / n_modules
    fleet_mw = sizes.firm_units * sizes.firm_unit_mw
    needed = np.array([units_needed(k, sizes, settings) for k in range(1, n_modules + 1)])
    by_quantity = {
        "firm_mw": (np.minimum(needed, sizes.firm_units) * sizes.firm_unit_mw, fleet_mw),
        "phase_mw": (brought, brought[-1]),
        "solar_mw": (share * sizes.solar_mw, sizes.solar_mw),
        "bess_gwh": (share * sizes.bess_mwh / 1000, sizes.bess_mwh / 1000),
        "reserve_gwh": (np.full(n_modules, sizes.reserve_mwh / 1000), sizes.reserve_mwh / 1000),
        "it_mw": (np.arange(1, n_modules + 1) * settings.module_mw, n_modules * settings.module_mw),
        "mv_share": (_electrical_share(settings), 1.0),
    }
    preds: list[int] = []
    pred_start = [0]
    for index, activity in enumerate(network.activities):
        if activity.quantity:
            multiple[index], complete[index] = by_quantity[activity.quantity]
        if activity.scope == "full":
            is_full[index] = True
            from_module[index] = firm_alone + 1
        if activity.activity in MV_PLANT and sizes.lv_modules:
            is_full[index] = True
            from_module[index] = sizes.lv_modules + 1
        preds += [order[name] for name in activity.predecessors]
        pred_start.append(len(preds))
    varies = np.zeros(len(order), dtype=np.bool_)
    for index, activity in enumerate(network.activities):
        changes = bool(np.ptp(multiple[index]) > 0)
        varies[index] = changes or any(varies[order[name]] for name in activity.predecessors)
    varies[order[SINK]] = True
    return NetworkArrays(
        multiple,
        complete,
        np.array(pred_start, dtype=np.int64),
        np.array(preds, dtype=np.int64),
        from_module,
        is_full,
        varies,
        np.array([order[name] for name in network.ends], dtype=np.int64),
    )
