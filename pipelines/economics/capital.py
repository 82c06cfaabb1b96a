"""Capital of every region and design by part, and what it costs per year."""

from __future__ import annotations

import polars as pl

from pipelines.dispatch.designs import peak_load_mw
from pipelines.economics.costs import BATTERY, SITE_WORKS, SOLAR, require_costs
from pipelines.settings import Settings

HARD_PARTS = ("solar", "bess", "reserve", "firm", "baseload", "grid", "electrical")
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


def _technology_terms(costs: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Add the yearly shares that depend on rate and life only."""
    rate = settings.discount_rate
    rows = costs.iter_rows(named=True)
    terms = [
        {
            "technology": row["technology"],
            "recovery": capital_recovery_factor(rate, row["life_years"]),
            "financing": financing_factor(rate, row["construction_months"]),
            "exchange_usd_per_kw_year": row["exchange_usd_per_kw"]
            * exchange_frac_per_year(rate, row["life_years"], row["exchange_years"]),
            "allowance": degradation_allowance(rate, row["life_years"], row["degradation_per_year"]),
        }
        for row in rows
    ]
    return costs.join(pl.DataFrame(terms), on="technology", how="left", maintain_order="left")


def capital_costs(
    designs: pl.DataFrame,
    regions: pl.DataFrame,
    costs: pl.DataFrame,
    site: dict[str, float],
    factors: pl.DataFrame,
    settings: Settings,
) -> pl.DataFrame:
    """Return overnight capital and its yearly cost by part for every region and design.

    Parameters
    ----------
    designs : pl.DataFrame
        Contract `sim.designs`.
    regions : pl.DataFrame
        region_id.
    costs : pl.DataFrame
        From `costs.unit_costs`.
    site : dict[str, float]
        From `costs.site_costs`.
    factors : pl.DataFrame
        From `costs.locational_multipliers`.

    Returns
    -------
    pl.DataFrame
        region_id, design_id, `<part>_capex_usd` and `<part>_capital_usd_per_year` for solar, bess, reserve, firm,
        baseload, grid, electrical and soft, plus construction_financing_usd_per_year, replacement_usd_per_year and
        fixed_om_usd_per_year; rows ordered by region, then design order.
    """
    require_costs(designs, costs)
    terms = _technology_terms(costs, settings)
    one = {row["technology"]: row for row in terms.iter_rows(named=True)}
    solar, battery = one[SOLAR], one[BATTERY]
    rate = settings.discount_rate
    site_recovery = capital_recovery_factor(rate, settings.capital_life_years)
    ups_recovery = capital_recovery_factor(rate, settings.ups_life_years)
    site_financing = financing_factor(rate, settings.default_construction_months)
    peak_kw = 1000.0 * peak_load_mw(settings)

    by_role = designs
    for role in ("firm", "baseload"):
        picked = terms.select(
            pl.col("technology").alias(f"{role}_technology"),
            *(
                pl.col(column).alias(f"{role}_{column}")
                for column in (
                    "capex_usd_per_kw",
                    "fixed_om_usd_per_kw_year",
                    "recovery",
                    "financing",
                    "exchange_usd_per_kw_year",
                )
            ),
        )
        by_role = by_role.join(picked, on=f"{role}_technology", how="left", maintain_order="left")
    by_role = by_role.with_columns(
        pl.col(f"{role}_{column}").fill_null(0.0)
        for role in ("firm", "baseload")
        for column in (
            "capex_usd_per_kw",
            "fixed_om_usd_per_kw_year",
            "recovery",
            "financing",
            "exchange_usd_per_kw_year",
        )
    )
    frame = regions.select("region_id").join(by_role, how="cross", maintain_order="left_right")
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

    def battery_cost(power: str, energy: str) -> pl.Expr:
        return (
            1000.0
            * (pl.col(power) * battery["capex_usd_per_kw"] + pl.col(energy) * battery["capex_usd_per_kwh"])
            * pl.col("bess_factor")
        )

    firm_kw = 1000.0 * pl.col("firm_units") * pl.col("firm_unit_mw")
    baseload_kw = 1000.0 * pl.col("baseload_units") * pl.col("baseload_unit_mw")
    has_grid = pl.col("grid_mw") > 0.0
    has_plant = (pl.col("solar_mw") > 0) | (pl.col("bess_mw") > 0) | ~has_grid
    connection = 1000.0 * pl.col("grid_mw") * site["grid_connection_usd_per_kw"] * pl.col("works_factor")
    ups = pl.when(has_grid).then(1000.0 * settings.site_it_mw * site["ups_usd_per_kw"]).otherwise(0.0)
    integration = pl.when(has_plant).then(site["integration_usd_per_kw"]).otherwise(site["grid_integration_usd_per_kw"])
    frame = frame.with_columns(
        (1000.0 * pl.col("solar_mw") * solar["capex_usd_per_kw"] * pl.col("solar_factor")).alias("solar_capex_usd"),
        battery_cost("bess_mw", "bess_mwh").alias("bess_capex_usd"),
        battery_cost("reserve_mw", "reserve_mwh").alias("reserve_capex_usd"),
        (firm_kw * pl.col("firm_capex_usd_per_kw") * pl.col("firm_factor")).alias("firm_capex_usd"),
        (baseload_kw * pl.col("baseload_capex_usd_per_kw") * pl.col("baseload_factor")).alias("baseload_capex_usd"),
        (connection + ups).alias("grid_capex_usd"),
        (peak_kw * (site["electrical_usd_per_kw"] + integration) * pl.col("works_factor")).alias(
            "electrical_capex_usd"
        ),
    ).with_columns(
        (pl.col("solar_capex_usd") * solar["recovery"]).alias("solar_capital_usd_per_year"),
        (pl.col("bess_capex_usd") * battery["recovery"]).alias("bess_capital_usd_per_year"),
        (pl.col("reserve_capex_usd") * battery["recovery"]).alias("reserve_capital_usd_per_year"),
        (pl.col("firm_capex_usd") * pl.col("firm_recovery")).alias("firm_capital_usd_per_year"),
        (pl.col("baseload_capex_usd") * pl.col("baseload_recovery")).alias("baseload_capital_usd_per_year"),
        (connection * site_recovery + ups * ups_recovery).alias("grid_capital_usd_per_year"),
        (pl.col("electrical_capex_usd") * site_recovery).alias("electrical_capital_usd_per_year"),
    )
    # Soft costs follow the hard cost that they belong to, so they are recovered over the same lives.
    soft = site["soft_frac"]
    financing = (
        pl.col("solar_capital_usd_per_year") * solar["financing"]
        + (pl.col("bess_capital_usd_per_year") + pl.col("reserve_capital_usd_per_year")) * battery["financing"]
        + pl.col("firm_capital_usd_per_year") * pl.col("firm_financing")
        + pl.col("baseload_capital_usd_per_year") * pl.col("baseload_financing")
        + (pl.col("grid_capital_usd_per_year") + pl.col("electrical_capital_usd_per_year")) * site_financing
    )
    return frame.select(
        "region_id",
        "design_id",
        *(f"{part}_capex_usd" for part in HARD_PARTS),
        (soft * pl.sum_horizontal(f"{part}_capex_usd" for part in HARD_PARTS)).alias("soft_capex_usd"),
        *(f"{part}_capital_usd_per_year" for part in HARD_PARTS),
        (soft * pl.sum_horizontal(f"{part}_capital_usd_per_year" for part in HARD_PARTS)).alias(
            "soft_capital_usd_per_year"
        ),
        ((1.0 + soft) * financing).alias("construction_financing_usd_per_year"),
        (
            pl.col("solar_capital_usd_per_year") * solar["allowance"] * (1.0 + soft)
            + firm_kw * pl.col("firm_exchange_usd_per_kw_year")
            + baseload_kw * pl.col("baseload_exchange_usd_per_kw_year")
        ).alias("replacement_usd_per_year"),
        (
            1000.0 * pl.col("solar_mw") * solar["fixed_om_usd_per_kw_year"]
            + 1000.0 * (pl.col("bess_mw") + pl.col("reserve_mw")) * battery["fixed_om_usd_per_kw_year"]
            + (pl.col("bess_capex_usd") + pl.col("reserve_capex_usd")) * battery["fixed_om_frac"]
            + firm_kw * pl.col("firm_fixed_om_usd_per_kw_year")
            + baseload_kw * pl.col("baseload_fixed_om_usd_per_kw_year")
            + (pl.col("grid_capex_usd") + pl.col("electrical_capex_usd")) * settings.electrical_fixed_om_frac
        ).alias("fixed_om_usd_per_year"),
    )
