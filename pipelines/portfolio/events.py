"""What can strike: events with rates, footprints and the share of a site that they take."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.errors import InputError
from pipelines.portfolio.geometry import shared_frac
from pipelines.portfolio.sites import Sites
from pipelines.reference.side_table import read_side_table
from pipelines.reliability.site_hazards import read_hazards

EVENTS_FILE = Path(__file__).with_name("events.csv")
ASSUMED_RATES = ("assumption", "basin", "hazard")
"""Kinds of rates that no document gives as they are used."""
Level = Literal["low", "mid", "high"]
_TEXT = ("event_type", "description", "takes", "footprint", "domain", "exposed", "rate_kind")
_CITATION = ("source_title", "publisher", "url", "as_of")
_RATES = ("rate_low", "rate_mid", "rate_high")
_NUMBERS = ("radius_km", *_RATES, "strike_frac", "share_lost_frac", "hours_mean")
_OF_HAZARD = ("hazard", "index_basis", "index_frequency")
_KINDS = {"site", "domain", "fleet", "circle", "copula"}


@dataclass(frozen=True)
class Event:
    """One kind of event as it meets the sites of one strategy.

    Attributes
    ----------
    event_type : str
    footprint : str
        "site": each site by itself; "domain": all sites of one domain; "fleet": as domain, over the whole fleet;
        "circle": all sites within a radius of a centre that falls evenly; "copula": correlated by distance, yearly.
    rate_per_year : NDArray[np.float64]
        Events that reach each site, shape (n,).
    strike_frac : float
        Probability that a site that is reached is lost; independent between the sites of one event.
    share_lost_frac, hours : NDArray[np.float64]
        Share of the site that is lost, and its mean length (h), shape (n,).
    domain : NDArray[np.int64]
        Domain of each site, shape (n,).
    radius_km : float
        Radius of a circle, or distance over which a copula's correlation falls to 1/e.
    is_assumption : bool
        The rate has no source.
    """

    event_type: str
    footprint: str
    rate_per_year: NDArray[np.float64]
    strike_frac: float
    share_lost_frac: NDArray[np.float64]
    hours: NDArray[np.float64]
    domain: NDArray[np.int64]
    radius_km: float
    is_assumption: bool

    def times(self, factor: float) -> Event:
        """Return the event with its rate multiplied."""
        return replace(self, rate_per_year=self.rate_per_year * factor)


def read_events(path: Path = EVENTS_FILE) -> pl.DataFrame:
    """Read the table of events; natural hazards have the rates of `reliability/site_hazards.csv`.

    Raises
    ------
    InputError
        If the file, a column or a figure is missing, or a figure or word cannot be.
    """
    raw = read_side_table(path, (*_TEXT, *_NUMBERS, *_CITATION))
    frame = raw.with_columns(pl.col(_NUMBERS).cast(pl.Float64, strict=False))
    for row, (own, text) in enumerate(zip(frame.iter_rows(named=True), raw.iter_rows(named=True), strict=True), 2):
        for name in _NUMBERS:
            if (own[name] is None and text[name]) or (own[name] or 0.0) < 0:
                raise InputError(f"value {text[name]!r} is no number from 0", file=str(path), row=row, column=name)
        if own["footprint"] not in _KINDS:
            known = ", ".join(sorted(_KINDS))
            raise InputError(
                f"value {own['footprint']!r} is none of {known}", file=str(path), row=row, column="footprint"
            )
        if own["rate_kind"] == "assumption":
            rates = [own[name] for name in _RATES]
            if None in rates or rates != sorted(rates):
                raise InputError(f"rates {rates} do not rise", file=str(path), row=row, column="rate_mid")
        if (own["rate_kind"] == "hazard") != (own["exposed"] == "county"):
            raise InputError(
                "hazards, and they alone, are exposed by county", file=str(path), row=row, column="exposed"
            )
    return _with_hazards(frame, path)


def _with_hazards(frame: pl.DataFrame, path: Path) -> pl.DataFrame:
    """Fill rates, lengths and citations of the natural hazards from the table that single sites read too."""
    of_hazard = (*_RATES, "strike_frac", "hours_mean", *_CITATION)
    hazards = read_hazards().select("event_type", *_OF_HAZARD, pl.col(of_hazard).name.prefix("_"))
    named = set(frame.filter(pl.col("rate_kind") == "hazard")["event_type"])
    if named != set(hazards["event_type"]):
        wrong = ", ".join(sorted(named ^ set(hazards["event_type"])))
        raise InputError(f"hazards here and in site_hazards.csv differ: {wrong}", file=str(path), column="event_type")
    return (
        frame.join(hazards, on="event_type", how="left", maintain_order="left")
        .with_columns(pl.coalesce(f"_{name}", name).alias(name) for name in of_hazard)
        .drop(f"_{name}" for name in of_hazard)
        .with_columns(pl.col("hazard", "index_basis").fill_null(""))
    )


def events_of(table: pl.DataFrame, sites: Sites, level: Level = "mid") -> list[Event]:
    """Return the events as they meet the sites.

    Parameters
    ----------
    table : pl.DataFrame
        From `read_events`.
    sites : Sites
    level : Level
        Which of the three rates of an assumption is used; freeze-offs have the rates of each site's basin.
    """
    return [_event(row, sites, level) for row in table.iter_rows(named=True)]


def _event(row: dict, sites: Sites, level: Level) -> Event:
    name, n = row["event_type"], len(sites)
    everywhere = np.ones(n)
    exposed, strike_frac = _exposed(row, sites), row["strike_frac"]
    if row["rate_kind"] == "basin":
        rate, share, hours = sites.freezes[level] * exposed, everywhere, sites.freezes["hours"]
        strike_frac = sites.freeze_cut_frac
    elif row["rate_kind"] in {"computed", "cited"}:
        own = sites.own[name]
        rate, share, hours = own.rate_per_year * exposed, own.share_lost_frac, own.hours
    else:
        rate = row[f"rate_{level}"] * exposed
        share, hours = row["share_lost_frac"] * everywhere, row["hours_mean"] * everywhere
    domain = np.zeros(n, dtype=np.int64)
    if row["domain"]:
        domain = np.unique(np.array(sites.domains[row["domain"]]), return_inverse=True)[1].astype(np.int64)
    return Event(
        event_type=name,
        footprint=row["footprint"],
        rate_per_year=rate * sites.takes(row["takes"]),
        strike_frac=strike_frac,
        share_lost_frac=share,
        hours=hours,
        domain=domain,
        radius_km=row["radius_km"] or 0.0,
        is_assumption=row["rate_kind"] in ASSUMED_RATES,
    )


def _exposed(row: dict, sites: Sites) -> NDArray[np.float64]:
    """Compute the share of an event's rate that reaches each site, shape (n,)."""
    if row["exposed"] == "hot":
        return sites.is_hot.astype(np.float64)
    if row["exposed"] == "county":
        return sites.exposures[row["event_type"]]
    return np.ones(len(sites))


