"""What the portfolio rests on: the ranked rows of a night, its regions, and reference tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import polars as pl

from pipelines.economics.costs import unit_costs
from pipelines.errors import UsageError
from pipelines.ordered import group_mean
from pipelines.plant.firm import firm_technologies
from pipelines.plant.technology import FirmTechnology
from pipelines.reference.parameters import Parameters, parameters
from pipelines.reliability.gas_basins import read_basins
from pipelines.settings import Settings
from pipelines.weather.climate import climate_stations, nearest_stations

REFERENCE = (
    "climate_stations",
    "climatology_monthly",
    "equipment_lead_times",
    "grid_reliability",
    "industrial_capacity",
    "policy",
    "queue_statistics",
    "technology",
    "temperature_outage",
)
# What is read of a ranked row; nothing here moves with the date alone.
RANKED = (
    "region_id", "region_name", "state", "iso", "latitude", "longitude", "stack_id", "rank", "design_id",
    "solar_mw", "bess_mw", "bess_mwh", "reserve_mw", "reserve_mwh", "grid_mw", "baseload_units",
    "firm_technology", "firm_units", "firm_unit_mw", "capex_usd_per_kw", "lcoe_usd_per_mwh", "availability_frac",
    "is_target_met", "is_eligible", "value_usd_per_mw",
    "gas_basin_left_frac", "gas_lateral_left_frac",
)  # fmt: skip

Rate = tuple[float, float]
"""Events per year, and hours of each."""


@dataclass(frozen=True)
class Facts:
    """Inputs of the portfolio.

    Attributes
    ----------
    ranked : pl.DataFrame
        Rows of `mart.ranked_sites`, at least the columns `RANKED`.
    regions : pl.DataFrame
        region_id, county_fips, gas_hub, balancing_area.
    reference : Mapping[str, pl.DataFrame]
        The tables named in `REFERENCE`.
    hazard_rates : pl.DataFrame
        Contract mart.hazard_rates.
    weather_monthly : pl.DataFrame
        region_id, weather_year, month, weather_source, solar_capacity_frac.
    settings : Settings
    """

    ranked: pl.DataFrame
    regions: pl.DataFrame
    reference: Mapping[str, pl.DataFrame]
    hazard_rates: pl.DataFrame
    weather_monthly: pl.DataFrame
    settings: Settings = field(repr=False)

    @cached_property
    def parameters(self) -> Parameters:
        """Return the defaults of the technology table."""
        return parameters(self.reference["technology"])

    @cached_property
    def technologies(self) -> dict[str, FirmTechnology]:
        """Return the firm technologies."""
        return firm_technologies(self.parameters, self.reference["temperature_outage"], self.settings)

    @cached_property
    def unit_cost_usd_per_mw(self) -> dict[str, float]:
        """Return what units cost, by technology (USD/MW)."""
        costs = unit_costs(self.parameters, self.settings)
        return {
            row["technology"]: 1000.0 * (row["capex_usd_per_kw"] or 0.0)
            for row in costs.select("technology", "capex_usd_per_kw").iter_rows(named=True)
        }

    @cached_property
    def extremes(self) -> dict[str, dict[str, float]]:
        """Return coldest and hottest temperature (deg C) at the station nearest to each region, by column."""
        places = self.ranked.unique("region_id", maintain_order=True).select("region_id", "latitude", "longitude")
        stations = climate_stations(self.reference["climate_stations"], self.reference["climatology_monthly"])
        nearest = nearest_stations(places, stations).select("region_id", "station_id")
        months = nearest.join(stations, on="station_id", how="left", maintain_order="left")
        found = months.group_by("region_id").agg(pl.col("temperature_min_c").min(), pl.col("temperature_max_c").max())
        return {row.pop("region_id"): row for row in found.iter_rows(named=True)}

    @cached_property
    def grid_rates(self) -> dict[str, tuple[Rate, Rate]]:
        """Return interruptions of each state's own grid, and those that come from above: means over all years held.

        SAIFI and SAIDI with loss of supply removed are the own ones (IEEE 1366); what is left of all comes from above.
        """
        record = self.reference["grid_reliability"]
        all_of = ("saifi_all_events", "saidi_all_events_minutes")
        own = ("saifi_loss_of_supply_removed", "saidi_loss_of_supply_removed_minutes")
        total = record.drop_nulls(all_of).group_by("state", maintain_order=True).agg(group_mean(pl.col(all_of)))
        both = record.drop_nulls((*all_of, *own)).group_by("state", maintain_order=True).agg(
            *(group_mean(pl.col(one) - pl.col(part)).clip(lower_bound=0.0).alias(name)
              for name, one, part in zip(("above", "above_minutes"), all_of, own, strict=True))
        )  # fmt: skip
        found = {}
        for row in total.join(both, on="state", how="left").iter_rows(named=True):
            above, minutes = row["above"] or 0.0, row["above_minutes"] or 0.0
            local, local_minutes = max(row[all_of[0]] - above, 0.0), max(row[all_of[1]] - minutes, 0.0)
            found[row["state"]] = (_rate(local, local_minutes), _rate(above, minutes))
        return found


def _rate(events: float, minutes: float) -> Rate:
    """Return events per year and hours of each, from events and minutes per year."""
    return events, minutes / events / 60.0 if events > 0.0 else 0.0


def candidates(facts: Facts, *, is_grid: bool = False, stacks_per_region: int = 1) -> pl.DataFrame:
    """Return the best stacks of every region that can carry a site, best first within a region.

    They meet the availability target in regions where a site may be built. Islanded stacks have no reactors, whose
    dates no supplier gives; grid stacks take firm service.

    Parameters
    ----------
    facts : Facts
    is_grid : bool
        Whether the sites wait for the grid instead of making their own power.
    stacks_per_region : int
        Stacks kept per region.

    Returns
    -------
    pl.DataFrame
        Columns `RANKED` and county_fips, gas_hub, balancing_area, fuel_basin; ordered by region and rank.

    Raises
    ------
    UsageError
        If no row is left.
    """
    wanted = pl.col("stack_id") == "grid" if is_grid else (pl.col("grid_mw") == 0.0) & (pl.col("baseload_units") == 0)
    rows = (
        facts.ranked.select(RANKED)
        .filter(wanted, "is_target_met", "is_eligible")
        .sort("region_id", "rank")
        .group_by("region_id", maintain_order=True)
        .head(stacks_per_region)
    )
    if rows.is_empty():
        what = "grid stack" if is_grid else "stack with its own power"
        raise UsageError(f"no {what} of the release meets the availability target; there is nothing to plan with.")
    places = facts.regions.select(
        "region_id", *(pl.col(name).replace("", None) for name in ("county_fips", "gas_hub", "balancing_area"))
    )
    basins = read_basins()
    rows = rows.select("region_id", pl.exclude("region_id")).join(
        places, on="region_id", how="left", maintain_order="left"
    )
    unknown = pl.format("no published hub, {}", pl.col("state"))
    return (
        rows.join(basins, on="gas_hub", how="left", maintain_order="left")
        .with_columns(
            pl.col("gas_hub").fill_null(unknown),
            pl.col("fuel_basin").fill_null(unknown),
            pl.col("balancing_area").fill_null(pl.col("iso")),
        )
        .sort("region_id", "rank")
    )
