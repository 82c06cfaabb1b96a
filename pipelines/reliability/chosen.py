"""The chosen designs by sequential Monte Carlo: sampled years, what the battery bridges, and ride-through of a loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.dispatch.inputs import DesignSet, SiteYear
from pipelines.dispatch.storage_years import StorageYears, has_no_firm_source
from pipelines.dispatch.trace import simulate_trace
from pipelines.identity import content_hash, stable_seed
from pipelines.plant.catalogue import stacks
from pipelines.plant.technology import Battery, FirmTechnology
from pipelines.reliability.campaign import Plant, site_key
from pipelines.reliability.common_mode import HOURS_PER_YEAR, with_left
from pipelines.reliability.hazard_losses import (
    hazard_unavailability,
    hazards_by_region,
    hazards_of,
    struck_by_hazards,
)
from pipelines.reliability.hazard_years import with_hazards
from pipelines.reliability.monte_carlo import Estimate, Summary, YearlyOutcomes, prepare, summarise
from pipelines.reliability.starts import is_standby
from pipelines.reliability.survival import Bridge, Standby, survival
from pipelines.reliability.system import system_of_design
from pipelines.settings import marked, values_of
from pipelines.warehouse.cache import Cache

# Lengths of a loss of grid or gas that are reported (h).
LOSS_HOURS = (1, 4, 8, 24)
# A loss begins every so many hours, coprime to 24, so that every hour of the day and season has its share; less often
# where units and a battery together have many states.
_START_EVERY, _START_EVERY_OF_MANY = 7, 23
_BINS = 100


def sample_chosen(
    sites: Sequence[SiteYear],
    chosen: pl.DataFrame,
    plant: Plant,
    causes: Mapping[str, pl.DataFrame],
    cache: Cache,
    *,
    further: Mapping[str, StorageYears] | None = None,
    threads: int = 2,
) -> tuple[pl.DataFrame, int]:
    """Sample years of every chosen design, each kept by what it depends on.

    Parameters
    ----------
    sites : Sequence[SiteYear]
        The sampled years of a design are spread over the weather years of its region.
    chosen : pl.DataFrame
        Contract `sim.chosen`: region, stack, the sizes of its design, and the shares of the losses of gas that the
        fuel service leaves.
    plant : Plant
        Its designs are not used.
    causes : Mapping[str, pl.DataFrame]
        Region to its shared failures.
    cache : Cache
    further : Mapping[str, StorageYears] | None
        Region to the years that designs without a firm source run on as well.
    threads : int
        Designs worked on at once; the results do not depend on it.

    Returns
    -------
    tuple[pl.DataFrame, int]
        region_id, stack_id, design_id and the columns of `sample_design`, ordered by region and stack; and how many
        designs came from the cache.
    """
    by_region: dict[str, list[SiteYear]] = {}
    for site in sites:
        by_region.setdefault(site.region_id, []).append(site)
    keys = {
        region: [{name: part for name, part in site_key(site, plant, causes[region]).items() if name != "designs"}
                 for site in years]
        for region, years in by_region.items()
    }  # fmt: skip
    ordered = chosen.sort("region_id", "stack_id")

    regions = [str(region) for region in ordered["region_id"]]
    designs = DesignSet.from_frame(ordered)
    rows = designs.to_frame().hash_rows(seed=0).to_list()
    sites_hash = {region: content_hash(own) for region, own in keys.items()}
    beyond = [
        further.get(region) if further and is_alone else None
        for region, is_alone in zip(regions, has_no_firm_source(designs).tolist(), strict=True)
    ]
    left = list(ordered.select("gas_basin_left_frac", "gas_lateral_left_frac").iter_rows())
    wanted = [
        content_hash([sites_hash[region], row, *shares, hazards_of(causes[region]), *([years.key] if years else [])])
        for region, row, shares, years in zip(regions, rows, left, beyond, strict=True)
    ]

    def one(number: int) -> pl.DataFrame:
        region = regions[number]
        design, years = DesignSet.from_frame(ordered[[number]]), beyond[number]
        own = [*by_region[region], *(years.sites() if years else [])]
        return pl.DataFrame([sample_design(own, design, plant, with_left(causes[region], *left[number]))])

    def compute(missing: list[int]) -> pl.DataFrame:
        with ThreadPoolExecutor(threads) as pool:
            return pl.concat(list(pool.map(one, missing)), how="vertical_relaxed")

    sampled, hits = cache.rows("monte_carlo", {"sampling": _sampling(plant)}, wanted, compute)
    named = ordered.select("region_id", "stack_id", "design_id")
    return pl.concat([named, sampled], how="horizontal"), hits


def _sampling(plant: Plant) -> list[Any]:
    """List what the sampling depends on beyond the campaign."""
    parameters = plant.parameters
    return [
        [field.name for field in fields(Summary)],
        values_of(plant.settings, marked("physics", "sampling")),
        parameters.value("bess", "mttr", "hours"),
        parameters.value("bess", "planned_outage_rate"),
        parameters.value("transformer", "mttr", "hours"),
    ]


def sample_design(
    sites: Sequence[SiteYear], design: DesignSet, plant: Plant, causes: pl.DataFrame
) -> dict[str, float | int | str | None]:
    """Return the sampled adequacy of one design in one region.

    Parameters
    ----------
    sites : Sequence[SiteYear]
        The region's weather years.
    design : DesignSet
        The one design.
    plant : Plant
        Its designs are not used.
    causes : pl.DataFrame
        The region's shared failures.

    Returns
    -------
    dict[str, float | int | str | None]
        mc_ columns of `mart.adequacy`, standard errors ending in _se; spare units; what is lost for the ride-through
        and the probability to ride through each of LOSS_HOURS.
    """
    years = -(-plant.settings.monte_carlo_years // len(sites))
    own = stacks(plant.settings).get(design.stack_id[0])
    name = own.first_named(design.design_id[0]) if own is not None else design.design_id[0]
    kept: list[YearlyOutcomes] = []
    followed: list[YearlyOutcomes] = []
    for site in sites:
        system = system_of_design(
            site, design, 0, plant.technologies, plant.battery, causes, plant.parameters, plant.settings
        )
        seed = stable_seed("monte carlo", site.region_id, site.weather_year, name)
        ready = prepare(system)
        kept.append(ready.sample(years, seed, threads=1))
        # Only units that can fill a battery make the two ways of operating it differ.
        if system.storage is not None and any(group.order == "following" for group in system.groups):
            followed.append(ready.sample(years, seed, is_conserving=False, threads=1))
        else:
            followed.append(kept[-1])
    outcomes = YearlyOutcomes.together(kept)
    hazards = tuple(hazards_of(causes))
    load_mwh = float(np.mean([site.load_mw.sum() * site.step_hours for site in sites]))
    load_hours = float(np.mean([(site.load_mw > 0).sum() * site.step_hours for site in sites]))
    summary = with_hazards(summarise(outcomes), outcomes, hazards, load_mwh, load_hours)
    in_service = 1.0 - hazard_unavailability(list(hazards))
    bridged = Estimate.of(in_service * (YearlyOutcomes.together(followed).unserved_mwh - outcomes.unserved_mwh))
    estimates = {
        "lolh_hours_per_year": summary.lole_hours,
        "lole_days_per_year": summary.lole_days,
        "lole_events_per_year": summary.events,
        "eue_mwh_per_year": summary.eue_mwh,
        "bridged_mwh_per_year": bridged,
        "trip_interruptions_per_year": Estimate.of(outcomes.interruptions),
        "failed_starts_per_year": Estimate.of(outcomes.failed_starts),
    }
    row: dict[str, float | int | str | None] = {"mc_years": summary.years}
    for name, estimate in estimates.items():
        row |= {f"mc_{name}": estimate.mean, f"mc_{name}_se": estimate.standard_error}
    row |= {
        "mc_unserved_mwh_p50": summary.unserved_mwh_p50,
        "mc_unserved_mwh_p95": summary.unserved_mwh_p95,
        "mc_unserved_mwh_p99": summary.unserved_mwh_p99,
        "mc_unserved_mwh_cvar95": summary.unserved_mwh_cvar95,
        "mc_longest_outage_hours": summary.longest_hours,
    }
    return row | {"spare_units": spare_units(sites, design)} | ride_through(sites, design, plant)


def spare_units(sites: Sequence[SiteYear], design: DesignSet) -> int | None:
    """Return the firm units beyond those that carry the peak alone with the baseload units; null without firm units.

    Parameters
    ----------
    sites : Sequence[SiteYear]
        The peak and the lowest output of a unit are taken over all hours.
    design : DesignSet
        The one design; sun, battery and grid are not counted on.
    """
    if design.firm_units[0] == 0:
        return None
    needed = []
    for site in sites:
        unit = design.firm_unit_mw[0] * site.capacity_frac[design.firm_technology[0]]
        base = np.zeros(len(site.load_mw))
        if design.baseload_units[0] > 0:
            base = site.capacity_frac[design.baseload_technology[0]] * design.baseload_unit_mw[0]
        short = np.maximum(site.load_mw - design.baseload_units[0] * base, 0.0)
        needed.append(int(np.ceil((short - 1e-6) / unit).max()))
    return int(design.firm_units[0]) - max(needed)


def ride_through(sites: Sequence[SiteYear], design: DesignSet, plant: Plant) -> dict[str, Any]:
    """Return what of a design can be lost from outside, and the probability to ride through it, at a random hour.

    Parameters
    ----------
    sites : Sequence[SiteYear]
        The region's weather years; the mean over them is returned.
    design : DesignSet
        The one design. With a grid it loses the grid, and standby units and battery are left; else, where gas units
        follow, it loses the gas, and solar, battery and baseload units are left.
    plant : Plant
    """
    names = [f"survives_{hours}h_frac" for hours in LOSS_HOURS]
    lost = loss_from_outside(design, plant.technologies)
    if lost == "nothing":
        return {"survival_of": lost, **dict.fromkeys(names, None)}
    found = []
    for site in sites:
        soc = np.zeros(len(site.load_mw))
        if design.bess_mwh[0] > 0.0:
            soc = simulate_trace(site, design, 0, plant.technologies, plant.battery)["soc_mwh"].to_numpy()
        found.append(through_loss(site, design, plant.technologies, plant.battery, soc, max(LOSS_HOURS)))
    mean = np.mean(found, axis=0)
    by_length = {name: float(mean[hours - 1]) for name, hours in zip(names, LOSS_HOURS, strict=True)}
    return {"survival_of": lost, **by_length}


def loss_from_outside(design: DesignSet, technologies: Mapping[str, FirmTechnology]) -> str:
    """Name what a design can lose from outside: `grid`, else `gas_supply` where gas units follow, else `nothing`."""
    if design.grid_mw[0] > 0:
        return "grid"
    has_gas = design.firm_units[0] > 0 and technologies[design.firm_technology[0]].fuel == "natural_gas"
    return "gas_supply" if has_gas else "nothing"


def through_loss(
    site: SiteYear,
    design: DesignSet,
    technologies: Mapping[str, FirmTechnology],
    battery: Battery,
    soc_mwh: NDArray[np.float64],
    hours: int,
) -> NDArray[np.float64]:
    """Compute the probability to ride through the loss of grid or gas at a random hour, by its length.

    Parameters
    ----------
    site : SiteYear
    design : DesignSet
        The one design; see `loss_from_outside`.
    technologies : Mapping[str, FirmTechnology]
    battery : Battery
    soc_mwh : NDArray[np.float64]
        Energy in the battery at the end of each step, shape (n_steps,).
    hours : int
        Longest loss, in steps.

    Returns
    -------
    NDArray[np.float64]
        Shape (hours,).
    """
    # One block at most stays: the standby units beside a grid, the baseload units where gas is lost.
    technology, count, unit_mw = design.firm_technology[0], int(design.firm_units[0]), design.firm_unit_mw[0]
    if design.grid_mw[0] <= 0:
        technology, count = design.baseload_technology[0], int(design.baseload_units[0])
        unit_mw = design.baseload_unit_mw[0]
    energy = float(design.bess_mwh[0])
    result = survival(
        site.load_mw,
        hours,
        [_standby(technologies[technology], count, float(unit_mw))] if count > 0 else [],
        unit_frac=site.capacity_frac[technology] if count > 0 else None,
        free_mw=design.solar_mw[0] * site.solar_mw_per_mw,
        bridge=Bridge(
            float(design.bess_mw[0]),
            energy,
            battery.charge_efficiency,
            battery.discharge_efficiency,
            battery.soc_floor_frac,
        ),
        soc_mwh=np.roll(soc_mwh, 1),
        starts=np.arange(0, len(site.load_mw), _START_EVERY_OF_MANY if count > 0 and energy > 0.0 else _START_EVERY),
        bins=_BINS,
        step_hours=site.step_hours,
    )
    return result.by_hours


def _standby(unit: FirmTechnology, count: int, unit_mw: float) -> Standby:
    """Return a block of units as it meets a loss."""
    starting = unit.forced_outage_rate if is_standby(unit) else 0.0
    out = unit.planned_outage_rate + (0.0 if is_standby(unit) else unit.forced_outage_rate)
    return Standby(count, unit_mw, unit.mtbf_hours, 1.0 - out, starting)


def adequacy_table(
    chosen: pl.DataFrame, lost: pl.DataFrame, sampled: pl.DataFrame, causes: pl.DataFrame
) -> pl.DataFrame:
    """Return the adequacy of the chosen designs by convolution and by sampling side by side.

    Parameters
    ----------
    chosen : pl.DataFrame
        Contract `sim.chosen`.
    lost : pl.DataFrame
        Contract `mart.reliability`: unserved energy by cause.
    sampled : pl.DataFrame
        As from `sample_chosen`.
    causes : pl.DataFrame
        Contract `core.outage_causes`: natural hazards are added to what the designs lose by themselves.

    Returns
    -------
    pl.DataFrame
        Contract `mart.adequacy`.
    """
    key = ["region_id", "stack_id"]
    largest = (
        lost.sort("eue_mwh_per_year", "cause", descending=[True, False], maintain_order=True)
        .group_by(key, maintain_order=True)
        .agg(pl.when(pl.col("eue_mwh_per_year").first() > 0).then(pl.col("cause").first()).otherwise(pl.lit("none"))
             .alias("largest_cause"))
    )  # fmt: skip
    load, hours = pl.col("load_mwh"), HOURS_PER_YEAR
    chosen = struck_by_hazards(chosen, hazards_by_region(causes))
    joined = chosen.join(sampled.drop("design_id"), on=key, how="left", validate="1:1").join(largest, on=key)
    return joined.with_columns(
        (pl.col("lolh_hours_per_year") / hours).alias("lolp_frac"),
        (pl.col("eue_mwh_per_year") / load).alias("normalised_eue_frac"),
        _nines(pl.col("eue_mwh_per_year") / load).alias("nines"),
        *[(pl.col(f"mc_lolh_hours_per_year{se}") / hours).alias(f"mc_lolp_frac{se}") for se in ("", "_se")],
        *[(pl.col(f"mc_eue_mwh_per_year{se}") / load).alias(f"mc_normalised_eue_frac{se}") for se in ("", "_se")],
        (1.0 - pl.col("mc_eue_mwh_per_year") / load).alias("mc_availability_frac"),
        (1.0 - pl.col("mc_unserved_mwh_cvar95") / load).clip(0.0, 1.0).alias("worst_years_served_frac"),
        _nines(pl.col("mc_eue_mwh_per_year") / load).alias("mc_nines"),
        (pl.col("mc_eue_mwh_per_year") - pl.col("eue_mwh_per_year")).alias("mc_difference_mwh_per_year"),
        (pl.col("mc_eue_mwh_per_year") + pl.col("mc_bridged_mwh_per_year") - pl.col("eue_mwh_per_year")).alias(
            "mc_as_dispatched_difference_mwh_per_year"
        ),
    ).sort(key)


def _nines(lost: pl.Expr) -> pl.Expr:
    """Return the nines of an availability, null where nothing is lost."""
    return pl.when(lost > 0).then(-lost.log10())
