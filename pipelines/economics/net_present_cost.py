"""Net present cost of equipment that is bought, kept up, replaced and sold: the microgrid convention."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pipelines.economics.capital import capital_recovery_factor


@dataclass(frozen=True)
class Equipment:
    """One kind of equipment.

    Attributes
    ----------
    investment_usd : float
        Purchase price.
    om_usd_per_year : float
    life_years : float
        Years until it is replaced; the shorter of calendar life and life in use.
    fuel_usd_per_year : float
    replacement_frac, salvage_frac : float
        Price of a replacement, and value of a new one at the end, as shares of the purchase price.
    """

    investment_usd: float
    om_usd_per_year: float
    life_years: float
    fuel_usd_per_year: float = 0.0
    replacement_frac: float = 1.0
    salvage_frac: float = 1.0


@dataclass(frozen=True)
class NetPresentCost:
    """Present costs by kind (USD); salvage is negative."""

    investment_usd: float
    replacement_usd: float
    om_usd: float
    fuel_usd: float
    salvage_usd: float

    @property
    def total_usd(self) -> float:
        """Return the sum of all kinds."""
        return self.investment_usd + self.replacement_usd + self.om_usd + self.fuel_usd + self.salvage_usd

    def __add__(self, other: NetPresentCost) -> NetPresentCost:
        """Return the sum by kind."""
        return NetPresentCost(
            self.investment_usd + other.investment_usd,
            self.replacement_usd + other.replacement_usd,
            self.om_usd + other.om_usd,
            self.fuel_usd + other.fuel_usd,
            self.salvage_usd + other.salvage_usd,
        )


def life_in_use(calendar_years: float, life_units: float, units_per_year: float) -> float:
    """Return the shorter of the calendar life and the life in use (cycles, running hours), in years."""
    return calendar_years if units_per_year <= 0.0 else min(calendar_years, life_units / units_per_year)


def net_present_cost(equipment: Equipment, rate: float, years: float) -> NetPresentCost:
    """Return the present cost of keeping equipment in service for `years`.

    Replacements fall at multiples of the life; what is left of the last one at the end is worth its unused share.
    Convention of Microgrids.jl (Haessig, Romero Lumbreras et al.) and HOMER.

    Parameters
    ----------
    equipment : Equipment
    rate : float
        Real discount rate per year.
    years : float
        Length of the project.
    """
    count = max(0, math.ceil(years / equipment.life_years - 1e-9) - 1)
    replacement = equipment.investment_usd * equipment.replacement_frac
    left = (count + 1) - years / equipment.life_years
    yearly = 1.0 / capital_recovery_factor(rate, years)
    return NetPresentCost(
        investment_usd=equipment.investment_usd,
        replacement_usd=sum(replacement * (1.0 + rate) ** -(k * equipment.life_years) for k in range(1, count + 1)),
        om_usd=equipment.om_usd_per_year * yearly,
        fuel_usd=equipment.fuel_usd_per_year * yearly,
        salvage_usd=-equipment.investment_usd * equipment.salvage_frac * left * (1.0 + rate) ** -years,
    )


def lcoe_of_present_cost(cost: NetPresentCost, served_mwh_per_year: float, rate: float, years: float) -> float:
    """Return the level cost per MWh served that has the same present value (USD/MWh)."""
    return cost.total_usd * capital_recovery_factor(rate, years) / served_mwh_per_year
