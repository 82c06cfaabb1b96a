"""What turns a year's energies into cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from pipelines.settings import Settings

Price = Callable[[pl.DataFrame, pl.DataFrame, pl.DataFrame], pl.DataFrame]
"""From designs, their yearly sums and their adequacy, by region, to `sim.candidates`."""


@dataclass(frozen=True)
class Market:
    """Prices of the night, and the limits that a choice keeps.

    Attributes
    ----------
    price : Callable[[pl.DataFrame, pl.DataFrame, pl.DataFrame], pl.DataFrame]
        `evaluate_candidates` at the night's prices: designs (contract `sim.designs`, each once), their
        `sim.dispatch_annual` and `sim.adequacy` rows, which need not be the same designs in every region.
    settings : Settings
        Availability target and the shares that stacks keep.
    """

    price: Price
    settings: Settings
