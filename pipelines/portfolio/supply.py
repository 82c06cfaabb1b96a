"""What limits a build-out: yearly supply per equipment class, crews, capital; and what a module takes of each."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.errors import InputError
from pipelines.portfolio.facts import Facts
from pipelines.portfolio.sites import site_load_mw
from pipelines.settings import Settings
from pipelines.timeline.durations import durations
from pipelines.timeline.time_to_power import time_to_power

SUPPLY_FILE = Path(__file__).with_name("supply.csv")
_COLUMNS = (
    "equipment_class", "unit", "company_or_scope", "metric", "period", "figure", "factor", "lead_duration_id",
    "choice_reason",
)  # fmt: skip
# Equipment class of the units of each technology, and whether it is counted in units or in MW.
_FIRM_CLASS = {
    "recip_genset": ("recip_engine", False),
    "fuel_cell": ("fuel_cell", False),
    "gas_turbine_small_industrial": ("gas_turbine_small_industrial", True),
    "gas_turbine_5mw": ("gas_turbine_small_industrial", True),
}


@dataclass(frozen=True)
class Supply:
    """Equipment that one buyer can have.

    Attributes
    ----------
    unit : dict[str, str]
        Unit by equipment class.
    per_year : dict[str, float]
        Units per year that can be claimed, by class.
    first_month : dict[str, int]
        Month of the first delivery, counted from the decision.
    """

    unit: dict[str, str]
    per_year: dict[str, float]
    first_month: dict[str, int]

    def by_month(self, name: str, months: int) -> NDArray[np.float64]:
        """Return what arrives in month 1..months, shape (months,)."""
        month = np.arange(1, months + 1)
        return np.where(month >= self.first_month[name], self.per_year[name] / 12.0, 0.0)


def supply_table(facts: Facts, path: Path = SUPPLY_FILE) -> pl.DataFrame:
    """Return the chosen supply facts with the figure used, one row per fact.

    Returns
    -------
    pl.DataFrame
        equipment_class, unit, company_or_scope, per_year (units/year, whole output), first_month, lead_duration_id,
        choice_reason and the citation.

    Raises
    ------
    InputError
        If the file or a column is missing, or a row names a fact or a duration that there is not.
    """
    if not path.is_file():
        raise InputError("the file is missing", file=str(path), remedy="restore it")
    chosen = pl.read_csv(path, infer_schema=False).with_columns(pl.all().fill_null(""))
    for column in _COLUMNS:
        if column not in chosen.columns:
            raise InputError("the column is missing", file=str(path), row=1, column=column, remedy="add the column")
    published = facts.reference["industrial_capacity"]
    used = durations(
        facts.reference["equipment_lead_times"],
        facts.reference["policy"],
        facts.reference["queue_statistics"],
        facts.settings,
    )
    lead = dict(zip(used["duration_id"], used["mid"], strict=True))
    rows = []
    for line, row in enumerate(chosen.iter_rows(named=True), start=2):
        found = published.filter(
            (pl.col("company_or_scope") == row["company_or_scope"])
            & (pl.col("metric") == row["metric"])
            & (pl.col("period") == row["period"])
        )
        if found.height != 1 or found[row["figure"]][0] is None:
            raise InputError(
                f"{found.height} rows of industrial_capacity.csv have this scope, metric, period and figure",
                file=str(path),
                row=line,
                column="company_or_scope",
                remedy="name exactly one",
            )
        if row["lead_duration_id"] not in lead:
            raise InputError(
                f"there is no duration {row['lead_duration_id']!r}", file=str(path), row=line, column="lead_duration_id"
            )
        fact = found.row(0, named=True)
        rows.append(
            {name: row[name] for name in ("equipment_class", "unit", "company_or_scope", "choice_reason")}
            | {"per_year": float(fact[row["figure"]]) * float(row["factor"])}
            | {"first_month": ceil(lead[row["lead_duration_id"]]), "lead_duration_id": row["lead_duration_id"]}
            | {name: fact[name] or "" for name in ("source_title", "publisher", "url", "as_of")}
        )
    return pl.DataFrame(rows, schema_overrides={"first_month": pl.Int64})


def claimable(table: pl.DataFrame, settings: Settings) -> Supply:
    """Return the share of the published supply that one buyer can claim."""
    by_class = table.group_by("equipment_class", maintain_order=True).agg(
        pl.col("unit").first(), pl.col("per_year").sum(), pl.col("first_month").min()
    )
    names = by_class["equipment_class"].to_list()
    share = settings.supply_claim_frac
    return Supply(
        dict(zip(names, by_class["unit"], strict=True)),
        {name: share * amount for name, amount in zip(names, by_class["per_year"], strict=True)},
        dict(zip(names, by_class["first_month"], strict=True)),
    )


def needs_per_mw(row: dict, settings: Settings) -> dict[str, float]:
    """Return what one MW of IT of a sized site takes of each equipment class, in the class's unit.

    Parameters
    ----------
    row : dict
        A row of `sites.sized`.
    settings : Settings
    """
    it_mw = row["site_mw"]
    needs = {"unit_transformer": ceil(site_load_mw(it_mw, settings) / settings.unit_transformer_mw - 1e-9) / it_mw}
    if row["firm_technology"] in _FIRM_CLASS and row["grid_mw"] == 0.0:
        name, is_counted = _FIRM_CLASS[row["firm_technology"]]
        needs[name] = row["firm_units"] * (1.0 if is_counted else row["firm_unit_mw"]) / it_mw
    storage = row["bess_mwh"] + row["reserve_mwh"]
    if storage > 0.0:
        needs["bess_container"] = storage / it_mw
    if row["solar_mw"] > 0.0:
        needs["solar_pv_module"] = row["solar_mw"] / it_mw
    return needs


def with_ready_months(rows: pl.DataFrame, facts: Facts, seed: int) -> pl.DataFrame:
    """Return sized sites with their months to the first module, drawn anew for a site of their size.

    Permits, studies and substations follow the size of the site; equipment, crews and capital are limits of the
    build-out and not of one site.

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
    drawn = time_to_power(
        rows.select("region_id", "state", "iso").unique("region_id", maintain_order=True),
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
