"""What power costs: prices, finance, equipment without a cited cost."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from pipelines.settings.marks import economics


class Money(BaseModel):
    """What power costs: prices, finance, equipment without a cited cost."""

    dollar_year: int = economics(2025, description="year of the real dollars that costs are expressed in")
    discount_rate: float = economics(
        0.09, gt=0, lt=0.5, description="real discount rate of power assets (per year); assumption"
    )
    unlisted_state_cost_factor: float = economics(
        1.0,
        is_for_counties=True,
        gt=0,
        description="cost in Alaska and Hawaii, which the location tables lack, over the national one; assumption",
    )
    gas_spot_months: int = economics(
        12, ge=0, description="months after the night in which gas costs what it costs tonight (months); assumption"
    )
    gas_spot_fade_months: int = economics(
        36, ge=1, description="month by which tonight's gas price has faded into the outlook (months); assumption"
    )
    gas_floor_usd_per_mmbtu: float = economics(
        1.0, ge=0, description="lowest price of delivered gas in a year, before carbon (USD/MMBtu); assumption"
    )
    energy_outlook: Literal["flat", "reference", "high_oil_and_gas_supply", "low_oil_and_gas_supply"] = economics(
        "reference",
        description="case of the Annual Energy Outlook that Henry Hub fades into and grid prices follow over the years "
        "of a project; flat keeps tonight's",
    )
    carbon_price_usd_per_tonne: float = economics(
        0.0, ge=0, description="price on CO2 beyond what the rules of a state charge (USD per tonne)"
    )
    project_start_years: int = economics(
        2,
        ge=0,
        le=15,
        description="years from the decision to the first year of operation that fuel is bought for "
        "(years); assumption",
    )
    project_years: int = economics(
        20, ge=5, le=40, description="years of operation that power has to pay for itself (years); assumption"
    )
    debt_years: int = economics(20, ge=1, le=40, description="years of level debt service (years); assumption")
    salvage_frac: float = economics(
        0.5,
        ge=0,
        le=1,
        description="what plant fetches at the end, share of its price for the unused part of its life; assumption",
    )
    has_tax_credits: bool = economics(True, description="whether federal investment and production credits are counted")
    is_wage_rule_kept: bool = economics(
        True, description="whether prevailing wages and apprenticeships are kept, for the whole credit; assumption"
    )
    has_bonus_depreciation: bool = economics(True, description="whether plant is written off in its first year")
    cost_escalation_per_year: float = economics(
        0.025, ge=0, le=0.2, description="rise of costs per year that brings figures to dollar_year; assumption"
    )
    capital_life_years: float = economics(
        30.0, gt=0, description="longest life over which capital is recovered (years); assumption"
    )
    default_life_years: float = economics(
        20.0, gt=0, description="life of equipment without a cited one (years); assumption, the usual contract term"
    )
    default_construction_months: float = economics(
        12.0, ge=0, description="construction of equipment without a cited time, for its financing (months); assumption"
    )
    grid_connection_usd_per_kw: float = economics(
        350.0, ge=0, description="substation and line of a load connection (USD per kW of grid limit); assumption"
    )
    ups_usd_per_kw: float = economics(400.0, ge=0, description="UPS with batteries (USD per kW of IT); assumption")
    has_ups_when_islanded: bool = economics(
        False,
        description="whether an islanded site pays for a UPS beside its grid-forming reserve, which carries the load "
        "in the same way; the racks' own capacitors are part of compute",
    )
    ups_life_years: float = economics(12.0, gt=0, description="life of the UPS (years); assumption")
    installed_soft_frac: float = economics(
        0.03,
        ge=0,
        le=0.3,
        description="what a price of installed plant lacks of engineering, permits and insurance, 0 to 0.06 (share of "
        "it); assumption",
    )
    unit_transformer_usd_per_kw: float = economics(
        60.0, ge=0, description="unit transformers with one spare (USD per kW of peak load); assumption"
    )
    mv_switchgear_usd_per_kw: float = economics(
        90.0, ge=0, description="medium-voltage switchgear and protection (USD per kW of peak load); assumption"
    )
    grid_integration_usd_per_kw: float = economics(
        110.0,
        ge=0,
        description="controls and labour where there is no microgrid (USD per kW of load); cited split 50 + 60",
    )
    battery_tariff_frac: float = economics(
        0.1,
        ge=0,
        le=2,
        description="duty on batteries in force beyond that inside their prices (share of their price); assumption: "
        "25 % under Section 301 from 2026-01-01 over 7.5 % when the prices were made, on six tenths of the price",
    )
    has_safe_harboured_solar: bool = economics(
        False, description="whether solar is bought whose construction was begun before the credit's deadline"
    )
    safe_harbour_premium_frac: float = economics(
        0.05, ge=0, le=1, description="what solar begun in time costs more (share of its price); assumption"
    )
    is_foreign_entity_rule_kept: bool = economics(
        True,
        description="whether solar and batteries keep the limits on parts from foreign entities of concern, without "
        "which they earn no credit",
    )
    grid_delivery_price_frac: float = economics(
        0.3,
        ge=0,
        le=1,
        description="delivery by contracted demand, share of the industrial price of grid energy; assumption",
    )
    grid_capacity_price_frac: float = economics(
        0.2,
        ge=0,
        le=1,
        description="capacity of generation by contracted demand, share of that price; assumption",
    )
    collateral_years: float = economics(
        1.0, ge=0, description="collateral under a tariff for large loads, in minimum bills (years); assumption"
    )
    collateral_cost_frac_per_year: float = economics(
        0.02, ge=0, le=1, description="yearly cost of collateral, share of it (a letter of credit); assumption"
    )
    diesel_usd_per_mmbtu: float = economics(
        27.0, ge=0, description="diesel at the site (USD/MMBtu HHV); assumption, some 3.7 USD/gallon"
    )
    regret_gas_usd_per_mmbtu: float = economics(
        4.0, gt=0, description="gas where dispatch rules are compared (USD/MMBtu HHV); assumption"
    )
    regret_grid_usd_per_mwh: float = economics(
        60.0, gt=0, description="grid energy where dispatch rules are compared (USD/MWh); assumption"
    )
    regret_unserved_usd_per_mwh: float = economics(
        10_000.0, gt=0, description="penalty on unserved energy where dispatch rules are compared (USD/MWh); assumption"
    )
    uranium_usd_per_mmbtu: float = economics(
        0.85, ge=0, description="nuclear fuel, fabricated and disposed of (USD/MMBtu); assumption"
    )
    standby_test_load_frac: float = economics(
        0.3, ge=0, le=1, description="load of a standby genset during its test hours, share of rating; assumption"
    )
    electrical_fixed_om_frac: float = economics(
        0.02, ge=0, description="yearly upkeep of switchgear, UPS and connection, share of their cost; assumption"
    )
