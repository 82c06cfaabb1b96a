"""Contracts of what designs cost: every candidate, the chosen ones, and the parts of a levelised cost."""

from __future__ import annotations

import dataframely as dy

from pipelines.contracts.base import choice, flag, integer, number, table, text

COMPONENTS = [
    "solar_capital",
    "bess_capital",
    "reserve_capital",
    "firm_capital",
    "baseload_capital",
    "grid_capital",
    "electrical_capital",
    "lateral_capital",
    "land_capital",
    "soft_capital",
    "construction_financing",
    "replacement",
    "fixed_om",
    "variable_om",
    "fuel",
    "fuel_service",
    "grid_energy",
    "large_load_terms",
    "carbon",
    "tax",
    "credits",
    "salvage",
]
"""Parts of the after-tax LCOE, in the order they are shown; they sum to it."""

CHARGED_COMPONENTS = [*COMPONENTS[:10], "construction_financing", "replacement"]
"""Parts that the LCOE before tax charges otherwise."""

SIMPLE_COMPONENTS = COMPONENTS[:18]
"""Parts of the LCOE before tax; they sum to it."""


class _CostedDesign(dy.Schema):
    region_id = text("Region", key=True)
    stack_id = text("Stack")
    design_id = text("Design")
    solar_mw = number("Solar", "MW", minimum=0)
    bess_mw = number("Dispatch battery, power", "MW", minimum=0)
    bess_mwh = number("Dispatch battery, energy", "MWh", minimum=0)
    reserve_mw = number("Ride-through reserve battery, power", "MW", minimum=0)
    reserve_mwh = number("Ride-through reserve battery, energy", "MWh", minimum=0)
    grid_mw = number("Grid connection", "MW", minimum=0)
    is_grid_flexible = flag("The grid service may be curtailed")
    baseload_technology = text("Baseload technology, empty where there is none")
    baseload_units = integer("Baseload units", minimum=0)
    baseload_unit_mw = number("Rating of a baseload unit", "MW", minimum=0)
    firm_technology = text("Firm or standby technology, empty where there is none")
    firm_units = integer("Firm or standby units", minimum=0)
    firm_unit_mw = number("Rating of a firm unit", "MW", minimum=0)
    rule = text("Dispatch rule")
    load_mwh = number("Energy demanded at the bus", "MWh/year", minimum=0)
    served_mwh = number("Energy served at the bus, outages counted", "MWh/year", minimum=0)
    solar_potential_mwh = number("Solar before curtailment", "MWh/year", minimum=0)
    curtailed_mwh = number("Solar that nothing could take", "MWh/year", minimum=0)
    charge_mwh = number("Battery charging, AC side", "MWh/year", minimum=0)
    discharge_mwh = number("Battery discharging, AC side", "MWh/year", minimum=0)
    grid_mwh = number("Grid import", "MWh/year", minimum=0)
    baseload_mwh = number("Output of the baseload units", "MWh/year", minimum=0)
    firm_mwh = number("Output of the firm units", "MWh/year", minimum=0)
    availability_frac = number("IT energy served of that demanded, outages counted", "fraction", minimum=0, maximum=1)
    full_service_hours_frac = number("Hours fully served", "fraction", minimum=0, maximum=1)
    lolh_hours_per_year = number("Hours with any load unserved", "h/year", minimum=0)
    eue_mwh_per_year = number("Expected unserved energy", "MWh/year", minimum=0)
    interruptions_per_year = number("Interruptions of the whole site", "1/year", minimum=0)
    unserved_gas_supply_mwh = number(
        "Unserved through loss of the gas supply with interruptible service", "MWh/year", minimum=0
    )
    unserved_gas_basin_mwh = number("Of that, unserved in freeze-offs of the basin", "MWh/year", minimum=0)
    gas_basin_hours_per_year = number(
        "Hours with load unserved that freeze-offs add, interruptible service", "h/year", minimum=0
    )
    gas_lateral_hours_per_year = number(
        "Hours with load unserved that losses of the gas lateral add, interruptible service", "h/year", minimum=0
    )
    gas_basin_interruptions_per_year = number("Interruptions by freeze-offs, interruptible", "1/year", minimum=0)
    gas_lateral_interruptions_per_year = number(
        "Interruptions by the gas lateral, interruptible service", "1/year", minimum=0
    )
    fuel_service = text("How the gas is secured: a service of fuel_services, or none without gas units")
    gas_basin_left_frac = number(
        "Share of the losses to freeze-offs that the service leaves", "fraction", minimum=0, maximum=1
    )
    gas_lateral_left_frac = number(
        "Share of the losses to the gas lateral that the service leaves", "fraction", minimum=0, maximum=1
    )
    trips_per_year = number("Trips of running units", "1/year", minimum=0)
    renewable_frac = number("Solar delivered to the load, share of load served", "fraction", minimum=0, maximum=1)
    co2_kg_per_mwh = number("CO2 of combustion and grid energy per MWh served", "kg/MWh", minimum=0)
    lcoe_usd_per_mwh = number("Levelised cost per MWh served at the bus, real, after tax", "USD/MWh")
    lcoe_simple_usd_per_mwh = number(
        "Levelised cost per MWh served at the bus by capital recovery, real, before tax", "USD/MWh", minimum=0
    )
    capex_usd_per_kw = number("Overnight capital of the power stack per kW of IT", "USD/kW IT", minimum=0)
    gas_price_usd_per_mmbtu = number("Price of natural gas in the region tonight", "USD/MMBtu", minimum=0)
    gas_level_usd_per_mmbtu = number(
        "Level price of natural gas over the project in the outlook, which the cost counts", "USD/MMBtu", minimum=0
    )
    is_gas_price_fallback = flag("That price is the state's retail average")
    power_price_usd_per_mwh = number(
        "Industrial average price of grid energy in the state tonight", "USD/MWh", minimum=0
    )
    power_level_usd_per_mwh = number(
        "Level price of grid energy over the project in the outlook, which the cost counts", "USD/MWh", minimum=0
    )
    solar_capex_usd = number("Overnight capital of solar", "USD", minimum=0)
    bess_capex_usd = number("Overnight capital of the dispatch battery", "USD", minimum=0)
    reserve_capex_usd = number("Overnight capital of the ride-through reserve", "USD", minimum=0)
    firm_capex_usd = number("Overnight capital of firm or standby units", "USD", minimum=0)
    baseload_capex_usd = number("Overnight capital of baseload units", "USD", minimum=0)
    grid_capex_usd = number("Overnight capital of grid connection and UPS", "USD", minimum=0)
    electrical_capex_usd = number("Overnight capital of transformers, switchgear and integration", "USD", minimum=0)
    lateral_capex_usd = number("Overnight capital of the gas lateral and its meter station", "USD", minimum=0)
    land_capex_usd = number("Land of the plant and the site", "USD", minimum=0)
    soft_capex_usd = number("Overnight capital of soft costs", "USD", minimum=0)
    ups_capex_usd = number("Overnight capital of the UPS, within that of the grid", "USD", minimum=0)
    fuel_service_capex_usd = number("Overnight capital of the fuel service, soft cost included", "USD", minimum=0)
    solar_credit_frac = number("Investment credit that solar can expect", "share of capital", minimum=0, maximum=1)
    bess_credit_frac = number(
        "Investment credit that the dispatch battery can expect", "share of capital", minimum=0, maximum=1
    )
    reserve_credit_frac = number(
        "Investment credit that the ride-through reserve can expect", "share of capital", minimum=0, maximum=1
    )
    firm_credit_frac = number(
        "Investment credit that firm or standby units can expect", "share of capital", minimum=0, maximum=1
    )
    baseload_credit_frac = number(
        "Investment credit that baseload units can expect", "share of capital", minimum=0, maximum=1
    )
    solar_production_credit_usd_per_mwh = number(
        "Production credit that solar can expect, where it is worth more than the investment credit",
        "USD/MWh",
        minimum=0,
    )
    baseload_production_credit_usd_per_mwh = number(
        "Production credit that baseload units can expect, where it is worth more than the investment credit",
        "USD/MWh",
        minimum=0,
    )
    solar_capital_usd_per_year = number("Return of and on the capital of solar", "USD/year", minimum=0)
    bess_capital_usd_per_year = number("Return of and on the capital of the dispatch battery", "USD/year", minimum=0)
    reserve_capital_usd_per_year = number(
        "Return of and on the capital of the ride-through reserve", "USD/year", minimum=0
    )
    firm_capital_usd_per_year = number("Return of and on the capital of firm or standby units", "USD/year", minimum=0)
    baseload_capital_usd_per_year = number("Return of and on the capital of baseload units", "USD/year", minimum=0)
    grid_capital_usd_per_year = number("Return of and on the capital of grid connection and UPS", "USD/year", minimum=0)
    electrical_capital_usd_per_year = number(
        "Return of and on the capital of transformers, switchgear, integration", "USD/year", minimum=0
    )
    lateral_capital_usd_per_year = number("Return of and on the capital of the gas lateral", "USD/year", minimum=0)
    land_capital_usd_per_year = number("Return of and on the price of the land", "USD/year", minimum=0)
    soft_capital_usd_per_year = number("Return of and on the capital of soft costs", "USD/year", minimum=0)
    construction_financing_usd_per_year = number("Interest during construction", "USD/year", minimum=0)
    replacement_usd_per_year = number(
        "Repurchases, fuel-cell stack exchange and the modules that make good solar degradation", "USD/year"
    )
    tax_usd_per_year = number("Income tax after depreciation; negative where deductions exceed it", "USD/year")
    credits_usd_per_year = number("Tax credits, negative", "USD/year", maximum=0)
    salvage_usd_per_year = number("Sale of the plant at the end, negative", "USD/year", maximum=0)
    solar_charge_usd_per_year = number("All charges of solar after tax, from capital to salvage", "USD/year")
    bess_charge_usd_per_year = number(
        "All charges of the dispatch battery after tax, from capital to salvage",
        "USD/year",
    )
    reserve_charge_usd_per_year = number(
        "All charges of the ride-through reserve after tax, from capital to salvage",
        "USD/year",
    )
    firm_charge_usd_per_year = number(
        "All charges of firm or standby units after tax, from capital to salvage",
        "USD/year",
    )
    baseload_charge_usd_per_year = number(
        "All charges of baseload units after tax, from capital to salvage",
        "USD/year",
    )
    grid_charge_usd_per_year = number(
        "All charges of grid connection and UPS after tax, from capital to salvage",
        "USD/year",
    )
    electrical_charge_usd_per_year = number(
        "All charges of transformers, switchgear, integration after tax, from capital to salvage",
        "USD/year",
    )
    lateral_charge_usd_per_year = number(
        "All charges of the gas lateral after tax, from capital to salvage",
        "USD/year",
    )
    land_charge_usd_per_year = number("All charges of the land after tax, from capital to salvage", "USD/year")
    simple_solar_capital_usd_per_year = number("Recovered capital of solar, before tax", "USD/year", minimum=0)
    simple_bess_capital_usd_per_year = number(
        "Recovered capital of the dispatch battery, before tax", "USD/year", minimum=0
    )
    simple_reserve_capital_usd_per_year = number(
        "Recovered capital of the ride-through reserve, before tax", "USD/year", minimum=0
    )
    simple_firm_capital_usd_per_year = number(
        "Recovered capital of firm or standby units, before tax", "USD/year", minimum=0
    )
    simple_baseload_capital_usd_per_year = number(
        "Recovered capital of baseload units, before tax", "USD/year", minimum=0
    )
    simple_grid_capital_usd_per_year = number(
        "Recovered capital of grid connection and UPS, before tax", "USD/year", minimum=0
    )
    simple_electrical_capital_usd_per_year = number(
        "Recovered capital of transformers, switchgear, integration, before tax", "USD/year", minimum=0
    )
    simple_lateral_capital_usd_per_year = number(
        "Recovered capital of the gas lateral, before tax", "USD/year", minimum=0
    )
    simple_land_capital_usd_per_year = number("Recovered price of the land, before tax", "USD/year", minimum=0)
    simple_soft_capital_usd_per_year = number("Recovered capital of soft costs, before tax", "USD/year", minimum=0)
    simple_construction_financing_usd_per_year = number(
        "Recovered interest during construction, before tax", "USD/year", minimum=0
    )
    simple_replacement_usd_per_year = number(
        "Fuel-cell stack exchange and solar degradation, before tax", "USD/year", minimum=0
    )
    fixed_om_usd_per_year = number("Fixed operation and upkeep", "USD/year", minimum=0)
    variable_om_usd_per_year = number("Variable operation and upkeep", "USD/year", minimum=0)
    fuel_usd_per_year = number("Fuel", "USD/year", minimum=0)
    fuel_service_usd_per_year = number(
        "Firm gas, second fuel or stand-by, beyond interruptible gas", "USD/year", minimum=0
    )
    gas_mmbtu_per_year = number("Natural gas burnt", "MMBtu/year", minimum=0)
    grid_energy_usd_per_year = number("Grid energy", "USD/year", minimum=0)
    large_load_terms_usd_per_year = number(
        "Minimum bill, collateral and exit fee of the utility's tariff for large loads, where one is cited",
        "USD/year",
        minimum=0,
    )
    carbon_usd_per_year = number("Carbon price on CO2", "USD/year", minimum=0)


