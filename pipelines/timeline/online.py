"""The expected share of a site online by month, between its matrix and its table."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.errors import ContractError
from pipelines.timeline.time_to_power import TimelineResult


def online_share_frame(result: TimelineResult) -> pl.DataFrame:
    """Return the shares as rows of `sim.online_share`, in the order of the time to power and of the months."""
    n_rows, n_months = result.online_share.shape
    keys = result.time_to_power.select("region_id", "stack_id")
    return keys[np.repeat(np.arange(n_rows), n_months).tolist()].with_columns(
        pl.Series("month", np.tile(np.arange(1, n_months + 1, dtype=np.int64), n_rows)),
        pl.Series("online_frac", result.online_share.ravel()),
    )


def online_share_matrix(shares: pl.DataFrame, time_to_power: pl.DataFrame) -> NDArray[np.float64]:
    """Return the shares with one row per row of the time to power.

    Parameters
    ----------
    shares : pl.DataFrame
        Contract `sim.online_share`.
    time_to_power : pl.DataFrame
        region_id, stack_id.

    Returns
    -------
    NDArray[np.float64]
        Shape (n_rows, n_months).

    Raises
    ------
    ContractError
        If a row has no shares or not all months.
    """
    wide = time_to_power.select("region_id", "stack_id").join(
        shares.sort("region_id", "stack_id", "month")
        .group_by("region_id", "stack_id", maintain_order=True)
        .agg("online_frac"),
        on=["region_id", "stack_id"],
        how="left",
        maintain_order="left",
    )
    lengths = wide["online_frac"].list.len()
    if lengths.null_count() or lengths.n_unique() != 1:
        raise ContractError(
            "sim.online_share: a region and stack has no shares or not all months; run time to power again."
        )
    return np.array(wide["online_frac"].to_list(), dtype=np.float64)
