"""`firstmw rank`: the ranked region x stack rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import click
import polars as pl

from pipelines.cli.numbers import Number
from pipelines.cli.output import Column, available, echo_json, figure, print_table, put, records, say
from pipelines.cli.reading import Reading, choose_name, choose_stack, common_options, reading

_COLUMNS = [
    Column("Rank", is_right=True),
    Column("Region id"),
    Column("Name", least=13, lines=6, keep=7),
    Column("St", keep=8),
    Column("Stack"),
    Column("1st MW\nmonths", is_right=True),
    Column("P10-P90\nmonths", is_right=True, keep=5),
    Column("Full\nmonths", is_right=True, keep=3),
    Column("LCOE\nUSD/MWh", is_right=True),
    Column("Energy\nserved %", is_right=True, keep=6),
    Column("Short\nh/yr", is_right=True, keep=6),
    Column("CO2\nkg/MWh", is_right=True, keep=4),
    Column("Value\nM$/MW", is_right=True),
    Column("Held up by", keep=2),
]
_EPILOG = """\b
Examples:
  firstmw rank                       the twenty best rows
  firstmw rank --best                one row per region: its best stack
  firstmw rank --state TX --state NM --stack grid
  firstmw rank --top 0 --json        every row, every column
  firstmw rank --eligible --attainment --permit-class minor --gas-within 5

Rows that meet the availability target come first, then the higher value per MW of IT.
"""


@click.command(epilog=_EPILOG)
@click.option("--top", default=20, show_default=True, type=click.IntRange(min=0), help="Rows to show; 0 for all.")
@click.option("--state", "states", multiple=True, metavar="CODE", help="Only this state (repeatable).")
@click.option("--stack", "stacks", multiple=True, metavar="STACK", help="Only this stack (repeatable).")
@click.option("--best", is_flag=True, help="Only each region's best stack.")
@click.option("--eligible", is_flag=True, help="Only regions where no proven rule stops a site of this size.")
@click.option(
    "--permit-class",
    "permits",
    multiple=True,
    metavar="CLASS",
    help="Only this class of air permit (repeatable).",
)
@click.option(
    "--gas-within",
    type=Number(min=0),
    metavar="KM",
    help="Only rows whose gas lateral is no longer, or that burn no piped gas.",
)
@click.option("--attainment", is_flag=True, help="Only regions that no pollutant's standard lists as nonattainment.")
@common_options
def rank(top: int, states: tuple[str, ...], stacks: tuple[str, ...], best: bool, **options: Any) -> int:
    """Show the ranked rows, best first."""
    with reading(options) as release:
        known_states = _known(release, "state")
        chosen_states = [choose_name("state", known_states, state.upper()) for state in states]
        chosen_stacks = [choose_stack(release, _known(release, "stack_id"), stack.lower()) for stack in stacks]
        known_permits = _known(release, "air_permit_class") if options["permits"] else []
        permits = tuple(choose_name("permit class", known_permits, name.lower()) for name in options["permits"])
        place = Place(options["eligible"], permits, options["gas_within"], options["attainment"])
        frame = ranked_rows(release, top=top, states=chosen_states, stacks=chosen_stacks, best=best, place=place)
        total = release.one("select count(*) as n, count(distinct region_id) as regions from ranked_sites")
        if options["as_json"]:
            echo_json({"release": release.header(), "rows": records(frame)})
        else:
            show_ranked(frame)
            note = f"{frame.height} of {total['n']} rows ({total['regions']} regions). {release.footer()}"
            say(note, is_dim=True)
        return release.exit_code()


@dataclass(frozen=True)
class Place:
    """What a row's place must be: without stops, of some permit classes, near gas (km), in attainment."""

    is_eligible: bool = False
    permits: tuple[str, ...] = ()
    gas_within_km: float | None = None
    is_attainment: bool = False


_ANYWHERE = Place()


def ranked_rows(
    release: Reading,
    *,
    top: int,
    states: list[str] | None = None,
    stacks: list[str] | None = None,
    best: bool = False,
    place: Place = _ANYWHERE,
) -> pl.DataFrame:
    """Return the first `top` rows (0: all) of ranked_sites, optionally of some states, stacks, places, or the best."""
    frame = release.query(
        "select * from ranked_sites "
        "where (len($states) = 0 or list_contains($states, state)) "
        "and (len($stacks) = 0 or list_contains($stacks, stack_id)) "
        "and (not $best or is_region_best) order by rank",
        {"states": states or [], "stacks": stacks or [], "best": best},
    )
    if place != _ANYWHERE:
        frame = _of_place(release, frame, place)
    return frame.head(top) if top else frame


def _of_place(release: Reading, frame: pl.DataFrame, place: Place) -> pl.DataFrame:
    """Select the rows whose place fits; what is unknown of a region does not leave it out."""
    if place.is_eligible:
        frame = frame.filter("is_eligible")
    if place.permits:
        frame = frame.filter(pl.col("air_permit_class").is_in(place.permits))
    if place.gas_within_km is not None:
        frame = frame.filter(pl.col("gas_lateral_km").fill_null(0.0) <= place.gas_within_km)
    if place.is_attainment:
        listed = release.query("select region_id from regions where is_nonattainment_any")["region_id"]
        frame = frame.filter(~pl.col("region_id").is_in(listed.implode()))
    return frame


def _known(release: Reading, column: str) -> list[str]:
    frame = release.query(f"select distinct {column} from ranked_sites order by {column}")
    return [str(value) for value in frame[column].drop_nulls()]


def show_ranked(frame: pl.DataFrame) -> None:
    """Print ranked rows as a table that fits the console."""
    rows = [
        [
            f"{row['rank']}{'' if row['is_target_met'] else '*'}{'' if row.get('is_eligible', True) else '!'}",
            row["region_id"],
            row["region_name"],
            row["state"],
            row["stack_id"],
            figure(row["first_mw_months_p50"]),
            f"{figure(row['first_mw_months_p10'], 0)}-{figure(row['first_mw_months_p90'], 0)}",
            figure(row["full_mw_months_p50"]),
            figure(row["lcoe_usd_per_mwh"]),
            available(row["availability_frac"]),
            figure(row["lolh_hours_per_year"], 0),
            figure(row["co2_kg_per_mwh"], 0),
            figure(row["value_usd_per_mw"] / 1e6, 2),
            row["critical_activity"],
        ]
        for row in frame.iter_rows(named=True)
    ]
    print_table(_COLUMNS, rows)
    if not frame["is_target_met"].all():
        put("* misses the availability target", is_dim=True)
    if "is_eligible" in frame.columns and not frame["is_eligible"].all():
        put("! a proven rule stops a site of this size there tonight, see firstmw explain", is_dim=True)
