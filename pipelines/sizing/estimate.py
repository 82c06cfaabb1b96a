"""A guess at the outages of a design between designs of the grid, to say which of thousands are worth working out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.ordered import row_sum

_LEAST, _MOST = 1e-9, 0.5
"""Shares of energy lost that an estimate stays within; far from the centre its slopes say nothing."""
_BALANCE = 1e-5
_FITTED = ("solar_mw", "bess_mw", "bess_mwh")
_WIDTH = 0.35
"""Distance, in logarithms of the sizes, at which a design counts e^-0.5 as much as one in the middle."""


@dataclass(frozen=True)
class OutageEstimate:
    """Log-linear estimate, in solar, battery power and battery energy, of the share of energy lost to outages.

    Attributes
    ----------
    centre : NDArray[np.float64]
        Logarithms of the sizes that it was fitted around, shape (3,).
    coefficients : NDArray[np.float64]
        Level, then one slope per size.
    has_units : bool
        Firm units carry what solar and battery leave; without them what a dispatch leaves unserved is exact already
        and the estimate stands for the rest.
    """

    centre: NDArray[np.float64]
    coefficients: NDArray[np.float64]
    has_units: bool

    def unavailability(self, sizes: NDArray[np.float64], unserved_frac: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the share of energy not served.

        Parameters
        ----------
        sizes : NDArray[np.float64]
            Solar (MW), battery (MW, MWh), further columns are not read; shape (n, 3 or more).
        unserved_frac : NDArray[np.float64]
            Share unserved with every unit in service, shape (n,).
        """
        lost = self.coefficients[0] + (_logs(sizes) - self.centre) @ self.coefficients[1:]
        outages = np.exp(np.clip(lost, np.log(_LEAST), np.log(_MOST)))
        return outages if self.has_units else unserved_frac + outages


def lost_to_outages(candidates: pl.DataFrame) -> pl.DataFrame:
    """Return the sizes of designs and the share of energy that each loses to outages of its units.

    Parameters
    ----------
    candidates : pl.DataFrame
        Rows of `sim.candidates`.

    Returns
    -------
    pl.DataFrame
        region_id, stack_id, firm_units, the sizes, and `lost_frac`, a logarithm's least at the least.
    """
    supply = (
        pl.col("solar_potential_mwh") - pl.col("curtailed_mwh") + pl.col("discharge_mwh") - pl.col("charge_mwh")
    ) + row_sum(("grid_mwh", "baseload_mwh", "firm_mwh"))
    unserved = 1.0 - supply / pl.col("load_mwh")
    # Sums of a single-precision year balance to some parts in a million.
    without_units = pl.when((unserved > _BALANCE) & (pl.col("firm_units") == 0)).then(unserved).otherwise(0.0)
    lost = (1.0 - pl.col("availability_frac") - without_units).clip(_LEAST, 1.0)
    return candidates.select("region_id", "stack_id", "firm_units", *_FITTED, lost_frac=lost)


def fit_outages(known: pl.DataFrame, centre: NDArray[np.float64]) -> OutageEstimate:
    """Return the estimate from designs whose availability is known, the near ones counting most.

    Parameters
    ----------
    known : pl.DataFrame
        From `lost_to_outages`, of one region, stack and number of units.
    centre : NDArray[np.float64]
        Sizes where the estimate is wanted, as for `OutageEstimate.unavailability`.
    """
    lost = np.log(known["lost_frac"].to_numpy())
    middle = _logs(centre[None, :])[0]
    away = _logs(np.column_stack([known[name].to_numpy() for name in _FITTED])) - middle
    weight = np.exp(-0.5 * (away**2).sum(axis=1) / _WIDTH**2) + 1e-6
    # A size that all share has no slope: the least-norm solution leaves it at zero.
    matrix = np.column_stack([np.ones(len(away)), away]) * weight[:, None]
    coefficients, *_ = np.linalg.lstsq(matrix, lost * weight, rcond=1e-8)
    return OutageEstimate(middle, coefficients, bool(known["firm_units"][0] > 0))


def _logs(sizes: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.log(np.maximum(sizes[:, :3], _LEAST))
