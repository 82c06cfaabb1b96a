"""Cost of a place: the range that ranks are drawn with is as wide as the interpolation misses cities."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from pipelines.economics.location import UNLISTED_STATES, locational_multipliers
from pipelines.ranking.uncertainty import UNCERTAINTIES_FILE
from pipelines.reference.side_table import read_side_table
from pipelines.reference.technologies import technologies


@pytest.mark.parametrize(
    ("technology", "low", "high"),
    [("recip_genset", 0.93, 1.06), ("gas_turbine_small_industrial", 0.93, 1.08), ("solar_pv_tracking", 0.96, 1.03)],
)
def test_a_city_left_out_is_missed_by_as_much_as_the_range_says(
    facts, technology: str, low: float, high: float
) -> None:
    proxy = technologies(facts.settings)[technology].location_proxy
    cities = facts.multipliers.filter(~pl.col("state").is_in(UNLISTED_STATES))
    own = cities.filter(pl.col("technology") == proxy).sort("state", "city")
    missed = []
    for city in own.iter_rows(named=True):
        here = {name: [city[name]] for name in ("state", "latitude", "longitude")}
        rest = cities.filter((pl.col("city") != city["city"]) | (pl.col("state") != city["state"]))
        found = locational_multipliers(pl.DataFrame({"region_id": ["here"], **here}), rest, facts.settings)
        factor = found.filter(pl.col("technology") == technology)["location_factor"].item()
        missed.append(city["multiplier"] / factor)
    assert len(missed) == 64
    assert np.quantile(missed, [0.1, 0.9]) == pytest.approx([low, high], abs=0.006)
    row = read_side_table(UNCERTAINTIES_FILE, ("effect", "low", "high", "reason")).row(
        by_predicate=pl.col("effect") == "location", named=True
    )
    assert f"{low} to {high}" in row["reason"]
