"""A site over its phases: what each costs and emits, and the discounted means that its value counts."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.contracts import costs as _contracts  # noqa: F401 - registers the tables
from pipelines.contracts.base import validate
from pipelines.economics.value import online_years_discounted
from pipelines.errors import ContractError
from pipelines.ordered import group_sum
from pipelines.plant.catalogue import stacks
from pipelines.reliability.hazard_losses import hazards_by_region, struck_by_hazards
from pipelines.settings import Settings
from pipelines.timeline.phases import phases_of

KEY = ["region_id", "stack_id"]
_PER_SERVED = ("co2_kg_per_mwh", "lcoe_usd_per_mwh", "lcoe_simple_usd_per_mwh")
_ENERGIES = (
    "served_mwh",
    "solar_potential_mwh",
    "curtailed_mwh",
    "charge_mwh",
    "discharge_mwh",
    "grid_mwh",
    "baseload_mwh",
    "firm_mwh",
    "gas_mmbtu_per_year",
)


def priced_phases(
    chosen: pl.DataFrame,
    priced: pl.DataFrame,
    keys: pl.DataFrame,
    phase_share: NDArray[np.float64],
    phase_begins: NDArray[np.float64],
    settings: Settings,
) -> pl.DataFrame:
    """Put the phases of the chosen designs side by side, with how long each runs.

    Parameters
    ----------
    chosen : pl.DataFrame
        Contract `sim.chosen`.
    priced : pl.DataFrame
        Contract `sim.candidates` of the designs of the phases before the permanent plant.
    keys : pl.DataFrame
        region_id, stack_id of the rows of the time to power.
    phase_share, phase_begins : NDArray[np.float64]
        As in `TimelineResult`, rows as in `keys`.
    settings : Settings

    Returns
    -------
    pl.DataFrame
        Contract `sim.phases`: one row per region, stack that is built in phases, and phase.

    Raises
    ------
    ContractError
        If a phase in which modules run has no price.
    """
    listed = phases_of(chosen, settings).filter(pl.len().over(KEY) > 1)
    places = listed.join(keys.with_row_index("_row"), on=KEY, how="left", maintain_order="left")
    row, number = places["_row"].to_numpy(), places["phase"].to_numpy() - 1
    listed = listed.with_columns(
        pl.Series("online_years_discounted", online_years_discounted(phase_share[row, number], settings)),
        pl.Series("begins_months_p50", phase_begins[row, number]),
        pl.col("phase_design_id").alias("design_id"),
    ).drop("phase_design_id")
    permanent = chosen.select(priced.columns)
    costs = pl.concat([permanent, priced.select(permanent.columns).cast(permanent.schema)])
    found = listed.join(costs.drop("stack_id"), on=["region_id", "design_id"], how="left", maintain_order="left")
    absent = found.filter(pl.col("lcoe_usd_per_mwh").is_null())
    if absent.filter(pl.col("online_years_discounted") > 0.0).height:
        at = absent.filter(pl.col("online_years_discounted") > 0.0).row(0, named=True)
        raise ContractError(
            f"sim.phase_annual: design {at['design_id']} of phase {at['phase_id']} in region {at['region_id']} was not "
            "dispatched; dispatch the phases of every design that may be chosen."
        )
    # A phase whose units carry no module alone never runs.
    return _with_hire(found, settings).filter(pl.col("lcoe_usd_per_mwh").is_not_null())


def _with_hire(phases: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Add what rented units cost to their phases: hire for as long as it is paid, and the exit, spread over the phase.

    A phase lasts from its median month to that of the next, a month at least.
    """
    terms = [
        {
            "stack_id": stack.id,
            "phase_id": phase.id,
            "_hire": phase.rental.hire_usd_per_kw_month,
            "_least": float(phase.rental.minimum_months),
            "_exit": phase.rental.exit_usd_per_kw,
        }
        for stack in stacks(settings).values()
        for phase in stack.early
        if phase.rental is not None
    ]
    if not terms:
        return phases
    months = (pl.col("begins_months_p50").shift(-1).over(KEY) - pl.col("begins_months_p50")).clip(lower_bound=1.0)
    paid = pl.col("_hire") * pl.max_horizontal(months, "_least") + pl.col("_exit")
    rated_kw = 1000.0 * pl.col("firm_units") * pl.col("firm_unit_mw")
    yearly = (rated_kw * paid * 12.0 / months).fill_null(0.0)
    per_mwh = [
        (pl.col(name) + pl.col("_yearly") / pl.col("served_mwh")).alias(name)
        for name in ("lcoe_usd_per_mwh", "lcoe_simple_usd_per_mwh")
    ]
    return (
        phases.join(pl.DataFrame(terms), on=["stack_id", "phase_id"], how="left", maintain_order="left")
        .with_columns(yearly.alias("_yearly"))
        .with_columns(pl.col("fixed_om_usd_per_year") + pl.col("_yearly"), *per_mwh)
        .select(phases.columns)
    )


