"""Look-up of the default figure of a technology's parameter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from pipelines.errors import UsageError

_FILE = "technology.csv"


@dataclass(frozen=True)
class Parameters:
    """The default rows of the technology table, by technology and parameter."""

    rows: dict[tuple[str, str], dict[str, Any]]

    def row(self, technology: str, parameter: str) -> dict[str, Any]:
        """Return the default row with its citation.

        Raises
        ------
        UsageError
            If the table has no such parameter; the known ones of the technology are named.
        """
        found = self.rows.get((technology, parameter))
        if found is None:
            known = [name for owner, name in self.rows if owner == technology]
            raise UsageError(
                f"{_FILE} has no default for {parameter} of {technology}; "
                + (f"it has {', '.join(known)}." if known else "the technology is not in the table.")
            )
        return found

    def value(self, technology: str, parameter: str, unit: str | None = None) -> float:
        """Return the default figure: the central one, else the middle of the range, else its one bound.

        Parameters
        ----------
        technology, parameter : str
            As in the technology table.
        unit : str | None
            Unit the caller computes in; a row in another unit is an error, never a silent conversion.

        Raises
        ------
        UsageError
            If there is no default, or it has another unit.
        """
        row = self.row(technology, parameter)
        if unit is not None and row["unit"] != unit:
            raise UsageError(
                f"{_FILE} gives {parameter} of {technology} in {row['unit']}, expected {unit}; "
                "choose a default in that unit or convert it in a derived row."
            )
        if row["mid"] is not None:
            return float(row["mid"])
        bounds = [float(row[bound]) for bound in ("low", "high") if row[bound] is not None]
        return sum(bounds) / len(bounds)

    def bounds(self, technology: str, parameter: str) -> tuple[float, float]:
        """Return the lowest and highest figure of the default row (equal where it has one figure)."""
        row = self.row(technology, parameter)
        figures = [float(row[bound]) for bound in ("low", "mid", "high") if row[bound] is not None]
        return min(figures), max(figures)

    def unit(self, technology: str, parameter: str) -> str:
        """Return the unit of the default row."""
        return str(self.row(technology, parameter)["unit"])

    def dollar_year(self, technology: str, parameter: str) -> int:
        """Return the year of the dollars of the default row.

        Raises
        ------
        UsageError
            If the figure is not money.
        """
        year = self.row(technology, parameter)["dollar_year"]
        if year is None:
            raise UsageError(f"{_FILE} gives no dollar_year for {parameter} of {technology}.")
        return int(year)


def parameters(technology_frame: pl.DataFrame) -> Parameters:
    """Return the defaults of the technology table.

    Parameters
    ----------
    technology_frame : pl.DataFrame
        Contract `core.technology`.
    """
    defaults = technology_frame.filter(pl.col("is_default")).sort("technology", "parameter", maintain_order=True)
    return Parameters({(row["technology"], row["parameter"]): row for row in defaults.iter_rows(named=True)})
