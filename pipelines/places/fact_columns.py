"""Columns of facts in a table of regions: whether they are there, and as the rules read them."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl


def has_columns(regions: pl.DataFrame, facts: Mapping[str, pl.DataType]) -> bool:
    """Check whether a table of regions has the columns of facts."""
    return all(name in regions.columns for name in facts)


def select_facts(regions: pl.DataFrame, facts: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """Select region_id and facts in their types, in the order of `regions`; a fact that is unknown is null."""
    return regions.select("region_id", *(pl.col(name).cast(dtype) for name, dtype in facts.items()))
