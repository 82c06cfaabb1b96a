"""What a generator pays for gas: Henry Hub by year, the delivered basis of the region's hub, carbon by rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.contracts import gas as _contracts  # noqa: F401 - registers the tables
from pipelines.contracts.base import validate
from pipelines.economics.carbon import carbon_by_state
from pipelines.economics.finance import Terms, level
from pipelines.economics.gas_supply import gas_supply, hub_basis_by_year
from pipelines.economics.hub_prices import (
    dollar_factor,
    henry_hub_by_year,
    henry_hub_spot,
    operating_years,
    outlook_path,
)
from pipelines.economics.prices import combustion_kg_per_mmbtu, require_price
from pipelines.ordered import group_mean
from pipelines.reference.facts import ReferenceFacts
from pipelines.settings import Settings

Ranges = Mapping[str, Mapping[str, tuple[float, float]]]
"""Low and high around the night's figure, by effect and by what has that figure of its own."""
_TRAILING_MONTHS = 12
_CITATION = ("source_title", "publisher", "url", "as_of")


@dataclass(frozen=True)
class GasFacts(ReferenceFacts):
    """Reference tables behind the price of gas, by their names."""

    gas_prices: pl.DataFrame
    gas_hubs: pl.DataFrame
    gas_hub_rules: pl.DataFrame
    henry_hub_path: pl.DataFrame
    carbon_prices: pl.DataFrame
    carbon_rules: pl.DataFrame
    emission_factors: pl.DataFrame


GAS_TABLES = GasFacts.table_names()


def state_gas_prices(
    gas_prices: pl.DataFrame, emission_factors: pl.DataFrame, as_of: date, settings: Settings
) -> pl.DataFrame:
    """Return the industrial gas price by state (USD/MMBtu): mean of the newest twelve months, else the newest year.

    Prices per Mcf are divided by the state's heat content, or the nation's where the state has none.
    """
    year = pl.col("period").str.slice(0, 4).cast(pl.Int64)
    industrial = gas_prices.filter(
        (pl.col("sector") == "industrial") & pl.col("geography_type").is_in(["state", "nation"])
    ).with_columns((pl.col("price") * dollar_factor(year, settings)).alias("real_price"))
    citation = [pl.col(column).last().alias(f"state_{column}") for column in _CITATION]
    monthly = (
        industrial.filter((pl.col("frequency") == "monthly") & (pl.col("period") <= as_of.strftime("%Y-%m")))
        .sort("state", "period", maintain_order=True)
        .group_by("state", maintain_order=True)
        .tail(_TRAILING_MONTHS)
        .group_by("state", maintain_order=True)
        .agg(group_mean("real_price"), pl.len().alias("months"), pl.col("period").last(), *citation)
        .filter(pl.col("months") == _TRAILING_MONTHS)
        .drop("months")
    )
    annual = (
        industrial.filter((pl.col("frequency") == "annual") & (year < as_of.year))
        .sort("state", "period", maintain_order=True)
        .group_by("state", maintain_order=True)
        .agg(pl.col("real_price").last(), pl.col("period").last(), *citation)
    )
    prices = pl.concat([monthly, annual.join(monthly, on="state", how="anti", maintain_order="left")])
    heat = heat_content_mmbtu_per_mcf(emission_factors)
    national = heat.filter(pl.col("state") == "US")["mmbtu_per_mcf"].item()
    return prices.join(heat, on="state", how="left", maintain_order="left").with_columns(
        (pl.col("real_price") / pl.col("mmbtu_per_mcf").fill_null(national)).alias("state_industrial_usd_per_mmbtu")
    )


def heat_content_mmbtu_per_mcf(emission_factors: pl.DataFrame) -> pl.DataFrame:
    """Return state, mmbtu_per_mcf from the newest heat content of each state, with the national one as state US."""
    return (
        emission_factors.filter(pl.col("factor_type") == "heat_content")
        .sort("region_or_fuel", pl.col("data_year").cast(pl.Int64, strict=False), "as_of", maintain_order=True)
        .group_by("region_or_fuel", maintain_order=True)
        .last()
        .select(
            pl.col("region_or_fuel").alias("state"),
            # Btu per cubic foot is the same number as MMBtu per thousand Mcf.
            (pl.col("value") / 1000.0).alias("mmbtu_per_mcf"),
        )
    )