@table(
    "sim.candidates",
    grain="One row per region and design: sizes, costs, carbon and adequacy, mean of the weather years.",
)
class Candidates(_CostedDesign):
    """What every design costs and does in every region at the night's prices."""

    design_id = text("Design", key=True)


@table(
    "sim.chosen",
    grain="One row per region and stack: the chosen design with sizes, costs, carbon and adequacy, mean of the years.",
)
class Chosen(_CostedDesign):
    """The design that stands for a stack in a region."""

    stack_id = text("Stack", key=True)
    is_target_met = flag("The availability target is reached and the stack keeps its defining parts")
    is_composition_met = flag("The stack keeps its defining parts")
    is_least_cost = flag("No design of the stack that reaches the target costs less; false where more units earn more")


@table(
    "sim.fuel_services",
    grain="One row per region, stack and service of its gas: the design that would be chosen with it.",
)
class SimFuelServices(Chosen):
    """The designs of a stack by how its gas is secured."""

    fuel_service = text("How the gas is secured", key=True)
    service_order = integer("Order in which services are shown", minimum=0)
    service_net_usd_per_mw_year = number(
        "Net margin per MW of IT and year, by which the service is chosen", "USD/MW/year"
    )
    is_chosen = flag("The service of highest value that meets the target, else the interruptible one")


