"""Every plan against its limits, worked out from its rows alone and not from the programme that made it."""

from __future__ import annotations

from math import ceil

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.errors import ContractError
from pipelines.portfolio.buildout import QUARTER, Limits, Options

_TOLERANCE = 1e-6


class PlanError(ContractError):
    """A plan breaks a limit or comes before what it waits for."""


def check_plan(plan: pl.DataFrame, options: Options, limits: Limits) -> None:
    """Refuse a plan that breaks a limit.

    Parameters
    ----------
    plan : pl.DataFrame
        region_id, stack_id, month (1 for the first), modules.
    options : Options
        Ways to build that the plan chose from.
    limits : Limits

    Raises
    ------
    PlanError
        Names the limit, the place and the month.
    """
    place = {key: i for i, key in enumerate(options.rows.select("region_id", "stack_id").iter_rows())}
    built = np.zeros((len(options), limits.months), dtype=np.int64)
    for region, stack, month, modules in plan.select("region_id", "stack_id", "month", "modules").iter_rows():
        where = f"{modules} modules of {stack} at {region} in month {month}"
        if (region, stack) not in place:
            raise PlanError(f"{where}: there is no such option; plan again from the current candidates.")
        option = place[region, stack]
        if not 1 <= month <= limits.months or modules < 1:
            raise PlanError(f"{where}: the plan runs over months 1 to {limits.months} and builds whole modules.")
        if month < options.rows["ready_month"][option]:
            ready = options.rows["ready_month"][option]
            raise PlanError(f"{where}: the site's permits, equipment and works are not ready before month {ready}.")
        if modules > options.most_per_month[option]:
            raise PlanError(f"{where}: the crews that fit on it set {options.most_per_month[option]} a month.")
        built[option, month - 1] += modules
    _check_counts(built, options, limits)
    _check_flows(built, options, limits)


def _check_counts(built: NDArray[np.int64], options: Options, limits: Limits) -> None:
    regions = options.rows["region_id"].to_numpy()
    is_built = [bool(own.any()) for own in built]
    for region in sorted(set(regions)):
        inside = regions == region
        total, most = int(built[inside].sum()), int(options.most_modules[inside].max())
        if total > most:
            raise PlanError(f"{total} modules at {region}: the site is laid out for {most}.")
    if built.sum() > limits.modules:
        raise PlanError(f"{int(built.sum())} modules: the plan is for {limits.modules}.")
    opened = {region for region, own in zip(regions, is_built, strict=True) if own}
    if len(opened) > limits.sites:
        raise PlanError(f"{len(opened)} sites: the plan is for {limits.sites}.")
    if limits.max_per_domain is not None:
        for kind, names in limits.domains.items():
            by_domain: dict[str, set[str]] = {}
            for region, name, own in zip(regions, names, is_built, strict=True):
                if own:
                    by_domain.setdefault(name, set()).add(region)
            for name, members in sorted(by_domain.items()):
                if len(members) > limits.max_per_domain:
                    raise PlanError(f"{len(members)} sites in {kind} {name}: at most {limits.max_per_domain} may be.")


def _check_flows(built: NDArray[np.int64], options: Options, limits: Limits) -> None:
    at_work = options.crew_months @ built
    for month in np.flatnonzero(at_work > limits.crews * (1 + _TOLERANCE)):
        raise PlanError(f"month {month + 1}: {at_work[month]:.3f} crews at work, there are {limits.crews:g}.")
    for name in sorted(limits.supply.per_year):
        need = np.array([needs.get(name, 0.0) for needs in options.needs])
        used, come = np.cumsum(need @ built), np.cumsum(limits.supply.by_month(name, limits.months))
        for month in np.flatnonzero(used > come + _TOLERANCE * np.maximum(come, 1.0)):
            unit = limits.supply.classes[name].unit
            raise PlanError(
                f"month {month + 1}: {used[month]:.3f} {unit} of {name} are set and {come[month]:.3f} have arrived."
            )
    spent = np.cumsum(options.capital_usd @ built)
    for quarter in range(ceil(limits.months / QUARTER)):
        last = min((quarter + 1) * QUARTER, limits.months) - 1
        had = limits.capital_usd_per_quarter * (quarter + 1)
        if spent[last] > had * (1 + _TOLERANCE):
            raise PlanError(f"quarter {quarter + 1}: {spent[last]:,.0f} USD are spent and {had:,.0f} were to be had.")
