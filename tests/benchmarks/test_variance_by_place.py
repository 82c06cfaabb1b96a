"""The table of what tells regions apart: shares sum to one, and a cause that alone differs has all of the variance."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from benchmarks.variance_by_place import shares, tables

N = 24


def rows(**moved) -> pl.DataFrame:
    """Return rows of one stack that differ in what is given alone."""
    plain = {
        "region_id": [f"r{place}" for place in range(N)],
        "stack_id": ["s"] * N,
        "online_years_discounted": np.full(N, 5.0),
        "availability_frac": np.ones(N),
        "solar_mw": np.zeros(N),
        "solar_capacity_factor_frac": np.linspace(0.2, 0.3, N),
        "first_mw_months_p50": np.full(N, 20.0),
        "air_permit_months_p50": np.full(N, 4.8),
        "gas_lateral_km": np.full(N, 2.0),
        "gas": np.full(N, 30.0),
        "lateral": np.full(N, 1.0),
        "capital": np.full(N, 40.0),
        "grid power": np.zeros(N),
        "permit_duration": ["minor"] * N,
        "lateral_duration": ["near"] * N,
        "grid power_duration": [None] * N,
    } | moved
    frame = pl.DataFrame(plain, schema_overrides={"grid power_duration": pl.String})
    cost = frame["gas"] + frame["lateral"] + frame["capital"] + frame["grid power"]
    net = 3e6 - 9000.0 * cost
    return frame.with_columns(
        cost.alias("lcoe_usd_per_mwh"),
        (9000.0 * cost).alias("power_usd_per_mw_year"),
        net.alias("net_usd_per_mw_year"),
        (net * frame["online_years_discounted"]).alias("value_usd_per_mw"),
    )


SLOW = np.arange(N) % 2 == 0


@pytest.mark.parametrize(
    ("cause", "moved"),
    [
        ("gas", {"gas": np.linspace(20.0, 50.0, N)}),
        ("lateral", {"lateral": np.linspace(0.0, 20.0, N)}),
        ("sun", {"solar_mw": np.full(N, 50.0), "capital": np.linspace(60.0, 30.0, N)}),
        (
            "permit",
            {
                "permit_duration": np.where(SLOW, "nsr", "minor").tolist(),
                "online_years_discounted": np.where(SLOW, 4.0, 5.0),
            },
        ),
    ],
)
def test_a_cause_that_alone_differs_has_all_of_the_variance(cause: str, moved: dict) -> None:
    found = shares(rows(**moved))
    assert found[cause] == pytest.approx(1.0, abs=1e-9)
    assert sum(found.values()) == pytest.approx(1.0)


def test_shares_sum_to_one_where_causes_mix() -> None:
    mixed = rows(gas=np.linspace(20.0, 50.0, N), online_years_discounted=np.where(SLOW, 4.0, 5.0))
    assert sum(shares(mixed).values()) == pytest.approx(1.0)
    assert "| s | 24 | 1 | 20.0 to 20.0 |" in tables(mixed)
