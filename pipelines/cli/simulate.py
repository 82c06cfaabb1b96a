"""`firstmw simulate`: one design, one year, one answer."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from pipelines.cli.numbers import Number, Share
from pipelines.cli.output import Column, echo_json, figure, print_table, put, say, share
from pipelines.cli.which import release_option
from pipelines.errors import ContractError, UsageError

if TYPE_CHECKING:
    from pipelines.dispatch.batch import DispatchResult
    from pipelines.dispatch.inputs import DesignSet, SiteYear
    from pipelines.dispatch.options import DispatchOptions
    from pipelines.plant.technology import Battery, FirmTechnology

RULES = ("load_following", "cycle_charging", "look_ahead")
_OF_A_DESIGN = ("solar_mw", "bess_mw", "bess_mwh", "grid_mw", "firm", "units", "unit_mw", "baseload", "baseload_units",
                "baseload_unit_mw", "min_load", "heat_rate", "no_load_frac", "rule", "solar_dc_mw")  # fmt: skip
_EPILOG = """\b
Examples:
  firstmw simulate --pv-profile cf.csv:solar_2022 --load-mw 100 --solar-mw 500 --bess-mw 300 --bess-mwh 1200 \\
                   --firm recip --units 28 --json
  firstmw simulate --weather abilene.epw --load-mw 22 --solar-mw 60 --bess-mw 20 --bess-mwh 80 --firm recip --units 8
  firstmw simulate --region abilene_tx --it-mw 20 --solar-mw 60 --bess-mw 20 --bess-mwh 80 --firm recip --units 6 \\
                   --rule look_ahead --step-minutes 15 --trace year.parquet
  firstmw simulate --region abilene_tx --design grid-n16 --trace year.parquet

A column of 8,760 or 8,784 rows is a year of hours, held constant within each hour at finer steps; any other number of
rows are steps. Solar is clipped at its AC rating. Engines, efficiencies and limits that are not given are those of the
reference tables. Ratings are derated by the weather of a weather file or region, and stand as given with a
capacity-factor column alone. A unit larger than its kind is a block of units: the minimum load is that of one of them.
--regret solves a linear programme over every step (some seconds at an hour, minutes below); its prices are the settings
FIRSTMW_REGRET_*.
"""


class _TechnologyName(click.ParamType):
    """A technology by its name on the command line."""

    name = "technology"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the name."""
        if value not in (known := _technologies()):
            self.fail(f"{value!r} is not one of {', '.join(known)}.", param, ctx)
        return value


