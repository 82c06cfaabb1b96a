"""Overnight capital and fixed upkeep of every region and design, by part."""

from __future__ import annotations

import polars as pl

from pipelines.dispatch.designs import peak_load_mw
from pipelines.economics.costs import BATTERY, SITE_WORKS, SOLAR, require_costs
from pipelines.ordered import row_sum
from pipelines.places.gas_lateral import lateral_usd
from pipelines.places.gas_reach import known_laterals
from pipelines.places.grid_site import grid_sites, has_grid_facts
from pipelines.places.land import acres, has_land_facts, land_of_regions
from pipelines.settings import Settings

HARD_PARTS = ("solar", "bess", "reserve", "firm", "baseload", "grid", "electrical", "lateral", "land")
"""Parts that are built; soft costs come on top."""


def capital_recovery_factor(rate: float, years: float) -> float:
    """Return the level yearly payment per unit of capital, r / (1 - (1 + r)^-n), or 1/n at zero rate.

    Parameters
    ----------
    rate : float
        Real discount rate per year.
    years : float
        Life over which capital is recovered.
    """
    return 1.0 / years if rate == 0.0 else rate / (1.0 - (1.0 + rate) ** -years)


def financing_factor(rate: float, months: float) -> float:
    """Return the interest on capital spent evenly over the construction, (1 + r)^(years/2) - 1.

    Mid-point convention of the Annual Technology Baseline's construction finance factor for even spending.
    """
    return (1.0 + rate) ** (months / 24.0) - 1.0


