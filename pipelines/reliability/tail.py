"""The mean of the worst years of a sample."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def tail_mean(values: NDArray[np.float64], level: float) -> float:
    """Compute the mean of the worst 1 - level of the years (CVaR, Rockafellar and Uryasev 2000), in their unit."""
    ordered = np.sort(values)
    return float(ordered[int(np.floor(level * len(ordered) + 1e-9)) :].mean())
