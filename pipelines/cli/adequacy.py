"""`firstmw adequacy`: loss of load of any fleet of units against any load, by convolution and by Monte Carlo."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click
import numpy as np

from pipelines.cli.inputs import Rows, read_rows
from pipelines.cli.numbers import Number
from pipelines.cli.output import Column, echo_json, figure, print_table, say
from pipelines.errors import UsageError
from pipelines.identity import stable_seed
from pipelines.reliability.fleet import MAX_STATES, TooManyStatesError, fleet_adequacy
from pipelines.reliability.monte_carlo import Estimate, Summary, sample_years, summarise
from pipelines.reliability.parts import System, UnitGroup, chain

_EPILOG = """\b
Examples:
  firstmw adequacy --units units.csv --load load.csv
  firstmw adequacy --units units.csv --load load.csv --samples 20000 --json
  firstmw adequacy --units units.csv --load load.csv --samples 0         convolution alone
  firstmw adequacy --units units.csv --load load.csv --round-mw 0.1      many units of many sizes

\b
units.csv  group, n_units, capacity_mw, forced_outage_rate, mttf_h, mttr_h
           forced_outage_rate may be empty: it is then mttr_h / (mttf_h + mttr_h).
           mttr_h, or mttf_h and the rate, set the length of outages in the Monte Carlo.
load.csv   load_mw, one row per hour, other columns are not read

A load of 8,736 to 8,784 hours is a year as it stands; any other length is brought to 8,760 hours.
"""
_YEAR = (8736, 8784)
_HOURS = 8760.0
_TIMES_H = 1e9
_LEAST_HOURS = 1.0
_MANY_UNITS = 200


@click.command(epilog=_EPILOG)
@click.option(
    "--units", "units_file", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Fleet (CSV)."
)
@click.option("--load", "load_file", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Load (CSV).")
@click.option(
    "--samples",
    default=2000,
    show_default=True,
    type=click.IntRange(min=0),
    help="Years sampled by the Monte Carlo; 0 for none.",
)
@click.option(
    "--round-mw",
    type=Number(0, min_open=True),
    help="Round capacities to multiples of this (MW), where units of many sizes make too many states.",
)
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object.")
def adequacy(units_file: Path, load_file: Path, samples: int, round_mw: float | None, as_json: bool) -> int:
    """Work out loss of load and unserved energy of a fleet of units that fail.

    By exact convolution of the units' states, and by sequential Monte Carlo with standard errors.
    """
    units = read_rows(units_file, ["n_units", "capacity_mw"])
    load = read_rows(load_file, ["load_mw"]).column("load_mw", least=0.0)
    groups = [_group(units, row, is_sampled=samples > 0) for row in range(len(units.rows))]
    if round_mw is not None:
        for group in groups:
            group["capacity_mw"] = round(group["capacity_mw"] / round_mw) * round_mw
    counts = [group["units"] for group in groups]
    if sum(counts) >= _MANY_UNITS:
        sampling = f", then {samples:,} sampled years" if samples else ""
        click.echo(f"firstmw: convolution of {sum(counts):,} units{sampling} ...", err=True)
    try:
        exact = fleet_adequacy(
            np.repeat([group["capacity_mw"] for group in groups], counts),
            np.repeat([group["rate"] for group in groups], counts),
            load,
        )
    except TooManyStatesError as error:
        raise UsageError(
            f"the capacities of {units_file} combine to more than {MAX_STATES:,} states; round them, for example with "
            f"--round-mw {error.resolution_mw:g}."
        ) from None
    scale = 1.0 if _YEAR[0] <= len(load) <= _YEAR[1] else _HOURS / len(load)
    answer: dict[str, Any] = {
        "lole_hours_per_year": exact.lole_hours * scale,
        "lole_days_per_year": exact.lole_days * scale,
        "eue_mwh_per_year": exact.eue_mwh * scale,
        "lolp_frac": exact.lole_hours / len(load),
        "normalised_eue_frac": exact.eue_mwh / max(float(load.sum()), 1e-300),
        "hours": len(load),
        "is_scaled_to_a_year": scale != 1.0,
        "units": sum(group["units"] for group in groups),
        "installed_mw": float(sum(group["units"] * group["capacity_mw"] for group in groups)),
        "peak_load_mw": float(load.max()),
        "samples": samples,
    }
    if samples:
        answer |= _sampled(groups, load, samples, scale)
    if as_json:
        echo_json(answer)
    else:
        _show(answer)
    return 0


def _group(units: Rows, row: int, *, is_sampled: bool) -> dict[str, Any]:
    """Return one row of the fleet: name, units, MW, outage rate and repair time."""
    count = units.number(row, "n_units", least=0)
    if count != int(count):
        raise units.fault(row, "n_units", f"{count:g} is not a whole number")
    repair = units.number(row, "mttr_h", least=0, most=_TIMES_H, default=0.0)
    running = units.number(row, "mttf_h", least=0, most=_TIMES_H, default=0.0)
    if (units.rows[row].get("forced_outage_rate") or "").strip():
        rate = units.number(row, "forced_outage_rate", least=0, most=1)
    elif repair > 0 and running > 0:
        rate = repair / (running + repair)
    else:
        raise units.fault(row, "forced_outage_rate", "it is empty, and so is mttf_h or mttr_h")
    if repair == 0 and running > 0 and rate < 1:
        repair = rate * running / (1.0 - rate)
    if repair == 0 and 0 < rate < 1 and is_sampled:
        raise units.fault(row, "mttr_h", "it is empty, and the Monte Carlo needs the length of outages")
    if 0 < rate < 1 and is_sampled and min(repair, repair * (1.0 - rate) / rate) < _LEAST_HOURS:
        raise units.fault(
            row,
            "mttr_h",
            f"outages of {repair:g} h and runs of {repair * (1.0 - rate) / rate:.3g} h between them are sampled by the "
            f"hour, and neither may be shorter (--samples 0 leaves the sampling out)",
        )
    return {
        "name": units.rows[row].get("group") or f"row {row + 2}",
        "units": int(count),
        "capacity_mw": units.number(row, "capacity_mw", least=0),
        "rate": rate,
        # A unit that never fails is never repaired.
        "repair_hours": repair if repair > 0 else 1.0,
    }


def _sampled(groups: list[dict[str, Any]], load: np.ndarray, samples: int, scale: float) -> dict[str, Any]:
    """Return the Monte Carlo's means and standard errors, and what it took."""
    present = [group for group in groups if group["units"] > 0 and group["capacity_mw"] > 0 and group["rate"] < 1.0]
    system = System(
        load_mw=load,
        groups=[
            UnitGroup(
                group["name"],
                group["units"],
                np.full(len(load), group["capacity_mw"]),
                chain(group["rate"], group["repair_hours"]),
                "charging",
            )
            for group in present
        ],
    )
    seed = stable_seed("adequacy", [sorted(group.items()) for group in present], load.tolist())
    started = time.perf_counter()
    summary: Summary = summarise(sample_years(system, samples, seed))
    seconds = time.perf_counter() - started
    found: dict[str, Estimate] = {
        "lole_hours_per_year": summary.lole_hours,
        "lole_days_per_year": summary.lole_days,
        "lole_events_per_year": summary.events,
        "eue_mwh_per_year": summary.eue_mwh,
    }
    answer: dict[str, Any] = {}
    for name, estimate in found.items():
        answer[f"mc_{name}"] = estimate.mean * scale
        answer[f"mc_{name}_se"] = estimate.standard_error * scale
    return answer | {
        "mc_unserved_mwh_p50": summary.unserved_mwh_p50,
        "mc_unserved_mwh_p95": summary.unserved_mwh_p95,
        "mc_unserved_mwh_p99": summary.unserved_mwh_p99,
        "mc_longest_outage_hours": summary.longest_hours,
        "mc_years": summary.years,
        "mc_seconds": round(seconds, 3),
    }


