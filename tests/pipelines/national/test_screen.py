"""The screen moves effort only: what prices would choose of it is what they would choose of every design."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from pipelines.dispatch.batch import simulate_batch
from pipelines.dispatch.inputs import SiteYear
from pipelines.dispatch.site_years import site_years
from pipelines.national.chunk import Facts
from pipelines.national.screen import Families, decided_designs
from pipelines.plant.solar import solar_mw_per_mw
from pipelines.reliability.campaign import assess_site
from pipelines.weather.synthetic import synthetic_year


def _years(row: dict[str, object], months: pl.DataFrame, facts: Facts, count: int) -> list[SiteYear]:
    place = {name: float(row[name]) for name in ("latitude", "longitude", "elevation_m")}  # type: ignore[arg-type]
    own = months.filter(pl.col("region_id") == row["region_id"])
    hours = [synthetic_year(own, str(row["region_id"]), **place, year_index=year) for year in range(1, count + 1)]
    sun = [solar_mw_per_mw(year, **place, parameters=facts.solar) for year in hours]
    together = pl.concat(hours)
    suns = together.select("region_id", "weather_year", "hour_utc").with_columns(
        pl.Series("solar_mw_per_mw", np.concatenate(sun))
    )
    plant = facts.plant
    return site_years(pl.DataFrame([row]), together, suns, plant.technologies, facts.load_facts, plant.settings)


def _fewest_units(rows: pl.DataFrame, facts: Facts) -> dict[tuple[object, ...], str]:
    """Return the design of each family with the fewest units that reach the target and keep the stack's parts."""
    settings = facts.plant.settings
    rows = rows.group_by("design_id", maintain_order=True).agg(
        ((pl.col("availability_frac") * pl.col("load_mwh")).sum() / pl.col("load_mwh").sum()).alias(
            "availability_frac"
        ),
        (pl.col("baseload_mwh") / pl.col("load_mwh")).mean().alias("baseload_frac"),
    )
    designs = facts.plant.designs.to_frame()
    family = [name for name in designs.columns if name not in {"design_id", "firm_units"}]
    stack = pl.col("stack_id")
    met = (
        designs.join(rows, on="design_id")
        .filter(pl.col("availability_frac") >= settings.availability_target)
        .filter((stack != "smr_hybrid") | (pl.col("baseload_frac") >= settings.min_baseload_frac))
        .sort("firm_units")
        .group_by(family, maintain_order=True)
        .first()
    )
    return {tuple(row[name] for name in family): row["design_id"] for row in met.iter_rows(named=True)}


@pytest.mark.parametrize(("place", "years"), [(0, 1), (2, 1), (3, 2)])
def test_every_size_keeps_the_fewest_units_that_reach_the_target(
    regions: pl.DataFrame, months: pl.DataFrame, causes: pl.DataFrame, facts: Facts, place: int, years: int
) -> None:
    row = regions.row(place, named=True)
    own = causes.filter(pl.col("region_id") == row["region_id"])
    site = _years(row, months, facts, years)
    everything = pl.concat([assess_site(year, facts.plant, own, dtype=np.float64) for year in site])
    families = Families.of(facts.plant.designs)
    kept, assessed = decided_designs(site, facts.plant, own, families, np.full(len(families.members), 3))
    wanted = _fewest_units(everything, facts)
    assert wanted
    assert set(wanted.values()) <= set(kept["design_id"])
    assert set(kept["stack_id"]) == set(facts.plant.designs.stack_id)
    assert assessed < 0.6 * len(facts.plant.designs)
    # What is kept is what the whole grid says of it.
    both = kept.join(everything, on=["design_id", "weather_year"], suffix="_all")
    assert both.height == kept.height
    for name in ("availability_frac", "firm_fuel_mmbtu", "eue_mwh_per_year"):
        np.testing.assert_allclose(both[name], both[f"{name}_all"], rtol=1e-9, atol=1e-9)


def test_the_guess_moves_the_effort_and_not_the_result(
    regions: pl.DataFrame, months: pl.DataFrame, causes: pl.DataFrame, facts: Facts
) -> None:
    row = regions.row(0, named=True)
    own = causes.filter(pl.col("region_id") == row["region_id"])
    site = _years(row, months, facts, 1)
    families = Families.of(facts.plant.designs)
    found = [
        decided_designs(site, facts.plant, own, families, np.full(len(families.members), guess))[0] for guess in (0, 9)
    ]
    assert found[0].equals(found[1])


def test_designs_of_a_family_leave_their_units_the_same_need(
    regions: pl.DataFrame, months: pl.DataFrame, facts: Facts
) -> None:
    (site,) = _years(regions.row(0, named=True), months, facts, 1)
    families = Families.of(facts.plant.designs)
    several = [own for own in families.members if len(own) > 1]
    assert {facts.plant.designs.stack_id[own[0]] for own in several} >= {"solar_bess_gas", "flexible_grid_bess"}
    needs = []
    for place in (0, -1):
        designs = facts.plant.designs.take(np.array([own[place] for own in several]))
        simulate_batch(
            [site],
            designs,
            facts.plant.technologies,
            facts.plant.battery,
            dtype=np.float64,
            with_need=lambda _, need: needs.append((need.firm_need_mw.copy(), need.second_mw.copy())),
            threads=1,
        )
    for few, many in zip(*needs, strict=True):
        np.testing.assert_allclose(few, many, atol=1e-9)


def test_few_lanes_give_the_bits_of_many(regions: pl.DataFrame, months: pl.DataFrame, facts: Facts) -> None:
    (site,) = _years(regions.row(1, named=True), months, facts, 1)
    some = facts.plant.designs.take(np.arange(0, len(facts.plant.designs), 29))
    found = [
        simulate_batch([site], some, facts.plant.technologies, facts.plant.battery, threads=1, has_few=has_few)
        for has_few in (False, True)
    ]
    assert found[0].to_frame([site], some).equals(found[1].to_frame([site], some))
