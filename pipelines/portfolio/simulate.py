"""Monte Carlo of a year of events over the sites of a strategy, vectorised over years."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from pipelines.identity import stable_seed
from pipelines.portfolio.events import Event
from pipelines.portfolio.geometry import distances_km, points_within
from pipelines.portfolio.sites import Sites
from pipelines.weather.files import great_circle_km


@dataclass(frozen=True)
class Losses:
    """What one kind of event takes in every sampled year.

    Attributes
    ----------
    unserved_mwh : NDArray[np.float64]
        Energy of IT not served, shape (n_years,).
    worst_mw : NDArray[np.float64]
        Most IT that one event takes at once, shape (n_years,).
    sites_struck : NDArray[np.int64]
        Sites lost at least once, shape (n_years,).
    events, lost_mw, hours : float
        Events that took anything over all years; the sums of what they took (MW) and of how long they lasted (h).
    longest_hours : float
        P95 of their lengths (h); 0 without any.
    """

    unserved_mwh: NDArray[np.float64]
    worst_mw: NDArray[np.float64]
    sites_struck: NDArray[np.int64]
    events: float
    lost_mw: float
    hours: float
    longest_hours: float


def sample_losses(event: Event, sites: Sites, years: int, seed: int = 0) -> Losses:
    """Sample the losses of one kind of event.

    The draws depend on the kind of event, the seed and the number of sites alone, so that leaving out one kind, or
    changing its rate, leaves every other kind as it was.

    Parameters
    ----------
    event : Event
    sites : Sites
    years : int
        Sampled years.
    seed : int

    Returns
    -------
    Losses
    """
    rng = np.random.default_rng(stable_seed("portfolio", event.event_type, seed))
    if event.footprint == "site" or len(sites) == 1:
        return _by_site(event, sites, years, rng)
    if event.footprint == "circle":
        year, reached = _circles(event, sites, years, rng)
    elif event.footprint == "copula":
        year, reached = _copula(event, sites, years, rng)
    else:
        year, reached = _domains(event, years, rng)
    struck = reached & (rng.random(reached.shape) < event.strike_frac)
    kept = struck.any(axis=1)
    year, struck = year[kept], struck[kept]
    # One length for all sites of an event, in units of each site's own mean.
    lengths = rng.exponential(size=len(year))
    taken = struck * (sites.mw * event.share_lost_frac)
    lost_mw = taken.sum(axis=1)
    worst = np.zeros(years)
    np.maximum.at(worst, year, lost_mw)
    by_site = np.zeros((years, len(sites)), dtype=np.bool_)
    place, site = np.nonzero(struck)
    by_site[year[place], site] = True
    hours = lengths * (struck * event.hours).max(axis=1, initial=0.0)
    return Losses(
        unserved_mwh=np.bincount(year, weights=lengths * (taken @ event.hours), minlength=years).astype(np.float64),
        worst_mw=worst,
        sites_struck=by_site.sum(axis=1),
        events=float(len(year)),
        lost_mw=float(lost_mw.sum()),
        hours=float(hours.sum()),
        longest_hours=float(np.quantile(hours, 0.95)) if len(hours) else 0.0,
    )


def _by_site(event: Event, sites: Sites, years: int, rng: np.random.Generator) -> Losses:
    """Sites fail each by itself: counts are Poisson, and the sum of k exponential lengths is a gamma draw."""
    rate = event.rate_per_year * event.strike_frac
    counts = rng.poisson(rate, size=(years, len(sites)))
    taken = sites.mw * event.share_lost_frac
    lengths = rng.standard_gamma(np.maximum(counts, 1)) * (counts > 0)
    total = counts.sum(axis=0)
    hours = np.repeat(event.hours, total)
    return Losses(
        unserved_mwh=lengths @ (taken * event.hours),
        worst_mw=((counts > 0) * taken).max(axis=1, initial=0.0),
        sites_struck=(counts > 0).sum(axis=1),
        events=float(total.sum()),
        lost_mw=float(total @ taken),
        hours=float(total @ event.hours),
        # The P95 of an exponential length.
        longest_hours=float(-np.log(0.05) * hours.mean()) if len(hours) else 0.0,
    )


def _domains(event: Event, years: int, rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    n_domains = int(event.domain.max()) + 1
    most = np.array([event.rate_per_year[event.domain == d].max(initial=0.0) for d in range(n_domains)])
    counts = rng.poisson(most, size=(years, n_domains))
    year, domain = np.nonzero(counts)
    times = counts[year, domain]
    year, domain = np.repeat(year, times), np.repeat(domain, times)
    reach = np.divide(
        event.rate_per_year, most[event.domain], out=np.zeros(len(event.domain)), where=most[event.domain] > 0
    )
    severity = rng.random(len(year))
    return year, (event.domain[None, :] == domain[:, None]) & (severity[:, None] < reach[None, :])


def _circles(
    event: Event, sites: Sites, years: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Centres fall evenly over the caps around the sites; a centre in several caps is drawn once, not once for each.

    Karp and Luby (1983): draw a cap, then a point in it, and keep it with one over the number of caps that hold it.
    """
    most = float(event.rate_per_year.max(initial=0.0))
    exposed = np.flatnonzero(event.rate_per_year > 0.0)
    count = int(rng.poisson(most * len(exposed) * years)) if most > 0.0 else 0
    year = rng.integers(0, years, size=count)
    home = exposed[rng.integers(0, len(exposed), size=count)] if count else np.zeros(0, dtype=np.int64)
    latitude, longitude = points_within(rng, sites.latitude[home], sites.longitude[home], event.radius_km)
    distance = great_circle_km(latitude[:, None], longitude[:, None], sites.latitude[None, :], sites.longitude[None, :])
    covered = (distance <= event.radius_km) & (event.rate_per_year > 0.0)[None, :]
    # A centre on the very rim of its own cap still counts as inside.
    covered[np.arange(count), home] = True
    kept = rng.random(count) * covered.sum(axis=1) < 1.0
    severity = rng.random(count)
    reach = event.rate_per_year / most if most > 0.0 else event.rate_per_year
    return year[kept], (covered & (severity[:, None] < reach[None, :]))[kept]


def _copula(
    event: Event, sites: Sites, years: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """One season a year: standard normal scores with a correlation by distance, or as held from the same years."""
    correlation = sites.solar_correlation
    if correlation is None:
        correlation = np.exp(-distances_km(sites.latitude, sites.longitude) / event.radius_km)
    values, vectors = np.linalg.eigh(correlation)
    root = vectors * np.sqrt(np.clip(values, 0.0, None))
    scores = rng.standard_normal((years, len(sites))) @ root.T
    limit = ndtri(-np.expm1(-event.rate_per_year))
    return np.arange(years), scores < limit[None, :]
