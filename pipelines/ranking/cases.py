"""The night once more under other settings: prices, choice, time to power, value and rank, on the same physics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl
from numpy.typing import NDArray

from pipelines.contracts.base import REGISTRY
from pipelines.economics.credits import ExpectedCredits, credit_dates
from pipelines.economics.evaluate import evaluate_candidates
from pipelines.economics.finance import terms
from pipelines.economics.fuel_service import chosen_service, fuel_services, night_service_terms
from pipelines.economics.gas import GasFacts, gas_prices_by_region
from pipelines.economics.outlook import power_level_factor
from pipelines.economics.prices import PowerFacts, power_prices_by_region
from pipelines.economics.selection import reaches_target, with_composition
from pipelines.economics.value import value_columns
from pipelines.errors import UsageError
from pipelines.ranking.choice import choose_by_value, contenders
from pipelines.ranking.phases import over_phases, priced_phases
from pipelines.ranking.rank import KEY, rank_sites, valued_sites
from pipelines.ranking.reuse import Reuse
from pipelines.reference.parameters import parameters
from pipelines.settings import Settings, marked
from pipelines.timeline.durations import durations
from pipelines.timeline.outcomes import Known
from pipelines.timeline.phases import with_rentals
from pipelines.timeline.rows import SITED, SiteCase, site_cases
from pipelines.timeline.time_to_power import SiteMonths, site_months, time_to_power

_FAMILY = [name for name in REGISTRY["sim.designs"].schema.column_names() if name not in {"design_id", "firm_units"}]


@dataclass(frozen=True)
class CaseFacts:
    """What a night rests on, made ready to be priced again.

    Attributes
    ----------
    regions : pl.DataFrame
        Contract `core.regions` with weather_source.
    designs, annual, adequacy : pl.DataFrame
        Contracts `sim.designs`, `sim.dispatch_annual`, `sim.adequacy`; of the designs that may be chosen.
    phase_designs, phase_annual, phase_adequacy : pl.DataFrame
        The same of the phases before the permanent plant.
    reference : dict[str, pl.DataFrame]
        Reference tables by name.
    outage_causes : pl.DataFrame
        Contract `core.outage_causes`.
    as_of : date
    seed : int
        Seed of the time to power.
    known : Known
        Networks drawn before; grows with each case.
    reuse : Reuse
        Steps done before; grows with each case.
    """

    regions: pl.DataFrame
    designs: pl.DataFrame
    annual: pl.DataFrame
    adequacy: pl.DataFrame
    phase_designs: pl.DataFrame
    phase_annual: pl.DataFrame
    phase_adequacy: pl.DataFrame
    reference: dict[str, pl.DataFrame]
    outage_causes: pl.DataFrame
    as_of: date
    seed: int
    known: Known = field(default_factory=Known)
    reuse: Reuse = field(default_factory=Reuse)


@dataclass(frozen=True)
class Case:
    """One evaluation of the night.

    Attributes
    ----------
    chosen : pl.DataFrame
        Contract `sim.phased` with months to power, value and its factors; one row per region and stack.
    online_share : NDArray
        Expected share online by month, shape (n_rows, horizon_months), rows as in `chosen`.
    settings : Settings
    """

    chosen: pl.DataFrame
    online_share: NDArray
    settings: Settings

    def ranked(self, margin: float | None = None) -> pl.DataFrame:
        """Return the rows in the order of rank, at another margin before power where one is given."""
        frame = self.chosen
        if margin is not None:
            worth = value_columns(frame, self.online_share, self.settings, margin=margin)
            frame = frame.drop(worth.columns).hstack(worth)
        return rank_sites(frame)


def may_be_chosen(
    candidates: pl.DataFrame, chosen: pl.DataFrame, valued: Sequence[pl.DataFrame], settings: Settings
) -> pl.DataFrame:
    """Return region_id, design_id of the candidates that other prices could make the choice.

    Whether a design meets the target and keeps its stack's parts does not depend on prices; where none does, the choice
    goes by availability and stays. Of islanded designs that differ in their number of firm units alone, the fewest that
    meet the target with interruptible gas represent all: units move no energy there, and more of them cost more.
    What is chosen or valued tonight is among them, with whatever service of its gas; fewer units that only such a
    service would allow in another case are not.

    Parameters
    ----------
    candidates, chosen : pl.DataFrame
        Contracts `sim.candidates`, `sim.chosen`.
    valued : Sequence[pl.DataFrame]
        The designs valued tonight, from `contenders`.
    """
    has_choice = chosen.filter("is_target_met").select(KEY)
    marked = with_composition(candidates, settings)
    met = marked.filter(reaches_target(settings)).join(has_choice, on=KEY, how="semi", maintain_order="left")
    fewest = pl.col("firm_units") == pl.col("firm_units").min().over("region_id", *_FAMILY)
    met = met.filter((pl.col("grid_mw") > 0.0) | fewest)
    pairs = [frame.select("region_id", "design_id") for frame in (met, chosen, *valued)]
    return pl.concat(pairs).unique(maintain_order=True)


def other_settings(settings: Settings, changes: dict[str, Any]) -> Settings:
    """Return the settings with some of the economic ones changed.

    Raises
    ------
    UsageError
        If a name is unknown or is not an economic setting.
    """
    for name in changes:
        if name not in Settings.model_fields:
            raise UsageError(f"there is no setting {name!r}; settings are listed in the table assumptions.")
        if name not in marked("economics"):
            raise UsageError(f"setting {name!r} changes dispatch or outages; a case shares them with the night.")
    # Checked like any settings; the environment, which `Settings()` reads first, has no say in a case.
    changed = Settings.__new__(Settings)
    Settings.__pydantic_validator__.validate_python({**settings.model_dump(), **changes}, self_instance=changed)
    return changed


def evaluate_case(facts: CaseFacts, settings: Settings) -> Case:
    """Price, choose, time and value the night under the given settings.

    Parameters
    ----------
    facts : CaseFacts
    settings : Settings
        Differ from the night's in economic settings only.
    """
    lead_times, policy, queues = (
        facts.reference[name] for name in ("equipment_lead_times", "policy", "queue_statistics")
    )
    drawn = facts.reuse.step("durations", settings, (), lambda read: durations(lead_times, policy, queues, read))
    permanent, phases = _priced(facts, drawn, settings)
    slots = _slots(facts, permanent, settings)

    def sited(designs: pl.DataFrame) -> list[SiteCase]:
        def make(read: Settings, places: list[int]) -> list[SiteCase]:
            return site_cases(facts.regions, designs[places], policy, read)

        return facts.reuse.each("sites", settings, designs.select(SITED).rows(), make)

    def timed(designs: pl.DataFrame) -> SiteMonths:
        shared: dict[str, Any] = {"known": facts.known, "cases": sited(designs)}
        return site_months(facts.regions, designs, drawn, policy, settings, facts.seed, **shared)

    chosen = choose_by_value(slots, timed, phases, settings)
    times = time_to_power(
        facts.regions,
        chosen,
        lead_times,
        policy,
        queues,
        settings,
        facts.seed,
        known=facts.known,
        used=drawn,
        cases=sited(chosen),
        is_path_wanted=False,
    )
    keys = times.time_to_power.select(KEY)
    priced = priced_phases(chosen, phases, keys, times.phase_share, times.phase_begins, settings)
    lived = over_phases(chosen, priced, facts.outage_causes)
    valued = valued_sites(facts.regions, lived, times.time_to_power, times.online_share, settings)
    return Case(valued, times.online_share, settings)


def _priced(facts: CaseFacts, drawn: pl.DataFrame, settings: Settings) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Price the permanent plants and the phases before them, both contract `sim.candidates`; once for like cases."""
    own, rules, reuse = parameters(facts.reference["technology"]), facts.reference["tax_rules"], facts.reuse
    designs = pl.concat([facts.designs, facts.phase_designs])

    def expected(read: Settings) -> ExpectedCredits:
        dates = credit_dates(rules, drawn, facts.as_of, read, facts.seed)
        return ExpectedCredits(rules, dates.expected(designs))

    def gas_prices(read: Settings) -> pl.DataFrame:
        gas_facts = GasFacts.read(lambda name: facts.reference[name])
        return gas_prices_by_region(facts.regions, gas_facts, facts.as_of, terms(own, rules, read), read)

    def power_prices(read: Settings) -> pl.DataFrame:
        level = power_level_factor(facts.reference["price_projections"], facts.as_of, terms(own, rules, read), read)
        power_facts = PowerFacts.read(lambda name: facts.reference[name])
        return power_prices_by_region(facts.regions, power_facts, facts.as_of, read, level_factor=level)

    def priced(read: Settings) -> tuple[pl.DataFrame, pl.DataFrame]:
        candidates = evaluate_candidates(
            with_rentals(designs, read),
            pl.concat([facts.annual, facts.phase_annual]),
            pl.concat([facts.adequacy, facts.phase_adequacy]),
            facts.regions,
            gas,
            power,
            own,
            facts.reference["locational_multipliers"],
            facts.reference["emission_factors"],
            read,
            outage_causes=facts.outage_causes,
            credits=credits,
        )
        columns = REGISTRY["sim.candidates"].schema.column_names()
        is_phase = pl.col("design_id").is_in(facts.phase_designs["design_id"].implode())
        return candidates.filter(~is_phase), candidates.filter(is_phase).select(columns)

    credits = reuse.step("credits", settings, (drawn,), expected)
    gas = reuse.step("gas prices", settings, (), gas_prices)
    power = reuse.step("power prices", settings, (), power_prices)
    return reuse.step("candidates", settings, (credits, gas, power), priced)


def _slots(facts: CaseFacts, permanent: pl.DataFrame, settings: Settings) -> list[pl.DataFrame]:
    """List the designs that may be worth most, from `contenders`; once for like cases."""
    own, rules = parameters(facts.reference["technology"]), facts.reference["tax_rules"]

    def service_terms(read: Settings) -> pl.DataFrame:
        multipliers, paid_by = facts.reference["locational_multipliers"], terms(own, rules, read)
        return night_service_terms(facts.regions, own, rules, multipliers, paid_by, read)

    def slots(read: Settings) -> list[pl.DataFrame]:
        return contenders(chosen_service(fuel_services(permanent, services, read)), permanent, services, read)

    services = facts.reuse.step("services", settings, (), service_terms)
    return facts.reuse.step("slots", settings, (permanent, services), slots)
