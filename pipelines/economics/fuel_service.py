"""How a site's gas is secured: interruptible or firm, with a second fuel or a stand-by, what that costs and saves."""

from __future__ import annotations

from typing import Any

import polars as pl

from pipelines.contracts import economics as _contracts  # noqa: F401 - registers the tables
from pipelines.contracts.base import validate
from pipelines.dispatch.basis import peak_load_mw
from pipelines.economics.charges import ChargeTable, charge_table
from pipelines.economics.costs import unit_costs
from pipelines.economics.finance import Terms
from pipelines.economics.fuel_service_table import INTERRUPTIBLE, read_services
from pipelines.economics.location import locational_multipliers
from pipelines.economics.selection import COMPOSITION, least_cost, least_cost_rows, select_least_cost, with_composition
from pipelines.economics.value import margin_usd_per_mw_year
from pipelines.reference.parameters import Parameters
from pipelines.reference.technologies import STANDBY_FUEL
from pipelines.settings import Settings

NO_SERVICE = "none"
"""What a design without gas units has."""
_KEY = ["region_id", "stack_id"]
_HOURS_PER_YEAR = 8760.0
DECIDING = (
    *("region_id", "stack_id", "design_id", "solar_mw", "bess_mw", "bess_mwh", "reserve_mw", "reserve_mwh", "grid_mw"),
    *("is_grid_flexible", "baseload_technology", "baseload_units", "firm_technology", "firm_units", "firm_unit_mw"),
    *("load_mwh", "served_mwh", "baseload_mwh", "firm_mwh", "gas_mmbtu_per_year", "renewable_frac", "co2_kg_per_mwh"),
    *("availability_frac", "full_service_hours_frac", "lolh_hours_per_year", "eue_mwh_per_year"),
    *("interruptions_per_year", "unserved_gas_supply_mwh", "unserved_gas_basin_mwh", "gas_basin_hours_per_year"),
    *("gas_lateral_hours_per_year", "gas_basin_interruptions_per_year", "gas_lateral_interruptions_per_year"),
    *("lcoe_usd_per_mwh", "lcoe_simple_usd_per_mwh", "capex_usd_per_kw", "fuel_service", "fuel_service_usd_per_year"),
    *("fuel_service_capex_usd", "gas_basin_left_frac", "gas_lateral_left_frac"),
)
"""Columns of the candidates that decide the choice, with any service."""


def service_terms(
    costs: pl.DataFrame, charges: ChargeTable, factors: pl.DataFrame, parameters: Parameters, settings: Settings
) -> pl.DataFrame:
    """Compute what each service costs and leaves in every region.

    Parameters
    ----------
    costs : pl.DataFrame
        From `costs.unit_costs`.
    charges : ChargeTable
        Capital of a service is charged as that of the standby genset: the same kind of asset, without a credit.
    factors : pl.DataFrame
        From `locational_multipliers`.
    parameters : Parameters
        Heat rate and outage rates of the standby units.
    settings : Settings
        Price of diesel.

    Returns
    -------
    pl.DataFrame
        region_id, fuel_service, service_order, technologies, service_capex_usd_per_kw (location and soft cost
        included), service_usd_per_kw_year, reservation_usd_per_mmbtu, saved_usd_per_mwh (null where the unit's own
        heat rate counts), saved_usd_per_mmbtu, basin_left_frac, lateral_left_frac.
    """
    rows = []
    genset = next(name for name, fuel in costs.select("technology", "fuel").iter_rows() if fuel == STANDBY_FUEL)
    one = {row["technology"]: row for row in costs.iter_rows(named=True)}
    charge = charges.frame.row(by_predicate=pl.col("technology") == genset, named=True)
    for order, row in enumerate(read_services().iter_rows(named=True)):
        is_diesel = row["fuel_usd_per_mmbtu"] == STANDBY_FUEL
        price = settings.diesel_usd_per_mmbtu if is_diesel else float(row["fuel_usd_per_mmbtu"])
        terms: dict[str, Any] = {
            "fuel_service": row["fuel_service"],
            "service_order": order,
            "technologies": row["technologies"],
            "capex": row["capex_usd_per_kw"],
            "fixed": row["fixed_om_usd_per_kw_year"],
            "reservation_usd_per_mmbtu": row["reservation_usd_per_mmbtu"],
            "saved_usd_per_mmbtu": price,
            "saved_usd_per_mwh": None,
            "basin_left_frac": row["basin_left_frac"],
            "lateral_left_frac": row["lateral_left_frac"],
        }
        if row["standby"]:
            name = row["standby"]
            lost = 1.0 - (1.0 - parameters.value(name, "forced_outage_rate", "fraction")) * (
                1.0 - parameters.value(name, "planned_outage_rate", "fraction")
            )
            heat_rate = parameters.value(name, "heat_rate", "Btu_per_kWh_HHV") / 1000.0
            terms |= {
                "capex": one[name]["capex_usd_per_kw"],
                "fixed": one[name]["fixed_om_usd_per_kw_year"],
                "saved_usd_per_mwh": heat_rate * price,
                "basin_left_frac": lost,
                "lateral_left_frac": lost,
            }
        rows.append(terms)
    grown = (1.0 + charge["soft_frac"]) * (1.0 + charge["financing"])
    yearly = charge["capital"] * grown + charge["tax"] * grown
    yearly += sum(charge[name] for name in ("replacement", "replacement_tax", "salvage", "salvage_tax"))
    places = factors.filter(pl.col("technology") == genset).select("region_id", "location_factor")
    frame = places.join(
        pl.DataFrame(rows, schema_overrides={"saved_usd_per_mwh": pl.Float64}), how="cross", maintain_order="left_right"
    )
    built = pl.col("capex") * pl.col("location_factor")
    return frame.select(
        *("region_id", "fuel_service", "service_order", "technologies"),
        (built * (1.0 + charge["soft_frac"])).alias("service_capex_usd_per_kw"),
        (built * yearly + pl.col("fixed")).alias("service_usd_per_kw_year"),
        *("reservation_usd_per_mmbtu", "saved_usd_per_mwh", "saved_usd_per_mmbtu"),
        *("basin_left_frac", "lateral_left_frac"),
    )


