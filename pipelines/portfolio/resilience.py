"""What each strategy loses to each kind of event, and to all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from pipelines.portfolio.events import Event
from pipelines.portfolio.simulate import Losses, sample_losses
from pipelines.portfolio.sites import Sites
from pipelines.reliability.tail import tail_mean

ALL = "all_events"
_SURE = 1e-9


def sample_all(events: Sequence[Event], sites: Sites, years: int) -> dict[str, Losses]:
    """Sample every kind of event over the sites of a strategy."""
    return {event.event_type: sample_losses(event, sites, years) for event in events}


def together(losses: Mapping[str, Losses]) -> Losses:
    """Return what all kinds of events take: energies add up, and the worst event of a year is the worst of any kind.

    Events of two kinds that overlap are not added to one larger event.
    """
    found = list(losses.values())
    return Losses(
        unserved_mwh=np.sum([one.unserved_mwh for one in found], axis=0),
        worst_mw=np.max([one.worst_mw for one in found], axis=0),
        sites_struck=np.max([one.sites_struck for one in found], axis=0),
        events=sum(one.events for one in found),
        lost_mw=sum(one.lost_mw for one in found),
        hours=sum(one.hours for one in found),
        longest_hours=max(one.longest_hours for one in found),
    )


def measures(losses: Losses, total_mw: float) -> dict[str, float]:
    """Return the figures of one row.

    Parameters
    ----------
    losses : Losses
    total_mw : float
        IT of the strategy (MW).
    """
    share = losses.worst_mw / total_mw
    years = len(share)
    p50, p95, p99 = np.quantile(losses.unserved_mwh, [0.5, 0.95, 0.99])
    return {
        "events_per_year": losses.events / years,
        "share_lost_frac": losses.lost_mw / losses.events / total_mw if losses.events else 0.0,
        **{f"p_lose_{p}_frac": float(np.mean(share >= p / 100.0 - _SURE)) for p in (25, 50, 100)},
        "largest_single_loss_mw": float(losses.worst_mw.max()),
        "largest_single_loss_frac": float(share.max()),
        "unserved_mwh_mean": float(losses.unserved_mwh.mean()),
        "unserved_mwh_p50": float(p50),
        "unserved_mwh_p95": float(p95),
        "unserved_mwh_p99": float(p99),
        "unserved_mwh_cvar95": tail_mean(losses.unserved_mwh, 0.95),
        "recovery_hours_mean": losses.hours / losses.events if losses.events else 0.0,
        "recovery_hours_p95": losses.longest_hours,
    }


def resilience_rows(events: Sequence[Event], sites: Sites, years: int) -> pl.DataFrame:
    """Return one row per kind of event and one for all of them, without the name of the strategy.

    Parameters
    ----------
    events : Sequence[Event]
    sites : Sites
    years : int
        Sampled years.
    """
    losses = sample_all(events, sites, years)
    assumed = {event.event_type: event.is_assumption for event in events}
    total_mw = float(sites.mw.sum())
    mean_of_all = float(sum(one.unserved_mwh.mean() for one in losses.values()))
    rows = [
        {
            "event_type": name,
            "is_assumption": assumed.get(name, True),
            **measures(one, total_mw),
            "attribution_frac": float(one.unserved_mwh.mean()) / mean_of_all if mean_of_all else 0.0,
        }
        for name, one in [*losses.items(), (ALL, together(losses))]
    ]
    return pl.DataFrame(rows)