@dataclass(frozen=True)
class _Paths:
    """Prices by year before carbon: regions in rows, years in columns, NaN without a hub."""

    years: NDArray[np.int64]
    henry_hub: NDArray[np.float64]
    hub_basis: dict[str, NDArray[np.float64]]
    adder: NDArray[np.float64]
    floor: float

    @property
    def basis(self) -> NDArray[np.float64]:
        """Return the delivered basis, shape (n_regions, n_years)."""
        return self.hub_basis["mid"] + self.adder[:, None]

    @property
    def unfloored(self) -> NDArray[np.float64]:
        """Return Henry Hub and delivered basis, shape (n_regions, n_years)."""
        return self.henry_hub[None, :] + self.basis

    @property
    def delivered(self) -> NDArray[np.float64]:
        """Return the delivered price, floored, shape (n_regions, n_years)."""
        return np.maximum(self.unfloored, self.floor)


def _paths(
    supply: pl.DataFrame, facts: GasFacts, years: NDArray[np.int64], henry_hub: NDArray[np.float64], settings: Settings
) -> _Paths:
    basis = hub_basis_by_year(supply, facts.gas_hubs, facts.gas_hub_rules, years, settings)
    adder = supply["adder_mid_usd_per_mmbtu"].fill_null(float("nan")).to_numpy()
    return _Paths(years, henry_hub, basis, adder, settings.gas_floor_usd_per_mmbtu)


def _levels(matrix: NDArray[np.float64], own: Terms) -> NDArray[np.float64]:
    """Return the level of each row's path."""
    return np.array([level(row, own) for row in matrix], dtype=np.float64)


