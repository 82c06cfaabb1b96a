"""From capital to yearly charges: recovered before tax over each part's life, and after tax over the project."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from pipelines.economics.capital import (
    capital_recovery_factor,
    degradation_allowance,
    exchange_frac_per_year,
    financing_factor,
)
from pipelines.economics.costs import BATTERY, SITE_WORKS, SOLAR, UPS
from pipelines.economics.finance import CHARGES, Terms, production_parts, unit_charges
from pipelines.ordered import row_sum
from pipelines.settings import Settings

SOURCES: dict[str, tuple[str, ...]] = {
    "solar": (SOLAR,),
    "bess": (BATTERY,),
    "reserve": (BATTERY,),
    "firm": (),
    "baseload": (),
    "grid": (SITE_WORKS, UPS),
    "electrical": (SITE_WORKS,),
    "lateral": (SITE_WORKS,),
    "land": (SITE_WORKS,),
}
"""Technology of each built part; firm and baseload units carry their own in the design."""
CREDITED = ("solar", "bess", "reserve", "firm", "baseload")
"""Parts that a tax credit can be paid on."""
PRODUCING = ("solar", "baseload")
"""Parts that may take a production credit instead."""


@dataclass(frozen=True)
class ChargeTable:
    """What capital of each technology costs per year.

    Attributes
    ----------
    frame : pl.DataFrame
        technology, the after-tax charges of `finance.unit_charges`, soft_frac (soft cost that its price lacks), and
        before tax simple_recovery, simple_financing, simple_exchange_usd_per_kw_year; one row per technology, and one
        per part of the site.
    solar_allowance, simple_solar_allowance : float
        Share of solar capacity that makes good its degradation, at the owners' and at the simple rate.
    production : tuple[float, float]
        Credit and tax per USD/MWh of production credit on a MWh, as parts of a price.
    """

    frame: pl.DataFrame
    solar_allowance: float
    simple_solar_allowance: float
    production: tuple[float, float]


def charge_table(costs: pl.DataFrame, tax_rules: pl.DataFrame, own: Terms, settings: Settings) -> ChargeTable:
    """Return the charges of every technology.

    Parameters
    ----------
    costs : pl.DataFrame
        From `costs.unit_costs`.
    tax_rules : pl.DataFrame
        Contract `core.tax_rules`.
    own : Terms
    """
    rate = settings.discount_rate
    simple = [
        {
            "simple_recovery": capital_recovery_factor(rate, row["life_years"]),
            "simple_financing": financing_factor(rate, row["construction_months"]),
            "simple_exchange_usd_per_kw_year": row["exchange_usd_per_kw"]
            * exchange_frac_per_year(rate, row["life_years"], row["exchange_years"]),
        }
        for row in costs.iter_rows(named=True)
    ]
    # The UPS is written off like the rest of the site's electrical works.
    rules = pl.concat(
        [tax_rules, tax_rules.filter(pl.col("technology") == SITE_WORKS).with_columns(pl.lit(UPS).alias("technology"))]
    )
    frame = unit_charges(costs, rules, own, settings).hstack(pl.DataFrame(simple))
    solar = costs.row(by_predicate=pl.col("technology") == SOLAR, named=True)
    years = tax_rules["credit_years"].drop_nulls()
    return ChargeTable(
        frame,
        degradation_allowance(own.real_equity_rate, own.years, solar["degradation_per_year"]),
        degradation_allowance(rate, solar["life_years"], solar["degradation_per_year"]),
        production_parts(int(years[0]), own) if len(years) else (0.0, 0.0),
    )


_JOINED = (*CHARGES, "soft_frac", "simple_recovery", "simple_financing", "simple_exchange_usd_per_kw_year")


def add_charges(frame: pl.DataFrame, table: ChargeTable) -> pl.DataFrame:
    """Add the yearly charges of the capital of every row.

    Parameters
    ----------
    frame : pl.DataFrame
        Columns of `capital.capital_costs`; `<part>_credit_frac` for the parts of `CREDITED` (expected share of capital
        paid back as investment credit), and `<part>_production_credit_usd_per_mwh`, `<part>_credited_mwh` for solar and
        baseload. Of the two credits the owners take the one that is worth more.

    Returns
    -------
    pl.DataFrame
        `frame` with, in USD/year: `<part>_capital`, soft_capital, construction_financing, replacement, tax, credits,
        salvage (after tax), `<part>_charge` (all of them for one part; the parts sum to the whole), and the same before
        tax as `simple_<part>_capital`, simple_soft_capital, simple_construction_financing, simple_replacement; each
        with the suffix _usd_per_year.
    """
    rows = {row["technology"]: row for row in table.frame.iter_rows(named=True)}
    for role in ("firm", "baseload"):
        frame = frame.join(
            table.frame.select(
                pl.col("technology").alias(f"{role}_technology"),
                *(pl.col(name).alias(f"_{role}_{name}") for name in _JOINED),
            ),
            on=f"{role}_technology",
            how="left",
            maintain_order="left",
        ).with_columns(pl.col(f"^_{role}_.*$").fill_null(0.0))

    def charge(part: str, name: str) -> pl.Expr:
        """Return capital of the part times one of its charges, or for the grid the sum over its two kinds."""
        if part in {"firm", "baseload"}:
            return pl.col(f"{part}_capex_usd") * pl.col(f"_{part}_{name}")
        if part == "grid":
            connection = pl.col("grid_capex_usd") - pl.col("ups_capex_usd")
            return connection * rows[SITE_WORKS][name] + pl.col("ups_capex_usd") * rows[UPS][name]
        return pl.col(f"{part}_capex_usd") * rows[SOURCES[part][0]][name]

    def factor(part: str, name: str) -> pl.Expr:
        return pl.col(f"_{part}_{name}") if part in {"firm", "baseload"} else pl.lit(rows[SOURCES[part][0]][name])

    # The soft cost that the price of each part lacks.
    soft = {part: factor(part, "soft_frac") for part in SOURCES}
    exchanges = {
        prefix: {
            role: pl.col(f"{role}_kw") * pl.col(f"_{role}_{prefix}exchange_usd_per_kw_year")
            for role in ("firm", "baseload")
        }
        for prefix in ("", "simple_")
    }
    made = []
    for part in SOURCES:
        grown = (1.0 + soft[part]) * (1.0 + factor(part, "financing"))
        made += [
            charge(part, "capital").alias(f"{part}_capital"),
            (charge(part, "capital") * (1.0 + soft[part]) * factor(part, "financing")).alias(f"_{part}_financing"),
            (charge(part, "replacement") + exchanges[""].get(part, 0.0)).alias(f"_{part}_replacement"),
            (charge(part, "tax") * grown + charge(part, "replacement_tax") + charge(part, "salvage_tax")).alias(
                f"_{part}_tax"
            ),
            charge(part, "salvage").alias(f"_{part}_salvage"),
            charge(part, "simple_recovery").alias(f"simple_{part}_capital"),
            (charge(part, "capital") * soft[part]).alias(f"_{part}_soft"),
            (charge(part, "simple_recovery") * soft[part]).alias(f"_simple_{part}_soft"),
            (charge(part, "simple_recovery") * (1.0 + soft[part]) * factor(part, "simple_financing")).alias(
                f"_simple_{part}_financing"
            ),
        ]
        if part in CREDITED:
            base = pl.col(f"{part}_credit_frac") * grown
            made += [
                (charge(part, "credit_per_unit") * base).alias(f"_{part}_investment"),
                (charge(part, "credit_tax_per_unit") * base).alias(f"_{part}_investment_tax"),
            ]
    # Modules that make good degradation are plant like the rest; the energy that they make is not more than dispatched.
    kept_energy = (pl.col("solar_capital") * (1.0 + soft["solar"])) + row_sum(
        ("_solar_financing", "_solar_tax", "_solar_salvage")
    )
    frame = frame.with_columns(made).with_columns(kept_energy.alias("_solar_before_credit"))
    frame = _add_credits(frame, table)
    spare = table.solar_allowance * (pl.col("_solar_before_credit") + pl.col("_solar_investment_taken"))
    frame = frame.with_columns((pl.col("_solar_replacement") + spare).alias("_solar_replacement"))
    simple_spare = table.simple_solar_allowance * (1.0 + soft["solar"]) * pl.col("simple_solar_capital")
    sums = {
        name: row_sum(f"_{part}_{name}" for part in SOURCES) for name in ("financing", "replacement", "tax", "salvage")
    }
    frame = frame.with_columns(
        row_sum(f"_{part}_soft" for part in SOURCES).alias("soft_capital"),
        sums["financing"].alias("construction_financing"),
        sums["replacement"].alias("replacement"),
        sums["tax"].alias("tax"),
        row_sum(f"_{part}_credits" for part in CREDITED).alias("credits"),
        sums["salvage"].alias("salvage"),
        *(
            (
                pl.col(f"{part}_capital") * (1.0 + soft[part])
                + row_sum(f"_{part}_{name}" for name in ("financing", "replacement", "tax", "salvage"))
                + (pl.col(f"_{part}_credits") if part in CREDITED else 0.0)
            ).alias(f"{part}_charge")
            for part in SOURCES
        ),
        row_sum(f"_simple_{part}_soft" for part in SOURCES).alias("simple_soft_capital"),
        row_sum(f"_simple_{part}_financing" for part in SOURCES).alias("simple_construction_financing"),
        (simple_spare + exchanges["simple_"]["firm"] + exchanges["simple_"]["baseload"]).alias("simple_replacement"),
    )
    charged = [
        *(f"{part}_capital" for part in SOURCES),
        *("soft_capital", "construction_financing", "replacement", "tax", "credits", "salvage"),
        *(f"{part}_charge" for part in SOURCES),
        *(f"simple_{part}_capital" for part in SOURCES),
        *("simple_soft_capital", "simple_construction_financing", "simple_replacement"),
    ]
    return frame.rename({name: f"{name}_usd_per_year" for name in charged}).drop(pl.selectors.starts_with("_"))


def _add_credits(frame: pl.DataFrame, table: ChargeTable) -> pl.DataFrame:
    """Add `_<part>_credits` and what they change in `_<part>_tax`: the better of the two credits for each part."""
    credit, tax = table.production
    for part in CREDITED:
        investment, investment_tax = pl.col(f"_{part}_investment"), pl.col(f"_{part}_investment_tax")
        is_production = pl.lit(False)
        paid = pl.lit(0.0)
        if part in PRODUCING:
            paid = pl.col(f"{part}_credited_mwh") * pl.col(f"{part}_production_credit_usd_per_mwh")
            is_production = paid * (credit + tax) < investment + investment_tax
        frame = frame.with_columns(
            pl.when(is_production).then(paid * credit).otherwise(investment).alias(f"_{part}_credits"),
            (pl.col(f"_{part}_tax") + pl.when(is_production).then(paid * tax).otherwise(investment_tax)).alias(
                f"_{part}_tax"
            ),
            pl.when(is_production).then(0.0).otherwise(investment + investment_tax).alias(f"_{part}_investment_taken"),
        )
    return frame