def night_service_terms(
    regions: pl.DataFrame,
    parameters: Parameters,
    tax_rules: pl.DataFrame,
    multipliers: pl.DataFrame,
    own: Terms,
    settings: Settings,
) -> pl.DataFrame:
    """Compute `service_terms` from the reference tables.

    Parameters
    ----------
    regions : pl.DataFrame
        region_id, state, latitude, longitude.
    parameters : Parameters
    tax_rules, multipliers : pl.DataFrame
        Reference tables `tax_rules`, `locational_multipliers`.
    own : Terms
    settings : Settings
    """
    costs = unit_costs(parameters, settings)
    factors = locational_multipliers(regions, multipliers, settings)
    return service_terms(costs, charge_table(costs, tax_rules, own, settings), factors, parameters, settings)


def with_service(candidates: pl.DataFrame, terms: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Compute candidates that burn gas with one service in place of the interruptible one.

    Parameters
    ----------
    candidates : pl.DataFrame
        Contract `sim.candidates`.
    terms : pl.DataFrame
        From `service_terms`, of one service.
    settings : Settings
        Site and peak load.

    Returns
    -------
    pl.DataFrame
        Contract `sim.candidates`, only the rows whose gas units can have the service.

    Notes
    -----
    Unserved energy is linear in the share of time without gas (`availability.availability`), so no dispatch is needed.
    What a loss of switchgear would have taken of the saved energy anyway, 5e-5 of it, is not taken off.
    """
    return _with_service(candidates.lazy(), terms, settings).select(candidates.columns).collect()


def _with_service(candidates: pl.LazyFrame, terms: pl.DataFrame, settings: Settings) -> pl.LazyFrame:
    name = terms["fuel_service"][0]
    own = terms["technologies"][0].split()
    has_it = (pl.col("fuel_service") == INTERRUPTIBLE) & (pl.col("firm_technology").is_in(own) if own else pl.lit(True))
    frame = candidates.filter(has_it).join(
        terms.drop("fuel_service", "service_order", "technologies").lazy(),
        on="region_id",
        how="inner",
        maintain_order="left",
    )
    needed_mw = pl.min_horizontal(pl.col("firm_units") * pl.col("firm_unit_mw"), pl.lit(peak_load_mw(settings)))
    heat_rate = pl.when(pl.col("firm_mwh") > 0.0).then(pl.col("gas_mmbtu_per_year") / pl.col("firm_mwh")).otherwise(0.0)
    basin, lateral = 1.0 - pl.col("basin_left_frac"), 1.0 - pl.col("lateral_left_frac")
    by_lateral = pl.col("unserved_gas_supply_mwh") - pl.col("unserved_gas_basin_mwh")

    def saved(of_basin: pl.Expr, of_lateral: pl.Expr) -> pl.Expr:
        return basin * of_basin + lateral * of_lateral

    frame = frame.with_columns(
        needed_mw.alias("_mw"),
        heat_rate.alias("_heat_rate"),
        saved(pl.col("unserved_gas_basin_mwh"), by_lateral).alias("_saved_mwh"),
        saved(pl.col("gas_basin_hours_per_year"), pl.col("gas_lateral_hours_per_year")).alias("_saved_hours"),
        saved(pl.col("gas_basin_interruptions_per_year"), pl.col("gas_lateral_interruptions_per_year")).alias(
            "_events"
        ),
        pl.col("served_mwh").alias("_served_mwh"),
    )
    paid = (
        1000.0 * pl.col("_mw") * pl.col("service_usd_per_kw_year")
        + pl.col("reservation_usd_per_mmbtu") * pl.col("_mw") * pl.col("_heat_rate") * _HOURS_PER_YEAR
        + pl.col("_saved_mwh")
        * pl.coalesce("saved_usd_per_mwh", pl.col("saved_usd_per_mmbtu") * pl.col("_heat_rate")).fill_null(0.0)
    )
    capex = 1000.0 * pl.col("_mw") * pl.col("service_capex_usd_per_kw")
    frame = frame.with_columns(
        pl.lit(name).alias("fuel_service"),
        paid.alias("fuel_service_usd_per_year"),
        capex.alias("fuel_service_capex_usd"),
        (pl.col("capex_usd_per_kw") + capex / (1000.0 * settings.site_it_mw)).alias("capex_usd_per_kw"),
        (pl.col("eue_mwh_per_year") - pl.col("_saved_mwh")).clip(lower_bound=0.0).alias("eue_mwh_per_year"),
        (pl.col("lolh_hours_per_year") - pl.col("_saved_hours")).clip(lower_bound=0.0).alias("lolh_hours_per_year"),
        (pl.col("interruptions_per_year") - pl.col("_events")).clip(lower_bound=0.0).alias("interruptions_per_year"),
        (pl.col("availability_frac") + pl.col("_saved_mwh") / pl.col("load_mwh")).clip(0.0, 1.0),
        (pl.col("full_service_hours_frac") + pl.col("_saved_hours") / _HOURS_PER_YEAR).clip(0.0, 1.0),
        pl.col("basin_left_frac").alias("gas_basin_left_frac"),
        pl.col("lateral_left_frac").alias("gas_lateral_left_frac"),
    ).with_columns((pl.col("load_mwh") * pl.col("availability_frac")).alias("served_mwh"))
    before = pl.col("_served_mwh")
    costs = [
        ((pl.col(lcoe) * before + pl.col("fuel_service_usd_per_year")) / pl.col("served_mwh")).alias(lcoe)
        for lcoe in ("lcoe_usd_per_mwh", "lcoe_simple_usd_per_mwh")
    ]
    return frame.with_columns(*costs, pl.col("co2_kg_per_mwh") * before / pl.col("served_mwh"))


def with_services(
    candidates: pl.DataFrame, chosen: pl.DataFrame, terms: pl.DataFrame, settings: Settings
) -> pl.DataFrame:
    """Compute candidates with the service that is chosen for their region and stack.

    Parameters
    ----------
    candidates : pl.DataFrame
        Contract `sim.candidates`, or what `with_service` needs of it.
    chosen : pl.DataFrame
        region_id, stack_id, fuel_service.
    terms : pl.DataFrame
        From `service_terms`.
    settings : Settings

    Returns
    -------
    pl.DataFrame
        Columns of `candidates`, service by service; rows of other stacks and regions are left out.
    """
    names = chosen["fuel_service"].unique(maintain_order=True).sort()
    frames = []
    for name in names:
        keys = chosen.lazy().filter(pl.col("fuel_service") == name).select(_KEY)
        own = candidates.lazy().join(keys, on=_KEY, how="semi", maintain_order="left")
        is_plain = name in {NO_SERVICE, INTERRUPTIBLE}
        served = own if is_plain else _with_service(own, terms.filter(pl.col("fuel_service") == name), settings)
        frames.append(served.select(candidates.columns))
    return pl.concat([candidates.clear(), *pl.collect_all(frames)])


def fuel_services(candidates: pl.DataFrame, terms: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Select the design of each stack with every service it can have, and mark the service of highest value.

    With each service the design is that of `select_least_cost`. Of the services whose design meets the target the one
    with the highest net margin per year is chosen: dates are the same, so it has the highest value. If none meets
    it, the interruptible one is chosen. Services at equal margin are in the order of the table.

    Parameters
    ----------
    candidates : pl.DataFrame
        Contract `sim.candidates`.
    terms : pl.DataFrame
        From `service_terms`.

    Returns
    -------
    pl.DataFrame
        Contract `sim.fuel_services`, ordered by region, stack and service.
    """
    candidates = with_composition(candidates, settings)
    found = [select_least_cost(candidates, settings)]
    deciding = candidates.select(*DECIDING, COMPOSITION).with_row_index("_place")
    narrow = deciding.filter(pl.col("fuel_service") == INTERRUPTIBLE)
    for name in terms["fuel_service"].unique(maintain_order=True):
        if name == INTERRUPTIBLE:
            continue
        own = terms.filter(pl.col("fuel_service") == name)
        # The order is found on the columns that decide it, and whole rows are made of the few that are selected.
        rows = with_service(narrow, own, settings)
        if rows.height:
            wanted = candidates[rows["_place"].to_numpy()[least_cost_rows(rows, settings)]]
            found.append(least_cost(with_service(wanted, own, settings), settings).select(found[0].columns))
    order = {name: place for place, name in enumerate([NO_SERVICE, *read_services()["fuel_service"]])}
    rows = pl.concat(found).with_columns(
        pl.col("fuel_service").replace_strict(order, return_dtype=pl.Int64).alias("service_order"),
        _net_margin(settings).alias("service_net_usd_per_mw_year"),
    )
    best = (
        rows.sort(
            *_KEY,
            "is_composition_met",
            "is_target_met",
            pl.when("is_target_met").then(-pl.col("service_net_usd_per_mw_year")).otherwise(0.0),
            "service_order",
            descending=[False, False, True, True, False, False],
            maintain_order=True,
        )
        .unique(_KEY, keep="first", maintain_order=True)
        .select(*_KEY, "fuel_service", pl.lit(True).alias("is_chosen"))
    )
    rows = rows.join(best, on=[*_KEY, "fuel_service"], how="left", maintain_order="left")
    return validate(
        rows.with_columns(pl.col("is_chosen").fill_null(False)).sort(*_KEY, "service_order"), "sim.fuel_services"
    )


def _net_margin(settings: Settings) -> pl.Expr:
    """Return the net margin of a permanent plant, as in `value.value_columns` (USD per MW of IT and year)."""
    margin = margin_usd_per_mw_year(settings)
    power = pl.col("lcoe_usd_per_mwh") * pl.col("load_mwh") / settings.site_it_mw
    lost = pl.col("interruptions_per_year") * settings.restart_hours / _HOURS_PER_YEAR * margin
    return pl.col("availability_frac") * (margin - power) - lost


def described_services(
    services: pl.DataFrame, chosen: pl.DataFrame, ranked: pl.DataFrame, settings: Settings
) -> pl.DataFrame:
    """Compare the services of each stack on gas, contract `mart.fuel_services`.

    Parameters
    ----------
    services : pl.DataFrame
        Contract `sim.fuel_services`.
    chosen : pl.DataFrame
        Contract `sim.chosen`: with the same service, but with more units where these are worth more than they cost.
    ranked : pl.DataFrame
        region_id, stack_id, online_years_discounted and value_usd_per_mw of the chosen rows: services change no date,
        so that the value moves by the years online times the net margin of the permanent plant.
    """
    margin = pl.col("service_net_usd_per_mw_year")

    def of(name: str, flag: pl.Expr) -> pl.Expr:
        return pl.col(name).filter(flag).first().over(_KEY)

    is_plain = pl.col("fuel_service") == INTERRUPTIBLE
    valued = ranked.join(chosen.select(*_KEY, _net_margin(settings).alias("_net")), on=_KEY, how="left")
    rows = services.filter(pl.col("fuel_service") != NO_SERVICE).join(
        valued, on=_KEY, how="left", maintain_order="left"
    )
    gas_mwh = pl.col("gas_basin_left_frac") * pl.col("unserved_gas_basin_mwh") + pl.col("gas_lateral_left_frac") * (
        pl.col("unserved_gas_supply_mwh") - pl.col("unserved_gas_basin_mwh")
    )
    labels = read_services().select("fuel_service", "label")
    return validate(
        rows.with_columns(
            gas_mwh.alias("unserved_gas_supply_mwh"),
            (pl.col("fuel_service_usd_per_year") / pl.col("served_mwh")).alias("fuel_service_usd_per_mwh"),
            (pl.col("lcoe_usd_per_mwh") - of("lcoe_usd_per_mwh", is_plain)).alias("lcoe_change_usd_per_mwh"),
            (pl.col("firm_units") - of("firm_units", is_plain)).alias("firm_units_change"),
            (pl.col("value_usd_per_mw") + pl.col("online_years_discounted") * (margin - pl.col("_net"))).alias(
                "value_usd_per_mw"
            ),
        ).join(labels, on="fuel_service", how="left", maintain_order="left"),
        "mart.fuel_services",
    )


def chosen_service(services: pl.DataFrame) -> pl.DataFrame:
    """Select the chosen design of each region and stack, contract `sim.chosen`, from `sim.fuel_services`."""
    rows = services.filter("is_chosen").drop("is_chosen", "service_order", "service_net_usd_per_mw_year")
    return validate(rows.sort(*_KEY), "sim.chosen")