def gas_prices_by_region(
    regions: pl.DataFrame, facts: GasFacts, as_of: date, own: Terms, settings: Settings
) -> pl.DataFrame:
    """Price delivered gas in each region, tonight and over a project.

    Price by year = Henry Hub + delivered basis. Henry Hub is the newest spot, fading into the case of the outlook that
    the settings name. The delivered basis is that of the region's hub and what the way from the hub costs; nothing is
    added to it. The level is the flat price worth the path to the owners (`finance.level`). Where no hub is mapped, the
    state's retail industrial average stays for the whole project, and the row is flagged. Carbon is a price of its own,
    which `lcoe` charges to the plants that the rule covers.

    Parameters
    ----------
    regions : pl.DataFrame
        region_id, state, latitude, longitude; gas_price_state where it is not the state.
    facts : GasFacts
    as_of : date
        Logical date; nothing newer is used.
    own : Terms
        Owners' terms, for the level.

    Returns
    -------
    pl.DataFrame
        Contract `core.gas_prices_by_region`, rows as in `regions`.

    Raises
    ------
    InputError
        If a region has neither a hub nor a state price.
    """
    spot, month = henry_hub_spot(facts.gas_prices, as_of, settings)
    supply = gas_supply(regions, facts.gas_hub_rules, settings)
    years, case = operating_years(as_of, settings), settings.energy_outlook
    path = _paths(
        supply, facts, years, henry_hub_by_year(facts.henry_hub_path, spot, case, years, as_of, settings), settings
    )
    next_year = np.array([as_of.year + 1])
    at_outlook = np.array([spot]) if case == "flat" else outlook_path(facts.henry_hub_path, case, next_year, settings)
    near = _paths(supply, facts, next_year, at_outlook, settings)
    tonight = _paths(supply, facts, next_year, np.array([spot]), settings)
    settled = years >= int(facts.gas_hubs["year"].max())  # type: ignore[arg-type]
    if not settled.any():
        settled[-1] = True
    co2 = combustion_kg_per_mmbtu(facts.emission_factors, "natural_gas")
    figures = {
        "near_basis_usd_per_mmbtu": near.basis[:, 0],
        "long_run_basis_usd_per_mmbtu": path.basis[:, -1],
        "hub_basis_level_usd_per_mmbtu": _levels(path.hub_basis["mid"], own),
        "hub_basis_low_usd_per_mmbtu": _levels(path.hub_basis["low"], own),
        "hub_basis_high_usd_per_mmbtu": _levels(path.hub_basis["high"], own),
        "hub_tonight": tonight.delivered[:, 0],
        "hub_near": near.delivered[:, 0],
        "hub_long_run": path.delivered[:, settled].mean(axis=1),
        "hub_level": _levels(path.delivered, own),
    }
    hub_names = facts.gas_hubs.select("gas_hub", "hub_name").unique("gas_hub", keep="first", maintain_order=True)
    states = state_gas_prices(facts.gas_prices, facts.emission_factors, as_of, settings)
    source = _path_source(facts, case)
    is_mapped = pl.col("gas_hub") != ""
    priced = (
        _placed(regions)
        .hstack(supply.drop("region_id"))
        .with_columns(pl.Series(name, column).fill_nan(None) for name, column in figures.items())
        .join(hub_names, on="gas_hub", how="left", maintain_order="left")
        .join(states, left_on="gas_price_state", right_on="state", how="left", maintain_order="left")
        .join(_carbon(facts, years, next_year, co2, own, settings), on="state", how="left", maintain_order="left")
        .with_columns(
            pl.col("gas_hub", "hub_name", "gas_rule", "carbon_rule").fill_null(""),
            pl.col("carbon_near_usd_per_mmbtu", "carbon_level_usd_per_mmbtu").fill_null(0.0),
            pl.col("has_supplier_duty").fill_null(value=False),
        )
        .with_columns(
            pl.lit(spot).alias("henry_hub_usd_per_mmbtu"),
            *(
                pl.when(is_mapped)
                .then(f"hub_{name}")
                .otherwise("state_industrial_usd_per_mmbtu")
                .alias(f"gas_{column}_usd_per_mmbtu")
                for name, column in (
                    ("tonight", "price"),
                    ("near", "near"),
                    ("long_run", "long_run"),
                    ("level", "level"),
                )
            ),
            pl.col("adder_mid_usd_per_mmbtu").alias("adder_usd_per_mmbtu"),
            pl.when(is_mapped)
            .then(pl.lit("henry_hub_plus_basis"))
            .otherwise(pl.lit("state_industrial"))
            .alias("price_basis"),
            (~is_mapped).alias("is_fallback"),
            pl.Series("is_floored", (path.unfloored < path.floor).any(axis=1)),
            pl.lit(co2).alias("co2_kg_per_mmbtu"),
            *(
                pl.when(is_mapped).then(pl.lit(source[name])).otherwise(f"state_{name}").alias(name)
                for name in _CITATION
                if name != "as_of"
            ),
            pl.when(is_mapped).then(pl.lit(month)).otherwise("period").alias("as_of"),
        )
    )
    require_price(priced, "gas_price_usd_per_mmbtu", "gas_prices.csv", "gas_price_state")
    return validate(priced, "core.gas_prices_by_region")


def _placed(regions: pl.DataFrame) -> pl.DataFrame:
    of_state = pl.col("gas_price_state") if "gas_price_state" in regions.columns else pl.col("state")
    return regions.select("region_id", "state", of_state.alias("gas_price_state"))


def _path_source(facts: GasFacts, case: str) -> dict[str, str]:
    """Return the citation of the Henry Hub path, or of the spot where it stays."""
    rows = facts.henry_hub_path.filter((pl.col("outlook_case") == case) & pl.col("url").is_not_null())
    if rows.is_empty():
        rows = facts.gas_prices.filter(pl.col("geography_type") == "hub")
    return {name: str(rows[name][-1]) for name in _CITATION}


