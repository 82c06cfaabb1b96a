"""The value of every chosen design as a function of its assumptions, for sensitivity and robustness."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.economics.charges import SOURCES, ChargeTable, add_charges
from pipelines.economics.costs import BATTERY, SITE_WORKS, SOLAR
from pipelines.economics.value import compute_charge_frac
from pipelines.plant.catalogue import stacks
from pipelines.settings import Settings

Array = NDArray[np.float64]
ALL = "all"
"""Target of an assumption that moves every row."""
_HOURS_PER_YEAR = 8760.0
_GAS_COLUMNS = {"hub": "gas_hub", "gas_rule": "gas_rule"}
_OF_PART = {
    "solar": SOLAR,
    "bess": BATTERY,
    "reserve": BATTERY,
    "grid": SITE_WORKS,
    "electrical": SITE_WORKS,
    "lateral": SITE_WORKS,
    "land": SITE_WORKS,
}


def at_load(lcoe: Array, varying: Array, share: Array) -> Array:
    """Compute the levelised cost of the same plant where it serves so many times the energy (USD/MWh).

    Parameters
    ----------
    lcoe, varying : Array
        Levelised cost, and what of it is paid by the MWh; broadcast with `share`.
    share : Array
        Energy over that of the night (ratio).
    """
    return varying + (lcoe - varying) / share


@dataclass(frozen=True)
class SiteModel:
    """Costs by what they move with, and what turns them into value; each array has shape (n_rows,).

    Attributes
    ----------
    rows : pl.DataFrame
        The chosen designs with months to power and value.
    capital : Mapping[str, Array]
        Charges of the plant after tax by technology (USD per MWh served).
    capital_at : Mapping[float, Mapping[str, Array]]
        The same at other target returns of equity (percent).
    uncredited : Array
        Rise of the LCOE without tax credits (USD/MWh).
    gas_mmbtu, gas_usd_per_mmbtu : Array
        Gas burnt per MWh served and its level price.
    power, operation, variable_operation, carbon_kg : Array
        Grid energy, upkeep and the variable part of upkeep (USD/MWh), CO2 (kg/MWh).
    bus_mwh, availability, restart_years, online_years, completion : Array
        Energy at the bus per MW of IT and year; availability; share of a year lost to restarts; discounted years
        online; probability of completion.
    settings : Settings
    """

    rows: pl.DataFrame
    capital: Mapping[str, Array]
    capital_at: Mapping[float, Mapping[str, Array]]
    uncredited: Array
    gas_mmbtu: Array
    gas_usd_per_mmbtu: Array
    power: Array
    operation: Array
    variable_operation: Array
    carbon_kg: Array
    bus_mwh: Array
    availability: Array
    restart_years: Array
    online_years: Array
    completion: Array
    settings: Settings

    @property
    def lcoe(self) -> Array:
        """Return the night's levelised cost."""
        return self.rows["lcoe_usd_per_mwh"].to_numpy()

    def instances(self, target: str) -> NDArray[np.str_]:
        """Return each row's instance of a local assumption: its hub, rule of the place, state or technology."""
        rows = self.rows
        if target in _GAS_COLUMNS:
            own = _GAS_COLUMNS[target]
            names = pl.when(pl.col(own).fill_null("") == "").then("state").otherwise(own)
        elif target == "state":
            names = pl.col("state")
        elif target == "technology":
            # Draws are seeded by the first id of a stack, so that a new name moves none.
            known = stacks(self.settings).values()
            names = pl.col("stack_id").replace({stack.id: stack.former_id for stack in known if stack.former_id})
        elif target == "region":
            names = pl.col("region_id")
        else:
            names = pl.lit("all")
        return rows.select(names.alias("instance"))["instance"].to_numpy().astype(str)

    def lcoe_at(self, effect: str, target: str, figure: Array) -> Array:
        """Return the levelised cost with one assumption at another figure (USD/MWh), shape (n_rows,)."""
        moves: dict[str, Callable[[], Array]] = {
            "capital": lambda: self.capital.get(target, np.zeros_like(figure)) * (figure - 1.0),
            "location": lambda: self.capital_sum() * (figure - 1.0),
            "cost_of_capital": lambda: self._capital_at(float(figure[0])) - self.capital_sum(),
            "heat_rate": lambda: self._gas_of(target) * (figure - 1.0),
            "gas": lambda: self.gas_mmbtu * np.maximum(figure, -self.gas_usd_per_mmbtu),
            "power": lambda: self.power * (figure - 1.0),
            "operation": lambda: self.operation_of(target) * (figure - 1.0),
            "credits": lambda: self.uncredited * (float(self.settings.has_tax_credits) - figure),
            "carbon": lambda: self.carbon_kg * (figure - self.settings.carbon_price_usd_per_tonne) / 1000.0,
        }
        moves["gas_basis"] = moves["gas_adder"] = moves["gas"]
        return self.lcoe + moves[effect]() if effect in moves and len(figure) else self.lcoe

    def capital_sum(self) -> Array:
        """Return the charges of the whole plant (USD/MWh)."""
        return np.asarray(sum(self.capital.values()), dtype=np.float64)

    def operation_of(self, target: str, apart: Collection[str] = ()) -> Array:
        """Return the upkeep that a range moves (USD/MWh).

        Parameters
        ----------
        target : str
            A firm technology, of which the variable part is moved, or `all`.
        apart : Collection[str]
            Technologies whose variable part has a range of its own and is left out of `all`.
        """
        names = self.rows["firm_technology"]
        if target != ALL:
            return self.variable_operation * (names == target).to_numpy()
        return self.operation - self.variable_operation * names.is_in(list(apart)).to_numpy()

    def _capital_at(self, equity_percent: float) -> Array:
        return np.asarray(sum(self.capital_at[equity_percent].values()), dtype=np.float64)

    def _gas_of(self, technology: str) -> Array:
        is_target = (self.rows["firm_technology"] == technology).to_numpy()
        return self.gas_mmbtu * self.gas_usd_per_mmbtu * is_target

    def varying_cost(self) -> Array:
        """Compute what of the levelised cost is paid by the MWh: gas, grid, variable upkeep, carbon (USD/MWh)."""
        carbon = self.carbon_kg * self.settings.carbon_price_usd_per_tonne / 1000.0
        return self.gas_mmbtu * self.gas_usd_per_mmbtu + self.power + self.variable_operation + carbon

    def value_at(
        self,
        lcoe: Array,
        *,
        availability: Array | None = None,
        margin: Array | float | None = None,
        online_years: Array | None = None,
        bus_mwh: Array | None = None,
    ) -> Array:
        """Return the value (USD per MW) at a cost and, where given, other availability, margin, online time or use."""
        earned = self.margin() if margin is None else margin
        available = self.availability if availability is None else availability
        years = self.online_years if online_years is None else online_years
        used = self.bus_mwh if bus_mwh is None else bus_mwh
        return years * (available * (earned - used * lcoe) - self.restart_years * earned)

    def margin(self, *, revenue: float | None = None, compute_usd_per_mw: float | None = None) -> float:
        """Return the margin before power (USD per MW and year)."""
        own = self.settings
        earned = own.revenue_usd_per_mw_year if revenue is None else revenue
        compute = own.compute_capex_usd_per_mw if compute_usd_per_mw is None else compute_usd_per_mw
        return earned - compute * compute_charge_frac(own)


