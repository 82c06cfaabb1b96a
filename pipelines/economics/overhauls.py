"""Overhauls: when the units of each chosen plant are due, and what is served in the year in which all of them are."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.contracts import overhauls as _contracts  # noqa: F401 - registers the table
from pipelines.contracts.base import validate
from pipelines.deferred import deferred
from pipelines.plant.technology import FirmTechnology
from pipelines.reference.parameters import Parameters
from pipelines.reference.technologies import technologies as known_technologies
from pipelines.settings import Settings

stats = deferred("scipy.stats")

HOURS_PER_YEAR = 8760.0
_DAYS_PER_YEAR = 365.0


def overhauls(
    chosen: pl.DataFrame,
    run_hours: pl.DataFrame,
    units: Mapping[str, FirmTechnology],
    parameters: Parameters,
    settings: Settings,
) -> pl.DataFrame:
    """Compute when firm units are overhauled, and the energy served in a year in which each of them is.

    Units that begin together fall due together: the year of an overhaul has more planned outage than the mean year
    that the design was chosen for, and the others less. The units are overhauled one at a time. What a unit more on
    planned outage takes is the expected shortage of the mean load with one unit fewer (binomial forced outages), less
    that with all; sun, battery and grid are left out of it, so that the figure is a cautious one beside them.

    The cost is in the variable upkeep, whose published figures hold all of it. Cells fade between exchanges: by the
    maker's figures they hold their output and burn more, which the mean heat rate has. What they would serve if they
    held their fuel instead, in a fleet whose exchanges are spread evenly, is beside it.

    Parameters
    ----------
    chosen : pl.DataFrame
        Contract `sim.chosen`.
    run_hours : pl.DataFrame
        region_id, design_id, firm_run_hours (unit-hours per year).
    units : Mapping[str, FirmTechnology]
        Technology to its unit.
    parameters : Parameters
        Defaults of the technology table.
    settings : Settings

    Returns
    -------
    pl.DataFrame
        Contract `mart.overhauls`; stacks whose firm units have no interval are left out.
    """
    known = known_technologies(settings)
    due = {name: own for name, own in known.items() if own.figures["overhaul_hours"]}
    rows = chosen.filter(pl.col("firm_technology").is_in(list(due)) & (pl.col("firm_units") > 0)).join(
        run_hours.select("region_id", "design_id", "firm_run_hours"), on=["region_id", "design_id"], how="left"
    )
    rows = rows.sort("region_id", "stack_id")
    names = rows["firm_technology"].to_list()

    def each(figures: Mapping[str, float]) -> NDArray[np.float64]:
        return np.array([figures[name] for name in names], dtype=np.float64)

    interval, days = {}, {}
    for name, own in due.items():
        hours = own.figure("overhaul_hours", settings, parameters)
        _, _, source = own.figures["overhaul_hours"].rpartition(":")
        is_years = source and (name, source) in parameters.rows and parameters.unit(name, source) == "years"
        interval[name] = hours * (HOURS_PER_YEAR if is_years else 1.0)
        days[name] = own.figure("overhaul_days", settings, parameters)
    count = rows["firm_units"].to_numpy().astype(np.float64)
    hours = np.minimum(rows["firm_run_hours"].fill_null(0.0).to_numpy() / count, HOURS_PER_YEAR)
    years = each(interval) / np.maximum(hours, 1.0)
    mean = each({name: units[name].planned_outage_rate for name in due})
    own_share = each(days) / _DAYS_PER_YEAR
    other = np.maximum(mean - own_share / years, 0.0)
    load = rows["load_mwh"].to_numpy() / HOURS_PER_YEAR
    carried = load - rows["baseload_mwh"].to_numpy() / HOURS_PER_YEAR
    rating = rows["firm_unit_mw"].to_numpy()
    forced = each({name: units[name].forced_outage_rate for name in due})
    # One unit at a time is away: the share of the year with one unit fewer, beyond that of the mean year.
    further = np.minimum(count * np.maximum(other + own_share - mean, 0.0), 1.0)
    whole = expected_shortage_mw(count, rating, forced, carried)
    fewer = expected_shortage_mw(count - 1.0, rating, forced, carried)
    lost = further * HOURS_PER_YEAR * (fewer - whole)
    faded = each({name: _faded_output_frac(name, parameters) for name in due})
    lost_faded = HOURS_PER_YEAR * (expected_shortage_mw(count, rating * faded, forced, carried) - whole)
    demand, served = rows["load_mwh"].to_numpy(), rows["availability_frac"].to_numpy()
    life = float(settings.project_years)
    return validate(
        rows.select("region_id", "stack_id", "firm_technology", pl.col("firm_units").cast(pl.Int64)).with_columns(
            pl.Series("unit_run_hours_per_year", hours),
            pl.Series("overhaul_interval_hours", each(interval)),
            pl.Series("first_overhaul_year", np.where(years < life, np.ceil(years), np.nan)).fill_nan(None),
            pl.Series("overhauls_in_project", np.maximum(np.ceil(life / years) - 1.0, 0.0).astype(np.int64)),
            pl.Series("unit_out_days", each(days)),
            pl.Series("planned_outage_mean_frac", mean),
            pl.Series("planned_outage_other_years_frac", other),
            pl.Series("planned_outage_overhaul_year_frac", np.minimum(other + own_share, 1.0)),
            pl.Series("overhaul_year_unserved_mwh", lost),
            pl.Series("overhaul_year_availability_frac", np.clip(served - lost / demand, 0.0, 1.0)),
            pl.Series("faded_output_frac", faded),
            pl.Series("faded_availability_frac", np.clip(served - lost_faded / demand, 0.0, 1.0)),
        ),
        "mart.overhauls",
    )


def _faded_output_frac(technology: str, parameters: Parameters) -> float:
    """Compute the mean output of a fleet that holds its fuel while its cells fade, share of the rating.

    The efficiency falls from new to the end of life as the published heat rates rise; units that are exchanged have one
    figure or no range, and do not fade.
    """
    if (technology, "stack_replacement") not in parameters.rows:
        return 1.0
    new, end = parameters.bounds(technology, "heat_rate")
    return 0.5 * (1.0 + new / end)


def expected_shortage_mw(
    units: NDArray[np.float64], unit_mw: NDArray[np.float64], forced: NDArray[np.float64], load_mw: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Compute the expected load that units on independent forced outages leave unserved (MW), shape (n_rows,).

    Parameters
    ----------
    units : NDArray[np.float64]
        Number of units, shape (n_rows,) as all of them.
    unit_mw, load_mw : NDArray[np.float64]
        Rating of a unit, and the load that they carry (MW).
    forced : NDArray[np.float64]
        Probability that a unit is on forced outage.
    """
    most = int(units.max(initial=0.0))
    up = np.arange(most + 1, dtype=np.float64)[None, :]
    chance = stats.binom.pmf(up, units[:, None], 1.0 - forced[:, None])
    short = np.maximum(load_mw[:, None] - up * unit_mw[:, None], 0.0)
    total: NDArray[np.float64] = np.zeros(len(units))
    for column in range(most + 1):
        total += chance[:, column] * short[:, column]
    return total
