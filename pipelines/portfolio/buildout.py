"""Which module, where, in which month: the most usable power under limits on equipment, crews and capital."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.errors import UsageError
from pipelines.portfolio.programme import Programme, Solution, broken_rows, relax, solve
from pipelines.portfolio.supply import Supply, needs_per_mw
from pipelines.settings import Settings

GAP = 0.01
QUARTER = 3


@dataclass(frozen=True)
class Limits:
    """What a build-out may not exceed.

    Attributes
    ----------
    months : int
        Months planned over.
    modules : int
        Modules built at most.
    sites : int
        Sites opened at most.
    crews : float
        Crews at work in any month.
    capital_usd_per_quarter : float
        What a quarter brings; what is left carries over.
    supply : Supply
    max_per_domain : int | None
        Sites in one domain at most, for the kinds of `domains`.
    domains : Mapping[str, Sequence[str]]
        By kind, the domain of each option; empty where sites are chosen already.
    """

    months: int
    modules: int
    sites: int
    crews: float
    capital_usd_per_quarter: float
    supply: Supply
    max_per_domain: int | None = None
    domains: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Options:
    """Ways to build a site: one row per region and stack, as arrays.

    Attributes
    ----------
    rows : pl.DataFrame
        Sized sites with their ready months.
    usable_frac : NDArray[np.float64]
        Availability times probability of completion, shape (n,).
    most_modules, most_per_month : NDArray[np.int64]
        Modules of one site, and what the crews that fit on it set in a month, shape (n,).
    capital_usd : NDArray[np.float64]
        Per module, shape (n,).
    crew_months : NDArray[np.float64]
        Per module, with its part of the move to the site, shape (n,).
    needs : list[dict[str, float]]
        Per module, by equipment class.
    """

    rows: pl.DataFrame
    usable_frac: NDArray[np.float64]
    most_modules: NDArray[np.int64]
    most_per_month: NDArray[np.int64]
    capital_usd: NDArray[np.float64]
    crew_months: NDArray[np.float64]
    needs: list[dict[str, float]]
    module_mw: float

    def __len__(self) -> int:
        """Return the number of options."""
        return self.rows.height


@dataclass(frozen=True)
class Buildout:
    """A plan and how good it is proved to be.

    Attributes
    ----------
    modules : NDArray[np.int64]
        Modules energised by option and month, shape (n_options, months).
    solution : Solution
    programme : Programme
    """

    modules: NDArray[np.int64]
    solution: Solution
    programme: Programme


def options_of(rows: pl.DataFrame, settings: Settings) -> Options:
    """Return the options that sized sites with ready months give."""
    size = rows["site_mw"].to_numpy()
    module = settings.module_mw
    most = np.array([max(ceil(mw / module - 1e-9), 1) for mw in size], dtype=np.int64)
    crews = np.ceil(size / settings.epc_crew_site_mw - 1e-9)
    rate = settings.module_install_mw_per_month / module
    needs = [
        {name: amount * module for name, amount in needs_per_mw(row, settings).items()}
        for row in rows.iter_rows(named=True)
    ]
    return Options(
        rows=rows,
        usable_frac=(rows["availability_frac"] * rows["completion_probability"]).to_numpy(),
        most_modules=most,
        most_per_month=np.maximum(np.floor(crews * rate + 1e-9), 1).astype(np.int64),
        capital_usd=rows["site_capex_usd"].to_numpy() / most,
        crew_months=1.0 / rate + settings.epc_move_crew_months / most,
        needs=needs,
        module_mw=module,
    )


def worth_by_month(months: int, settings: Settings) -> NDArray[np.float64]:
    """Return the discounted months from each month to the end of the plan, shape (months,)."""
    by_month = (1.0 + settings.value_discount_rate) ** (-np.arange(1, months + 1) / 12.0)
    return np.cumsum(by_month[::-1])[::-1]


def programme(options: Options, limits: Limits, settings: Settings, *, is_rounded: bool = True) -> Programme:
    """Return the programme of a build-out.

    Where all modules of a month take the same crew time, crews set a whole number of them: rounded down, the limit
    keeps every plan and tightens the bound. The relaxation behind shadow prices keeps the limit as it is.

    Whole numbers are counts of modules per option and month, and one opening per option; modules of a site are alike,
    so that no two plans differ by names alone. Equipment and capital that are not used carry over by a variable each.
    Variables in order: modules (option by option, month by month), openings, carried equipment, carried capital.
    """
    n, months = len(options), limits.months
    classes = sorted({name for needs in options.needs for name in needs if name in limits.supply.per_year})
    quarters = ceil(months / QUARTER)
    n_z, first_open = n * months, n * months
    first_carry = first_open + n
    first_cash = first_carry + len(classes) * months
    total = first_cash + quarters
    ready = options.rows["ready_month"].to_numpy()
    month = np.arange(1, months + 1)
    upper = np.full(total, np.inf)
    upper[:n_z] = np.where(
        month[None, :] >= ready[:, None], np.minimum(options.most_per_month, options.most_modules)[:, None], 0
    ).ravel()
    upper[first_open:first_carry] = 1.0
    objective = np.zeros(total)
    worth = worth_by_month(months, settings) * options.module_mw
    objective[:n_z] = (options.usable_frac[:, None] * worth[None, :]).ravel()
    is_integer = np.zeros(total, dtype=np.bool_)
    is_integer[:first_carry] = True
    made = Programme(objective, upper, is_integer)
    # Variables that can only be zero stay out of the rows.
    live = upper[:n_z].reshape(n, months) > 0
    _add_sites(made, options, limits, live, stacks_per_site(options, limits, settings))
    _add_crews(made, options, limits, live, is_rounded=is_rounded)
    for number, name in enumerate(classes):
        need = np.array([needs.get(name, 0.0) for needs in options.needs])
        _add_flow(
            made,
            ("supply", name),
            live & (need > 0)[:, None],
            np.broadcast_to(need[:, None], live.shape),
            first_carry + number * months,
            limits.supply.by_month(name, months),
            1,
        )
    spend = np.broadcast_to(options.capital_usd[:, None] / 1e6, live.shape)
    comes = np.full(quarters, limits.capital_usd_per_quarter / 1e6)
    _add_flow(made, ("capital",), live, spend, first_cash, comes, QUARTER)
    return made


def _add_sites(made: Programme, options: Options, limits: Limits, live: NDArray[np.bool_], stacks: int) -> None:
    """Add what counts modules and openings."""
    n, months = live.shape
    z, opening = np.arange(n * months).reshape(n, months), n * months + np.arange(n)
    made.add(("modules",), z[live], 1.0, limits.modules)
    made.add(("sites",), opening, 1.0 / stacks, limits.sites)
    for option in range(n):
        own = z[option][live[option]]
        most = float(options.most_modules[option])
        made.add(("site", str(option)), [*own, opening[option]], [*np.ones(len(own)), -most], 0.0)
    regions = options.rows["region_id"].to_numpy()
    for region in sorted(set(regions)):
        inside = np.flatnonzero(regions == region)
        made.add(("region", region), opening[inside], 1.0, stacks)
        if stacks > 1 and len(inside) > 1:
            most = float(options.most_modules[inside].max())
            made.add(("site_total", region), z[inside][live[inside]], 1.0, most)
    if limits.max_per_domain is not None:
        for kind, names in limits.domains.items():
            for name in sorted(set(names)):
                inside = np.flatnonzero(np.array(names) == name)
                if len(set(regions[inside])) > limits.max_per_domain:
                    made.add((kind, name), opening[inside], 1.0, limits.max_per_domain)


def _add_crews(made: Programme, options: Options, limits: Limits, live: NDArray[np.bool_], *, is_rounded: bool) -> None:
    """Add what the crews set in a month."""
    z = np.arange(live.size).reshape(live.shape)
    for t in range(limits.months):
        on = live[:, t]
        each = options.crew_months[on]
        if not len(each):
            continue
        if is_rounded and np.ptp(each) < 1e-12:
            made.add(("crews", str(t + 1)), z[on, t], 1.0, np.floor(limits.crews / each[0] + 1e-9))
        else:
            made.add(("crews", str(t + 1)), z[on, t], each, limits.crews)


def _add_flow(
    made: Programme,
    name: tuple[str, ...],
    live: NDArray[np.bool_],
    need: NDArray[np.float64],
    first_carry: int,
    arrives: NDArray[np.float64],
    length: int,
) -> None:
    """Add what comes in by period of so many months, is taken by modules, and is carried to the next period."""
    z = np.arange(live.size).reshape(live.shape)
    for period, amount in enumerate(arrives):
        span = slice(period * length, min((period + 1) * length, live.shape[1]))
        on = live[:, span]
        carry = [first_carry + period, *([first_carry + period - 1] if period else [])]
        made.add(
            (*name, str(period + 1)),
            [*z[:, span][on], *carry],
            [*need[:, span][on], 1.0, *([-1.0] if period else [])],
            float(amount),
        )


def stacks_per_site(options: Options, limits: Limits, settings: Settings) -> int:
    """Return how many stacks one site may be made of: two where it is large and the regions are chosen already."""
    is_large = bool((options.rows["site_mw"] >= settings.mixed_stack_site_mw).all())
    return 2 if is_large and options.rows["region_id"].n_unique() <= limits.sites else 1


def plan(
    options: Options,
    limits: Limits,
    settings: Settings,
    *,
    gap: float = GAP,
    node_limit: int | None = None,
    time_limit: float | None = None,
) -> Buildout:
    """Return the plan with the most discounted usable MW-months.

    Parameters
    ----------
    options : Options
    limits : Limits
    settings : Settings
    gap : float
        Proved distance to the best plan at which the search stops.
    node_limit, time_limit : int | None, float | None
        As in `programme.solve`; a plan made by rule stands in where the search finds no better one in time.
    """
    made = programme(options, limits, settings)
    n_z = len(options) * limits.months
    loose = relax(made)
    # What the relaxation builds most of, and earliest, leads the second rule; often that is proved near enough.
    share = loose.x[:n_z].reshape(len(options), limits.months)
    mean_month = share @ np.arange(limits.months) / np.maximum(share.sum(axis=1), 1e-9)
    led = np.lexsort((np.arange(len(options)), -share.sum(axis=1), mean_month))
    led = led[share.sum(axis=1)[led] > 0.5]
    starts = [by_rule(options, limits, made), by_rule(options, limits, made, led)]
    start = max(starts, key=lambda x: float(made.objective @ x))
    worth = float(made.objective @ start)
    if loose.bound - worth <= gap * loose.bound:
        is_best = loose.bound - worth <= 1e-6 * max(abs(loose.bound), 1.0)
        solution = Solution("optimal" if is_best else "gap_reached", start, worth, max(loose.bound, worth))
    else:
        solution = solve(made, gap=gap, node_limit=node_limit, time_limit=time_limit, start=start)
    return Buildout(np.rint(solution.x[:n_z]).astype(np.int64).reshape(len(options), limits.months), solution, made)


def by_rule(
    options: Options, limits: Limits, made: Programme, order: NDArray[np.int64] | None = None
) -> NDArray[np.float64]:
    """Return a plan made by rule: site after site, each as fast as the limits let it.

    Sites come in the order given, else the earliest and most usable first.

    Raises
    ------
    UsageError
        If the rule breaks a limit, which would be a fault of this module.
    """
    n, months = len(options), limits.months
    classes = sorted({name for needs in options.needs for name in needs if name in limits.supply.per_year})
    stock = {name: np.cumsum(limits.supply.by_month(name, months)) for name in classes}
    quarters = ceil(months / QUARTER)
    cash = np.cumsum(np.full(quarters, limits.capital_usd_per_quarter))
    crews = np.full(months, float(limits.crews))
    ready = options.rows["ready_month"].to_numpy()
    regions = options.rows["region_id"].to_list()
    built = np.zeros((n, months), dtype=np.int64)
    opened: list[int] = []
    inside: dict[tuple[str, str], int] = {}
    plain = np.lexsort((np.arange(n), options.capital_usd, -options.usable_frac, ready))
    for option in plain if order is None else order:
        left = min(int(options.most_modules[option]), limits.modules - int(built.sum()))
        domains = [(kind, names[option]) for kind, names in limits.domains.items()]
        is_full = limits.max_per_domain is not None and any(
            inside.get(domain, 0) >= limits.max_per_domain for domain in domains
        )
        if left <= 0 or len(opened) >= limits.sites or regions[option] in {regions[o] for o in opened} or is_full:
            continue
        for t in range(int(ready[option]) - 1, months):
            room = [left, int(options.most_per_month[option]), crews[t] / options.crew_months[option]]
            room += [stock[name][t:].min() / need for name, need in options.needs[option].items() if name in stock]
            capital = options.capital_usd[option]
            room.append(cash[t // QUARTER :].min() / capital if capital > 0 else np.inf)
            count = max(int(np.floor(min(room) + 1e-9)), 0)
            built[option, t] = count
            left -= count
            crews[t] -= count * options.crew_months[option]
            for name, need in options.needs[option].items():
                if name in stock:
                    stock[name][t:] -= count * need
            cash[t // QUARTER :] -= count * options.capital_usd[option]
        if built[option].any():
            opened.append(int(option))
            for domain in domains:
                inside[domain] = inside.get(domain, 0) + 1
    return _with_carries(built, options, limits, made, classes)


def _with_carries(
    built: NDArray[np.int64], options: Options, limits: Limits, made: Programme, classes: list[str]
) -> NDArray[np.float64]:
    """Return the variables of the programme that belong to counts of modules."""
    n, months = built.shape
    x = np.zeros(len(made.objective))
    x[: n * months] = built.ravel()
    x[n * months : n * months + n] = built.any(axis=1)
    place = n * months + n
    for name in classes:
        need = np.array([needs.get(name, 0.0) for needs in options.needs])
        carried = np.cumsum(limits.supply.by_month(name, months) - need @ built)
        x[place : place + months] = np.maximum(carried, 0.0)
        place += months
    quarters = ceil(months / QUARTER)
    spent = options.capital_usd @ built
    by_quarter = np.array([spent[q * QUARTER : (q + 1) * QUARTER].sum() for q in range(quarters)])
    x[place:] = np.maximum(np.cumsum(limits.capital_usd_per_quarter - by_quarter), 0.0) / 1e6
    broken = broken_rows(made, x)
    if broken:
        raise UsageError(f"the plan made by rule breaks the limit {' '.join(broken[0])}; raise that limit.")
    return x


def relaxed(options: Options, limits: Limits, settings: Settings) -> Solution:
    """Return the linear relaxation of the build-out with the duals of its limits."""
    return relax(programme(options, limits, settings, is_rounded=False))