def joint_rates(event: Event, distances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how often one event takes both of two sites (1/year), shape (n, n); its own rate on the diagonal.

    Parameters
    ----------
    event : Event
    distances : NDArray[np.float64]
        Between the sites (km), shape (n, n).
    """
    joint = np.diag(event.rate_per_year * event.strike_frac)
    for at in _struck_together(event):
        joint[np.ix_(at, at)] = _joint_rates(event, distances, at)
    return joint


def _struck_together(event: Event) -> list[NDArray[np.intp]]:
    """Return the groups of sites of which one event may take several; none where it takes one site alone."""
    struck = np.flatnonzero(event.rate_per_year > 0.0)
    if event.footprint in {"circle", "copula"}:
        return [struck]
    if event.footprint in {"domain", "fleet"}:
        return [struck[event.domain[struck] == domain] for domain in np.unique(event.domain[struck])]
    return []


def _joint_rates(event: Event, distances: NDArray[np.float64], at: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return `joint_rates` of one group of sites that the event takes together."""
    rate = event.rate_per_year[at]
    joint = np.minimum(rate[:, None], rate[None, :])
    if event.footprint == "circle":
        joint *= shared_frac(distances[np.ix_(at, at)], event.radius_km)
    elif event.footprint == "copula":
        joint *= np.exp(-distances[np.ix_(at, at)] / event.radius_km)
    joint *= event.strike_frac**2
    np.fill_diagonal(joint, rate * event.strike_frac)
    return joint


def loss_covariance(events: list[Event], distances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the covariance of the yearly hours lost per site, weighted by the share lost (h^2), shape (n, n).

    Compound Poisson sums with exponential lengths common to all sites of an event: the second moment of a length is
    twice the square of its mean.
    """
    total = np.zeros_like(distances)
    for event in events:
        lost = event.share_lost_frac * event.hours
        if not np.any(event.rate_per_year * lost):
            continue
        groups = _struck_together(event)
        for at in groups:
            total[np.ix_(at, at)] += 2.0 * _joint_rates(event, distances, at) * lost[at, None] * lost[None, at]
        if not groups:
            total[np.diag_indices_from(total)] += 2.0 * event.rate_per_year * event.strike_frac * lost * lost
    return total


def loss_correlation(events: list[Event], distances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the correlation of the yearly losses of two sites, shape (n, n)."""
    covariance = loss_covariance(events, distances)
    scale = np.sqrt(np.diag(covariance))
    scale = np.where(scale > 0.0, scale, 1.0)
    correlation = covariance / scale[:, None] / scale[None, :]
    np.fill_diagonal(correlation, 1.0)
    return correlation