def _carbon(
    facts: GasFacts,
    years: NDArray[np.int64],
    next_year: NDArray[np.int64],
    co2_kg_per_mmbtu: float,
    own: Terms,
    settings: Settings,
) -> pl.DataFrame:
    """Return by state with a rule on carbon its thresholds and its price, near and level."""
    tables = facts.carbon_rules, facts.carbon_prices
    near = carbon_by_state(*tables, next_year, co2_kg_per_mmbtu, settings)
    over = carbon_by_state(*tables, years, co2_kg_per_mmbtu, settings)
    states = facts.carbon_rules["state"].to_list()
    return facts.carbon_rules.select(
        "state",
        "carbon_rule",
        pl.col("unit_mw_from").alias("carbon_unit_mw_from"),
        pl.col("tonnes_per_year_from").alias("carbon_tonnes_from"),
        "has_supplier_duty",
        pl.Series("carbon_near_usd_per_mmbtu", [float(near[state][0]) for state in states], dtype=pl.Float64),
        pl.Series("carbon_level_usd_per_mmbtu", [level(over[state], own) for state in states], dtype=pl.Float64),
    )


def gas_price_years(
    regions: pl.DataFrame, gas: pl.DataFrame, facts: GasFacts, as_of: date, settings: Settings
) -> pl.DataFrame:
    """Return the delivered price of gas in each region and year of operation.

    Parameters
    ----------
    regions : pl.DataFrame
        As for `gas_prices_by_region`.
    gas : pl.DataFrame
        Contract `core.gas_prices_by_region` of the same regions, for the price of those without a hub.
    facts : GasFacts
    as_of : date

    Returns
    -------
    pl.DataFrame
        Contract `mart.gas_price_years`.
    """
    spot, _ = henry_hub_spot(facts.gas_prices, as_of, settings)
    years = operating_years(as_of, settings)
    supply = gas_supply(regions, facts.gas_hub_rules, settings)
    henry_hub = henry_hub_by_year(facts.henry_hub_path, spot, settings.energy_outlook, years, as_of, settings)
    path = _paths(supply, facts, years, henry_hub, settings)
    of_region = regions.select("region_id").join(gas, on="region_id", how="left", maintain_order="left")
    held = of_region["gas_level_usd_per_mmbtu"].to_numpy()[:, None]
    co2 = combustion_kg_per_mmbtu(facts.emission_factors, "natural_gas")
    by_state = carbon_by_state(facts.carbon_rules, facts.carbon_prices, years, co2, settings)
    nothing = np.zeros(len(years))
    carbon = np.concatenate([by_state.get(state, nothing) for state in of_region["state"]])
    count = len(years)
    frame = pl.DataFrame(
        {
            "region_id": np.repeat(regions["region_id"].to_numpy(), count),
            "year": np.tile(years, regions.height),
            "henry_hub_usd_per_mmbtu": np.tile(henry_hub, regions.height),
            "basis_usd_per_mmbtu": path.basis.ravel(),
            "gas_price_usd_per_mmbtu": np.where(np.isnan(path.basis), held, path.delivered).ravel(),
            "carbon_usd_per_mmbtu": carbon,
        },
        schema_overrides={"region_id": pl.String, "year": pl.Int64},
    )
    return validate(
        frame.with_columns(pl.col("basis_usd_per_mmbtu").fill_nan(None)).sort("region_id", "year"),
        "mart.gas_price_years",
    )


def gas_ranges(gas: pl.DataFrame) -> Ranges:
    """Return how far the level of each hub's basis, and of each rule's adder, lies below and above the night's.

    Parameters
    ----------
    gas : pl.DataFrame
        Contract `core.gas_prices_by_region`.
    """
    mapped = gas.filter(~pl.col("is_fallback"))

    def around(name: str, middle: str, prefix: str) -> dict[str, tuple[float, float]]:
        rows = mapped.unique(name, keep="first", maintain_order=True).select(
            name,
            pl.col(f"{prefix}_low_usd_per_mmbtu") - pl.col(middle),
            pl.col(f"{prefix}_high_usd_per_mmbtu") - pl.col(middle),
        )
        return {key: (low, high) for key, low, high in rows.iter_rows()}

    return {
        "gas_basis": around("gas_hub", "hub_basis_level_usd_per_mmbtu", "hub_basis"),
        "gas_adder": around("gas_rule", "adder_usd_per_mmbtu", "adder"),
    }