def _show(answer: dict[str, Any]) -> None:
    """Print both methods side by side."""
    say(
        f"{answer['units']} units, {figure(answer['installed_mw'], 1)} MW installed, against a load of "
        f"{answer['hours']:,} hours with a peak of {figure(answer['peak_load_mw'], 1)} MW."
    )
    rows = []
    for label, name in (
        ("LOLE, h per year", "lole_hours_per_year"),
        ("LOLE, days per year", "lole_days_per_year"),
        ("LOLE, events per year", "lole_events_per_year"),
        ("EUE, MWh per year", "eue_mwh_per_year"),
    ):
        rows.append([label, *(figure(answer.get(key), 6) for key in (name, f"mc_{name}", f"mc_{name}_se"))])
    print_table(
        [Column(""), *(Column(name, is_right=True) for name in ("Convolution", "Monte Carlo", "Std error"))], rows
    )
    if answer["samples"]:
        say(
            f"{answer['mc_years']:,} years sampled in {figure(answer['mc_seconds'], 2)} s; unserved in a year "
            f"P50 {figure(answer['mc_unserved_mwh_p50'], 0)}, P95 {figure(answer['mc_unserved_mwh_p95'], 0)}, "
            f"P99 {figure(answer['mc_unserved_mwh_p99'], 0)} MWh; longest event "
            f"{figure(answer['mc_longest_outage_hours'], 0)} h.",
            is_dim=True,
        )
    if answer["is_scaled_to_a_year"]:
        say(f"The load is no year: {answer['hours']:,} hours were brought to 8,760.", is_dim=True)