@table(
    "mart.fuel_services",
    grain="One row per region, stack on gas and way to secure the gas: cost, adequacy and value of the least-cost "
    "design with it. The chosen service is that of ranked_sites, whose design may have more units; interruptible is "
    "the row without any.",
)
class FuelServices(dy.Schema):
    """What firm gas, a second fuel or a stand-by would cost and save."""

    region_id = text("Region", key=True)
    stack_id = text("Stack", key=True)
    fuel_service = text("How the gas is secured", key=True)
    label = text("The same in words")
    service_order = integer("Order in which services are shown", minimum=0)
    is_chosen = flag("The service of highest value that meets the target, else the interruptible one")
    is_target_met = flag("The design with this service reaches the availability target")
    design_id = text("Least-cost design with this service")
    firm_units = integer("Gas units of that design", minimum=0)
    firm_units_change = integer("Units more than with interruptible gas; negative where the service saves units")
    fuel_service_capex_usd = number("Overnight capital of the service, soft cost included", "USD", minimum=0)
    fuel_service_usd_per_mwh = number("Cost of the service per MWh served", "USD/MWh", minimum=0)
    lcoe_usd_per_mwh = number("Levelised cost with the service", "USD/MWh")
    lcoe_change_usd_per_mwh = number("LCOE against that with interruptible gas, units saved included", "USD/MWh")
    availability_frac = number("IT energy served of that demanded, outages counted", "fraction", minimum=0, maximum=1)
    eue_mwh_per_year = number("Expected unserved energy", "MWh/year", minimum=0)
    lolh_hours_per_year = number("Hours with any load unserved", "h/year", minimum=0)
    unserved_gas_supply_mwh = number("Unserved through loss of the gas supply, with the service", "MWh/year", minimum=0)
    interruptions_per_year = number("Interruptions of the whole site", "1/year", minimum=0)
    service_net_usd_per_mw_year = number(
        "Net margin of the permanent plant, by which the service is chosen", "USD/MW/year"
    )
    value_usd_per_mw = number("Value of that design, at the dates of the row of ranked_sites", "USD/MW")


