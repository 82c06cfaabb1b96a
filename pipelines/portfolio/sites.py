"""Sites of a strategy: their size, place, failure domains, and the rates of what strikes each by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.portfolio.facts import Facts
from pipelines.portfolio.sizing import HOURS_PER_YEAR, shortage, units_for
from pipelines.reliability.gas_basins import freezes_by_hub
from pipelines.reliability.site_hazards import site_hazards
from pipelines.settings import Settings
from pipelines.timeline.plant import module_bus_mw

DOMAINS = ("gas_hub", "fuel_basin", "balancing_area", "grid_operator", "weather_cell", "state", "firm_technology")
_LEAST_YEARS, _FIRST_YEAR = 3, 1900


@dataclass(frozen=True)
class OwnRates:
    """What strikes each site by itself: rate (1/year), share of the site lost and mean length (h), shape (n,)."""

    rate_per_year: NDArray[np.float64]
    share_lost_frac: NDArray[np.float64]
    hours: NDArray[np.float64]


@dataclass(frozen=True)
class Sites:
    """The sites of one strategy as arrays.

    Attributes
    ----------
    latitude, longitude, mw : NDArray[np.float64]
        Degrees; IT load (MW); shape (n,).
    domains : Mapping[str, list[str]]
        By kind of domain, the one each site lies in.
    uses_gas, uses_grid, is_solar_alone, is_hot : NDArray[np.bool_]
        Shape (n,).
    own : Mapping[str, OwnRates]
        By kind of event.
    freezes : Mapping[str, NDArray[np.float64]]
        Freeze-offs of each site's basin per year at the levels low, mid and high, and their mean hours.
    freeze_cut_frac : float
        Share of the sites of a basin that a freeze-off cuts.
    exposures : Mapping[str, NDArray[np.float64]]
        By natural hazard that takes a whole site, how often it strikes the county over what its rate goes with.
    solar_correlation : NDArray[np.float64] | None
        Between the sites' sun of the same calendar months; None where too few years are held.
    """

    latitude: NDArray[np.float64]
    longitude: NDArray[np.float64]
    mw: NDArray[np.float64]
    domains: Mapping[str, list[str]]
    uses_gas: NDArray[np.bool_]
    uses_grid: NDArray[np.bool_]
    is_solar_alone: NDArray[np.bool_]
    is_hot: NDArray[np.bool_]
    own: Mapping[str, OwnRates]
    freezes: Mapping[str, NDArray[np.float64]]
    freeze_cut_frac: float
    exposures: Mapping[str, NDArray[np.float64]]
    solar_correlation: NDArray[np.float64] | None

    def __len__(self) -> int:
        """Return the number of sites."""
        return len(self.mw)

    def takes(self, what: str) -> NDArray[np.float64]:
        """Return 1 for each site that an event of this kind can take, else 0, shape (n,)."""
        masks = {"gas": self.uses_gas, "grid": self.uses_grid, "solar": self.is_solar_alone}
        if what == "technology":
            # Units that stand by for the grid can wait for their inspection.
            runs = np.array([bool(name) for name in self.domains["firm_technology"]]) & ~self.uses_grid
            return runs.astype(np.float64)
        return masks[what].astype(np.float64) if what in masks else np.ones(len(self))


def site_load_mw(it_mw: float, settings: Settings) -> float:
    """Return the load of a site at the bus at the design temperature (MW)."""
    return it_mw * module_bus_mw(settings) / settings.module_mw


def sized(rows: pl.DataFrame, it_mw: float, facts: Facts) -> pl.DataFrame:
    """Return candidates laid out for a site of another size than the night's.

    Solar, batteries and grid follow the size. Units are counted anew by one rule for every size, which gives large
    sites fewer spares per MW; what more or fewer units cost is added, and what any site costs whatever its size.

    Parameters
    ----------
    rows : pl.DataFrame
        From `facts.candidates`.
    it_mw : float
        IT load of one site (MW).
    facts : Facts

    Returns
    -------
    pl.DataFrame
        The rows with site_mw, sizes of that site, and site_capex_usd.
    """
    settings = facts.settings
    scale = it_mw / settings.site_it_mw
    units, extra = [], []
    for row in rows.select("firm_technology", "firm_unit_mw", "firm_units", "grid_mw").iter_rows(named=True):
        name, unit_mw = row["firm_technology"], row["firm_unit_mw"]
        if row["grid_mw"] > 0.0 or not name:
            units.append(round(row["firm_units"] * scale))
            extra.append(0.0)
            continue
        own, base = (_units(name, unit_mw, size, facts) for size in (it_mw, settings.site_it_mw))
        units.append(own)
        extra.append((own - base * scale) * unit_mw * facts.unit_cost_usd_per_mw[name])
    sizes = ("solar_mw", "bess_mw", "bess_mwh", "reserve_mw", "reserve_mwh", "grid_mw")
    return rows.with_columns(
        pl.lit(it_mw).alias("site_mw"),
        *(pl.col(name) * scale for name in sizes),
        pl.Series("firm_units", units, dtype=pl.Int64),
        (pl.col("capex_usd_per_kw") * 1000.0 * it_mw + pl.Series(extra, dtype=pl.Float64) + settings.site_fixed_usd)
        .clip(lower_bound=0.0)
        .alias("site_capex_usd"),
    )


def sited_value(rows: pl.DataFrame) -> NDArray[np.float64]:
    """Return the value of sized candidates per MW of IT (USD/MW): the night's, less what their size costs more.

    Parameters
    ----------
    rows : pl.DataFrame
        From `sized`.
    """
    size = rows["site_mw"].to_numpy()
    more = rows["site_capex_usd"].to_numpy() / size - 1000.0 * rows["capex_usd_per_kw"].to_numpy()
    return rows["value_usd_per_mw"].to_numpy() - more


def _units(name: str, unit_mw: float, it_mw: float, facts: Facts) -> int:
    technology = facts.technologies[name]
    rate = technology.forced_outage_rate + technology.planned_outage_rate
    return units_for(unit_mw, rate, site_load_mw(it_mw, facts.settings), facts.settings.availability_target)


def sites_of(rows: pl.DataFrame, facts: Facts) -> Sites:
    """Return the arrays of sized candidates, one site per row."""
    settings = facts.settings
    cell = settings.weather_cell_deg
    return Sites(
        latitude=rows["latitude"].to_numpy(),
        longitude=rows["longitude"].to_numpy(),
        mw=rows["site_mw"].to_numpy(),
        domains={
            "gas_hub": rows["gas_hub"].to_list(),
            "fuel_basin": rows["fuel_basin"].to_list(),
            "balancing_area": rows["balancing_area"].to_list(),
            "grid_operator": rows["iso"].to_list(),
            "weather_cell": weather_cells(rows, cell),
            "state": rows["state"].to_list(),
            "firm_technology": rows["firm_technology"].to_list(),
        },
        uses_gas=np.array(
            [bool(n) and g == 0.0 and facts.technologies[n].fuel == "natural_gas"
             for n, g in zip(rows["firm_technology"], rows["grid_mw"], strict=True)], dtype=np.bool_),
        uses_grid=rows["grid_mw"].to_numpy() > 0.0,
        is_solar_alone=((rows["firm_units"] == 0) & (rows["grid_mw"] == 0.0)).to_numpy(),
        is_hot=_extreme(rows, facts, "temperature_max_c") >= settings.engine_derate_above_c,
        own=_own_rates(rows, facts),
        freezes=_freezes(rows),
        freeze_cut_frac=settings.gas_freeze_cut_frac,
        exposures=_exposures(rows, facts),
        solar_correlation=_solar_correlation(rows, facts),
    )  # fmt: skip


def weather_cells(rows: pl.DataFrame, size_deg: float) -> list[str]:
    """Return the square of latitude and longitude that each site lies in, by its south-west corner."""
    corner = [np.floor(rows[name].to_numpy() / size_deg) * size_deg for name in ("latitude", "longitude")]
    return [f"{south:g}, {west:g}" for south, west in zip(*corner, strict=True)]


def _extreme(rows: pl.DataFrame, facts: Facts, column: str) -> NDArray[np.float64]:
    known = facts.extremes
    return np.array([known[region][column] if region in known else np.nan for region in rows["region_id"]])


def _own_rates(rows: pl.DataFrame, facts: Facts) -> dict[str, OwnRates]:
    settings, figures = facts.settings, facts.parameters
    loads = np.array([site_load_mw(mw, settings) for mw in rows["site_mw"]])
    swap = settings.spare_transformer_swap_hours
    repair = figures.value("mv_switchgear", "mttr", "hours")
    states = rows["state"].to_list()
    none = ((0.0, 0.0), (0.0, 0.0))
    service = {state: facts.grid_rates.get(state, none) for state in sorted(set(states))}
    lateral = _blocks(
        loads,
        settings.gas_lateral_mw,
        HOURS_PER_YEAR / max(settings.gas_interruptions_per_year, 1e-12),
        settings.gas_interruption_hours,
    )
    lateral_left = rows["gas_lateral_left_frac"].to_numpy()
    return {
        "unit_failure": _unit_rates(rows, loads, facts),
        "transformer_loss": _blocks(
            loads, settings.unit_transformer_mw, figures.value("transformer", "mtbf", "hours"), swap
        ),
        "switchgear_loss": _blocks(
            loads, settings.switchgear_block_mw, figures.value("mv_switchgear", "mtbf", "hours"), repair
        ),
        "gas_lateral_loss": replace(lateral, rate_per_year=lateral.rate_per_year * lateral_left),
        "grid_interruption": _of_grid([service[state][0] for state in states]),
        "upstream_transmission_fault": _of_grid([service[state][1] for state in states]),
    }


def _unit_rates(rows: pl.DataFrame, loads: NDArray[np.float64], facts: Facts) -> OwnRates:
    found = []
    columns = rows.select("firm_technology", "firm_units", "firm_unit_mw", "grid_mw").iter_rows(named=True)
    for row, load in zip(columns, loads, strict=True):
        # Units that stand by for the grid are part of what its interruptions take.
        if not row["firm_technology"] or row["grid_mw"] > 0.0:
            found.append((0.0, 0.0, 0.0))
            continue
        unit = facts.technologies[row["firm_technology"]]
        own = shortage(row["firm_units"], row["firm_unit_mw"], unit.forced_outage_rate, unit.mttr_hours, load)
        found.append((own.events_per_year, own.share_lost_frac, own.hours))
    return OwnRates(*np.array(found, dtype=np.float64).reshape(-1, 3).T)


def _blocks(loads: NDArray[np.float64], block_mw: float, mtbf_hours: float, hours: float) -> OwnRates:
    """Return the failures of equipment of which a site has one per so many MW, each carrying its share."""
    count = np.array([max(ceil(load / block_mw - 1e-9), 1) for load in loads], dtype=np.float64)
    return OwnRates(count * HOURS_PER_YEAR / (mtbf_hours + hours), 1.0 / count, np.full(len(loads), hours))


def _of_grid(rates: list[tuple[float, float]]) -> OwnRates:
    found = np.array(rates, dtype=np.float64).reshape(-1, 2)
    return OwnRates(found[:, 0], np.ones(len(found)), found[:, 1])


def _freezes(rows: pl.DataFrame) -> dict[str, NDArray[np.float64]]:
    found = freezes_by_hub(rows.select("gas_hub"))
    # A fuel service carries its share of the events.
    left = rows["gas_basin_left_frac"].to_numpy()
    rates = {level: left * found[f"events_{level}_per_year"].to_numpy() for level in ("low", "mid", "high")}
    return rates | {"hours": found["hours_mean"].to_numpy()}


def _exposures(rows: pl.DataFrame, facts: Facts) -> dict[str, NDArray[np.float64]]:
    """Compute how exposed the county of each site is, by hazard that takes a whole site."""
    ratios = site_hazards(rows, facts.hazard_rates).partition_by("event_type", as_dict=True, maintain_order=True)
    return {str(name): own["exposure_ratio"].to_numpy() for (name,), own in ratios.items()}


def _solar_correlation(rows: pl.DataFrame, facts: Facts) -> NDArray[np.float64] | None:
    """Return the correlation of the sites' monthly sun about its mean, over calendar months that all of them hold.

    Months of a typical or a synthetic year come from different years, so that their correlation says nothing.
    """
    # A typical year is year 0, synthetic ones are numbered from 1.
    is_real = pl.col("region_id").is_in(rows["region_id"].to_list()) & (pl.col("weather_year") > _FIRST_YEAR)
    real = facts.weather_monthly.filter(is_real)
    years = real.group_by("region_id").agg(pl.col("weather_year").n_unique())
    if years.height < rows["region_id"].n_unique() or years["weather_year"].min() < _LEAST_YEARS:  # type: ignore[operator]
        return None
    about = real.with_columns(
        (pl.col("solar_capacity_frac") - pl.col("solar_capacity_frac").mean().over("region_id", "month")).alias("about")
    )
    wide = about.pivot(on="region_id", index=["weather_year", "month"], values="about").drop_nulls()
    if wide.height < 12 * _LEAST_YEARS:
        return None
    return np.atleast_2d(np.corrcoef(np.array([wide[region].to_numpy() for region in rows["region_id"]])))
