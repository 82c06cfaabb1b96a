"""Further years of designs without a firm source: how many there are, and that no other design is judged by them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipelines.contracts.base import REGISTRY
from pipelines.dispatch.designs import design_grid
from pipelines.dispatch.inputs import DesignSet, SiteYear
from pipelines.dispatch.site_years import site_year
from pipelines.dispatch.storage_years import StorageYears, has_no_firm_source, storage_years
from pipelines.economics.evaluate import mean_years
from pipelines.economics.gas_supply import gas_supply
from pipelines.plant.firm import battery, firm_technologies
from pipelines.plant.solar import SolarParameters, solar_mw_per_mw, solar_parameters
from pipelines.reference.load import load_reference
from pipelines.reference.parameters import parameters
from pipelines.reference.regions import reference_climatology, reference_regions
from pipelines.reliability.campaign import Plant, campaign
from pipelines.reliability.common_mode import region_causes
from pipelines.settings import REFERENCE_DIR, Settings
from pipelines.warehouse.cache import Cache
from pipelines.weather.calendar import TYPICAL_YEAR, hours_of_year
from pipelines.weather.synthetic import synthetic_year

SETTINGS = Settings()


@dataclass(frozen=True)
class Night:
    """What a night has of one region when it comes to dispatch."""

    region: pl.DataFrame
    months: pl.DataFrame
    solar: SolarParameters
    plant: Plant
    causes: dict[str, pl.DataFrame]
    year: Callable[[int], SiteYear]


@pytest.fixture(scope="module")
def night() -> Night:
    figures = parameters(load_reference("technology", REFERENCE_DIR))
    technologies = firm_technologies(figures, load_reference("temperature_outage", REFERENCE_DIR), SETTINGS)
    solar = solar_parameters(figures, SETTINGS)
    region = reference_regions(REFERENCE_DIR).filter(pl.col("region_id") == "abilene_tx")
    months = reference_climatology(region, REFERENCE_DIR)
    place = region.select("latitude", "longitude", "elevation_m").row(0, named=True)
    grid = DesignSet.from_frame(design_grid(technologies, SETTINGS))
    alone = np.flatnonzero(has_no_firm_source(grid))
    few = grid.take(np.concatenate([alone[::9], np.flatnonzero(~has_no_firm_source(grid))[::80]]))
    hubs = gas_supply(region, load_reference("gas_hub_rules", REFERENCE_DIR), SETTINGS)
    causes = region_causes(region, hubs, load_reference("grid_reliability", REFERENCE_DIR), figures, SETTINGS)

    def year(number: int) -> SiteYear:
        hours = synthetic_year(months, "abilene_tx", **place, year_index=number)
        output = solar_mw_per_mw(hours, **place, parameters=solar)
        temperature = hours["temperature_c"].to_numpy()
        start = hours_of_year(TYPICAL_YEAR)[0].item()
        height = place["elevation_m"]
        return site_year("abilene_tx", number, start, temperature, output, height, technologies, 100.0, SETTINGS)

    plant = Plant(few, technologies, battery(figures, SETTINGS), figures, SETTINGS)
    return Night(region, months, solar, plant, {"abilene_tx": causes}, year)


def _further(night: Night, own: list[SiteYear], folder: Path, settings: Settings = SETTINGS) -> dict[str, StorageYears]:
    return storage_years(night.region, night.months, own, night.solar, settings, Cache(folder))


def test_designs_of_sun_and_storage_alone_are_found_by_their_parts(night: Night) -> None:
    alone = has_no_firm_source(night.plant.designs)
    stacks = np.array(night.plant.designs.stack_id)
    assert 0 < alone.sum() < len(alone)
    assert set(stacks[alone]).isdisjoint(stacks[~alone])
    assert (night.plant.designs.solar_mw[alone] > 0.0).all()


@pytest.mark.parametrize(
    ("own", "wanted", "found"),
    [
        ([1], 5, (2, 3, 4, 5)),
        ([0], 5, (1, 2, 3, 4)),
        ([2023, 2024, 2025], 5, (1, 2)),
        ([1, 2], 2, None),
        ([1], 1, None),
    ],
)
def test_synthetic_years_fill_up_what_a_region_runs_on(
    night: Night, tmp_path: Path, own: list[int], wanted: int, found: tuple[int, ...] | None
) -> None:
    first = night.year(1)
    sites = [replace(first, weather_year=number) for number in own]
    settings = SETTINGS.model_copy(update={"storage_weather_years": wanted})
    years = _further(night, sites, tmp_path, settings).get("abilene_tx")
    assert (None if years is None else years.weather_years) == found


def test_further_years_are_those_that_the_generator_makes(night: Night, tmp_path: Path) -> None:
    years = _further(night, [night.year(1)], tmp_path)["abilene_tx"]
    second = night.year(2)
    made = years.sites()[0]
    assert made.weather_year == 2
    assert made.start_utc == second.start_utc
    assert np.array_equal(made.solar_mw_per_mw, second.solar_mw_per_mw)
    assert np.array_equal(made.load_mw, second.load_mw)
    # What the hours depend on moves the key, and nothing else.
    assert years.key == _further(night, [night.year(1)], tmp_path / "other")["abilene_tx"].key
    warmer = replace(night, months=night.months.with_columns(pl.col("temperature_mean_c") + 0.1))
    busier = SETTINGS.model_copy(update={"pue_base": SETTINGS.pue_base + 0.01})
    assert _further(warmer, [night.year(1)], tmp_path)["abilene_tx"].key != years.key
    assert _further(night, [night.year(1)], tmp_path, busier)["abilene_tx"].key != years.key


def test_a_design_without_a_firm_source_is_judged_by_the_mean_of_all_its_years(night: Night, tmp_path: Path) -> None:
    first, cache = night.year(1), Cache(tmp_path)
    further = _further(night, [first], tmp_path)
    annual, adequacy, hits = campaign([first], night.plant, night.causes, cache, further=further)
    assert hits == 0
    alone = {
        name
        for name, is_alone in zip(
            night.plant.designs.design_id, has_no_firm_source(night.plant.designs).tolist(), strict=True
        )
        if is_alone
    }
    years = dict(annual.group_by("design_id").agg(pl.col("weather_year").sort()).iter_rows())
    for name, own in years.items():
        assert own == ([1, 2, 3, 4, 5] if name in alone else [1]), name
    # The third year is that of a night that dispatches it for every design.
    third, _, _ = campaign([night.year(3)], night.plant, night.causes, Cache(tmp_path / "third"))
    key = ["design_id", "weather_year"]
    both = annual.join(third, on=key, how="inner", suffix="_alone")
    assert both.height == len(alone)
    assert both["unserved_mwh"].to_numpy() == pytest.approx(both["unserved_mwh_alone"].to_numpy(), rel=1e-6, abs=1e-6)
    means = mean_years(annual, adequacy)
    assert means.height == len(night.plant.designs)
    found = dict(means.select("design_id", "unserved_mwh").iter_rows())
    for (name,), own in annual.partition_by("design_id", as_dict=True).items():
        assert found[name] == pytest.approx(own["unserved_mwh"].mean(), rel=1e-9, abs=1e-9)
    again, _, hits = campaign([first], night.plant, night.causes, cache, further=further)
    assert hits == 5
    assert again.equals(annual)
    assert annual.columns == REGISTRY["sim.dispatch_annual"].schema.column_names()
