"""What natural hazards that stop a whole site take from its service: the same share in every stack of a region."""

from __future__ import annotations

import polars as pl

from pipelines.reliability.common_mode import HOURS_PER_YEAR
from pipelines.reliability.site_hazards import hazard_events

_SHARE, _EVENTS = "hazard_unavailability_frac", "hazard_events_per_year"


def hazards_of(causes: pl.DataFrame) -> list[tuple[float, float]]:
    """List events per year and mean length (h) of the natural hazards among the shared failures of one site."""
    columns = (causes[name].to_list() for name in ("cause", "events_per_year", "hours_per_event"))
    known = hazard_events()
    return [(events, hours) for cause, events, hours in zip(*columns, strict=True) if cause in known and events > 0.0]


def without_hazards(causes: pl.DataFrame) -> pl.DataFrame:
    """Select the shared failures that dispatch and sizing depend on."""
    return causes.filter(~pl.col("cause").is_in(hazard_events()))


def hazard_unavailability(hazards: list[tuple[float, float]]) -> float:
    """Compute the share of time in which a hazard has stopped the site, hazards being independent of each other."""
    in_service = 1.0
    for events, hours in hazards:
        in_service *= 1.0 - min(events * hours / HOURS_PER_YEAR, 1.0)
    return 1.0 - in_service


def hazards_by_region(causes: pl.DataFrame) -> pl.DataFrame:
    """Compute how long and how often hazards stop the sites of each region.

    Parameters
    ----------
    causes : pl.DataFrame
        Contract `core.outage_causes`.

    Returns
    -------
    pl.DataFrame
        region_id, hazard_unavailability_frac, hazard_events_per_year; regions that no hazard strikes are not in it.
    """
    struck = causes.filter(pl.col("cause").is_in(hazard_events())).partition_by(
        "region_id", as_dict=True, maintain_order=True
    )
    rows = []
    for (region,), own in struck.items():
        hazards = hazards_of(own)
        rows.append((region, hazard_unavailability(hazards), sum(events for events, _ in hazards)))
    return pl.DataFrame(rows, schema={"region_id": pl.String, _SHARE: pl.Float64, _EVENTS: pl.Float64}, orient="row")


def struck_by_hazards(chosen: pl.DataFrame, hazards: pl.DataFrame) -> pl.DataFrame:
    """Add what hazards take from the service of chosen designs; `is_target_met` stays what the plant reaches by itself.

    While a hazard has stopped the site all load is unserved, so that every share served is multiplied by the time in
    which none has.

    Parameters
    ----------
    chosen : pl.DataFrame
        region_id, load_mwh, lolh_hours_per_year, eue_mwh_per_year; and, as far as they are there, availability_frac,
        full_service_hours_frac, interruptions_per_year and the two that begin with online_.
    hazards : pl.DataFrame
        From `hazards_by_region`.
    """
    share, events = pl.col(_SHARE).fill_null(0.0), pl.col(_EVENTS).fill_null(0.0)
    served = ("availability_frac", "full_service_hours_frac", "online_availability_frac")
    struck = ("interruptions_per_year", "online_interruptions_per_year")
    changes = [
        *(pl.col(name) * (1.0 - share) for name in served if name in chosen.columns),
        *(pl.col(name) + events for name in struck if name in chosen.columns),
        pl.col("lolh_hours_per_year") + share * (HOURS_PER_YEAR - pl.col("lolh_hours_per_year")).clip(0.0),
        pl.col("eue_mwh_per_year") + share * (pl.col("load_mwh") - pl.col("eue_mwh_per_year")),
    ]
    joined = chosen.join(hazards, on="region_id", how="left", maintain_order="left")
    return joined.with_columns(changes).select(chosen.columns)
