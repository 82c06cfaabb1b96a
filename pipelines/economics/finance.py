"""What a dollar of plant costs per year after tax: charges per unit of capital from the after-tax model."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.economics.after_tax import BONUS, MACRS, Asset, Finance, Project, after_tax_lcoe, escalate
from pipelines.errors import UsageError
from pipelines.reference.parameters import Parameters
from pipelines.settings import Settings

CHARGES = (
    "capital",
    "tax",
    "credit_per_unit",
    "credit_tax_per_unit",
    "replacement",
    "replacement_tax",
    "salvage",
    "salvage_tax",
    "exchange_usd_per_kw_year",
    "financing",
)
"""Charges of a technology, per dollar of overnight capital and year except the exchange; salvage is negative."""


@dataclass(frozen=True)
class Terms:
    """Financing and tax of a project, nominal, with the inflation between real and nominal money.

    Attributes
    ----------
    finance : Finance
        One construction year: capital counts from energisation, what it costs to build is in the financing factor.
    inflation : float
        Rise of all prices per year.
    """

    finance: Finance
    inflation: float

    @property
    def years(self) -> int:
        """Return the years of operation."""
        return self.finance.operating_years

    @property
    def real_equity_rate(self) -> float:
        """Return the target return of equity in real money, per year."""
        return (1.0 + self.finance.equity_rate) / (1.0 + self.inflation) - 1.0

    @property
    def real_capital_rate(self) -> float:
        """Return the weighted cost of capital after tax in real money, per year."""
        terms = self.finance
        nominal = (
            terms.debt_frac * terms.debt_rate * (1.0 - terms.tax_rate) + (1.0 - terms.debt_frac) * terms.equity_rate
        )
        return (1.0 + nominal) / (1.0 + self.inflation) - 1.0


def terms(parameters: Parameters, tax_rules: pl.DataFrame, settings: Settings) -> Terms:
    """Return the terms: leverage, cost of debt and of equity as cited, federal income tax, years from the settings."""

    def share(name: str) -> float:
        return parameters.value("finance", name, "percent") / 100.0

    return Terms(
        Finance(
            debt_frac=share("leverage"),
            debt_rate=share("cost_of_debt"),
            equity_rate=share("cost_of_equity"),
            debt_years=settings.debt_years,
            tax_rate=rule_value(tax_rules, "11", "all") / 100.0,
            construction_years=1,
            operating_years=settings.project_years,
            price_escalation=settings.cost_escalation_per_year,
        ),
        settings.cost_escalation_per_year,
    )


def rule_value(tax_rules: pl.DataFrame, provision: str, technology: str) -> float:
    """Return the figure of the one rule of a provision and technology.

    Raises
    ------
    UsageError
        If there is no such rule, or more than one.
    """
    found = tax_rules.filter((pl.col("provision") == provision) & (pl.col("technology") == technology))["value"]
    if len(found) != 1:
        raise UsageError(
            f"tax_rules.csv has {len(found)} rules of section {provision} for {technology}, one is needed."
        )
    return float(found[0])


def schedule(tax_rules: pl.DataFrame, technology: str, settings: Settings) -> tuple[float, ...]:
    """Return the shares of capital written off by year: all in the first, or the recovery period's."""
    if settings.has_bonus_depreciation:
        first = rule_value(tax_rules, "168(k)", "all") / 100.0
        if first >= 1.0:
            return BONUS
    else:
        first = 0.0
    rest = MACRS[int(rule_value(tax_rules, "168", technology))]
    return (first + (1.0 - first) * rest[0], *((1.0 - first) * share for share in rest[1:]))


def level(path: NDArray[np.float64], own: Terms) -> float:
    """Return the level real price that is worth a real price path to the owners over the operating years.

    Parameters
    ----------
    path : NDArray[np.float64]
        Real price in each operating year, shape (years,).
    """
    weights = (1.0 + own.real_equity_rate) ** -np.arange(1.0, own.years + 1.0)
    return float(path @ weights) / float(weights.sum())