@table(
    "mart.target_costs",
    grain="One row per region, stack and target of energy served: the least-cost design that reaches it with any "
    "service of its gas, else the most available one; none in a night of counties.",
)
class TargetCosts(dy.Schema):
    """What a higher target takes, or why it is out of reach."""

    region_id = text("Region", key=True)
    stack_id = text("Stack", key=True)
    target_frac = number("Share of the IT energy to be served", "fraction", minimum=0, maximum=1, key=True)
    is_reached = flag("A design reaches the target")
    design_id = text("Least-cost design that does, else the most available one")
    fuel_service = text("How its gas is secured")
    firm_units = integer("Its firm or standby units", minimum=0)
    firm_units_change = integer(
        "Units more than in the published design; empty where their technology differs", nullable=True
    )
    lcoe_usd_per_mwh = number("Its levelised cost", "USD/MWh")
    lcoe_change_usd_per_mwh = number("Levelised cost above the published design", "USD/MWh")
    availability_frac = number("Energy served of that demanded, outages counted", "fraction", minimum=0, maximum=1)
    lolh_hours_per_year = number("Hours with any load unserved", "h/year", minimum=0)
    eue_mwh_per_year = number("Expected unserved energy", "MWh/year", minimum=0)
    gas_supply_frac = number(
        "Share of that energy lost with the gas supply, which more units do not help", "fraction", minimum=0, maximum=1
    )


