"""Local permits: the class of the county chooses the months, the switch brings back one figure."""

from __future__ import annotations

import polars as pl

from pipelines.contracts.permission import ENTITLEMENT_CLASSES
from pipelines.places.entitlement import DURATIONS, entitlement_durations, entitlements
from pipelines.settings import Settings
from pipelines.timeline.by_place import place_variants

PLACES = pl.DataFrame(
    {"region_id": ["a", "b", "c", "d"], "state": ["TX", "OH", "VA", "IN"], "entitlement_class": list(DURATIONS)}
)
CHOSEN = pl.DataFrame(
    [(name, "grid", "", 0, 0.0) for name in "dcba"],
    schema=["region_id", "stack_id", "firm_technology", "firm_units", "firm_unit_mw"],
    orient="row",
)


def test_every_class_of_the_contract_has_months_that_rise_with_what_is_asked() -> None:
    assert set(DURATIONS) == set(ENTITLEMENT_CLASSES)
    rows = {row["duration_id"]: (row["low"], row["mid"], row["high"]) for row in entitlement_durations(Settings())}
    light, ordinary, restricted = (rows[f"local_permits_{name}"] for name in ("light", "ordinary", "restricted"))
    assert all(a < b < c for a, b, c in zip(light, ordinary, restricted, strict=True))


def test_rows_take_the_class_of_their_county_and_the_switch_takes_it_away() -> None:
    pairs = place_variants(PLACES, CHOSEN, 24.0, Settings())
    assert [dict(own)["local_permits"] for own in pairs] == [DURATIONS[name] for name in list(DURATIONS)[::-1]]
    off = Settings(has_local_permits_by_place=False)
    assert entitlements(PLACES, off) is None and entitlement_durations(off) == []
    assert place_variants(PLACES, CHOSEN, 24.0, off) == [()] * 4
