"""What a part of a stack costs: reference figures brought to one unit, one dollar year and one place."""

from __future__ import annotations

import polars as pl

from pipelines.economics.hub_prices import to_dollar_year
from pipelines.errors import ContractError
from pipelines.reference.parameters import Parameters
from pipelines.reference.technologies import technologies
from pipelines.settings import Settings

SOLAR, BATTERY = "solar_pv_tracking", "bess"
SITE_WORKS, UPS = "site_works", "ups"

_CAPEX = {"USD_per_kW": 1.0, "USD_per_kWac": 1.0, "USD_per_kWh": 1.0, "USD_per_kW_load": 1.0, "million_USD_per_MW": 1e3}


class CostFacts:
    """The default rows of the technology table, read as money of the dollar year in settings.

    Parameters
    ----------
    parameters : Parameters
        Defaults of the technology table.
    settings : Settings
        Dollar year and yearly escalation.
    """

    def __init__(self, parameters: Parameters, settings: Settings) -> None:
        self._parameters = parameters
        self._settings = settings
        self.row = parameters.row
        self.value = parameters.value

    def has(self, technology: str, parameter: str) -> bool:
        """Return whether a default exists."""
        return (technology, parameter) in self._parameters.rows

    def value_or(self, technology: str, parameter: str, otherwise: float) -> float:
        """Return the figure, or `otherwise` where the facts give none."""
        return self.value(technology, parameter) if self.has(technology, parameter) else otherwise

    def controls(self, technology: str) -> float:
        """Return what the catalysts of a unit cost (USD/kW), 0 where the table has none."""
        names = ("capex_scr", "capex_oxidation_catalyst")
        return sum(self.money(technology, name) for name in names if self.has(technology, name))

    def money(self, technology: str, parameter: str) -> float:
        """Return the figure in dollars of the dollar year; USD/kW for powers, USD/kWh for energies, USD/MWh for O&M."""
        row = self.row(technology, parameter)
        amount = self.value(technology, parameter)
        if row["dollar_year"] is not None:
            amount = to_dollar_year(amount, int(row["dollar_year"]), self._settings)
        unit = row["unit"]
        if "kWdc" in unit:
            # Published per DC kW; a site is sized per AC kW.
            return amount * self.value(technology, "inverter_load_ratio")
        return amount * _CAPEX.get(unit, 1.0)