@table(
    "sim.phases",
    grain="One row per region, stack that is built in phases, and phase: the phase as a design that carries the site.",
)
class SimPhases(_CostedDesign):
    """The phases of the chosen designs, each dispatched and priced as a design."""

    stack_id = text("Stack", key=True)
    phase = integer("Phase, from 1", minimum=1, key=True)
    phase_id = text("Name of the phase")
    online_years_discounted = number("Discounted years that a planned MW is online in it", "years", minimum=0)
    begins_months_p50 = number("P50 of the month in which it begins", "months", minimum=0)


@table(
    "sim.phased",
    grain="One row per region and stack: the chosen design over its phases. Sizes, capital and reliability are those "
    "of the permanent plant; energies, yearly costs and what is per MWh are means weighted with the time online.",
)
class Phased(Chosen):
    """The chosen designs as their value counts them."""

    online_availability_frac = number(
        "Energy served over energy demanded, over the phases", "fraction", minimum=0, maximum=1
    )
    online_interruptions_per_year = number("Interruptions of the site, mean of the phases", "1/year", minimum=0)


@table(
    "mart.lcoe_components",
    grain="One row per region, stack and part of the chosen design's levelised cost; the parts sum to the LCOE.",
)
class LcoeComponents(dy.Schema):
    """What a levelised cost is made of."""

    region_id = text("Region", key=True)
    stack_id = text("Stack", key=True)
    component = choice("Part of the cost", COMPONENTS, key=True)
    component_order = integer("Order in which the parts are shown", minimum=1)
    cost_usd_per_mwh = number("Part of the LCOE, per MWh served at the bus", "USD/MWh")
    cost_usd_per_year = number("Annual cost", "USD/year")
    simple_cost_usd_per_mwh = number("Part of the LCOE before tax, per MWh served at the bus", "USD/MWh", minimum=0)
    capex_usd = number("Overnight capital behind the part, zero where it is none", "USD", minimum=0)
