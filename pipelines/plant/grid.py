"""What a grid connection gives hour by hour."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.errors import InputError


def curtailed_hours_per_year(load_facts: pl.DataFrame, curtailed_frac: float) -> float:
    """Return the hours per year with some curtailment that go with a yearly curtailed share of energy.

    Interpolates the published pairs (share of energy, hours) of the Duke University study of large flexible loads
    (Norris et al., "Rethinking Load Growth", 2025).

    Parameters
    ----------
    load_facts : pl.DataFrame
        Reference table `data_centre_load`.
    curtailed_frac : float
        Share of the load's yearly energy that the service may curtail.

    Raises
    ------
    InputError
        If the table holds fewer than two such pairs.
    """
    pairs = (
        load_facts.filter(pl.col("subject") == "hours with some curtailment")
        .select(
            pl.col("condition").str.extract(r"^([0-9.]+)%").cast(pl.Float64).alias("percent"),
            pl.col("mid").alias("hours"),
        )
        .drop_nulls()
        .sort("percent")
    )
    if pairs.height < 2:
        raise InputError(
            "no rows 'hours with some curtailment'",
            file="data_centre_load.csv",
            remedy="restore the flexibility rows of the reference table",
        )
    percent = np.concatenate([[0.0], pairs["percent"].to_numpy()])
    hours = np.concatenate([[0.0], pairs["hours"].to_numpy()])
    return float(np.interp(100.0 * curtailed_frac, percent, hours))


def flexible_available_frac(
    temperature_c: NDArray[np.float64], curtailed_frac: float, curtailed_hours: float
) -> NDArray[np.float64]:
    """Return the share of a flexible grid service's limit that is available, by hour.

    The service curtails in the hottest hours of the year, when the system peaks; the depth is even over those hours
    and makes up the yearly share. Hot hours come in runs, so events last longer here than the published mean of about
    two hours, which is the cautious side for a battery.

    Parameters
    ----------
    temperature_c : NDArray[np.float64]
        Ambient temperature (deg C), shape (n_hours,).
    curtailed_frac : float
        Share of the year's energy that is curtailed.
    curtailed_hours : float
        Hours per year in which some of it is curtailed.

    Returns
    -------
    NDArray[np.float64]
        Shape (n_hours,), in [0, 1].
    """
    n_hours = temperature_c.shape[0]
    available = np.ones(n_hours)
    count = min(round(curtailed_hours * n_hours / 8760.0), n_hours)
    if count > 0 and curtailed_frac > 0:
        hottest = np.argsort(-temperature_c, kind="stable")[:count]
        available[hottest] = max(0.0, 1.0 - curtailed_frac * n_hours / count)
    return available
