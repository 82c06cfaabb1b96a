"""What the assets of the sizing share: the price of designs, and the designs worked out around each region's best."""

from __future__ import annotations

from functools import partial

import polars as pl

from assets.counties import no_finalists
from assets.money import CREDIT_INPUTS, night_credits
from assets.night import Night
from assets.plant import PLANT_INPUTS, causes_of, grid_plant, night_sites, night_storage_years, plant_parameters
from pipelines.contracts.base import REGISTRY
from pipelines.contracts.sites import BARE_REGIONS
from pipelines.economics.evaluate import evaluate_candidates
from pipelines.ordered import plain
from pipelines.places.gas_reach import FACTS as GAS_FACTS
from pipelines.places.grid_site import FACTS as GRID_FACTS
from pipelines.places.land import FACTS as LAND_FACTS
from pipelines.places.permit_class import FACTS as AIR_FACTS
from pipelines.sizing.market import Market, Price
from pipelines.sizing.refine import Finalists, refine
from pipelines.warehouse.parquet import sorted_by_key

# Counties priced at once.
_PRICED_TOGETHER = 400
PRICED_REGIONS = list(dict.fromkeys([*BARE_REGIONS, *GAS_FACTS, *AIR_FACTS, *LAND_FACTS, *GRID_FACTS]))
"""Columns of `core.regions` that prices read: where it is, and the facts that set gas lateral and air permit."""
PRICE_INPUTS = [
    "core.regions",
    "core.gas_prices_by_region",
    "core.power_prices_by_region",
    "core.technology",
    "core.locational_multipliers",
    "core.emission_factors",
    "core.outage_causes",
    *CREDIT_INPUTS,
]
GRID_INPUTS = [*PRICE_INPUTS, "sim.design_grid", "sim.grid_annual", "sim.grid_adequacy"]
FINALIST_INPUTS = [*PLANT_INPUTS, *GRID_INPUTS]


def night_price(night: Night) -> Price:
    """Return what prices designs at the night's prices."""
    return partial(
        evaluate_candidates,
        regions=night.read("core.regions", PRICED_REGIONS),
        gas=night.read("core.gas_prices_by_region"),
        power=night.read("core.power_prices_by_region"),
        parameters=plant_parameters(night),
        multipliers=night.read("core.locational_multipliers"),
        emission_factors=night.read("core.emission_factors"),
        settings=night.settings,
        outage_causes=night.read("core.outage_causes"),
        credits=night_credits(night),
    )


def priced_grid(night: Night) -> pl.DataFrame:
    """Return every design of the grid at the night's prices, contract `sim.candidates`."""
    if not night.scope.is_counties:
        return night.once("priced grid", lambda: _priced_grid(night))
    price, designs = night_price(night), night.read("sim.design_grid")
    # Counties in parts: prices add some hundred columns to every row on their way.
    regions = night.read("core.regions", ["region_id"])["region_id"].sort().to_list()
    parts = [regions[first : first + _PRICED_TOGETHER] for first in range(0, len(regions), _PRICED_TOGETHER)]
    columns = REGISTRY["sim.candidates"].schema.column_names()
    return pl.concat(
        price(
            designs,
            *(
                night.read_between(f"sim.grid_{kind}", "region_id", part[0], part[-1])
                for kind in ("annual", "adequacy")
            ),
        ).select(columns)
        for part in parts
    )


def _priced_grid(night: Night) -> pl.DataFrame:
    designs, annual, adequacy = (night.read(f"sim.{name}") for name in ("design_grid", "grid_annual", "grid_adequacy"))
    return plain(night_price(night)(designs, annual, adequacy).select(REGISTRY["sim.candidates"].schema.column_names()))


def night_finalists(night: Night) -> Finalists:
    """Return the designs worked out around each region's best; made by the first asset that asks."""
    if night.scope.is_counties:
        return no_finalists(night)
    return night.once(
        "finalists",
        lambda: refine(
            night_sites(night),
            grid_plant(night),
            causes_of(night.read("core.outage_causes")),
            priced_grid(night),
            Market(night_price(night), night.settings),
            night.cache,
            further=night_storage_years(night),
        ),
    )


def with_finalists(rows: pl.DataFrame, finalists: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """Return the rows of the grid and of the finalists; what was worked out twice stands as worked out last."""
    if finalists.is_empty():
        return sorted_by_key(rows, key)
    rest = rows.join(finalists.select(key).unique(), on=key, how="anti", maintain_order="left")
    return pl.concat([rest, finalists.select(rows.columns)]).sort(key)
