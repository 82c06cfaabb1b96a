"""Contracts of the portfolio: strategies under events, chosen nodes, the plan of a build-out and what limits it."""

from __future__ import annotations

import dataframely as dy

from pipelines.contracts.base import choice, flag, integer, number, table, text
from pipelines.contracts.geography import HAZARDS

STATUSES = ["optimal", "gap_reached", "node_limit", "time_limit", "heuristic"]
MEASURES = [
    "p_lose_25_frac",
    "p_lose_50_frac",
    "unserved_mwh_mean",
    "unserved_mwh_p95",
    "unserved_mwh_p99",
    "unserved_mwh_cvar95",
    "first_mw_month",
    "usable_mw_months_36",
]


def _frac(what: str) -> dy.Float64:
    return number(what, "fraction", minimum=0, maximum=1 + 1e-9)


def _mwh(what: str) -> dy.Float64:
    return number(f"{what} of IT energy not served in a year", "MWh", minimum=0)


def _strategy() -> dy.String:
    return text("Strategy", key=True)


@table("mart.hazard_rates", grain="One row per region and hazard: frequency in its county by the National Risk Index.")
class HazardRates(dy.Schema):
    """Natural hazards of the regions."""

    region_id = text("Region", key=True)
    hazard = choice("Hazard", HAZARDS, key=True)
    events_per_year = number("Annualised frequency in its county", "1/year", minimum=0, maximum=1e6)
    release = text("Release of the index")
    area_km2 = number(
        "Area of the county, for hazards whose events a large county counts more of", "km2", minimum=0.1, nullable=True
    )


@table("mart.portfolio_events", grain="One row per kind of event, as used.")
class PortfolioEvents(dy.Schema):
    """What can strike a portfolio."""

    event_type = text("Kind of event", key=True)
    description = text("What happens")
    takes = text("Sites it can take: all (site), on gas, on the grid, on sun alone, of one technology")
    footprint = text("How far it reaches: one site, all of one domain, a circle, the whole fleet, or by correlation")
    domain = text("Kind of domain that it takes together, empty for none")
    exposed = text("Which regions are exposed: all, hot, or by the frequency of the hazard in the county")
    is_assumption = flag("The rate has no source: it is one of three levels that are declared")
    rate_low_per_year = number(
        "Low rate per site or domain; empty where it follows from figures or differs by basin",
        "1/year",
        minimum=0,
        nullable=True,
    )
    rate_mid_per_year = number("Rate as used", "1/year", minimum=0, nullable=True)
    rate_high_per_year = number("High rate", "1/year", minimum=0, nullable=True)
    radius_km = number("Radius of the circle, or distance of a correlation of 1/e", "km", minimum=0, nullable=True)
    strike_frac = _frac("Probability that a site that is reached is lost")
    share_lost_frac = number(
        "Share of a lost site; empty where it follows from figures", "fraction", minimum=0, maximum=1, nullable=True
    )
    hours_mean = number("Mean length; empty where it follows from figures", "h", minimum=0, nullable=True)
    hazard = text("Hazard of the risk index by whose frequency in the county the rate is scaled, empty for none")
    index_frequency_per_year = number(
        "Frequency of the index that the rates go with; a county with twice it has twice the rate. Per 1,000 km2 where "
        "the rate goes with the area",
        "1/year",
        minimum=0,
        nullable=True,
    )
    source_title = text("Source, or that it is an assumption")
    publisher = text("Publisher")
    url = text("Address, empty for assumptions")
    as_of = text("Date of the source, empty for assumptions")  # fmt: skip


@table("mart.portfolio_sites", grain="One row per strategy and site.")
class PortfolioSites(dy.Schema):
    """Where a strategy builds, and what each site shares with others."""

    strategy = _strategy()
    region_id = text("Region", key=True)
    region_name = text("Name")
    state = text("State")
    stack_id = text("Stack that the site is laid out on")
    site_mw = number("IT of the site", "MW", minimum=0)
    firm_technology = text("Technology of its units, empty for none")
    firm_units = integer("Units, spares included", "count", minimum=0)
    capex_usd_per_kw = number("Capital of power plant and site at this size, per kW of IT", "USD/kW IT", minimum=0)
    value_usd_per_mw = number("Value per MW of IT at this size", "USD/MW")
    first_mw_months_p50 = number("P50 of the months to the first module at this size", "months", minimum=0)
    completion_probability = _frac("Probability that it is energised at all")
    gas_hub = text("Gas hub that feeds it")
    fuel_basin = text("Basin behind that hub")
    balancing_area = text("Balancing area or utility")
    grid_operator = text("Grid operator")
    weather_cell = text("Square of latitude and longitude, by its south-west corner")
    sites_on_gas_hub = integer("Sites of the strategy on the same hub, this one included", "count", minimum=1)
    sites_in_balancing_area = integer("Sites of the strategy in the same balancing area", "count", minimum=1)
    sites_in_weather_cell = integer("Sites of the strategy in the same weather cell", "count", minimum=1)