def site_model(
    chosen: pl.DataFrame,
    permanent: pl.DataFrame,
    charges: ChargeTable,
    others: Mapping[float, ChargeTable],
    settings: Settings,
) -> SiteModel:
    """Return the model of the chosen designs.

    Parameters
    ----------
    chosen : pl.DataFrame
        Rows of `valued_sites` with gas_hub and gas_rule.
    permanent : pl.DataFrame
        Contract `sim.chosen`, rows as in `chosen`: what the permanent plants cost, from their capital.
    charges : ChargeTable
        The night's.
    others : Mapping[float, ChargeTable]
        Charges at other target returns of equity (percent).
    """
    served = chosen["served_mwh"].to_numpy()

    def per_mwh(column: str) -> Array:
        return chosen[column].to_numpy() / served

    plain = _by_technology(chosen, served)
    alone = permanent["served_mwh"].to_numpy()
    whole = _by_technology(permanent, alone)

    def at(frame: pl.DataFrame) -> dict[str, Array]:
        """Return charges at other terms; over the phases they move as those of the permanent plant."""
        return {name: _like(plain[name], whole[name], charge) for name, charge in _by_technology(frame, alone).items()}

    bare = at(_again(permanent, charges, is_credited=False))
    gas_mmbtu = per_mwh("gas_mmbtu_per_year")
    return SiteModel(
        rows=chosen,
        capital=plain,
        capital_at={rate: at(_again(permanent, table)) for rate, table in others.items()},
        uncredited=np.asarray(sum(bare.values()) - sum(plain.values())),
        gas_mmbtu=gas_mmbtu,
        gas_usd_per_mmbtu=chosen["gas_level_usd_per_mmbtu"].to_numpy(),
        power=per_mwh("grid_energy_usd_per_year") + per_mwh("large_load_terms_usd_per_year"),
        operation=per_mwh("fixed_om_usd_per_year") + per_mwh("variable_om_usd_per_year"),
        variable_operation=per_mwh("variable_om_usd_per_year"),
        carbon_kg=chosen["co2_kg_per_mwh"].to_numpy(),
        bus_mwh=chosen["load_mwh"].to_numpy() / settings.site_it_mw,
        availability=chosen["online_availability_frac"].to_numpy(),
        restart_years=chosen["online_interruptions_per_year"].to_numpy() * settings.restart_hours / _HOURS_PER_YEAR,
        online_years=chosen["online_years_discounted"].to_numpy(),
        completion=chosen["completion_probability"].to_numpy(),
        settings=settings,
    )


