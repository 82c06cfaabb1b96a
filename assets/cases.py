"""The night once more under other settings, for the assets that compare cases."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from assets.choice import CONTENDER_INPUTS, night_contenders
from assets.money import TERMS_INPUTS, night_terms
from assets.night import Night
from assets.plant import plant_parameters, plant_technologies
from assets.timeline import TIMELINE_INPUTS, night_networks, night_timeline
from pipelines.economics.charges import ChargeTable, charge_table
from pipelines.economics.costs import unit_costs
from pipelines.economics.finance import Terms, at_equity_rate
from pipelines.economics.gas import GAS_TABLES, Ranges, gas_ranges
from pipelines.economics.hub_prices import henry_hub_spot
from pipelines.economics.prices import POWER_TABLES
from pipelines.ranking.cases import Case, CaseFacts, may_be_chosen
from pipelines.ranking.fact_value import fact_value
from pipelines.ranking.model import SiteModel, site_model
from pipelines.ranking.place_draws import PlaceRanges, place_ranges
from pipelines.ranking.rank import KEY, valued_sites
from pipelines.ranking.robustness import draw_values, rank_acceptability
from pipelines.ranking.uncertainty import Uncertain, uncertainties
from pipelines.timeline.draws import TIMELINE_SEED, Draws
from pipelines.timeline.online import online_share_matrix
from pipelines.timeline.phases import phase_designs, phases_needed

_REFERENCE = (
    *dict.fromkeys([*GAS_TABLES, *POWER_TABLES]),
    "equipment_lead_times",
    "locational_multipliers",
    "policy",
    "price_projections",
    "queue_statistics",
    "tax_rules",
    "technology",
)
BASE_INPUTS = ["core.regions", "core.weather_choice", "sim.phased", "mart.time_to_power", "sim.online_share"]
UNCERTAIN_INPUTS = [
    *BASE_INPUTS,
    *TIMELINE_INPUTS,
    *TERMS_INPUTS,
    "core.henry_hub_path",
    "core.gas_prices",
    "core.gas_prices_by_region",
    "sim.chosen",
]
FIRMNESS_INPUTS = [*UNCERTAIN_INPUTS, "mart.adequacy"]
CASE_INPUTS = [
    *BASE_INPUTS,
    *TIMELINE_INPUTS,
    *CONTENDER_INPUTS,
    "sim.designs",
    "sim.dispatch_annual",
    "sim.adequacy",
    "sim.chosen",
    "sim.design_grid",
    "sim.phase_annual",
    "sim.phase_adequacy",
    "core.outage_causes",
    "core.temperature_outage",
    *(f"core.{name}" for name in _REFERENCE),
]


@dataclass(frozen=True)
class UncertainNight:
    """The night's sites as functions of their assumptions, with the ranges of these."""

    model: SiteModel
    draws: Draws
    uncertain: list[Uncertain]
    ranges: Ranges
    places: PlaceRanges


@dataclass(frozen=True)
class Firmness:
    """What the draws of the night's sites say: contracts mart.rank_acceptability and mart.fact_value."""

    rank_acceptability: pl.DataFrame
    fact_value: pl.DataFrame


def placed_regions(night: Night) -> pl.DataFrame:
    """Return the regions with the weather they run on."""
    return night.read("core.regions").join(
        night.read("core.weather_choice"), on="region_id", how="left", maintain_order="left"
    )


def base_case(night: Night) -> Case:
    """Return the night itself as a case."""
    return night.once("base case", lambda: _base_case(night))


def case_facts(night: Night) -> CaseFacts:
    """Return what the night rests on, of the designs that other prices could choose."""
    return night.once("case facts", lambda: _case_facts(night))


def uncertain_night(night: Night) -> UncertainNight:
    """Return the model of the night's sites with everything that is uncertain about it."""
    return night.once("uncertain night", lambda: _uncertain_night(night))


def night_firmness(night: Night) -> Firmness:
    """Return ranks over draws and the value of facts; the draws themselves are not kept, as they are large."""
    return night.once("firmness", lambda: _firmness(night))


def _firmness(night: Night) -> Firmness:
    own = uncertain_night(night)
    drawn = draw_values(own.model, own.draws, own.uncertain, own.ranges, own.places, night.read("mart.adequacy"))
    return Firmness(rank_acceptability(own.model, drawn), fact_value(own.model, own.draws, drawn))


def _base_case(night: Night) -> Case:
    times = night.read("mart.time_to_power")
    chosen = night.read("sim.phased")
    share = online_share_matrix(night.read("sim.online_share"), times)
    valued = valued_sites(placed_regions(night), chosen, times, share, night.settings)
    order = chosen.select(KEY).join(times.select(KEY).with_row_index("row"), on=KEY, how="left", maintain_order="left")
    return Case(valued, share[order["row"].to_numpy()], night.settings)


def _case_facts(night: Night) -> CaseFacts:
    night_timeline(night)
    kept = may_be_chosen(
        night.read("sim.candidates"), night.read("sim.chosen"), night_contenders(night), night.settings
    )
    phases = phases_needed(kept, night.read("sim.designs"), night.settings)
    key = ["region_id", "design_id"]
    return CaseFacts(
        regions=placed_regions(night),
        designs=night.read("sim.designs"),
        annual=night.read("sim.dispatch_annual").join(kept, on=key, how="semi", maintain_order="left"),
        adequacy=night.read("sim.adequacy").join(kept, on=key, how="semi", maintain_order="left"),
        phase_designs=phase_designs(night.read("sim.design_grid"), plant_technologies(night), night.settings),
        phase_annual=night.read("sim.phase_annual").join(phases, on=key, how="semi", maintain_order="left"),
        phase_adequacy=night.read("sim.phase_adequacy").join(phases, on=key, how="semi", maintain_order="left"),
        reference={name: night.read(f"core.{name}") for name in _REFERENCE},
        outage_causes=night.read("core.outage_causes"),
        as_of=night.as_of,
        seed=TIMELINE_SEED,
        known=night_networks(night),
    )


def _uncertain_night(night: Night) -> UncertainNight:
    own, settings = night_terms(night), night.settings
    rules, figures = night.read("core.tax_rules"), plant_parameters(night)
    costs = unit_costs(figures, settings)
    spot, _ = henry_hub_spot(night.read("core.gas_prices"), night.as_of, settings)
    uncertain = uncertainties(
        figures,
        night.read("core.henry_hub_path"),
        spot,
        night.as_of,
        own,
        settings,
    )
    rates = {end for item in uncertain if item.effect == "cost_of_capital" for end in (item.low, item.high)}

    def charges(terms: Terms) -> ChargeTable:
        return charge_table(costs, rules, terms, settings)

    gas = night.read("core.gas_prices_by_region")
    supply = gas.select("region_id", "gas_hub", "gas_rule")
    rows = base_case(night).chosen.join(supply, on="region_id", how="left", maintain_order="left")
    others = {rate: charges(at_equity_rate(own, rate / 100.0)) for rate in sorted(rates)}
    return UncertainNight(
        model=site_model(rows, night.read("sim.chosen"), charges(own), others, settings),
        draws=night_timeline(night).draws,
        uncertain=uncertain,
        ranges=gas_ranges(gas),
        places=place_ranges(rows, night.read("core.regions"), settings),
    )
