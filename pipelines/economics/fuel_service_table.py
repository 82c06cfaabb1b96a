"""The table of ways to secure the gas of a site, and its figures as named assumptions."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from pipelines.contracts.reference import OWN_PUBLISHER
from pipelines.errors import InputError
from pipelines.reference.side_table import read_side_table
from pipelines.reference.technologies import STANDBY_FUEL

SERVICES_FILE = Path(__file__).with_name("fuel_services.csv")
INTERRUPTIBLE = "interruptible"
"""The service that every design is priced and assessed with."""
_RANGES = ("capex", "reservation", "basin_left")
_FIGURES = (
    *("capex_low_usd_per_kw", "capex_usd_per_kw", "capex_high_usd_per_kw", "fixed_om_usd_per_kw_year"),
    *("reservation_low_usd_per_mmbtu", "reservation_usd_per_mmbtu", "reservation_high_usd_per_mmbtu"),
    *("basin_left_low_frac", "basin_left_frac", "basin_left_high_frac", "lateral_left_frac"),
)
_WORDS = ("fuel_service", "label", "technologies", "standby", "fuel_usd_per_mmbtu", "reason")
_CITATION = ("source_title", "publisher", "url", "as_of")


def read_services(path: Path = SERVICES_FILE) -> pl.DataFrame:
    """Read the services.

    Returns
    -------
    pl.DataFrame
        fuel_service, label, technologies (of the gas units that can have it, separated by spaces; empty for all),
        standby (technology of standby units; its cost and failures are those of the technology table), capital
        and fixed upkeep per kW of gas units that the load needs (USD/kW, USD/kW/year), reservation (USD/MMBtu of the
        gas of full load in every hour), fuel_usd_per_mmbtu (paid for energy that the service saves, or `diesel`), and
        the shares of the losses to freeze-offs and to the lateral that are left; ranges, reason and citation.

    Raises
    ------
    InputError
        If the file, a column or the interruptible service is missing, a figure is no number from 0, or a share is
        above 1.
    """
    text = read_side_table(path, (*_WORDS, *_FIGURES, *_CITATION))
    frame = text.with_columns(pl.col(_FIGURES).cast(pl.Float64, strict=False))
    for row, (own, cells) in enumerate(zip(frame.iter_rows(named=True), text.iter_rows(named=True), strict=True), 2):
        for name in _FIGURES:
            most = 1.0 if name.endswith("_frac") else float("inf")
            is_left_out = not cells[name] and own["standby"]
            if not is_left_out and not 0.0 <= (own[name] if own[name] is not None else -1.0) <= most:
                raise InputError(
                    f"value {cells[name]!r} is no number from 0 to {most:g}", file=str(path), row=row, column=name
                )
        fuel = own["fuel_usd_per_mmbtu"]
        if fuel != STANDBY_FUEL and not fuel.replace(".", "", 1).isdigit():
            raise InputError(
                f"value {fuel!r} is no price and not {STANDBY_FUEL!r}",
                file=str(path),
                row=row,
                column="fuel_usd_per_mmbtu",
            )
    names = frame["fuel_service"]
    if names.is_duplicated().any() or names.is_empty() or names[0] != INTERRUPTIBLE:
        raise InputError(
            f"the first service is not {INTERRUPTIBLE!r}, or one has two rows",
            file=str(path),
            column="fuel_service",
            remedy="restore the file",
        )
    return frame


def judged_services() -> pl.DataFrame:
    """List the figures of services that no document gives, with their ranges.

    Returns
    -------
    pl.DataFrame
        Columns of `reference.provenance.assumptions` but those of a citation.
    """
    units = {"capex": "usd_per_kw", "reservation": "usd_per_mmbtu", "basin_left": "frac"}
    shown = {"capex": "USD/kW", "reservation": "USD/MMBtu", "basin_left": "fraction"}
    meanings = {
        "capex": "capital per kW of gas units that the load needs",
        "reservation": "reservation on the gas of full load in every hour",
        "basin_left": "share of the losses to freeze-offs that is left",
    }
    own = read_services().filter(pl.col("publisher") == OWN_PUBLISHER)
    parts = []
    for name in _RANGES:
        low, mid, high = (f"{name}{end}_{units[name]}" for end in ("_low", "", "_high"))
        parts.append(
            own.filter(pl.col(low) < pl.col(high)).select(
                pl.format("fuel_service.{}.{}", "fuel_service", pl.lit(name)).alias("assumption_id"),
                pl.lit("assumption").alias("kind"),
                pl.col(mid).cast(pl.String).alias("value"),
                pl.lit(shown[name]).alias("unit"),
                pl.format("{}: {}; {} to {} {}", "label", pl.lit(meanings[name]), low, high, pl.lit(shown[name])).alias(
                    "meaning"
                ),
                pl.lit(True).alias("is_default"),
                pl.col("reason").alias("choice_reason"),
            )
        )
    return pl.concat(parts)