def over_phases(chosen: pl.DataFrame, phases: pl.DataFrame, causes: pl.DataFrame | None = None) -> pl.DataFrame:
    """Average the chosen designs over their phases.

    With T_p the discounted years that a planned MW is online in phase p, w_p = T_p / sum T: costs, fuel, carbon and
    energies per year are means with these weights, and so is availability, as energy served over energy demanded. What
    is per MWh served is their ratio; shares of renewable energy and figures of reliability are those of the permanent
    plant, which is held to limits. Value is then sum T times net margin at these means, which is the sum over phases
    of T_p times the net margin of the phase, since the net margin A (M - B L) - R is linear in A, A L and R.

    Parameters
    ----------
    chosen : pl.DataFrame
        Contract `sim.chosen`.
    phases : pl.DataFrame
        Contract `sim.phases`.
    causes : pl.DataFrame | None
        Contract `core.outage_causes`: what natural hazards take is added; without it, as where designs of one region
        are compared, it is left out.

    Returns
    -------
    pl.DataFrame
        Contract `sim.phased`: sizes, capital and reliability of the permanent plant; energies, yearly costs, carbon,
        `online_availability_frac` and `online_interruptions_per_year` over the phases.
    """
    yearly = [name for name in chosen.columns if name.endswith("_usd_per_year")]
    total = pl.col("online_years_discounted").sum().over(KEY)
    is_last = pl.col("phase") == pl.col("phase").max().over(KEY)
    # A site that is never online is what its permanent plant is.
    weight = pl.when(total > 0.0).then(pl.col("online_years_discounted") / total).otherwise(is_last.cast(pl.Float64))
    served = pl.col("_weight") * pl.col("served_mwh")
    own = (
        phases.with_columns(weight.alias("_weight"))
        .group_by(KEY, maintain_order=True)
        .agg(
            *(group_sum(pl.col(name) * pl.col("_weight")) for name in (*_ENERGIES, *yearly)),
            *(group_sum(pl.col(name) * served) / group_sum(served) for name in _PER_SERVED),
            (group_sum(served) / group_sum(pl.col("load_mwh") * pl.col("_weight"))).alias("online_availability_frac"),
            group_sum(pl.col("interruptions_per_year") * pl.col("_weight")).alias("online_interruptions_per_year"),
        )
    )
    plain = chosen.with_columns(
        pl.col("availability_frac").alias("online_availability_frac"),
        pl.col("interruptions_per_year").alias("online_interruptions_per_year"),
    )
    averaged = [name for name in own.columns if name not in KEY]
    joined = plain.join(own, on=KEY, how="left", suffix="_phased", maintain_order="left")
    averages = [pl.coalesce(f"{name}_phased", name).alias(name) for name in averaged]
    found = joined.with_columns(averages).select(plain.columns)
    return found if causes is None else struck_by_hazards(found, hazards_by_region(causes))


def described_phases(phases: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Return contract `mart.phases`: in words what runs in each phase, its months, cost and carbon.

    Parameters
    ----------
    phases : pl.DataFrame
        Contract `sim.phases`.
    settings : Settings
        The folder of the user's own stacks.
    """
    said = [
        {"stack_id": stack.id, "phase_id": phase.id, "running": phase.running, "is_rented": phase.rental is not None}
        for stack in stacks(settings).values()
        for phase in stack.phases
    ]
    words = pl.DataFrame(said)
    frame = phases.join(words, on=["stack_id", "phase_id"], how="left", maintain_order="left").sort(*KEY, "phase")
    return validate(
        frame.with_columns(
            pl.col("begins_months_p50").alias("from_months_p50"),
            pl.col("begins_months_p50").shift(-1).over(KEY).alias("until_months_p50"),
        ),
        "mart.phases",
    )
