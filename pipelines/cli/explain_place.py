"""What is known of the place of a region: permission, gas, air, grid, people and land, each line with its source."""

from __future__ import annotations

from typing import Any

import polars as pl

from pipelines.cli.output import figure, records, say
from pipelines.cli.reading import Reading

# By topic: fact, words around its figure, digits.
_LINES: dict[str, list[tuple[str, str, int]]] = {
    "Gas": [
        ("gas_evidence", "{}", 0),
        ("gas_pipeline_distance_km", "{} from the centre", 1),
        ("share_area_gas_8km", "{} within 8 km", 0),
    ],
    "Air": [
        ("ozone_effective_class", "ozone {}", 0),
        ("nox_major_tpy", "major from {} of NOx", 0),
        ("voc_major_tpy", "{} of VOC", 0),
    ],
    "Grid": [
        ("substation_100kv_nearest_km", "substation {}", 1),
        ("transmission_100kv_distance_km", "100 kV line {}", 1),
        ("closed_fossil_site_nearest_km", "closed plant {}", 0),
    ],
    "Land": [
        ("public_or_protected_share", "{} protected", 0),
        ("farm_real_estate_usd_per_acre_state_2017", "land {}", 0),
        ("water_risk_category", "water risk {}", 0),
    ],
}
_UNITS = {"short ton/year": "t/yr"}
_PUBLISHERS = {
    "US Energy Information Administration through HIFLD Open; Global Energy Monitor": "EIA, GEM",
    "US Energy Information Administration": "EIA",
    "Global Energy Monitor": "GEM",
    "HIFLD Open": "HIFLD",
    "US Environmental Protection Agency": "EPA",
    "firstmw, derived from US law": "CAA",
    "US Geological Survey": "USGS",
    "USDA": "USDA",
    "World Resources Institute": "WRI",
}
_SHOWN = 3
_NOTHING_TO_KNOW = "No single fact that is unknown here would change the choice of a stack."
_YES_NO = {1.0: "yes", 0.0: "no"}


def place(release: Reading, region_id: str) -> dict[str, Any]:
    """Gather what is known of a region's place; no facts in a release from before they were published.

    Returns
    -------
    dict[str, Any]
        permission (is_eligible, blocked_by, alleged_stop, municipal_stops, entitlement_class, people within reach) and
        facts (fact_id, value, text, unit, evidence, as_of, source_title, url, value_kind, publisher); worth_knowing,
        the facts whose knowledge is worth most for the choice of a stack, None where nothing is valued (fact_id,
        meaning, known_by, usd_per_mw, months, stack_id, switch_frac, other_stack_id).
    """
    if "region_facts" not in release.tables:
        return {"permission": {}, "facts": [], "worth_knowing": None}
    of_region = {"region_id": region_id}
    permission = release.one(
        "select is_eligible, blocked_by, alleged_stop, municipal_stops, entitlement_class, people_within_100km, "
        "people_within_250km, people_within_500km, metro_million_km from regions where region_id = $region_id",
        of_region,
    )
    facts = release.query(
        "select facts.fact_id, facts.value, facts.text, facts.unit, facts.evidence, facts.as_of, facts.source_title, "
        "facts.url, defined.value_kind, defined.publisher "
        "from region_facts as facts inner join fact_definitions as defined on facts.fact_id = defined.fact_id "
        "where facts.region_id = $region_id order by facts.fact_id",
        of_region,
    )
    return {"permission": permission, "facts": records(facts), "worth_knowing": _worth_knowing(release, region_id)}


def _worth_knowing(release: Reading, region_id: str) -> list[dict[str, Any]] | None:
    if "fact_value" not in release.tables:
        return None
    found = release.query(
        "select fact_id, meaning, known_by, usd_per_mw, months, stack_id, switch_frac, other_stack_id "
        "from fact_value where region_id = $region_id order by usd_per_mw desc, fact_id",
        {"region_id": region_id},
    )
    return records(found.filter(pl.col("usd_per_mw") > 0.0).head(_SHOWN)) if len(found) else None


def print_place(found: dict[str, Any]) -> None:
    """Print a line per topic, each with its sources; every fact is in the JSON and in the table `region_facts`."""
    if not found["facts"]:
        return
    say()
    say("This place", is_bold=True)
    say(_permission(found["permission"]), indent=2)
    by_id = {row["fact_id"]: row for row in found["facts"]}
    for topic, facts in _LINES.items():
        known = [(by_id[fact], words, digits) for fact, words, digits in facts if fact in by_id]
        said = ", ".join(words.format(_shown(row, digits)) for row, words, digits in known)
        say(f"{topic}: {said} ({_sources([row for row, _, _ in known])}).", indent=2)
    reach = found["permission"]
    say(
        f"Demand: {figure(reach['people_within_250km'] / 1e6)} M people within 250 km, "
        f"metro of a million {figure(reach['metro_million_km'], 0)} km (Census 2023).",
        indent=2,
    )
    if found["worth_knowing"] is not None:
        first = "; ".join(_worth(row) for row in found["worth_knowing"])
        said = f"Worth knowing first, thousand USD per MW: {first}." if first else _NOTHING_TO_KNOW
        say(said, indent=2)


def _worth(row: dict[str, Any]) -> str:
    sooner = f" or {figure(row['months'])} months" if row["months"] >= 0.05 else ""
    return f"{row['meaning']} ({row['known_by']}) {figure(row['usd_per_mw'] / 1e3, 0)}{sooner}"


def _permission(found: dict[str, Any]) -> str:
    parts = [
        f"{words} {found[name]}"
        for name, words in (
            ("blocked_by", "Not permitted:"),
            ("alleged_stop", "Alleged, on one listing or without proof:"),
            ("municipal_stops", "Inside city limits:"),
        )
        if found[name]
    ]
    entitlement = str(found["entitlement_class"]).replace("_", " ")
    return "; ".join([*(parts or ["No stop listed, which is no proof"]), f"local permission: {entitlement}"]) + "."


def _shown(row: dict[str, Any], digits: int) -> str:
    """Return a fact as a reader expects it: yes or no, a text, a share in percent, or a figure with its unit."""
    if row["value"] is None and row["text"] is None:
        return "unknown"
    if row["value_kind"] == "flag" and row["value"] is not None:
        return _YES_NO[row["value"]]
    if row["value"] is None:
        return str(row["text"]).replace("_", " ").replace(" - ", " to ").lower()
    if row["unit"] == "fraction":
        return f"{figure(100.0 * row['value'], digits)} %"
    return f"{figure(row['value'], digits)} {_UNITS.get(row['unit'], row['unit'])}"


def _sources(rows: list[dict[str, Any]]) -> str:
    """Return who says the facts and the years, in the short names of the field; the user's own source in full."""
    years: dict[str, list[str]] = {}
    for row in rows:
        if row["evidence"] == "given":
            who = f"given: {row['source_title']},"
        else:
            found = (name for full, name in _PUBLISHERS.items() if row["publisher"].startswith(full))
            who = next(found, row["publisher"])
        own = years.setdefault(who, [])
        if row["as_of"][:4] not in own:
            own.append(row["as_of"][:4])
    return ", ".join(f"{who} {'/'.join(own)}" for who, own in years.items())