def exchange_frac_per_year(rate: float, years: float, every_years: float) -> float:
    """Return the level yearly payment per unit of cost for exchanges every `every_years` within `years`."""
    if every_years <= 0.0:
        return 0.0
    count = int(-(-years // every_years)) - 1
    return sum((1.0 + rate) ** (-k * every_years) for k in range(1, count + 1)) * capital_recovery_factor(rate, years)


def degradation_allowance(rate: float, years: float, degradation_per_year: float) -> float:
    """Return the extra share of capacity that keeps the discounted mean output at the dispatched year's.

    The dispatched year is the first; output falls by `degradation_per_year` of it each year after. Adding the share
    1/mean - 1 of modules makes the levelised cost that of the dispatched energy over the whole life.
    """
    count = max(1, round(years))
    weights = [(1.0 + rate) ** -(year + 1) for year in range(count)]
    outputs = [max(0.0, 1.0 - degradation_per_year * year) for year in range(count)]
    mean = sum(w * o for w, o in zip(weights, outputs, strict=True)) / sum(weights)
    return 1.0 / mean - 1.0


def capital_costs(
    designs: pl.DataFrame,
    regions: pl.DataFrame,
    costs: pl.DataFrame,
    site: dict[str, float],
    factors: pl.DataFrame,
    settings: Settings,
    pairs: pl.DataFrame | None = None,
    permits: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Return overnight capital by part, and fixed upkeep, for every region and design.

    Parameters
    ----------
    designs : pl.DataFrame
        Contract `sim.designs`; where `is_firm_rented` is among the columns, rented firm units have no capital.
    regions : pl.DataFrame
        region_id; with the facts of `places.gas_reach.FACTS` a plant that burns gas pays for its lateral, and with
        those of `places.land.FACTS` every plant for its land, with those of `places.grid_site.FACTS` one on the grid
        for its line.
    costs : pl.DataFrame
        From `costs.unit_costs`.
    site : dict[str, float]
        From `costs.site_costs`.
    factors : pl.DataFrame
        From `costs.locational_multipliers`.
    pairs : pl.DataFrame | None
        region_id, design_id: only these; every design in every region where absent.
    permits : pl.DataFrame | None
        region_id, design_id, control_usd_per_kw, control_usd_per_mwh, offset_usd: what the air permit calls for, in
        place of the catalysts within the cost of the units; these where absent.

    Returns
    -------
    pl.DataFrame
        region_id, design_id, firm_technology, baseload_technology, firm_kw, baseload_kw, `<part>_capex_usd` for solar,
        bess, reserve, firm, baseload, grid, electrical, lateral, land and soft, ups_capex_usd (within grid),
        fixed_om_usd_per_year, control_usd_per_mwh; rows ordered by region, then design order, or as the pairs are.
    """
    require_costs(designs, costs)
    one = {row["technology"]: row for row in costs.iter_rows(named=True)}
    solar, battery = one[SOLAR], one[BATTERY]
    peak_kw = 1000.0 * peak_load_mw(settings)
    by_role = designs
    for role in ("firm", "baseload"):
        picked = costs.select(
            pl.col("technology").alias(f"{role}_technology"),
            *(
                pl.col(name).alias(f"{role}_{name}")
                for name in ("capex_usd_per_kw", "fixed_om_usd_per_kw_year", "soft_frac")
            ),
        )
        by_role = by_role.join(picked, on=f"{role}_technology", how="left", maintain_order="left").with_columns(
            pl.col(f"{role}_capex_usd_per_kw", f"{role}_fixed_om_usd_per_kw_year", f"{role}_soft_frac").fill_null(0.0)
        )
    if pairs is None:
        frame = regions.select("region_id").join(by_role, how="cross", maintain_order="left_right")
    else:
        frame = pairs.select("region_id", "design_id").join(by_role, on="design_id", maintain_order="left")
    for alias, technology in (("solar_factor", SOLAR), ("bess_factor", BATTERY), ("works_factor", SITE_WORKS)):
        frame = frame.join(
            factors.filter(pl.col("technology") == technology).select(
                "region_id", pl.col("location_factor").alias(alias)
            ),
            on="region_id",
            how="left",
            maintain_order="left",
        )
    for role in ("firm", "baseload"):
        frame = frame.join(
            factors.select(
                "region_id",
                pl.col("technology").alias(f"{role}_technology"),
                pl.col("location_factor").alias(f"{role}_factor"),
            ),
            on=["region_id", f"{role}_technology"],
            how="left",
            maintain_order="left",
        ).with_columns(pl.col(f"{role}_factor").fill_null(1.0))
    frame = _with_permits(frame, costs, permits)
    for of_region in (_laterals(regions, settings), _land_prices(regions, settings), _connections(regions, settings)):
        frame = frame.join(of_region, on="region_id", how="left", maintain_order="left")
    gas_burners = costs.filter(pl.col("fuel") == "natural_gas")["technology"].implode()
    burns_gas = pl.any_horizontal(pl.col(f"{role}_technology").is_in(gas_burners) for role in ("firm", "baseload"))

    def battery_cost(power: str, energy: str) -> pl.Expr:
        return (
            1000.0
            * (pl.col(power) * battery["capex_usd_per_kw"] + pl.col(energy) * battery["capex_usd_per_kwh"])
            * pl.col("bess_factor")
        )

    has_grid = pl.col("grid_mw") > 0.0
    has_plant = (pl.col("solar_mw") > 0) | (pl.col("bess_mw") > 0) | ~has_grid
    rating = 1000.0 * pl.col("grid_mw") * site["grid_connection_usd_per_kw"] * pl.col("connection_cost_frac")
    connection = pl.when(has_grid).then((rating + pl.col("line_usd")) * pl.col("works_factor")).otherwise(0.0)
    has_ups = has_grid | settings.has_ups_when_islanded
    ups = pl.when(has_ups).then(1000.0 * settings.site_it_mw * site["ups_usd_per_kw"]).otherwise(0.0)
    integration = pl.when(has_plant).then(site["integration_usd_per_kw"]).otherwise(site["grid_integration_usd_per_kw"])
    frame = frame.with_columns(
        (1000.0 * pl.col("firm_units") * pl.col("firm_unit_mw")).alias("firm_kw"),
        (1000.0 * pl.col("baseload_units") * pl.col("baseload_unit_mw")).alias("baseload_kw"),
    ).with_columns(
        (1000.0 * pl.col("solar_mw") * solar["capex_usd_per_kw"] * pl.col("solar_factor")).alias("solar_capex_usd"),
        battery_cost("bess_mw", "bess_mwh").alias("bess_capex_usd"),
        battery_cost("reserve_mw", "reserve_mwh").alias("reserve_capex_usd"),
        (
            pl.col("firm_kw")
            * (pl.col("firm_capex_usd_per_kw") + pl.col("_control_usd_per_kw"))
            * pl.col("firm_factor")
            + pl.col("_offset_usd")
        ).alias("firm_capex_usd"),
        (pl.col("baseload_kw") * pl.col("baseload_capex_usd_per_kw") * pl.col("baseload_factor")).alias(
            "baseload_capex_usd"
        ),
        (connection + ups).alias("grid_capex_usd"),
        ups.alias("ups_capex_usd"),
        (peak_kw * (site["electrical_usd_per_kw"] + integration) * pl.col("works_factor")).alias(
            "electrical_capex_usd"
        ),
        pl.when(burns_gas & ((pl.col("firm_kw") > 0.0) | (pl.col("baseload_kw") > 0.0)))
        .then(pl.col("_lateral_usd") * pl.col("works_factor"))
        .otherwise(0.0)
        .alias("lateral_capex_usd"),
        (acres(settings) * pl.col("_usd_per_acre")).alias("land_capex_usd"),
    )
    upkeep_kw = pl.col("firm_kw")
    if "is_firm_rented" in designs.columns:
        # Rented units are kept up and have no capital; their hire is added by phase.
        owned = (~pl.col("is_firm_rented")).cast(pl.Float64)
        frame = frame.with_columns(
            pl.col("firm_kw").alias("_upkeep_kw"), pl.col("firm_kw") * owned, pl.col("firm_capex_usd") * owned
        )
        upkeep_kw = pl.col("_upkeep_kw")
    lacking = {
        "solar": pl.lit(solar["soft_frac"]),
        **dict.fromkeys(("bess", "reserve"), pl.lit(battery["soft_frac"])),
        **{role: pl.col(f"{role}_soft_frac") for role in ("firm", "baseload")},
        **dict.fromkeys(("grid", "electrical", "lateral", "land"), pl.lit(one[SITE_WORKS]["soft_frac"])),
    }
    frame = frame.with_columns(
        (share * pl.col(f"{part}_capex_usd")).alias(f"_{part}_soft") for part, share in lacking.items()
    )
    return frame.select(
        "region_id",
        "design_id",
        *(f"{role}_{name}" for role in ("firm", "baseload") for name in ("technology", "kw")),
        *(f"{part}_capex_usd" for part in HARD_PARTS),
        "ups_capex_usd",
        row_sum(f"_{part}_soft" for part in HARD_PARTS).alias("soft_capex_usd"),
        (
            1000.0 * pl.col("solar_mw") * solar["fixed_om_usd_per_kw_year"]
            + 1000.0 * (pl.col("bess_mw") + pl.col("reserve_mw")) * battery["fixed_om_usd_per_kw_year"]
            + (pl.col("bess_capex_usd") + pl.col("reserve_capex_usd")) * battery["fixed_om_frac"]
            + upkeep_kw * pl.col("firm_fixed_om_usd_per_kw_year")
            + pl.col("baseload_kw") * pl.col("baseload_fixed_om_usd_per_kw_year")
            + (pl.col("grid_capex_usd") + pl.col("electrical_capex_usd")) * settings.electrical_fixed_om_frac
        ).alias("fixed_om_usd_per_year"),
        "control_usd_per_mwh",
    )


def _with_permits(frame: pl.DataFrame, costs: pl.DataFrame, permits: pl.DataFrame | None) -> pl.DataFrame:
    """Add _control_usd_per_kw (beyond the catalysts within the cost of the units), control_usd_per_mwh, _offset_usd."""
    if permits is None:
        return frame.with_columns(
            pl.lit(0.0).alias(name) for name in ("_control_usd_per_kw", "control_usd_per_mwh", "_offset_usd")
        )
    within = {name: cost for name, cost in costs.select("technology", "controls_usd_per_kw").iter_rows() if name}
    return frame.join(permits, on=["region_id", "design_id"], how="left", maintain_order="left").with_columns(
        (
            pl.col("control_usd_per_kw")
            - pl.col("firm_technology").replace_strict(within, default=0.0, return_dtype=pl.Float64)
        ).alias("_control_usd_per_kw"),
        pl.col("offset_usd").alias("_offset_usd"),
    )


def _laterals(regions: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Compute the cost of the gas lateral of each region before its location factor; 0 without facts of the place."""
    found = known_laterals(regions, settings)
    if found is None:
        return regions.select("region_id", pl.lit(0.0).alias("_lateral_usd"))
    return found.select("region_id", pl.Series("_lateral_usd", lateral_usd(found["gas_lateral_km"], settings)))


def _land_prices(regions: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Read the price of land of each region; 0 where land does not follow from the place."""
    if not has_land_facts(regions, settings):
        return regions.select("region_id", pl.lit(0.0).alias("_usd_per_acre"))
    found = land_of_regions(regions, settings)
    return found.select("region_id", pl.col("parcel_usd_per_acre").alias("_usd_per_acre"))


def _connections(regions: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Read the further line of a grid connection and what a closed site saves; none where places are off."""
    if not has_grid_facts(regions, settings):
        return regions.select("region_id", pl.lit(0.0).alias("line_usd"), pl.lit(1.0).alias("connection_cost_frac"))
    return grid_sites(regions, settings).select("region_id", "line_usd", "connection_cost_frac")
