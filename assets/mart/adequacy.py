"""mart.adequacy: the chosen designs by convolution and by sequential Monte Carlo."""

from __future__ import annotations

import polars as pl

from assets.county_hours import BEST_INPUTS, best_counties
from assets.night import Night
from assets.plant import CHOSEN_DESIGNS, PLANT_INPUTS, causes_of, grid_plant, night_sites, night_storage_years
from assets.table_asset import Made, table_asset
from pipelines.contracts.base import REGISTRY
from pipelines.reliability.chosen import adequacy_table, sample_chosen

_HOLDS, _SHOWN = (REGISTRY[name].schema.column_names() for name in ("sim.chosen", "mart.adequacy"))
# What a design is and how it does, not what it costs.
_LEFT = ("gas_basin_left_frac", "gas_lateral_left_frac")
_CHOSEN = list(dict.fromkeys([*CHOSEN_DESIGNS, "load_mwh", *_LEFT, *(name for name in _SHOWN if name in _HOLDS)]))


@table_asset(
    "mart.adequacy",
    deps=["mart.reliability", "sim.design_grid", "sim.chosen", *PLANT_INPUTS, *BEST_INPUTS],
    kinds={"numba", "duckdb"},
)
def adequacy(night: Night) -> Made:
    """Sample years of the chosen designs; each is kept by its design and its site."""
    chosen, sites = night.read("sim.chosen", _CHOSEN), night_sites(night)
    causes = night.read("core.outage_causes")
    wanted = chosen
    if night.scope.is_counties:
        best = set(best_counties(night, night.settings.sample_sites))
        wanted = chosen.filter(pl.col("region_id").is_in(best))
        sites = [site for site in sites if site.region_id in best]
    sampled, hits = sample_chosen(
        sites,
        wanted,
        grid_plant(night),
        causes_of(causes),
        night.cache,
        further=night_storage_years(night),
    )
    frame = adequacy_table(chosen, night.read("mart.reliability"), sampled, causes)
    return Made(frame, is_cache_hit=hits == len(sampled), metadata={"designs_from_cache": hits})