def unit_costs(parameters: Parameters, settings: Settings) -> pl.DataFrame:
    """Return costs per technology in dollars of the dollar year.

    Parameters
    ----------
    parameters : Parameters
        Defaults of the technology table.

    Returns
    -------
    pl.DataFrame
        technology, fuel, capex_usd_per_kw, controls_usd_per_kw (catalysts within it), capex_usd_per_kwh, soft_frac
        (soft cost that these lack, share of them), fixed_om_usd_per_kw_year, fixed_om_frac (of capital, per year),
        variable_om_usd_per_mwh, life_years, construction_months, exchange_usd_per_kw, exchange_years,
        degradation_per_year, is_movable (fetches a price at the end); one row per technology, and one each for the
        works of the site and its UPS, whose prices are in `site_costs`.

    Raises
    ------
    UsageError
        If a required figure is absent.
    """
    facts = CostFacts(parameters, settings)
    fuels = {name: own.fuel for name, own in technologies(settings).items() if own.fuel}
    soft = {
        "equipment": facts.value("soft_costs", "capex_adder") / 100.0,
        "installed": settings.installed_soft_frac,
        "overnight": 0.0,
        "all_in": 0.0,
    }
    rows = []
    for name in (SOLAR, BATTERY, *fuels):
        is_battery = name == BATTERY
        duty = 1.0 + settings.battery_tariff_frac if is_battery else 1.0
        if name == SOLAR and settings.has_safe_harboured_solar:
            duty = 1.0 + settings.safe_harbour_premium_frac
        fixed, fixed_frac = 0.0, 0.0
        if facts.has(name, "fixed_om"):
            if "fraction" in facts.row(name, "fixed_om")["unit"]:
                fixed_frac = facts.value(name, "fixed_om")
            else:
                fixed = facts.money(name, "fixed_om")
        # The exchange of stacks is charged where the O&M figure is without it; the default price is then above 0.
        exchanges = facts.has(name, "stack_replacement_cost")
        rows.append(
            {
                "technology": name,
                "fuel": fuels.get(name, ""),
                "capex_usd_per_kw": duty
                * (facts.money(name, "capex_power_part" if is_battery else "capex") + facts.controls(name)),
                "controls_usd_per_kw": 0.0 if is_battery else facts.controls(name),
                "capex_usd_per_kwh": duty * facts.money(name, "capex_energy_part") if is_battery else 0.0,
                "soft_frac": soft[facts.row(name, "capex_power_part" if is_battery else "capex")["cost_basis"]],
                "fixed_om_usd_per_kw_year": fixed,
                "fixed_om_frac": fixed_frac,
                "variable_om_usd_per_mwh": facts.money(name, "variable_om") if facts.has(name, "variable_om") else 0.0,
                "life_years": min(
                    facts.value_or(name, "life", settings.default_life_years), settings.capital_life_years
                ),
                "construction_months": facts.value_or(name, "construction", settings.default_construction_months),
                "exchange_usd_per_kw": facts.money(name, "stack_replacement_cost") if exchanges else 0.0,
                "exchange_years": facts.value(name, "stack_replacement") if exchanges else 0.0,
                "degradation_per_year": facts.value_or(name, "degradation", 0.0) if name == SOLAR else 0.0,
                "is_movable": True,
            }
        )
    for name, life_years in ((SITE_WORKS, settings.capital_life_years), (UPS, settings.ups_life_years)):
        rows.append(
            {
                **dict.fromkeys(rows[0], 0.0),
                "technology": name,
                "fuel": "",
                "life_years": life_years,
                # Settings and calculator rows of the site's works are prices of equipment.
                "soft_frac": soft["equipment"],
                "construction_months": settings.default_construction_months,
                "is_movable": False,
            }
        )
    return pl.DataFrame(rows)


def require_costs(designs: pl.DataFrame, costs: pl.DataFrame) -> None:
    """Refuse designs with a technology that has no costs, which would otherwise be free.

    Parameters
    ----------
    designs : pl.DataFrame
        Contract `sim.designs`.
    costs : pl.DataFrame
        Rows of `unit_costs`.

    Raises
    ------
    ContractError
        Names the technology.
    """
    used = {name for column in ("firm_technology", "baseload_technology") for name in designs[column].unique() if name}
    unknown = sorted(used - set(costs["technology"]))
    if unknown:
        raise ContractError(f"sim.designs: technology {unknown[0]} has no costs; give it a fuel in technologies.csv.")


def site_costs(parameters: Parameters, settings: Settings) -> dict[str, float]:
    """Return the costs that belong to the site rather than to a technology.

    Returns
    -------
    dict[str, float]
        integration_usd_per_kw (of load, with on-site plant), grid_integration_usd_per_kw (of load, grid alone),
        electrical_usd_per_kw (of peak load), grid_connection_usd_per_kw, ups_usd_per_kw (of IT), standby_test_hours,
        standby_heat_rate_mmbtu_per_mwh.
    """
    facts = CostFacts(parameters, settings)
    standby = next(name for name, own in technologies(settings).items() if own.is_standby)
    return {
        "integration_usd_per_kw": facts.money("microgrid_integration", "capex"),
        "grid_integration_usd_per_kw": settings.grid_integration_usd_per_kw,
        "electrical_usd_per_kw": settings.unit_transformer_usd_per_kw + settings.mv_switchgear_usd_per_kw,
        "grid_connection_usd_per_kw": settings.grid_connection_usd_per_kw,
        "ups_usd_per_kw": settings.ups_usd_per_kw,
        "standby_test_hours": facts.value(standby, "test_hours"),
        "standby_heat_rate_mmbtu_per_mwh": facts.value(standby, "heat_rate") / 1000.0,
    }