def unit_charges(costs: pl.DataFrame, tax_rules: pl.DataFrame, own: Terms, settings: Settings) -> pl.DataFrame:
    """Return what capital of each technology costs per year, in real money after tax.

    The after-tax model is linear in capital and in the credit, so a project of one dollar of plant and one MWh a year
    gives the charges of any project. Flows are nominal; a charge is the first-year price less the year's inflation.

    Parameters
    ----------
    costs : pl.DataFrame
        From `costs.unit_costs`: technology, life_years, construction_months, exchange_usd_per_kw, exchange_years,
        is_movable.
    tax_rules : pl.DataFrame
        Contract `core.tax_rules`.
    own : Terms

    Returns
    -------
    pl.DataFrame
        `costs` with the columns of `CHARGES`: return of and on capital (debt service and equity), its tax after
        depreciation; credit and the tax on the basis that it takes away, per unit of credit; repurchases at the end of
        the life, and their tax; sale at the end of the project, and its tax; exchanges within the life (USD per kW and
        year, expensed); and the share of capital that its construction costs in interest.
    """
    rows = [_charges(row, tax_rules, own, settings) for row in costs.iter_rows(named=True)]
    return costs.hstack(pl.DataFrame(rows, schema=dict.fromkeys(CHARGES, pl.Float64)))


def production_parts(credit_years: int, own: Terms) -> tuple[float, float]:
    """Return credit and tax (USD/MWh of credited energy, both as parts of a price) per USD/MWh of production credit."""
    paid = escalate(1.0 + own.inflation, own.inflation, own.years)
    paid[credit_years:] = 0.0
    energy = np.ones(own.years)
    result = after_tax_lcoe(
        Project((), energy, production_credit_usd_per_mwh=paid, credited_mwh=energy), own.finance
    ).components_usd_per_mwh
    return result["credits"] / (1.0 + own.inflation), result["tax"] / (1.0 + own.inflation)


def _charges(row: dict, tax_rules: pl.DataFrame, own: Terms, settings: Settings) -> dict[str, float]:
    years, life = own.years, float(row["life_years"])
    shares = schedule(tax_rules, row["technology"], settings)
    plain = _price((Asset(1.0, shares),), own)
    credited = _price((Asset(1.0, shares, credit_frac=1.0),), own)
    bought = np.arange(life, years - 1e-9, life)
    again = tuple(
        Asset(weight * (1.0 + own.inflation) ** when, shares, year=year)
        for when in bought
        for year, weight in _years_of(when, years)
    )
    replaced = _price(again, own) if again else dict.fromkeys(plain, 0.0)
    left = ((len(bought) + 1) * life - years) / life if row["is_movable"] else 0.0
    sale = settings.salvage_frac * left * (1.0 + own.inflation) ** years
    sold = _price((Asset(0.0, shares, salvage_usd=sale),), own)
    return {
        "capital": plain["equity"] + plain["debt"],
        "tax": plain["tax"],
        "credit_per_unit": credited["credits"],
        "credit_tax_per_unit": credited["tax"] - plain["tax"],
        "replacement": replaced["equity"],
        "replacement_tax": replaced["tax"],
        "salvage": sold["salvage"],
        "salvage_tax": sold["tax"],
        "exchange_usd_per_kw_year": row["exchange_usd_per_kw"] * _exchanges(row["exchange_years"], own),
        "financing": (1.0 + own.real_capital_rate) ** (row["construction_months"] / 24.0) - 1.0,
    }


def _price(assets: tuple[Asset, ...], own: Terms) -> dict[str, float]:
    """Return the parts of the real price that one MWh a year has to pay for the assets."""
    found = after_tax_lcoe(Project(assets, np.ones(own.years)), own.finance).components_usd_per_mwh
    return {name: value / (1.0 + own.inflation) for name, value in found.items()}


def _years_of(when: float, years: int) -> list[tuple[int, float]]:
    """Return the year ends beside a moment with their shares, so that it keeps its mean date."""
    before = int(when)
    share = when - before
    parts = [(max(before, 1), 1.0 - share), (before + 1, share)]
    return [(year, weight) for year, weight in parts if weight > 1e-12 and year <= years]


def _exchanges(every_years: float, own: Terms) -> float:
    """Return the level yearly cost of exchanges every so many years within the project, per unit of cost."""
    if every_years <= 0.0:
        return 0.0
    path = np.zeros(own.years)
    for when in np.arange(every_years, own.years - 1e-9, every_years):
        for year, weight in _years_of(float(when), own.years):
            path[year - 1] += weight
    return level(path, own)


def at_equity_rate(own: Terms, rate: float) -> Terms:
    """Return the terms with another target return of equity (nominal, per year)."""
    return replace(own, finance=replace(own.finance, equity_rate=rate))
