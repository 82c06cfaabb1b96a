"""After-tax levelised cost: the price at which the owners' after-tax cash flows earn their target return."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipelines.economics.capital import capital_recovery_factor
from pipelines.errors import UsageError

# Internal Revenue Service, Publication 946, table A-1 (half-year convention), shares of the depreciable basis by year.
MACRS: dict[int, tuple[float, ...]] = {
    5: (0.2, 0.32, 0.192, 0.1152, 0.1152, 0.0576),
    7: (0.1429, 0.2449, 0.1749, 0.1249, 0.0893, 0.0892, 0.0893, 0.0446),
    15: (0.05, 0.095, 0.0855, 0.077, 0.0693, 0.0623, *((0.059, 0.059, 0.0591) + (0.059, 0.0591) * 3), 0.0295),
}
"""Modified accelerated cost recovery by class life in years."""
BONUS: tuple[float, ...] = (1.0,)
"""Full expensing in the first operating year."""


@dataclass(frozen=True)
class Finance:
    """Terms of financing and tax; rates are of the same money, nominal or real, as the cash flows.

    Attributes
    ----------
    debt_frac : float
        Debt as a share of capital; the rest is equity.
    debt_rate, equity_rate : float
        Cost of debt and target return of equity (per year).
    debt_years : int
        Years of level debt service from the first operating year.
    tax_rate : float
        Income tax; losses offset other income of the owner.
    construction_years, operating_years : int
        Capital is spent evenly over the construction years; flows fall at year ends.
    price_escalation : float
        Rise of the price per year of operation; 0 for a price that is flat in the money of the flows.
    """

    debt_frac: float
    debt_rate: float
    equity_rate: float
    debt_years: int
    tax_rate: float
    construction_years: int
    operating_years: int
    price_escalation: float = 0.0


@dataclass(frozen=True)
class Asset:
    """Capital that is spent, credited and written off in one way.

    Attributes
    ----------
    capex_usd : float
        Capital with its share of soft costs.
    depreciation : tuple[float, ...]
        Share of the depreciable basis written off in each year from `year`.
    credit_frac : float
        Investment tax credit, share of capital; half of it leaves the depreciable basis (26 USC 50(c)(3)).
    year : int
        Operating year of the purchase for a replacement, counted from 1; 0 for what is built before operation.
    salvage_usd : float
        Taxed proceeds at the end of operation.
    """

    capex_usd: float
    depreciation: tuple[float, ...] = MACRS[5]
    credit_frac: float = 0.0
    year: int = 0
    salvage_usd: float = 0.0


@dataclass(frozen=True)
class Project:
    """What is built, and what it takes and gives each operating year.

    Attributes
    ----------
    assets : tuple[Asset, ...]
    energy_mwh : NDArray[np.float64]
        Energy sold, shape (operating_years,).
    costs_usd : dict[str, NDArray[np.float64]]
        Operating costs by name, each of shape (operating_years,).
    production_credit_usd_per_mwh : NDArray[np.float64]
        Production tax credit by year on `credited_mwh`, shape (operating_years,); empty where there is none.
    credited_mwh : NDArray[np.float64]
        Energy that earns it, shape (operating_years,); empty where there is none.
    """

    assets: tuple[Asset, ...]
    energy_mwh: NDArray[np.float64]
    costs_usd: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    production_credit_usd_per_mwh: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    credited_mwh: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))


@dataclass(frozen=True)
class AfterTaxCost:
    """A price and what it is made of.

    Attributes
    ----------
    lcoe_usd_per_mwh : float
    components_usd_per_mwh : dict[str, float]
        equity, debt, tax, credits (negative), salvage (negative) and each operating cost; they sum to the LCOE.
    equity_flows_usd : NDArray[np.float64]
        After-tax flows to the owners at the LCOE by year from the start of construction, shape
        (construction_years + operating_years,).
    """

    lcoe_usd_per_mwh: float
    components_usd_per_mwh: dict[str, float]
    equity_flows_usd: NDArray[np.float64]


def after_tax_lcoe(project: Project, finance: Finance) -> AfterTaxCost:
    """Return the first-year price at which after-tax equity flows have no net present value.

    Flows are linear in the price, so the price follows in closed form: equity, debt service, operating costs and the
    taxes that they save, over discounted after-tax energy. Method: discounted cash flow of the National Laboratory of
    the Rockies' System Advisor Model, "target internal rate of return" mode, with flows at year ends.

    Parameters
    ----------
    project : Project
    finance : Finance

    Returns
    -------
    AfterTaxCost

    Raises
    ------
    UsageError
        If a yearly series does not have one figure per operating year.
    """
    years = finance.operating_years
    series = {"energy_mwh": project.energy_mwh, **project.costs_usd}
    credited = project.production_credit_usd_per_mwh.size > 0
    if credited:
        series |= {
            "production_credit_usd_per_mwh": project.production_credit_usd_per_mwh,
            "credited_mwh": project.credited_mwh,
        }
    for name, values in series.items():
        if values.shape != (years,):
            raise UsageError(f"{name} has shape {values.shape}, expected one figure for each of {years} years.")
    discount = (1.0 + finance.equity_rate) ** -np.arange(1.0, finance.construction_years + years + 1.0)
    building, operating = discount[: finance.construction_years], discount[finance.construction_years :]
    escalated = project.energy_mwh * (1.0 + finance.price_escalation) ** np.arange(years)

    built = sum(asset.capex_usd for asset in project.assets if asset.year == 0)
    spent = np.full(finance.construction_years, built * (1.0 - finance.debt_frac) / finance.construction_years)
    interest, service = _debt(built * finance.debt_frac, finance)
    depreciation, replaced, credits = np.zeros(years), np.zeros(years), np.zeros(years)
    for asset in project.assets:
        first = max(asset.year - 1, 0)
        shares = np.asarray(asset.depreciation)[: years - first]
        basis = asset.capex_usd * (1.0 - asset.credit_frac / 2.0)
        depreciation[first : first + shares.size] += basis * shares
        credits[first] += asset.capex_usd * asset.credit_frac
        if asset.year > 0:
            replaced[first] += asset.capex_usd
    if credited:
        credits = credits + project.production_credit_usd_per_mwh * project.credited_mwh
    salvage = np.zeros(years)
    salvage[-1] = sum(asset.salvage_usd for asset in project.assets)
    costs = np.sum(list(project.costs_usd.values()), axis=0) if project.costs_usd else np.zeros(years)

    keep = 1.0 - finance.tax_rate
    deducted = costs + interest + depreciation - salvage
    untaxed = -replaced - costs - service + salvage + credits + finance.tax_rate * deducted
    needed = float(spent @ building) - float(untaxed @ operating)
    price = needed / (keep * float(escalated @ operating))

    flows = np.concatenate([-spent, price * escalated * keep + untaxed])
    sold = float(escalated @ operating)
    tax = finance.tax_rate * (price * escalated - deducted)
    components = {
        "equity": (float(spent @ building) + float(replaced @ operating)) / sold,
        "debt": float(service @ operating) / sold,
        "tax": float(tax @ operating) / sold,
        "credits": -float(credits @ operating) / sold,
        "salvage": -float(salvage @ operating) / sold,
        **{name: float(values @ operating) / sold for name, values in project.costs_usd.items()},
    }
    return AfterTaxCost(price, components, flows)


def _debt(principal: float, finance: Finance) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return interest and level debt service by operating year."""
    years, term = finance.operating_years, min(finance.debt_years, finance.operating_years)
    interest, service = np.zeros(years), np.zeros(years)
    payment = principal * capital_recovery_factor(finance.debt_rate, term)
    balance = principal
    for year in range(term):
        interest[year] = balance * finance.debt_rate
        service[year] = payment
        balance -= payment - interest[year]
    return interest, service


def escalate(first_year: float, rate: float, years: int) -> NDArray[np.float64]:
    """Return a yearly series that starts at `first_year` and rises by `rate`, shape (years,)."""
    return np.asarray(first_year * (1.0 + rate) ** np.arange(years), dtype=np.float64)
