"""`firstmw survive`: the probability of riding through a loss of grid or gas of N hours that begins at any hour."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import numpy as np
import polars as pl

from pipelines.cli.inputs import Rows, read_rows
from pipelines.cli.numbers import Number, Share
from pipelines.cli.output import Column, echo_json, print_table, records, say, share
from pipelines.cli.reading import Reading, choose_region, common_options, reading
from pipelines.errors import UsageError
from pipelines.reliability.survival import Bridge, Standby, survival
from pipelines.settings import Settings

_EPILOG = """\b
Examples:
  firstmw survive abilene_tx                                            the chosen designs of a region
  firstmw survive abilene_tx --hours 72                                 through a loss of three days
  firstmw survive --units units.csv --load load.csv --hours 72
  firstmw survive --units units.csv --load load.csv --hours 24 --battery-mw 20 --battery-mwh 80 --json

\b
units.csv  group, n_units, capacity_mw, mttf_h; optional: operational_availability (else 1 - forced_outage_rate, else
           1) and failure_to_start (else 0). Units are called when the loss begins and are not repaired while it lasts.
load.csv   load_mw, one row per hour; optional: free_mw (solar and the like), soc_mwh (stored when the loss begins)

A loss begins at every hour of load.csv, which is closed to a ring. Units fail before each hour with 1 / mttf_h.
"""
PUBLISHED = (1, 4, 8, 24)
"""Lengths (h) that a release has survival for."""
_SHOWN = (1, 2, 4, 8, 12, 24, 48, 72, 96, 168)


@click.command(epilog=_EPILOG)
@click.argument("region", required=False)
@click.option(
    "--units", "units_file", type=click.Path(dir_okay=False, path_type=Path), help="Units that carry on (CSV)."
)
@click.option("--load", "load_file", type=click.Path(dir_okay=False, path_type=Path), help="Load by hour (CSV).")
@click.option("--hours", default=24, show_default=True, type=click.IntRange(1, 8784), help="Longest loss.")
@click.option("--battery-mw", default=0.0, type=Number(min=0), help="Battery power at the bus.")
@click.option("--battery-mwh", default=0.0, type=Number(min=0), help="Battery energy.")
@click.option("--charge-efficiency", default=1.0, show_default=True, type=Share(min_open=True))
@click.option("--discharge-efficiency", default=1.0, show_default=True, type=Share(min_open=True))
@click.option("--soc-floor", default=0.0, show_default=True, type=Share(), help="Share never used.")
@click.option("--soc-start", default=1.0, show_default=True, type=Share(), help="Share stored at first.")
@common_options
def survive(region: str | None, **options: Any) -> int:
    """Work out the probability of riding through a loss of grid or gas of N hours.

    For the chosen designs of REGION as published, or for any units, battery and load given as files.
    """
    given = options["units_file"] is not None or options["load_file"] is not None
    if (region is None) == (not given):
        raise UsageError("give either a region, or --load (and --units); see `firstmw survive --help`.")
    if region is not None:
        return _of_region(region, options)
    if options["load_file"] is None:
        raise UsageError("--units goes with --load, the load to carry by hour.")
    return _of_files(options)


def _of_files(options: dict[str, Any]) -> int:
    load = read_rows(options["load_file"], ["load_mw"])
    energy, hours = options["battery_mwh"], options["hours"]
    kinds = []
    if options["units_file"] is not None:
        units = read_rows(options["units_file"], ["n_units", "capacity_mw", "mttf_h"])
        kinds = [_kind(units, row) for row in range(len(units.rows))]
    stored = load.column("soc_mwh", least=0.0) if load.has("soc_mwh") else options["soc_start"] * energy
    result = survival(
        load.column("load_mw", least=0.0),
        hours,
        kinds,
        free_mw=load.column("free_mw", least=0.0) if load.has("free_mw") else None,
        bridge=Bridge(
            options["battery_mw"],
            energy,
            options["charge_efficiency"],
            options["discharge_efficiency"],
            options["soc_floor"],
        ),
        soc_mwh=stored,
    )
    shown = sorted({length for length in _SHOWN if length < hours} | {hours})
    worst = result.by_start[:, hours - 1]
    answer = {
        "hours": hours,
        "survival_frac": float(result.by_hours[hours - 1]),
        "survival_at_worst_start_frac": float(worst.min()),
        "worst_start_hour": int(worst.argmin()),
        "starts": len(worst),
        "by_hours": [
            {
                "hours": length,
                "survival_frac": float(result.by_hours[length - 1]),
                "survival_at_worst_start_frac": float(result.worst[length - 1]),
            }
            for length in shown
        ],
    }
    if options["as_json"]:
        echo_json({**answer, "by_start": np.round(worst, 12).tolist()})
        return 0
    rows = [
        [f"{row['hours']} h", share(row["survival_frac"], 4), share(row["survival_at_worst_start_frac"], 4)]
        for row in answer["by_hours"]
    ]
    say(f"Riding through a loss that begins at any of {answer['starts']:,} hours:")
    print_table([Column("Loss of"), Column("Mean", is_right=True), Column("Worst start", is_right=True)], rows)
    say(
        f"The worst hour to begin a loss of {hours} h is row {answer['worst_start_hour'] + 2} of the load.", is_dim=True
    )
    return 0


def _kind(units: Rows, row: int) -> Standby:
    """Return one row of units."""
    count = units.number(row, "n_units", least=0)
    if count != int(count):
        raise units.fault(row, "n_units", f"{count:g} is not a whole number")
    forced = units.number(row, "forced_outage_rate", least=0, most=1, default=0.0)
    return Standby(
        int(count),
        units.number(row, "capacity_mw", least=0),
        units.number(row, "mttf_h", least=1),
        units.number(row, "operational_availability", least=0, most=1, default=1.0 - forced),
        units.number(row, "failure_to_start", least=0, most=1, default=0.0),
    )


def _of_region(region: str, options: dict[str, Any]) -> int:
    length = options["hours"]
    with reading(options) as release:
        region_id = choose_region(release, region)
        frame = release.query(
            "select adequacy.stack_id, adequacy.design_id, adequacy.survival_of, survives_1h_frac, survives_4h_frac, "
            "survives_8h_frac, survives_24h_frac from adequacy inner join ranked_sites as sites "
            "on adequacy.region_id = sites.region_id and adequacy.stack_id = sites.stack_id "
            "where adequacy.region_id = $region_id order by sites.rank",
            {"region_id": region_id},
        )
        if length not in PUBLISHED:
            frame = frame.with_columns(_unpublished(release, region_id, frame, length))
        if options["as_json"]:
            echo_json({"release": release.header(), "region_id": region_id, "hours": length, "rows": records(frame)})
            return release.exit_code()
        say(f"Riding through a loss from outside that begins at a random hour, {region_id}", is_bold=True)
        lengths = sorted({shown for shown in PUBLISHED if shown < length} | {length})
        columns = [Column("Stack"), Column("Design", least=16, keep=5), Column("Loses")]
        columns += [Column(f"{shown} h", is_right=True) for shown in lengths]
        rows = [
            [
                row["stack_id"],
                row["design_id"],
                (row["survival_of"] or "not sampled").replace("_", " "),
                *(share(row[f"survives_{shown}h_frac"], 2) for shown in lengths),
            ]
            for row in frame.iter_rows(named=True)
        ]
        print_table(columns, rows)
        say(release.footer(), is_dim=True)
        return release.exit_code()


def _unpublished(release: Reading, region_id: str, frame: pl.DataFrame, length: int) -> pl.Series:
    """Compute the survival of a length that the release does not publish, from the hours that it does."""
    from pipelines.reliability.released import released_survival  # noqa: PLC0415 - loads the plant

    hours = release.query(
        "select * from dispatch_hourly where region_id = $region_id order by stack_id, hour_utc",
        {"region_id": region_id},
    )
    if hours.is_empty() or frame["survival_of"].is_null().any():
        known = ", ".join(str(hours) for hours in PUBLISHED)
        raise UsageError(
            f"the release has no hours or samples of {region_id} to compute {length} h from; it has survival of "
            f"{known} h for the regions that it samples. Ask for one of these, or give --units and --load."
        )
    sites = "select designs.* from ranked_sites as sites inner join designs on sites.design_id = designs.design_id"
    designs = release.query(f"{sites} where sites.region_id = $region_id order by rank", {"region_id": region_id})
    place = release.one("select elevation_m from regions where region_id = $region_id", {"region_id": region_id})
    published = {
        row["stack_id"]: [row[f"survives_{shown}h_frac"] for shown in PUBLISHED] for row in frame.iter_rows(named=True)
    }
    found = released_survival(hours, designs, published, place["elevation_m"], length, Settings())
    return pl.Series(f"survives_{length}h_frac", [found[stack] for stack in frame["stack_id"]], pl.Float64)