@click.command(epilog=_EPILOG)
@click.option(
    "--pv-profile", metavar="FILE.csv:COLUMN", help="Solar output per MW of rating, one row per step or hour."
)
@click.option("--weather", type=click.Path(path_type=Path), help="Weather file: TMY3, EPW, SAM CSV or NSRDB PSM.")
@click.option("--region", metavar="ID", help="A region of the reference tables and its reference year.")
@click.option(
    "--weather-year", default=1, show_default=True, type=click.IntRange(1), help="Reference year of the region."
)
@click.option("--design", metavar="ID", help="A design of the release, instead of sizes.")
@release_option
@click.option("--load-mw", metavar="MW|FILE.csv:COLUMN", help="Load at the bus, constant or a column.")
@click.option("--it-mw", type=Number(0, min_open=True), help="IT rating; the mean load and the PUE follow.")
@click.option("--solar-mw", default=0.0, type=Number(0), help="Solar, AC rating.")
@click.option(
    "--solar-dc-mw", type=Number(0, min_open=True), help="DC rating that --pv-profile is per MW of, if not the AC one."
)
@click.option("--bess-mw", default=0.0, type=Number(0), help="Battery power, AC side, either direction.")
@click.option("--bess-mwh", default=0.0, type=Number(0), help="Battery energy.")
@click.option("--grid-mw", default=0.0, type=Number(0), help="Grid import limit.")
@click.option(
    "--grid-available", metavar="FILE.csv:COLUMN", help="Share of --grid-mw there is, by row; default all of it."
)
@click.option(
    "--firm",
    type=_TechnologyName(),
    help="Firm units, by their short name in technologies.csv: recip, turbine, diesel, ..",
)
@click.option("--units", default=0, type=click.IntRange(0), help="Number of firm units.")
@click.option("--unit-mw", type=Number(0, min_open=True), help="Rating of a unit; default the table's.")
@click.option("--baseload", type=_TechnologyName(), help="Block that runs before the battery.")
@click.option("--baseload-units", default=0, type=click.IntRange(0), help="Number of its units.")
@click.option("--baseload-unit-mw", type=Number(0, min_open=True), help="Rating of one; default the table's.")
@click.option("--min-load", type=Share(), help="Least output of a running firm unit, share of rating.")
@click.option("--heat-rate", type=Number(0), help="Firm fuel at full load (MMBtu/MWh, HHV).")
@click.option("--no-load-frac", type=Share(), help="Share of that burnt at no output; linear between.")
@click.option("--charge-efficiency", type=Share(min_open=True), help="Stored per MWh charged.")
@click.option("--discharge-efficiency", type=Share(min_open=True), help="Given per MWh drawn.")
@click.option("--soc-floor", default=0.0, show_default=True, type=Share(), help="Least state of charge.")
@click.option("--start-soc", type=Share(), help="State of charge at the start, at least the floor.")
@click.option("--health", default=1.0, show_default=True, type=Share(), help="Battery energy left of new.")
@click.option("--rule", default="load_following", show_default=True, type=click.Choice(RULES), help="Dispatch rule.")
@click.option("--look-ahead-hours", default=48.0, show_default=True, type=Number(1), help="Foresight.")
@click.option("--cycle-soc", default=0.8, show_default=True, type=Share(), help="Where cycle charging stops.")
@click.option("--close-year", is_flag=True, help="Run the year twice and count the second, so that it closes.")
@click.option("--flexible-frac", default=0.0, type=Share(), help="Share of the load that may give way.")
@click.option("--flexible-budget", default=0.0, type=Share(), help="Share of the year's energy it may.")
@click.option(
    "--step-minutes", default=60, show_default=True, type=click.IntRange(1, 60), help="Time step; divides 60."
)
@click.option("--profile-minutes", type=click.IntRange(1), help="Length of a row of the columns, if not as said below.")
@click.option("--charge-limit", default=1.0, type=Number(0), help="Convention: charging limit per bess-mw.")
@click.option("--discharge-limit", default=1.0, type=Number(0), help="Convention: discharge limit per bess-mw.")
@click.option("--room-before-loss", is_flag=True, help="Convention: room for charging is measured before the loss.")
@click.option("--regret", "with_regret", is_flag=True, help="Hold every rule against the year with all hours known.")
@click.option("--trace", type=click.Path(dir_okay=False, path_type=Path), help="Write every step (.parquet or .csv).")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object.")
def simulate(**given: Any) -> int:
    """Dispatch one design over one year."""
    # numba and the weather libraries are needed here alone.
    from pipelines.cli.what_if import plant_of, released_design, site_of  # noqa: PLC0415
    from pipelines.dispatch.batch import simulate_batch  # noqa: PLC0415

    known = None
    if given["wanted"] is not None and given["design"] is None:
        raise UsageError("--release says whose --design is meant; give --design too, or neither.")
    if given["design"] is not None:
        given |= _as_released(given)
        known = released_design(given["design"], given["wanted"])
    technologies, battery = plant_of(given, _technologies().get(given["firm"], ""))
    design = known or _design(given, technologies)
    site = site_of(given, technologies)
    options = _options(given)
    found = simulate_batch([site], design, technologies, battery, dtype="float64", options=options, threads=1)
    if given["trace"] is not None:
        _write_trace(given["trace"], site, design, technologies, battery, options)
    regrets = _regret(site, design, technologies, battery, options) if given["with_regret"] else []
    answer = _answer(found) | {
        "steps": len(site.load_mw),
        "inputs": {
            "step_minutes": given["step_minutes"],
            "region_id": site.region_id,
            "weather_year": site.weather_year,
            "design": design.to_frame().drop("design_id", "stack_id").row(0, named=True),
            "battery": vars(battery),
            "options": vars(options),
        },
    }
    if given["as_json"]:
        echo_json(answer | ({"regret": regrets} if given["with_regret"] else {}))
    else:
        _show(answer)
        _show_regret(regrets)
    return 0


