"""Families of inputs, and how old each is in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

FAMILIES = ("weather", "prices", "queues", "lead_times", "places", "costs_and_rules")
WEATHER, PRICES, QUEUES, LEAD_TIMES, PLACES, COSTS = FAMILIES
_OF_REFERENCE = {
    "climate_stations": WEATHER,
    "climatology_monthly": WEATHER,
    "gas_hub_rules": PRICES,
    "gas_hubs": PRICES,
    "gas_prices": PRICES,
    "henry_hub_path": PRICES,
    "large_load_tariffs": PRICES,
    "power_prices": PRICES,
    "price_projections": PRICES,
    "queue_statistics": QUEUES,
    "equipment_lead_times": LEAD_TIMES,
    "industrial_capacity": LEAD_TIMES,
    "candidate_markets": PLACES,
    "grid_reliability": PLACES,
    "large_load_territories": PLACES,
    "place_heights": PLACES,
}
_OF_SNAPSHOT = {
    "henry_hub": PRICES,
    "indicators": LEAD_TIMES,
    "reliability_2024": PLACES,
    "risk_index_2021": PLACES,
    "hazards_2023": PLACES,
}
_OF_SOURCE = {
    "eia_v2": PRICES,
    "eia_files": PRICES,
    "fred": PRICES,
    "census_m3": LEAD_TIMES,
    "bls_ppi": LEAD_TIMES,
    "census_counties": PLACES,
    "county_zones": PLACES,
    "eia861": PLACES,
    "nri": PLACES,
}


def family_of(source_id: str) -> str:
    """Select the family of a source as `mart.data_status` names it."""
    kind, _, name = source_id.rpartition("/")
    if kind == "reference":
        return _OF_REFERENCE.get(name, COSTS)
    if kind == "snapshot":
        return _OF_SNAPSHOT.get(name, QUEUES)
    return QUEUES if source_id.startswith("queue_") else _OF_SOURCE.get(source_id, WEATHER)


def ages_in_words(status: Sequence[Mapping[str, Any]]) -> str:
    """Say when the data of each family end.

    Parameters
    ----------
    status : Sequence[Mapping[str, Any]]
        Rows of `mart.data_status`: family, profile, data_through_utc.

    Returns
    -------
    str
        One clause per family that has dated data, for example "queues end 2023-12 to 2026-07 (snapshots)".
    """
    said = []
    for family in FAMILIES:
        rows = [row for row in status if row["family"] == family and row["data_through_utc"] is not None]
        if not rows:
            continue
        days = sorted(_month(row["data_through_utc"]) for row in rows)
        span = days[0] if days[0] == days[-1] else f"{days[0]} to {days[-1]}"
        snapshots = " (snapshots)" if any(row["profile"] == "snapshot" for row in rows) else ""
        said.append(f"{family.replace('_', ' ')} {span}{snapshots}")
    return "data end: " + ", ".join(said) if said else "no input has a date"


def _month(moment: datetime) -> str:
    return f"{moment:%Y-%m}"
