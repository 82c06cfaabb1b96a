"""Tables of the chosen designs over the weather years, and of what their dispatch rules cost above the bound."""

from __future__ import annotations

import dataframely as dy

from pipelines.contracts.base import choice, flag, integer, number, table, text, timestamp
from pipelines.dispatch.options import RULES

_YEAR = "Calendar year of actual weather; 1, 2, ... for synthetic reference years; 0 for a typical year."
_WEEK = "Week of seven days counted from the first hour of the year, from 1."
_HARDEST = "the most energy unserved by the sizes, then the most asked of the firm units, then of grid or baseload"


@table(
    "mart.weather_years",
    grain="One row per region, stack and weather year, for the chosen design: energies with every unit in service, "
    "adequacy with outages counted, and the hardest week.",
    time="hardest_week_start_utc is the first hour of that week.",
)
class WeatherYears(dy.Schema):
    """The chosen designs year by year."""

    region_id = text("Region.", key=True)
    stack_id = text("Stack.", key=True)
    weather_year = integer(_YEAR, "", key=True)
    design_id = text("Chosen design.")
    load_mwh = number("Demand at the bus.", "MWh", minimum=0)
    solar_mwh = number("Solar taken by load or battery.", "MWh", minimum=0)
    curtailed_mwh = number("Solar that nothing could take.", "MWh", minimum=0)
    grid_mwh = number("Grid import.", "MWh", minimum=0)
    baseload_mwh = number("Output of the baseload block.", "MWh", minimum=0)
    firm_mwh = number("Output of the firm units.", "MWh", minimum=0)
    firm_fuel_mmbtu = number("Fuel of the firm units, higher heating value.", "MMBtu", minimum=0)
    unserved_mwh = number("Demand not served with every unit in service.", "MWh", minimum=0)
    renewable_frac = number(
        "Share of served energy that neither grid, baseload nor firm units gave.", "fraction", minimum=0, maximum=1
    )
    availability_frac = number("IT energy served of that demanded, outages counted.", "fraction", minimum=0, maximum=1)
    full_service_hours_frac = number("Share of hours fully served.", "fraction", minimum=0, maximum=1)
    eue_mwh_per_year = number("Expected unserved energy.", "MWh/year", minimum=0)
    lolh_hours_per_year = number("Expected hours with any load unserved.", "h/year", minimum=0)
    hardest_week = integer(f"{_WEEK} The week with {_HARDEST}.", "", minimum=1)
    hardest_week_start_utc = timestamp("First hour of the hardest week.")
    hardest_week_unserved_mwh = number("Demand the sizes leave unserved in that week.", "MWh", minimum=0)
    hardest_week_firm_need_mwh = number("Energy asked of the firm units in that week.", "MWh", minimum=0)


def _percentiles(meaning: str, unit: str, *, is_good: bool = False, maximum: float | None = None) -> list[dy.Column]:
    reading = "exceeded" if is_good else "not exceeded"
    return [
        number(f"{meaning}, {reading} in {share} % of the weather years.", unit, minimum=0, maximum=maximum)
        for share in (50, 90, 99)
    ]


@table(
    "mart.weather_risk",
    grain="One row per region and stack: percentiles of the chosen design over the weather years that were dispatched, "
    "interpolated between years, and the hardest week of all; with one year they are that year's figures.",
    time="hardest_week_start_utc is the first hour of that week.",
)
class WeatherRisk(dy.Schema):
    """How much the weather of a year moves the chosen designs."""

    region_id = text("Region.", key=True)
    stack_id = text("Stack.", key=True)
    design_id = text("Chosen design.")
    weather_years = integer("Weather years dispatched.", "count", minimum=1)
    availability_frac_p50, availability_frac_p90, availability_frac_p99 = _percentiles(
        "IT energy served of that demanded", "fraction", is_good=True, maximum=1
    )
    renewable_frac_p50, renewable_frac_p90, renewable_frac_p99 = _percentiles(
        "Renewable share", "fraction", is_good=True, maximum=1
    )
    eue_mwh_per_year_p50, eue_mwh_per_year_p90, eue_mwh_per_year_p99 = _percentiles(
        "Expected unserved energy", "MWh/year"
    )
    lolh_hours_per_year_p50, lolh_hours_per_year_p90, lolh_hours_per_year_p99 = _percentiles(
        "Expected hours with any load unserved", "h/year"
    )
    firm_fuel_mmbtu_p50, firm_fuel_mmbtu_p90, firm_fuel_mmbtu_p99 = _percentiles("Fuel of the firm units", "MMBtu")
    hardest_weather_year = integer(f"Weather year of the hardest week. {_YEAR}", "")
    hardest_week = integer(
        f"{_WEEK} Of the years' hardest weeks the one with the most energy unserved by the sizes, then the most asked "
        "of the firm units, then in the year with the most of grid and baseload.",
        "",
        minimum=1,
    )
    hardest_week_start_utc = timestamp("First hour of the hardest week.")
    hardest_week_unserved_mwh = number("Demand the sizes leave unserved in that week.", "MWh", minimum=0)
    hardest_week_firm_need_mwh = number("Energy asked of the firm units in that week.", "MWh", minimum=0)


@table(
    "mart.dispatch_regret",
    grain="One row per region, stack and dispatch rule, for the chosen designs with a battery in the best regions: the "
    "running cost of a year under the rule, above that of the same capacities with every hour known. Prices are those "
    "that the settings compare rules at (regret_*), the same every night.",
)
class DispatchRegret(dy.Schema):
    """What not knowing the future costs."""

    region_id = text("Region.", key=True)
    stack_id = text("Stack.", key=True)
    rule = choice("Dispatch rule.", list(RULES), key=True)
    design_id = text("Chosen design.")
    is_own_rule = flag("The rule is the one that the design is sized and ranked with.")
    cost_usd = number("Fuel, grid energy and the penalty on unserved energy under the rule.", "USD/year", minimum=0)
    bound_usd = number(
        "Least cost by linear programme, every hour known; it may leave as little in the battery as any rule does.",
        "USD/year",
        minimum=0,
    )
    regret_usd = number("Cost above that bound.", "USD/year")
    regret_frac = number("Regret as a share of the bound.", "fraction")
    firm_mwh = number("Output of the firm units under the rule.", "MWh", minimum=0)
    unserved_mwh = number("Demand unserved under the rule, every unit in service.", "MWh", minimum=0)
    bound_unserved_mwh = number("Demand that no dispatch could serve.", "MWh", minimum=0)