def _technologies() -> dict[str, str]:
    """Return the technologies by their names on the command line."""
    from pipelines.reference.technologies import technologies  # noqa: PLC0415
    from pipelines.settings import Settings  # noqa: PLC0415

    return {own.short_name: name for name, own in technologies(Settings()).items() if own.short_name}


def _as_released(given: dict[str, Any]) -> dict[str, Any]:
    """Return what a design of the release is dispatched with, where the flags do not say otherwise."""
    from pipelines.settings import Settings  # noqa: PLC0415

    context = click.get_current_context()
    for name in _OF_A_DESIGN:
        if context.get_parameter_source(name) is not ParameterSource.DEFAULT:
            raise UsageError(
                f"--{name.replace('_', '-')} is part of --design {given['design']}; give only one of them."
            )
    own: dict[str, Any] = {}
    if given["load_mw"] is None and given["it_mw"] is None:
        own["it_mw"] = Settings().site_it_mw
    if context.get_parameter_source("soc_floor") is ParameterSource.DEFAULT:
        # That of the technology table, as in the night.
        own["soc_floor"] = None
    return own


def _design(given: dict[str, Any], technologies: dict[str, FirmTechnology]) -> DesignSet:
    from pipelines.dispatch.what_if import one_design  # noqa: PLC0415

    parts: dict[str, Any] = {}
    for role, technology, units, unit_mw in (
        ("firm", given["firm"], given["units"], given["unit_mw"]),
        ("baseload", given["baseload"], given["baseload_units"], given["baseload_unit_mw"]),
    ):
        flag = "--units" if role == "firm" else "--baseload-units"
        if units and technology is None:
            raise UsageError(f"{flag} without a technology; say which units they are with --{role}.")
        if technology is not None and not units:
            raise UsageError(f"--{role} {technology} without units; say how many with {flag}.")
        if units:
            name = _technologies()[technology]
            parts |= {
                f"{role}_technology": name,
                f"{role}_units": units,
                f"{role}_unit_mw": unit_mw or technologies[name].unit_mw,
            }
    if given["bess_mwh"] > 0 and given["bess_mw"] <= 0:
        raise UsageError("a battery with energy and no power cannot be used; give --bess-mw.")
    if given["bess_mw"] > 0 and given["bess_mwh"] <= 0:
        raise UsageError("a battery with power and no energy cannot be used; give --bess-mwh.")
    if given["start_soc"] is not None and given["start_soc"] < given["soc_floor"]:
        raise UsageError("--start-soc is below --soc-floor; the battery cannot start emptier than it may become.")
    if given["grid_available"] is not None and given["grid_mw"] <= 0:
        raise UsageError("--grid-available says how much of a grid connection there is; give --grid-mw.")
    if given["solar_dc_mw"] is not None and (given["solar_mw"] <= 0 or given["pv_profile"] is None):
        raise UsageError("--solar-dc-mw is the DC side of --solar-mw and --pv-profile; give both.")
    parts["is_grid_flexible"] = given["grid_available"] is not None
    sizes = {name: given[name] for name in ("solar_mw", "bess_mw", "bess_mwh", "grid_mw", "rule")}
    return one_design(**sizes, **parts)


def _options(given: dict[str, Any]) -> DispatchOptions:
    from pipelines.dispatch.options import DispatchOptions  # noqa: PLC0415

    return DispatchOptions(
        energy_health_frac=given["health"],
        is_year_closed=given["close_year"],
        cycle_charging_soc_frac=given["cycle_soc"],
        look_ahead_hours=given["look_ahead_hours"],
        charge_power_frac=given["charge_limit"],
        discharge_power_frac=given["discharge_limit"],
        is_room_before_loss=given["room_before_loss"],
        flexible_load_frac=given["flexible_frac"],
        flexible_budget_frac=given["flexible_budget"],
    )


def _answer(found: DispatchResult) -> dict[str, Any]:
    """Return the sums of the year by name."""
    sums = {part.name: float(getattr(found, part.name)[0, 0]) for part in fields(found)}
    return sums | {
        "solar_mwh": float(found.solar_mwh[0, 0]),
        "renewable_frac": float(found.renewable_frac[0, 0]),
        "fuel_mmbtu": sums["firm_fuel_mmbtu"] + sums["baseload_fuel_mmbtu"],
        "starts": round(sums["firm_starts"] + sums["baseload_starts"]),
        "firm_starts": round(sums["firm_starts"]),
        "baseload_starts": round(sums["baseload_starts"]),
    }


