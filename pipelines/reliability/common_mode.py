"""Shared failures: what takes several units, the grid or the whole site at once, from cited rates and settings."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.contracts.reference import OWN_PUBLISHER
from pipelines.dispatch.inputs import DesignSet
from pipelines.errors import InputError, UsageError
from pipelines.plant.technology import Battery
from pipelines.reliability.gas_basins import freezes_by_hub
from pipelines.reliability.site_hazards import site_hazards
from pipelines.settings import Settings

if TYPE_CHECKING:
    from pipelines.reference.parameters import Parameters

HOURS_PER_YEAR = 8760.0
GAS_SUPPLY, GAS_BASIN, UNIT_TRANSFORMER, SWITCHGEAR = "gas_supply", "gas_basin", "unit_transformer", "switchgear"
GRID_ROUTINE, GRID_MAJOR, GRID_TRANSFORMER = "grid_routine", "grid_major", "grid_transformer"
GRID_CAUSES = (GRID_ROUTINE, GRID_MAJOR, GRID_TRANSFORMER)


@dataclass(frozen=True)
class GridService:
    """Interruptions of a grid connection in two classes, events and hours per year.

    Major-event days are kept apart because their interruptions last ten times as long, which one exponential
    distribution of durations would hide.
    """

    routine_events: float
    routine_hours: float
    major_events: float
    major_hours: float
    source: Mapping[str, str]

    @property
    def unavailability(self) -> float:
        """Return the share of the year without grid, before anything rides through."""
        return (self.routine_hours + self.major_hours) / HOURS_PER_YEAR


def grid_service(grid_reliability: pl.DataFrame, state: str) -> GridService:
    """Return the mean interruption record of a state's customers over all years in the table.

    Parameters
    ----------
    grid_reliability : pl.DataFrame
        Reference table `grid_reliability`: SAIDI (minutes) and SAIFI per state and year, with and without major-event
        days (IEEE 1366).
    state : str
        Two-letter code.

    Raises
    ------
    InputError
        If the state has no complete year.
    """
    needed = [
        "saidi_all_events_minutes",
        "saidi_without_major_event_days_minutes",
        "saifi_all_events",
        "saifi_without_major_event_days",
    ]
    rows = grid_reliability.filter(pl.col("state") == state).drop_nulls(needed).sort("year")
    if rows.is_empty():
        raise InputError(
            f"no complete year for the state {state!r}",
            file="grid_reliability.csv",
            column="state",
            remedy="add the state's SAIDI and SAIFI",
        )
    saidi, saidi_routine, saifi, saifi_routine = (float(np.mean(rows[name].to_numpy())) for name in needed)
    source = {name: str(rows[name][-1]) for name in ("source_title", "publisher", "url", "as_of")}
    return GridService(
        routine_events=saifi_routine,
        routine_hours=saidi_routine / 60.0,
        major_events=max(saifi - saifi_routine, 0.0),
        major_hours=max(saidi - saidi_routine, 0.0) / 60.0,
        source=source,
    )


def common_mode(
    parameters: Parameters,
    settings: Settings,
    *,
    fuels: Collection[str] = (),
    grid: GridService | None = None,
) -> pl.DataFrame:
    """Return the shared failures of a site, one row per cause.

    Parameters
    ----------
    parameters : Parameters
        Reference table of technologies: MTBF and repair time of `transformer` and `mv_switchgear`.
    settings : Settings
        Loss of the gas lateral, and the time to swap in the spare unit transformer that is held on site. The grid
        connection's transformer has no spare and takes its whole repair time.
    fuels : Collection[str]
        Fuels of the stack's units; natural gas brings the gas supply in.
    grid : GridService | None
        Record of the grid connection where the stack has one.

    Returns
    -------
    pl.DataFrame
        Contract `core.outage_causes` without its region: cause, takes (what fails with it), events_per_year,
        hours_per_event, unavailability_frac = events x hours / 8760, and the citation.
    """
    rows: list[dict[str, Any]] = []

    def add(cause: str, takes: str, events: float, hours: float, source: Mapping[str, Any]) -> None:
        cited = {name: str(source[name]) for name in ("source_title", "publisher", "url", "as_of")}
        rows.append(
            {
                "cause": cause,
                "takes": takes,
                "events_per_year": events,
                "hours_per_event": hours,
                "unavailability_frac": events * hours / HOURS_PER_YEAR,
                **cited,
            }
        )

    setting = {"source_title": "setting (assumption)", "publisher": "this project", "url": "", "as_of": ""}
    if "natural_gas" in fuels:
        add(GAS_SUPPLY, "gas_units", settings.gas_interruptions_per_year, settings.gas_interruption_hours, setting)
    swap = settings.spare_transformer_swap_hours
    transformer_events = HOURS_PER_YEAR / (parameters.value("transformer", "mtbf", "hours") + swap)
    transformer = parameters.row("transformer", "mtbf")
    add(UNIT_TRANSFORMER, "one_unit", transformer_events, swap, transformer)
    repair = parameters.value("mv_switchgear", "mttr", "hours")
    switchgear_events = HOURS_PER_YEAR / (parameters.value("mv_switchgear", "mtbf", "hours") + repair)
    add(SWITCHGEAR, "site", switchgear_events, repair, parameters.row("mv_switchgear", "mtbf"))
    if grid is not None:
        add(GRID_ROUTINE, "grid", grid.routine_events, _ratio(grid.routine_hours, grid.routine_events), grid.source)
        add(GRID_MAJOR, "grid", grid.major_events, _ratio(grid.major_hours, grid.major_events), grid.source)
        repair = parameters.value("transformer", "mttr", "hours")
        events = HOURS_PER_YEAR / (parameters.value("transformer", "mtbf", "hours") + repair)
        add(GRID_TRANSFORMER, "grid", events, repair, parameters.row("transformer", "mttr"))
    return pl.DataFrame(rows)


def region_causes(
    regions: pl.DataFrame,
    hubs: pl.DataFrame,
    grid_reliability: pl.DataFrame,
    parameters: Parameters,
    settings: Settings,
    *,
    hazard_rates: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """List the shared failures of every region, contract `core.outage_causes`.

    Parameters
    ----------
    regions : pl.DataFrame
        region_id, state.
    hubs : pl.DataFrame
        region_id and the gas_hub that prices its gas: regions of hubs in one basin share its freeze-offs.
    grid_reliability : pl.DataFrame
        Reference table `grid_reliability`.
    parameters : Parameters
    settings : Settings
        Loss of the gas lateral, and the share of customers that a freeze-off cuts.
    hazard_rates : pl.DataFrame | None
        Contract `mart.hazard_rates`; natural hazards have their mean rates where a region is not in it. Without the
        table there are none.
    """
    by_state = {
        state: common_mode(
            parameters, settings, fuels=("natural_gas",), grid=grid_service(grid_reliability, state)
        ).with_columns(pl.lit(state).alias("state"))
        for state in sorted(set(regions["state"]))
    }
    causes = pl.concat(by_state.values())
    places = regions.select("region_id", "state").with_row_index("_place")
    everywhere = places.join(causes, on="state", how="left", maintain_order="left").drop("state")
    basins = freezes_by_hub(
        places.join(hubs.select("region_id", "gas_hub"), on="region_id", how="left", maintain_order="left")
    )
    cut = pl.col("events_mid_per_year") * settings.gas_freeze_cut_frac
    freezes = basins.select(
        "_place",
        "region_id",
        pl.lit(GAS_BASIN).alias("cause"),
        pl.lit("gas_units").alias("takes"),
        cut.alias("events_per_year"),
        pl.col("hours_mean").alias("hours_per_event"),
        (cut * pl.col("hours_mean") / HOURS_PER_YEAR).alias("unavailability_frac"),
        pl.format("freeze-off of the basin {} ({})", "fuel_basin", "source_title").alias("source_title"),
        pl.when(pl.col("publisher") == OWN_PUBLISHER)
        .then(pl.lit("this project"))
        .otherwise("publisher")
        .alias("publisher"),
        "url",
        "as_of",
    )
    parts = [everywhere, freezes.select(everywhere.columns)]
    if hazard_rates is not None:
        parts.append(_hazard_causes(places, hazard_rates).select(everywhere.columns))
    return pl.concat(parts).sort("_place", maintain_order=True).drop("_place")


def _hazard_causes(places: pl.DataFrame, hazard_rates: pl.DataFrame) -> pl.DataFrame:
    """List the natural hazards that stop the whole site of each place; those that do not strike it are left out."""
    events = pl.col("rate_mid") * pl.col("exposure_ratio") * pl.col("strike_frac")
    return (
        site_hazards(places, hazard_rates)
        .join(places.select("_place", "region_id"), on="region_id", how="left", maintain_order="left")
        .select(
            "_place",
            "region_id",
            pl.col("event_type").alias("cause"),
            pl.lit("site").alias("takes"),
            events.alias("events_per_year"),
            pl.col("hours_mean").alias("hours_per_event"),
            (events * pl.col("hours_mean") / HOURS_PER_YEAR).clip(upper_bound=1.0).alias("unavailability_frac"),
            pl.format("assumption, scaled by the {}", "source_title").alias("source_title"),
            pl.format("this project; {}", "publisher").alias("publisher"),
            "url",
            "as_of",
        )
        .filter(pl.col("events_per_year") > 0.0)
    )


def with_left(causes: pl.DataFrame, basin_left_frac: float, lateral_left_frac: float) -> pl.DataFrame:
    """Scale the losses of the gas supply to the shares that a fuel service leaves.

    Parameters
    ----------
    causes : pl.DataFrame
        As from `common_mode`.
    basin_left_frac, lateral_left_frac : float
        Shares of the freeze-offs and of the losses of the lateral that still cut the units.
    """
    left = (
        pl.when(pl.col("cause") == GAS_BASIN)
        .then(basin_left_frac)
        .when(pl.col("cause") == GAS_SUPPLY)
        .then(lateral_left_frac)
        .otherwise(1.0)
    )
    return causes.with_columns(pl.col("events_per_year", "unavailability_frac") * left)


def unavailability(causes: pl.DataFrame, cause: str) -> float:
    """Return the share of time that a cause is in force, 0 where the stack does not have it."""
    # A handful of rows, asked for thousands of times: lists are quicker than a query.
    found = dict(zip(causes["cause"].to_list(), causes["unavailability_frac"].to_list(), strict=True))
    return float(found.get(cause, 0.0))


def bridge_hours(designs: DesignSet, battery: Battery, load_mw: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how long each design's charged battery carries the whole load alone (h), shape (n_designs,).

    A battery whose power is below the peak of the load carries none of it: it cannot form the grid alone.

    Parameters
    ----------
    designs : DesignSet
    battery : Battery
        Discharge efficiency and SOC floor.
    load_mw : NDArray[np.float64]
        Load at the bus (MW), shape (n_hours,).
    """
    usable = designs.bess_mwh * (1.0 - battery.soc_floor_frac) * battery.discharge_efficiency
    return np.where(designs.bess_mw >= load_mw.max() - 1e-9, usable / max(float(load_mw.mean()), 1e-9), 0.0)


def grid_unavailability(causes: pl.DataFrame, ridden_hours: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Return the share of time without grid that a battery of the given hours does not bridge.

    Parameters
    ----------
    causes : pl.DataFrame
        As from `common_mode`.
    ridden_hours : NDArray[np.float64] | float
        Hours the battery bridges from the start of an interruption (h), any shape.

    Notes
    -----
    Durations are taken as exponential with the mean of their class, so that the share of interrupted time later than
    h hours into its interruption is exp(-h / mean).
    """
    hours = np.asarray(ridden_hours, dtype=np.float64)
    if (hours < 0).any():
        raise UsageError("a battery cannot bridge a negative number of hours.")
    in_service = np.ones_like(hours)
    columns = (causes[name].to_list() for name in ("cause", "hours_per_event", "unavailability_frac"))
    for cause, mean, share in zip(*columns, strict=True):
        if cause in GRID_CAUSES and mean > 0.0:
            in_service = in_service * (1.0 - share * np.exp(-hours / mean))
    return 1.0 - in_service


def _ratio(total: float, count: float) -> float:
    return total / count if count > 0 else 0.0
