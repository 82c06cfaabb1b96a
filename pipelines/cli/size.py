"""`firstmw size`: the least-cost design for a target."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click
import polars as pl

from pipelines.cli.numbers import Number, Share
from pipelines.cli.output import Column, available, echo_json, figure, print_table, records, say
from pipelines.cli.reading import warn_of_former_id
from pipelines.errors import UsageError

_EPILOG = """\b
Examples:
  firstmw size --region abilene_tx --it-mw 20                       every stack, the cheapest first
  firstmw size --region abilene_tx --load-mw 100 --stack grid --target 0.9995 --json
  firstmw size --weather amarillo.epw --it-mw 20 --min-renewable 0.8
  firstmw size --region abilene_tx --pv-profile cf.csv:solar_2022 --load-mw 22 --gas-price 4.5

The region says what things cost there and how often the grid fails; without --region it is the one nearest to the
weather file. The sun is that of --pv-profile or --weather, else of the region's reference year. Sizes are searched over
the design grid of the night and then around its best, also past its ends, outages counted; among numbers of units that
cost nearly the same the one worth most with its own months is taken, as in a night. Shares may be in percent.

\b
Exit codes: 0 found; 1 no stack, or not the one named, keeps its limits; the nearest design is shown, availability
first; 2 wrong usage.
"""
_COLUMNS = [
    Column("Stack"),
    Column("Solar\nMW", is_right=True),
    Column("Battery\nMW", is_right=True),
    Column("Battery\nMWh", is_right=True),
    Column("Grid\nMW", is_right=True, keep=5),
    Column("Firm units", least=12),
    Column("LCOE\nUSD/MWh", is_right=True),
    Column("Energy\nserved %", is_right=True),
    Column("Renewable\n%", is_right=True, keep=6),
    Column("CO2\nkg/MWh", is_right=True, keep=4),
]
_OWN = ("lcoe_usd_per_mwh", "capex_usd_per_kw", "availability_frac", "full_service_hours_frac", "renewable_frac",
        "co2_kg_per_mwh", "is_target_met")  # fmt: skip


@click.command(epilog=_EPILOG)
@click.option("--region", metavar="ID", help="Where the site stands: prices, costs, grid, and the sun by default.")
@click.option(
    "--pv-profile", metavar="FILE.csv:COLUMN", help="Solar output per MW of rating, a year of hours or steps."
)
@click.option("--weather", type=click.Path(), help="Weather file: TMY3, EPW, SAM CSV or NSRDB PSM.")
@click.option(
    "--weather-year", default=1, show_default=True, type=click.IntRange(1), help="Reference year of the region."
)
@click.option("--load-mw", type=Number(0, min_open=True), help="Constant load at the bus.")
@click.option("--it-mw", type=Number(0, min_open=True), help="IT rating; the mean load and the PUE follow.")
@click.option("--stack", "stacks", multiple=True, metavar="STACK", help="Only this stack (repeatable).")
@click.option(
    "--target",
    type=Share(min_open=True, max_open=True),
    help="Share of the energy served, as 0.999 or 99.9; default 0.999.",
)
@click.option("--min-renewable", type=Share(), help="Least solar share beside gas; default 0.")
@click.option("--gas-price", type=Number(0), help="Gas at the burner (USD/MMBtu) instead of the region's.")
@click.option("--power-price", type=Number(0), help="Grid energy (USD/MWh) instead of the state's.")
@click.option(
    "--step-minutes", default=60, show_default=True, type=click.IntRange(1, 60), help="Time step; divides 60."
)
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="Date of the prices; default today.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object.")
def size(**given: Any) -> int:
    """Find the design that meets a target of energy served: of the least-cost ones, the one worth most."""
    # numba and the economics are needed here alone.
    from pipelines.cli.what_if import nearest_region, plant_of, region_row, site_of  # noqa: PLC0415
    from pipelines.dispatch.designs import design_grid  # noqa: PLC0415
    from pipelines.plant.catalogue import former_ids, present_id, stacks  # noqa: PLC0415
    from pipelines.sizing.one_site import OwnPrices, size_site  # noqa: PLC0415

    settings = _settings(given)
    known = stacks(settings)
    wanted = [present_id(name, known, former_ids(known)) for name in given["stacks"]]
    for name, present in zip(given["stacks"], wanted, strict=True):
        if name != present:
            warn_of_former_id(name, present)
    technologies, battery = plant_of({"soc_floor": None}, "")
    region = region_row(given["region"]) if given["region"] else nearest_region(given["weather"])
    sun = given | {"region": None} if given["pv_profile"] or given["weather"] else given
    load = None if given["load_mw"] is None else str(given["load_mw"])
    site = site_of(sun | {"load_mw": load, "solar_mw": 1.0}, technologies, name=region["region_id"])
    flexible = {name for name, stack in known.items() if stack.grid is not None and stack.grid.is_flexible}
    if given["pv_profile"] and (asked := flexible.intersection(wanted)):
        raise UsageError(
            f"{min(asked)} is curtailed in the hottest hours, which a column does not say; give --weather."
        )
    sized = wanted or [name for name in known if not (given["pv_profile"] and name in flexible)]
    designs = design_grid(technologies, settings).filter(pl.col("stack_id").is_in(sized))
    night = given["as_of"].date() if given["as_of"] else datetime.now(UTC).date()
    own = OwnPrices(given["gas_price"], given["power_price"])
    place = pl.DataFrame([region], infer_schema_length=None)
    chosen = size_site(site, place, designs, technologies, battery, night, settings, own)
    if given["as_json"]:
        echo_json(_answer(chosen, designs.columns, region, settings.availability_target))
    else:
        _show(chosen, settings.availability_target)
    sunny = {name for name, stack in known.items() if stack.floor is not None and stack.floor.share == "renewable"}
    return _end(chosen, set(wanted) | (sunny if given["min_renewable"] is not None else set()), sunny, settings)


def _end(chosen: pl.DataFrame, wanted: set[str], sunny: set[str], settings: Any) -> int:
    """Say on stderr which stack that was wanted misses its limits, and return the exit code: 1 where one does.

    `sunny` are the stacks with a floor on their solar share.
    """
    missed = chosen.filter(~pl.col("is_target_met"))
    if chosen["is_target_met"].any():
        missed = missed.filter(pl.col("stack_id").is_in(sorted(wanted)))
    for row in missed.iter_rows(named=True):
        target = f"an availability of {_percent(settings.availability_target)}"
        found = f"availability {available(row['availability_frac'])} %"
        if row["stack_id"] in sunny:
            target += f" and a solar share of {_percent(settings.min_renewable_frac)}"
            found += f", solar share {figure(row['renewable_frac'], power=2)} %"
        click.echo(f"firstmw: no {row['stack_id']} reaches {target}; the nearest has {found}.", err=True)
    return 1 if missed.height else 0


def _settings(given: dict[str, Any]) -> Any:
    """Return the settings of a site of this size and target."""
    from pipelines.settings import Settings  # noqa: PLC0415

    if (given["load_mw"] is None) == (given["it_mw"] is None):
        raise UsageError("give one of --load-mw (at the bus) and --it-mw (times the PUE of the weather).")
    if not (given["region"] or given["weather"]):
        raise UsageError("nothing says where the site stands; give --region, for what things cost there.")
    if given["it_mw"] is not None and given["pv_profile"]:
        raise UsageError("a capacity-factor column says nothing of temperature and PUE; give --load-mw.")
    settings = Settings()
    own: dict[str, Any] = {"site_it_mw": given["it_mw"]}
    if given["load_mw"] is not None:
        # A constant load neither swings nor has a part that rises with temperature.
        own = {"site_it_mw": given["load_mw"] / settings.pue_base, "it_load_factor": 1.0, "pue_per_c": 0.0}
    if given["target"] is not None:
        own["availability_target"] = given["target"]
    if given["min_renewable"] is not None:
        own["min_renewable_frac"] = given["min_renewable"]
    return settings.model_copy(update=own)


def _answer(chosen: pl.DataFrame, sizes: list[str], region: dict[str, Any], target: float) -> dict[str, Any]:
    """Return the best design, and the best of each stack."""
    energies = [name for name in chosen.columns if name.endswith("_mwh") and name not in {"bess_mwh", "reserve_mwh"}]
    energies = [name for name in energies if not name.startswith(("lcoe", "co2")) and "usd" not in name]
    rows = records(chosen.select(*dict.fromkeys([*sizes, *_OWN, *energies])))
    return rows[0] | {"availability_target": target, "region_id": region["region_id"], "stacks": rows}


def _show(chosen: pl.DataFrame, target: float) -> None:
    rows = [
        [
            f"{row['stack_id']}{'' if row['is_target_met'] else '*'}",
            figure(row["solar_mw"]),
            figure(row["bess_mw"]),
            figure(row["bess_mwh"]),
            figure(row["grid_mw"]),
            _units(row),
            figure(row["lcoe_usd_per_mwh"]),
            available(row["availability_frac"]),
            figure(row["renewable_frac"], power=2),
            figure(row["co2_kg_per_mwh"], 0),
        ]
        for row in chosen.iter_rows(named=True)
    ]
    print_table(_COLUMNS, rows)
    say(f"Target: {_percent(target)} of the energy served, outages counted; LCOE is real and after tax.", is_dim=True)
    if not chosen["is_target_met"].all():
        say("* misses the target or drops a part that the stack is named for", is_dim=True)


def _percent(share: float) -> str:
    """Return a share of the settings in percent, with as many digits as it was given."""
    return f"{100 * share:.10g} %"


def _units(row: dict[str, Any]) -> str:
    """Return the fleets of a design in words."""
    fleets = [
        f"{row[f'{role}_units']} x {row[f'{role}_unit_mw']:g} MW {row[f'{role}_technology']}"
        for role in ("baseload", "firm")
        if row[f"{role}_units"]
    ]
    return " + ".join(fleets) or "-"
