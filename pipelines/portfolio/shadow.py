"""What one more transformer, engine, crew, dollar, site or month is worth to a build-out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from pipelines.portfolio.buildout import Limits, Options, relaxed
from pipelines.settings import Settings


def shadow_prices(options: Options, limits: Limits, settings: Settings) -> pl.DataFrame:
    """Return the worth of one more of each limit, at the margin of the linear relaxation.

    A yearly supply raises what arrives in every month from the first delivery by a twelfth: its worth is the sum of
    the duals of these months over twelve. Crews count in every month, capital in every quarter. A month earlier is
    the relaxation solved again with every site ready one month sooner.

    Parameters
    ----------
    options : Options
    limits : Limits
    settings : Settings

    Returns
    -------
    pl.DataFrame
        Contract mart.supply_shadow_prices without its strategy.
    """
    base = relaxed(options, limits, settings)
    month = np.arange(1, limits.months + 1)
    rows = []
    for name in sorted(limits.supply.per_year):
        of_months = np.array([base.duals.get(("supply", name, str(t)), 0.0) for t in month])
        worth = float(of_months[month >= limits.supply.first_month[name]].sum()) / 12.0
        rows.append((name, f"{limits.supply.classes[name].unit} per year", limits.supply.per_year[name], worth, "dual"))
    crews = sum(value for name, value in base.duals.items() if name[0] == "crews")
    capital = sum(value for name, value in base.duals.items() if name[0] == "capital")
    rows.append(("crews", "crews", limits.crews, crews, "dual"))
    rows.append(("capital", "M USD per quarter", limits.capital_usd_per_quarter / 1e6, capital, "dual"))
    rows.append(("sites", "sites", float(limits.sites), base.duals.get(("sites",), 0.0), "dual"))
    sooner = replace(options, rows=options.rows.with_columns((pl.col("ready_month") - 1).clip(lower_bound=1)))
    worth = relaxed(sooner, limits, settings).objective - base.objective
    rows.append(("month", "months earlier", 0.0, worth, "solved again"))
    return pl.DataFrame(rows, schema=["resource", "unit", "had", "worth_mw_months", "method"], orient="row")