def _write_trace(
    path: Path,
    site: SiteYear,
    design: DesignSet,
    technologies: dict[str, FirmTechnology],
    battery: Battery,
    options: DispatchOptions,
) -> None:
    """Write every step, once all that must hold in a step was found to hold."""
    from pipelines.dispatch.trace import check_trace, simulate_trace, trace_limits  # noqa: PLC0415

    if path.suffix.lower() not in {".parquet", ".csv"}:
        raise UsageError(f"the trace {path} would be of an unknown kind; end it with .parquet or .csv.")
    trace = simulate_trace(site, design, 0, technologies, battery, options=options)
    violations = check_trace(trace, trace_limits(site, design, 0, battery, options=options))
    if violations:
        raise ContractError(f"the trace breaks {violations[0]}; look for the fault in the dispatch kernel.")
    trace = trace.drop("region_id", "stack_id")
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix.lower() == ".csv":
        trace.write_csv(path)
    else:
        trace.write_parquet(path)


def _regret(
    site: SiteYear,
    design: DesignSet,
    technologies: dict[str, FirmTechnology],
    battery: Battery,
    options: DispatchOptions,
) -> list[dict[str, Any]]:
    """Return what every rule costs above perfect foresight, at the prices that the settings compare rules at."""
    from pipelines.dispatch.bound import regret  # noqa: PLC0415
    from pipelines.dispatch.chosen_regret import comparison_prices  # noqa: PLC0415
    from pipelines.settings import Settings  # noqa: PLC0415

    if options.is_year_closed:
        raise UsageError("--regret compares years that start as full as --start-soc says; leave out --close-year.")
    names = (design.firm_technology[0], design.baseload_technology[0])
    fuels = [technologies[name].fuel if name else "" for name in names]
    prices = comparison_prices(fuels[0], fuels[1], Settings())
    table = regret(site, design, 0, technologies, battery, prices, options=options, is_bound_shared=True)
    return [row | vars(prices) for row in table.iter_rows(named=True)]


_LINES = (
    ("load_mwh", "Load", "MWh"),
    ("solar_mwh", "Solar taken", "MWh"),
    ("curtailed_mwh", "Solar curtailed", "MWh"),
    ("charge_mwh", "Battery charged", "MWh"),
    ("discharge_mwh", "Battery discharged", "MWh"),
    ("grid_mwh", "Grid import", "MWh"),
    ("baseload_mwh", "Baseload block", "MWh"),
    ("firm_mwh", "Firm units", "MWh"),
    ("fuel_mmbtu", "Fuel", "MMBtu HHV"),
    ("firm_run_hours", "Unit-hours run", "h"),
    ("starts", "Starts", ""),
    ("flexed_mwh", "Load curtailed in its budget", "MWh"),
    ("unserved_mwh", "Unserved", "MWh"),
    ("unserved_hours", "Hours with unserved load", "h"),
)


def _show(answer: dict[str, Any]) -> None:
    for name, label, unit in _LINES:
        if answer[name] or name in {"load_mwh", "unserved_mwh", "unserved_hours"}:
            put(f"{label:<28}{figure(float(answer[name]), 0 if name == 'starts' else 1):>16}  {unit}")
    say(f"Renewable share {share(answer['renewable_frac'])}, with every unit in service.", is_dim=True)


def _show_regret(rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    columns = [Column("Rule"), *(Column(name, is_right=True) for name in ("Running cost\nUSD", "Above the\nbound USD",
               "Regret\n%", "Unserved\nMWh", "Unavoidable\nMWh"))]  # fmt: skip
    cells = [
        [
            row["rule"],
            figure(row["cost_usd"], 0),
            figure(row["regret_usd"], 0),
            figure(row["regret_frac"], 2, power=2),
            figure(row["unserved_mwh"], 1),
            figure(row["bound_unserved_mwh"], 1),
        ]
        for row in rows
    ]
    print_table(columns, cells)
    say(
        f"The bound is a linear programme with every hour known; unserved energy at "
        f"{rows[0]['unserved_usd_per_mwh']:,.0f} USD/MWh.",
        is_dim=True,
    )
