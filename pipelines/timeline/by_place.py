"""Which durations of a site follow from its place: local permits, the gas lateral and the air permit."""

from __future__ import annotations

from math import ceil

import polars as pl

from pipelines.places.air_permit import air_permits
from pipelines.places.air_permit import has_facts as has_air_facts
from pipelines.places.entitlement import entitlements
from pipelines.places.gas_reach import known_laterals
from pipelines.plant.catalogue import stacks
from pipelines.settings import Settings

UNPERMITTED = "no_combustion_plant"
"""Duration of a permit that is not needed."""
_APPLICATION = "air_permit_application"
_NO_APPLICATION = ("none", "exempt", "registration")
Pairs = tuple[tuple[str, str], ...]


def place_variants(regions: pl.DataFrame, chosen: pl.DataFrame, load_mw: float, settings: Settings) -> list[Pairs]:
    """Select the variants of durations that follow from the place of each row.

    Parameters
    ----------
    regions : pl.DataFrame
        region_id, state, and the facts of places; without these nothing follows from the place.
    chosen : pl.DataFrame
        region_id, stack_id, firm_technology, firm_units, firm_unit_mw and, where known, firm_mwh.
    load_mw : float
        Load of the site at the bus.
    settings : Settings

    Returns
    -------
    list[Pairs]
        Pairs of duration and variant by row of `chosen`.
    """
    found: list[Pairs] = [()] * len(chosen)
    laterals = known_laterals(regions, settings)
    if laterals is not None:
        classes = dict(laterals.select("region_id", "gas_lateral_class").iter_rows())
        found = [(("gas_lateral", classes[region]),) if region in classes else () for region in chosen["region_id"]]
    local = entitlements(regions, settings)
    if local is not None:
        named = [local.get(region, "") for region in chosen["region_id"]]
        found = [(*own, ("local_permits", name)) if name else own for own, name in zip(found, named, strict=True)]
    if has_air_facts(regions, settings):
        permits = [_of_permit(*row) for row in _permits(regions, chosen, load_mw, settings).iter_rows()]
        found = [(*own, *permit) for own, permit in zip(found, permits, strict=True)]
    return found


def _of_permit(permit_id: str, permit_class: str, control: str) -> Pairs:
    application = ((_APPLICATION, UNPERMITTED),) if permit_class in _NO_APPLICATION else ()
    catalysts = (("emission_controls", f"{control}_delivery"),) if control != "none" else ()
    return (("air_permit", permit_id), *application, *catalysts)


def _permits(regions: pl.DataFrame, chosen: pl.DataFrame, load_mw: float, settings: Settings) -> pl.DataFrame:
    """Classify the permit of each row; where a phase brings units of its own, the slower of theirs and the plant's."""
    columns = ["air_permit_id", "air_permit_class", "air_permit_control"]
    compared = [*columns, "air_permit_expected_months"]
    own = air_permits(chosen, regions, settings).select(compared)
    brought = {name: stack.phases[0].units for name, stack in stacks(settings).items() if stack.phases[0].units}
    if not brought or not chosen["stack_id"].is_in(list(brought)).any():
        return own.select(columns)
    units = pl.DataFrame(
        [
            {
                "stack_id": name,
                "firm_technology": unit.technology,
                "firm_units": ceil(load_mw / unit.unit_mw - 1e-9) + 1,
                "firm_unit_mw": unit.unit_mw,
            }
            for name, unit in brought.items()
            if unit is not None
        ]
    )
    rows = chosen.select("region_id", "stack_id").with_row_index("_at")
    first = rows.join(units, on="stack_id", maintain_order="left")
    slower = air_permits(first, regions, settings).select(compared).hstack(first.select("_at"))
    both = pl.concat([own.hstack(rows.select("_at")), slower])
    return (
        both.sort("_at", "air_permit_expected_months", descending=[False, True], maintain_order=True)
        .unique("_at", keep="first", maintain_order=True)
        .select(columns)
    )
