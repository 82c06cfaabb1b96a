"""What limits a build-out: yearly supply per equipment class, crews, capital; and what a module takes of each."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.errors import InputError
from pipelines.portfolio.facts import Facts
from pipelines.settings import Settings
from pipelines.timeline.durations import durations
from pipelines.timeline.rows import sizes_of
from pipelines.timeline.supply import CLASSES_FILE, SupplyClass, read_classes
from pipelines.timeline.time_to_power import time_to_power


@dataclass(frozen=True)
class Supply:
    """Equipment that one buyer can have.

    Attributes
    ----------
    classes : dict[str, SupplyClass]
        By class.
    per_year : dict[str, float]
        Units per year that can be claimed, by class.
    first_month : dict[str, int]
        Month of the first delivery, counted from the decision.
    """

    classes: dict[str, SupplyClass]
    per_year: dict[str, float]
    first_month: dict[str, int]

    def by_month(self, name: str, months: int) -> NDArray[np.float64]:
        """Return what arrives in month 1..months, shape (months,)."""
        month = np.arange(1, months + 1)
        return np.where(month >= self.first_month[name], self.per_year[name] / 12.0, 0.0)


def claimable(facts: Facts) -> Supply:
    """Return what one buyer can claim of the published supply, by class, and from which month.

    Raises
    ------
    InputError
        If a class names a fact or a duration that there is not.
    """
    used = durations(
        facts.reference["equipment_lead_times"],
        facts.reference["policy"],
        facts.reference["queue_statistics"],
        facts.settings,
    )
    lead = dict(zip(used["duration_id"], used["mid"], strict=True))
    classes = {item.class_id: item for item in read_classes(facts.reference["industrial_capacity"])}
    classes = {name: item for name, item in classes.items() if item.lead_duration_id}
    for name, item in classes.items():
        if item.lead_duration_id not in lead:
            raise InputError(
                f"class {name} waits for a duration {item.lead_duration_id!r} that there is not",
                file=str(CLASSES_FILE),
                column="lead_duration_id",
                remedy="name one of durations.csv",
            )
    share = facts.settings.supply_claim_frac
    return Supply(
        classes,
        {name: share * item.yearly_output for name, item in classes.items()},
        {name: ceil(lead[item.lead_duration_id]) for name, item in classes.items()},
    )


def needs_per_mw(row: dict, supply: Supply, settings: Settings) -> dict[str, float]:
    """Return what one MW of IT of a sized site takes of each equipment class, in the class's unit.

    Parameters
    ----------
    row : dict
        A row of `sites.sized`.
    supply : Supply
    settings : Settings
    """
    own = settings.model_copy(update={"site_it_mw": float(row["site_mw"])})
    sizes, technology = sizes_of(row), row["firm_technology"] or ""
    needs = {name: item.need(sizes, technology, own) for name, item in supply.classes.items()}
    return {name: need / own.site_it_mw for name, need in needs.items() if need > 0.0}


def with_ready_months(rows: pl.DataFrame, facts: Facts, seed: int) -> pl.DataFrame:
    """Return sized sites with their months to the first module, drawn anew for a site of their size.

    Permits, studies and substations follow the size of the site and its place; equipment, crews and capital are limits
    of the build-out and not of one site.

    Parameters
    ----------
    rows : pl.DataFrame
        From `sites.sized`, all of one size.
    facts : Facts
    seed : int
        Seed of the activity networks.

    Returns
    -------
    pl.DataFrame
        The rows with first_mw_months_p50, ready_month (whole) and completion_probability.
    """
    settings = facts.settings.model_copy(update={"site_it_mw": float(rows["site_mw"][0])})
    known = facts.regions.drop("state", "iso", strict=False)
    drawn = time_to_power(
        rows.select("region_id", "state", "iso")
        .unique("region_id", maintain_order=True)
        .join(known, on="region_id", how="left", maintain_order="left"),
        rows,
        facts.reference["equipment_lead_times"],
        facts.reference["policy"],
        facts.reference["queue_statistics"],
        settings,
        seed,
        is_path_wanted=False,
    ).time_to_power
    return pl.concat(
        [rows, drawn.select("first_mw_months_p50", "completion_probability")], how="horizontal"
    ).with_columns(pl.col("first_mw_months_p50").ceil().cast(pl.Int64).clip(lower_bound=1).alias("ready_month"))