@table(
    "mart.portfolio_resilience",
    grain="One row per strategy and kind of event; all_events for all of them together.",
    time="Figures are per sampled year.",
)
class PortfolioResilience(dy.Schema):
    """What a strategy loses."""

    strategy = _strategy()
    event_type = text("Kind of event, or all_events", key=True)
    is_assumption = flag("The rate has no source")
    events_per_year = number("Events that take anything", "1/year", minimum=0)
    share_lost_frac = _frac("Mean share of the IT that such an event takes")
    p_lose_25_frac = _frac("Probability of a year with an event that takes a quarter of the IT at once")
    p_lose_50_frac = _frac("Probability of a year with an event that takes half of the IT at once")
    p_lose_100_frac = _frac("Probability of a year with an event that takes all of the IT at once")
    largest_single_loss_mw = number("Most IT that one event took in any sampled year", "MW", minimum=0)
    largest_single_loss_frac = _frac("The same as a share of the IT")
    unserved_mwh_mean = _mwh("Mean")
    unserved_mwh_p50 = _mwh("P50")
    unserved_mwh_p95 = _mwh("P95")
    unserved_mwh_p99 = _mwh("P99")
    unserved_mwh_cvar95 = _mwh("Mean over the worst twentieth of years")
    recovery_hours_mean = number("Mean time until an event is over", "h", minimum=0)
    recovery_hours_p95 = number("P95 of that time; of the longest kind for all_events", "h", minimum=0)
    attribution_frac = _frac("Share of the mean unserved energy that the kind of event causes")


@table(
    "mart.portfolio_comparison",
    grain="One row per strategy: the same IT, equipment, crews and capital.",
    time="Months count from the decision to build.",
)
class PortfolioComparison(dy.Schema):
    """Many nodes against one campus."""

    strategy = _strategy()
    description = text("What it is")
    sites = integer("Sites", "count", minimum=1)
    it_mw = number("IT that is wanted", "MW", minimum=0)
    first_mw_month = integer(
        "Month in which the plan energises its first module; empty for none", "month", minimum=1, nullable=True
    )
    full_mw_month = integer(
        "Month in which it energises its last, all built; empty where it does not", "month", minimum=1, nullable=True
    )
    built_mw = number("IT built within the plan", "MW", minimum=0)
    usable_mw_months_36 = number(
        "Usable MW-months by month 36, availability and completion counted", "MW months", minimum=0
    )
    usable_mw_months = number("Usable MW-months within the plan", "MW months", minimum=0)
    capex_musd = number("Capital of power plant and sites for all of the IT", "M USD", minimum=0)
    capex_usd_per_kw = number("The same per kW of IT", "USD/kW IT", minimum=0)
    value_usd_per_mw = number("Mean value per MW of IT", "USD/MW")
    completion_probability = _frac("Mean probability that a site is energised at all")
    worst_single_loss_mw = number("Most IT that one event took in any sampled year", "MW", minimum=0)
    worst_single_loss_frac = _frac("The same as a share of the IT")
    worst_local_loss_mw = number(
        "Most IT that one event took that does not reach the whole fleet by its controls or its make", "MW", minimum=0
    )
    p_lose_50_frac = _frac("Probability of a year with an event that takes half of the IT at once")
    p_lose_100_frac = _frac("Probability of a year with an event that takes all of the IT at once")
    unserved_mwh_mean = _mwh("Mean")
    unserved_mwh_p95 = _mwh("P95")
    unserved_mwh_p99 = _mwh("P99")
    unserved_mwh_cvar95 = _mwh("Mean over the worst twentieth of years")
    worst_event_type = text("Kind of event that causes most of the mean unserved energy")
    max_correlation = number(
        "Largest correlation of two sites' losses that the choice of regions kept",
        "ratio",
        minimum=0,
        maximum=1,
        nullable=True,
    )
    max_per_domain = integer("Most sites in one domain that it kept", "count", minimum=1, nullable=True)
    is_loosened = flag("The limits in settings left no choice and were loosened to these", nullable=True)
    selection_gap_frac = number("Proved distance of that choice to the best", "fraction", minimum=0, nullable=True)
    status = choice("How the solver of the plan ended", STATUSES)
    gap_frac = _frac("Proved distance of the plan to the best possible")  # fmt: skip


