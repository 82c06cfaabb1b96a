"""The design of one site: the grid dispatched there, priced at its region, refined, and chosen as a night does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any

import polars as pl

from pipelines.contracts.base import REGISTRY
from pipelines.dispatch.inputs import DesignSet, SiteYear
from pipelines.economics.credits import credit_dates
from pipelines.economics.evaluate import evaluate_candidates
from pipelines.economics.finance import terms
from pipelines.economics.fuel_service import chosen_service, fuel_services, night_service_terms
from pipelines.economics.gas import GasFacts, gas_prices_by_region
from pipelines.economics.gas_supply import gas_supply
from pipelines.economics.outlook import power_level_factor
from pipelines.economics.prices import PowerFacts, power_prices_by_region
from pipelines.identity import stable_seed
from pipelines.plant.technology import Battery, FirmTechnology
from pipelines.ranking.choice import choose_by_value, contenders
from pipelines.reference.load import load_reference
from pipelines.reference.parameters import parameters
from pipelines.reliability.campaign import Plant, assess_site
from pipelines.reliability.common_mode import region_causes
from pipelines.reliability.site_hazards import hazard_rates
from pipelines.settings import Settings
from pipelines.sizing.beyond import beyond_the_grid, nearest
from pipelines.sizing.market import Market, Price
from pipelines.sizing.refine import refine, with_finalists
from pipelines.sources.snapshots import snapshot
from pipelines.timeline.durations import durations
from pipelines.timeline.outcomes import Known
from pipelines.timeline.phases import phase_designs, with_rentals
from pipelines.timeline.time_to_power import site_months


class Unkept:
    """A cache that keeps nothing, for a question that is asked once."""

    def rows(
        self, kind: str, key: Mapping[str, Any], wanted: Sequence[str], compute: Callable[[list[int]], pl.DataFrame]
    ) -> tuple[pl.DataFrame, int]:
        """Return the rows, made now."""
        return compute(list(range(len(wanted)))), 0

    def held(self, kind: str, key: Mapping[str, Any]) -> None:
        """Return nothing."""

    def replace(self, kind: str, key: Mapping[str, Any], frame: pl.DataFrame) -> None:
        """Keep nothing."""


@dataclass(frozen=True)
class OwnPrices:
    """Prices that stand in for those of the region, where given: gas (USD/MMBtu), grid energy (USD/MWh)."""

    gas_usd_per_mmbtu: float | None = None
    power_usd_per_mwh: float | None = None


def region_price(region: pl.DataFrame, causes: pl.DataFrame, as_of: date, settings: Settings, own: OwnPrices) -> Price:
    """Return what prices designs at one region, from the reference tables.

    Parameters
    ----------
    region : pl.DataFrame
        One row of `core.regions`.
    causes : pl.DataFrame
        Its shared failures, contract `core.outage_causes`.
    as_of : date
        Logical date; nothing newer is used.
    settings : Settings
    own : OwnPrices
    """

    def read(name: str) -> pl.DataFrame:
        return load_reference(name, settings.reference_dir)

    figures, rules, emissions = parameters(read("technology")), read("tax_rules"), read("emission_factors")
    paid_by = terms(figures, rules, settings)
    gas = gas_prices_by_region(region, GasFacts.read(read), as_of, paid_by, settings)
    level = power_level_factor(read("price_projections"), as_of, paid_by, settings)
    power = power_prices_by_region(region, PowerFacts.read(read), as_of, settings, level_factor=level)
    drawn = durations(read("equipment_lead_times"), read("policy"), read("queue_statistics"), settings)
    return partial(
        evaluate_candidates,
        regions=region,
        gas=_at(gas, "gas", "usd_per_mmbtu", own.gas_usd_per_mmbtu),
        power=_at(power, "power", "usd_per_mwh", own.power_usd_per_mwh),
        parameters=figures,
        multipliers=read("locational_multipliers"),
        emission_factors=emissions,
        settings=settings,
        outage_causes=causes,
        credits=credit_dates(rules, drawn, as_of, settings, stable_seed("time to power")),
    )


def _at(prices: pl.DataFrame, what: str, unit: str, own: float | None) -> pl.DataFrame:
    """Return prices with one of the user's own for tonight and for the whole project."""
    if own is None:
        return prices
    return prices.with_columns(
        pl.lit(own).alias(name) for name in (f"{what}_price_{unit}", f"{what}_level_{unit}") if name in prices.columns
    )


