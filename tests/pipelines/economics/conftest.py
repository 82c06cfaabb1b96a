"""Reference tables, prices and a handful of designs with round annual energies, for one default setting."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl
import pytest

from pipelines.economics.credits import CreditDates
from pipelines.economics.evaluate import evaluate_candidates
from pipelines.economics.finance import Terms, terms
from pipelines.economics.gas import GasFacts, gas_prices_by_region
from pipelines.economics.prices import PowerFacts, power_prices_by_region
from pipelines.reference.load import load_reference
from pipelines.reference.parameters import Parameters, parameters
from pipelines.settings import Settings

AS_OF = date(2026, 11, 22)
LOAD_MWH = 20.0 * 1.12 * 8760.0
REGIONS = ["abilene_tx", "reno_nv", "columbus_oh"]

_NO_PARTS: dict[str, Any] = {
    "solar_mw": 0.0,
    "bess_mw": 0.0,
    "bess_mwh": 0.0,
    "reserve_mw": 0.0,
    "reserve_mwh": 0.0,
    "grid_mw": 0.0,
    "is_grid_flexible": False,
    "baseload_technology": "",
    "baseload_units": 0,
    "baseload_unit_mw": 0.0,
    "firm_technology": "",
    "firm_units": 0,
    "firm_unit_mw": 0.0,
    "rule": "load_following",
}
_NO_ENERGY = dict.fromkeys(
    [
        "solar_potential_mwh",
        "curtailed_mwh",
        "charge_mwh",
        "discharge_mwh",
        "grid_mwh",
        "baseload_mwh",
        "firm_mwh",
        "unserved_mwh",
        "firm_fuel_mmbtu",
        "baseload_fuel_mmbtu",
    ],
    0.0,
)
_RECIPS = {"firm_technology": "recip_genset", "firm_unit_mw": 3.75}
_RESERVE = {"reserve_mw": 6.0, "reserve_mwh": 1.5}
_STANDBY = {"firm_technology": "diesel_standby_genset", "firm_unit_mw": 2.5}
_SOLAR_MWH = 45.0 * 0.29 * 8760.0
_SOLAR_USED_MWH = 0.85 * _SOLAR_MWH
_LOST_MWH = 0.15 * 15_000.0

# One plausible form of each stack: heat rates, unit counts and solar shares near those of a dispatched year.
PLAUSIBLE: dict[str, tuple[dict[str, Any], dict[str, float]]] = {
    "gas_recip": (
        {**_RECIPS, **_RESERVE, "firm_units": 9},
        {"firm_mwh": LOAD_MWH, "firm_fuel_mmbtu": 8.7 * LOAD_MWH},
    ),
    "gas_turbine": (
        {
            "firm_technology": "gas_turbine_small_industrial",
            "firm_unit_mw": 16.5,
            "firm_units": 4,
            "reserve_mw": 19.0,
            "reserve_mwh": 4.8,
        },
        {"firm_mwh": LOAD_MWH, "firm_fuel_mmbtu": 11.5 * LOAD_MWH},
    ),
    "fuel_cell": (
        {"firm_technology": "fuel_cell", "firm_unit_mw": 0.325, "firm_units": 90, **_RESERVE},
        {"firm_mwh": LOAD_MWH, "firm_fuel_mmbtu": 6.5 * LOAD_MWH},
    ),
    "solar_bess_gas": (
        {**_RECIPS, **_RESERVE, "firm_units": 8, "solar_mw": 45.0, "bess_mw": 22.0, "bess_mwh": 44.0},
        {
            "solar_potential_mwh": _SOLAR_MWH,
            "curtailed_mwh": _SOLAR_MWH - _SOLAR_USED_MWH,
            "charge_mwh": 15_000.0,
            "discharge_mwh": 0.85 * 15_000.0,
            "firm_mwh": LOAD_MWH - _SOLAR_USED_MWH + _LOST_MWH,
            "firm_fuel_mmbtu": 8.9 * (LOAD_MWH - _SOLAR_USED_MWH + _LOST_MWH),
        },
    ),
    "solar_bess": (
        {"solar_mw": 176.0, "bess_mw": 77.0, "bess_mwh": 528.0},
        {
            "solar_potential_mwh": 176.0 * 0.29 * 8760.0,
            "curtailed_mwh": 176.0 * 0.29 * 8760.0 - 1.08 * LOAD_MWH,
            "charge_mwh": 0.65 * LOAD_MWH,
            "discharge_mwh": 0.55 * LOAD_MWH,
            "unserved_mwh": 0.02 * LOAD_MWH,
        },
    ),
    "grid": ({**_STANDBY, "firm_units": 12, "grid_mw": 27.0}, {"grid_mwh": LOAD_MWH}),
    "flexible_grid_bess": (
        {
            **_STANDBY,
            "firm_units": 8,
            "grid_mw": 27.0,
            "is_grid_flexible": True,
            "bess_mw": 25.0,
            "bess_mwh": 50.0,
        },
        {"grid_mwh": 0.999 * LOAD_MWH, "firm_mwh": 0.001 * LOAD_MWH, "firm_fuel_mmbtu": 0.011 * LOAD_MWH},
    ),
    "smr_hybrid": (
        {
            **_RECIPS,
            "firm_units": 7,
            "baseload_technology": "smr",
            "baseload_units": 2,
            "baseload_unit_mw": 10.0,
            "reserve_mw": 12.0,
            "reserve_mwh": 3.0,
        },
        {
            "baseload_mwh": 0.85 * LOAD_MWH,
            "baseload_fuel_mmbtu": 0.85 * 9.2 * LOAD_MWH,
            "firm_mwh": 0.15 * LOAD_MWH,
            "firm_fuel_mmbtu": 0.15 * 9.0 * LOAD_MWH,
        },
    ),
}
AVAILABILITY = {"solar_bess": 0.98}


@dataclass(frozen=True)
class Facts:
    """Reference tables and the prices made from them."""

    settings: Settings
    regions: pl.DataFrame
    gas_facts: GasFacts
    own: Terms
    power_facts: PowerFacts
    multipliers: pl.DataFrame
    parameters: Parameters

    @property
    def power_prices(self) -> pl.DataFrame:
        return self.power_facts.power_prices

    @property
    def emission_factors(self) -> pl.DataFrame:
        return self.power_facts.emission_factors

    def gas(self, settings: Settings | None = None) -> pl.DataFrame:
        return gas_prices_by_region(self.regions, self.gas_facts, AS_OF, self.own, settings or self.settings)

    def gas_of(self, regions: pl.DataFrame) -> pl.DataFrame:
        """Return the price of gas in other regions than the markets."""
        return gas_prices_by_region(regions, self.gas_facts, AS_OF, self.own, self.settings)

    def power(self, settings: Settings | None = None) -> pl.DataFrame:
        return power_prices_by_region(self.regions, self.power_facts, AS_OF, settings or self.settings)

    def candidates(
        self,
        designs: pl.DataFrame,
        annual: pl.DataFrame,
        adequacy: pl.DataFrame,
        settings: Settings | None = None,
        gas: pl.DataFrame | None = None,
        credits: CreditDates | None = None,
    ) -> pl.DataFrame:
        """Return the candidates of the given designs in the given regions."""
        used = settings or self.settings
        return evaluate_candidates(
            designs,
            annual,
            adequacy,
            self.regions,
            self.gas(used) if gas is None else gas,
            self.power(used),
            self.parameters,
            self.multipliers,
            self.emission_factors,
            used,
            credits=credits,
        )


@pytest.fixture(scope="session")
def facts() -> Facts:
    settings = Settings()
    folder = settings.reference_dir
    return Facts(
        settings,
        load_reference("candidate_markets", folder).filter(pl.col("is_rankable")),
        GasFacts.read(lambda name: load_reference(name, folder)),
        terms(parameters(load_reference("technology", folder)), load_reference("tax_rules", folder), settings),
        PowerFacts.read(lambda name: load_reference(name, folder)),
        load_reference("locational_multipliers", folder),
        parameters(load_reference("technology", folder)),
    )


def year(
    stacks: dict[str, tuple[dict[str, Any], dict[str, float]]],
    regions: list[str],
    *,
    availability: dict[str, float] | None = None,
    weather_year: int = 1,
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return designs, annual energies and adequacy for one design per entry, `<stack>` or `<stack>/<suffix>`."""
    available = {**AVAILABILITY, **(availability or {})}
    designs = pl.DataFrame(
        [
            {"design_id": name, "stack_id": name.split("/")[0], **_NO_PARTS, **sizes}
            for name, (sizes, _) in stacks.items()
        ]
    )
    energies = pl.DataFrame(
        [{"design_id": name, "load_mwh": LOAD_MWH, **_NO_ENERGY, **energy} for name, (_, energy) in stacks.items()]
    )
    places = pl.DataFrame({"region_id": regions})
    annual = places.join(energies, how="cross").with_columns(pl.lit(weather_year, dtype=pl.Int64).alias("weather_year"))
    adequacy = annual.select("region_id", "weather_year", "design_id").with_columns(
        pl.col("design_id").str.split("/").list.first().alias("stack_id"),
        pl.col("design_id")
        .replace_strict(available, default=0.9993, return_dtype=pl.Float64)
        .alias("availability_frac"),
        pl.lit(0.999).alias("full_service_hours_frac"),
        pl.lit(9.0).alias("lolh_hours_per_year"),
        pl.lit(100.0).alias("eue_mwh_per_year"),
        pl.lit(0.5).alias("interruptions_per_year"),
        pl.lit(20.0).alias("trips_per_year"),
        pl.lit(80.0).alias("unserved_gas_supply_mwh"),
        pl.lit(60.0).alias("unserved_gas_basin_mwh"),
        pl.lit(5.0).alias("gas_basin_hours_per_year"),
        pl.lit(1.0).alias("gas_lateral_hours_per_year"),
        pl.lit(0.1).alias("gas_basin_interruptions_per_year"),
        pl.lit(0.1).alias("gas_lateral_interruptions_per_year"),
    )
    return designs, annual, adequacy


@pytest.fixture(scope="session")
def plausible(facts: Facts) -> pl.DataFrame:
    """Return the candidates of the plausible designs in every rankable market."""
    return facts.candidates(*year(PLAUSIBLE, facts.regions["region_id"].to_list()))


@pytest.fixture(scope="session")
def make_year() -> Any:
    return year


@pytest.fixture(scope="session")
def stacks() -> dict[str, tuple[dict[str, Any], dict[str, float]]]:
    return PLAUSIBLE


@pytest.fixture(scope="session")
def some_regions() -> list[str]:
    return REGIONS