@table(
    "mart.portfolio_sensitivity",
    grain="One row per varied assumption, factor and measure: nodes against the campus.",
)
class PortfolioSensitivity(dy.Schema):
    """Whether the comparison survives other assumptions."""

    assumption = text("Rate of a kind of event, all_assumed_rates, or a setting of the build-out", key=True)
    factor = number("What it is multiplied by", "ratio", minimum=0, key=True)
    measure = choice("What is compared", MEASURES, key=True)
    nodes = number("Figure of the nodes; empty where there is none", "see measure", nullable=True)
    campus = number("Figure of the campus; empty where there is none", "see measure", nullable=True)
    is_nodes_better = flag("The nodes have the better figure")
    is_nodes_better_base = flag("They have it with the assumptions as they are")
    is_conclusion_kept = flag("Both say the same")


@table("mart.diversification_curve", grain="One row per limit on what the chosen nodes share.")
class DiversificationCurve(dy.Schema):
    """The price of less shared risk."""

    limit_kind = choice("Which limit is tightened", ["per_domain", "correlation"], key=True)
    max_per_domain = integer("Most nodes in one gas hub, balancing area or weather cell", "count", minimum=1, key=True)
    max_correlation = number(
        "Largest correlation of the yearly losses of two nodes", "ratio", minimum=0, maximum=1, key=True
    )
    nodes = integer("Nodes chosen", "count", minimum=1)
    value_usd_per_mw = number("Mean value per MW of IT", "USD/MW")
    price_usd_per_mw = number("Value given up against the choice without limits", "USD/MW", minimum=-1e-3)
    price_frac = number("The same as a share of that value", "fraction", minimum=-1e-9)
    largest_domain_nodes = integer("Nodes in the fullest domain", "count", minimum=1)
    mean_correlation = number("Mean correlation of the pairs chosen", "ratio", minimum=-1, maximum=1)
    loss_std_mwh = number("Standard deviation of the IT energy lost in a year", "MWh", minimum=0)
    status = choice("How the solver ended", STATUSES)
    gap_frac = _frac("Proved distance to the best choice")  # fmt: skip


@table(
    "mart.deployment_plan",
    grain="One row per strategy, region, stack and month in which modules are energised.",
    time="Months count from the decision to build.",
)
class DeploymentPlan(dy.Schema):
    """Which module, where, when."""

    strategy = _strategy()
    region_id = text("Region", key=True)
    stack_id = text("Stack of the modules", key=True)
    month = integer("Month of energisation", "month", minimum=1, key=True)
    modules = integer("Modules energised", "count", minimum=1)
    it_mw = number("IT of these modules", "MW", minimum=0)
    ready_month = integer("First month in which the site could energise any", "month", minimum=1)
    capital_usd = number("Capital of these modules", "USD", minimum=0)
    crew_months = number("Crew time of these modules, moves included", "crew months", minimum=0)
    status = choice("How the solver of the strategy's plan ended", STATUSES)
    gap_frac = _frac("Proved distance of that plan to the best possible")


@table(
    "mart.buildout_curve",
    grain="One row per strategy and month of the plan.",
    time="Months count from the decision to build.",
)
class BuildoutCurve(dy.Schema):
    """IT energised by month, strategy by strategy."""

    strategy = _strategy()
    month = integer("Month", "month", minimum=1, key=True)
    built_mw = number("IT energised by its end", "MW", minimum=0)
    usable_mw = number("The same times availability and probability of completion", "MW", minimum=0)
    capital_usd = number("Capital spent by its end", "USD", minimum=0)
    usable_mw_months = number("Usable MW-months by its end", "MW months", minimum=0)


@table("mart.supply_shadow_prices", grain="One row per strategy and limit of its build-out.")
class SupplyShadowPrices(dy.Schema):
    """What one more of a limit is worth."""

    strategy = _strategy()
    resource = text("Equipment class, crews, capital, sites, or a month earlier", key=True)
    unit = text("What one more is")
    had = number("What there is of it, in that unit; 0 for a month earlier", "see unit", minimum=0)
    worth_mw_months = number(
        "Discounted usable MW-months that one more is worth, linear relaxation", "MW months", minimum=-1e-6
    )
    method = choice("Dual of the linear relaxation, or that relaxation solved again", ["dual", "solved again"])