def _by_value(
    candidates: pl.DataFrame, site: SiteYear, region: pl.DataFrame, plant: Plant, causes: pl.DataFrame, market: Market
) -> pl.DataFrame:
    """Choose the service of the gas and the number of units by what they are worth, as a night does."""
    settings = market.settings
    rules, multipliers = (
        load_reference(name, settings.reference_dir) for name in ("tax_rules", "locational_multipliers")
    )
    services = night_service_terms(
        region, plant.parameters, rules, multipliers, terms(plant.parameters, rules, settings), settings
    )
    first = chosen_service(fuel_services(candidates, services, settings))
    missed = first.filter(~pl.col("is_target_met"))
    near = nearest(candidates, settings).join(missed.select("stack_id"), on="stack_id", how="semi")
    first = pl.concat([first.filter("is_target_met"), near]).sort("region_id", "stack_id")
    slots = contenders(first, candidates, services, settings)
    if len(slots) == 1:
        return first
    columns = REGISTRY["sim.designs"].schema.column_names()
    every = pl.concat([plant.designs.to_frame(), *(slot.select(columns) for slot in slots)])
    designs = phase_designs(every, plant.technologies, settings)
    phases = pl.DataFrame(REGISTRY["sim.candidates"].schema.create_empty())
    if designs.height:
        rows = assess_site(site, replace(plant, designs=DesignSet.from_frame(designs)), causes)
        annual, adequacy = (
            rows.select(REGISTRY[name].schema.column_names()) for name in ("sim.dispatch_annual", "sim.adequacy")
        )
        phases = market.price(with_rentals(designs, settings), annual, adequacy).select(phases.columns)
    lead_times, policy, queues = (
        load_reference(name, settings.reference_dir) for name in ("equipment_lead_times", "policy", "queue_statistics")
    )
    timed = partial(
        site_months,
        region,
        used=durations(lead_times, policy, queues, settings),
        policy=policy,
        settings=settings,
        seed=stable_seed("time to power"),
        known=Known(),
    )
    return choose_by_value(slots, timed, phases, settings)


def size_site(
    site: SiteYear,
    region: pl.DataFrame,
    designs: pl.DataFrame,
    technologies: Mapping[str, FirmTechnology],
    battery: Battery,
    as_of: date,
    settings: Settings,
    own: OwnPrices | None = None,
) -> pl.DataFrame:
    """Find the design of each stack that is worth most at the target of the settings, or the one nearest to it.

    Parameters
    ----------
    site : SiteYear
        Of the region.
    region : pl.DataFrame
        One row of `core.regions`: where the site stands, for prices, costs and the grid.
    designs : pl.DataFrame
        The design grid of the stacks wanted, laid out for the settings.
    technologies : Mapping[str, FirmTechnology]
    battery : Battery
    as_of : date
    settings : Settings
        Size of the site, target, and the shares that stacks keep.
    own : OwnPrices | None

    Returns
    -------
    pl.DataFrame
        Contract `sim.chosen`, the cheapest that meets the target first.
    """
    figures = parameters(load_reference("technology", settings.reference_dir))
    reliability = load_reference("grid_reliability", settings.reference_dir)
    hubs = gas_supply(region, load_reference("gas_hub_rules", settings.reference_dir), settings)
    rates = hazard_rates(region, snapshot("core.county_hazards"), snapshot("core.hazards"))
    causes = region_causes(region, hubs, reliability, figures, settings, hazard_rates=rates)
    plant = Plant(DesignSet.from_frame(designs), technologies, battery, figures, settings)
    price = region_price(region, causes, as_of, settings, own or OwnPrices())
    rows = assess_site(site, plant, causes)
    annual, adequacy = (
        rows.select(REGISTRY[name].schema.column_names()) for name in ("sim.dispatch_annual", "sim.adequacy")
    )
    candidates = price(designs, annual, adequacy)
    market = Market(price, settings)
    finalists = refine([site], plant, {site.region_id: causes}, candidates, market, Unkept(), threads=1)
    candidates = with_finalists(candidates, finalists.priced)
    candidates = with_finalists(candidates, beyond_the_grid(site, plant, causes, candidates, market))
    chosen = _by_value(candidates, site, region, plant, causes, market)
    return chosen.sort("is_target_met", "lcoe_usd_per_mwh", "stack_id", descending=[True, False, False])