def _like(own: Array, whole: Array, moved: Array) -> Array:
    """Return a charge moved by as much as that of the permanent plant, from which it differs where there are phases."""
    ratio = np.divide(moved, whole, out=np.ones_like(moved), where=whole != 0.0)
    return np.where(own == whole, moved, own * ratio)


def _by_technology(frame: pl.DataFrame, served: Array) -> dict[str, Array]:
    """Return the charges per MWh served by technology; a part without one in a row is zero there."""
    found: dict[str, Array] = {}
    for part in SOURCES:
        charge = frame[f"{part}_charge_usd_per_year"].to_numpy() / served
        if part in _OF_PART:
            found[_OF_PART[part]] = found.get(_OF_PART[part], 0.0) + charge
            continue
        names = frame[f"{part}_technology"].to_numpy()
        for name in sorted({str(name) for name in names if name}):
            found[name] = found.get(name, np.zeros(len(charge))) + np.where(names == name, charge, 0.0)
    return found


def _again(chosen: pl.DataFrame, charges: ChargeTable, *, is_credited: bool = True) -> pl.DataFrame:
    """Return the chosen designs charged again, at other terms or without credits."""
    columns = pl.selectors.ends_with("_charge_usd_per_year") | pl.selectors.matches(
        "^(simple_)?.*_capital_usd_per_year$|^(simple_)?(soft_capital|construction_financing|replacement)_usd_per_year$"
        "|^(tax|credits|salvage)_usd_per_year$"
    )
    frame = chosen.drop(columns).with_columns(
        (1000.0 * pl.col("firm_units") * pl.col("firm_unit_mw")).alias("firm_kw"),
        (1000.0 * pl.col("baseload_units") * pl.col("baseload_unit_mw")).alias("baseload_kw"),
        (pl.col("solar_potential_mwh") - pl.col("curtailed_mwh")).alias("solar_credited_mwh"),
        pl.col("baseload_mwh").alias("baseload_credited_mwh"),
    )
    if not is_credited:
        frame = frame.with_columns(
            pl.lit(0.0).alias(name) for name in frame.columns if name.endswith(("_credit_frac", "_credit_usd_per_mwh"))
        )
    return add_charges(frame, charges)
