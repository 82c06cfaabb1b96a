"""A table passes its contract exactly where dataframely lets every row of it pass."""

from __future__ import annotations

import math

import polars as pl
import pytest

from pipelines.contracts.base import REGISTRY, validate
from pipelines.errors import FirstmwError
from pipelines.reference.load import load_reference
from pipelines.settings import REFERENCE_DIR

# Bounds, vocabularies, patterns, keys of several columns, and rules over rows and groups.
TABLES = (
    "candidate_markets",
    "data_centre_load",
    "equipment_lead_times",
    "gas_prices",
    "queue_statistics",
    "technology",
)
_WRONG = {
    pl.Float64: (None, math.nan, math.inf, -math.inf, -1e9, 1e9),
    pl.Int64: (None, -(10**6), 10**6),
    pl.String: (None, "", "none of these"),
    pl.Boolean: (None, True, False),
    pl.Date: (None,),
}


@pytest.mark.parametrize("table", TABLES)
def test_a_table_passes_exactly_where_every_rule_is_kept(table: str) -> None:
    name = f"core.{table}"
    schema = REGISTRY[name].schema
    good = load_reference(table, REFERENCE_DIR).select(schema.column_names())
    assert schema.is_valid(good)
    refused = 0
    for column, kind in good.schema.items():
        for value in _WRONG[kind.base_type()]:
            bad = good.with_columns(
                pl.when(pl.int_range(pl.len()) == good.height // 2)
                .then(pl.lit(value, dtype=kind))
                .otherwise(pl.col(column))
                .alias(column)
            )
            refused += _agree(bad, name)
    refused += _agree(pl.concat([good, good.head(1)]), name)
    assert refused > len(good.columns)


def _agree(frame: pl.DataFrame, name: str) -> bool:
    """Return whether the frame is refused, which it is where dataframely refuses it."""
    is_valid = REGISTRY[name].schema.is_valid(frame)
    try:
        validate(frame, name)
    except FirstmwError:
        assert not is_valid
        return True
    assert is_valid
    return False
