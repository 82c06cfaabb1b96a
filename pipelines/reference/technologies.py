"""The technologies: what each is called and burns, and where each of its figures comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from pipelines.errors import InputError
from pipelines.reference.parameters import Parameters
from pipelines.reference.side_table import read_side_table
from pipelines.settings import Settings

FILE = "technologies.csv"
STANDBY_FUEL = "diesel"
"""What standby gensets burn, and nothing else does."""
FIGURES = (
    "unit_mw",
    "no_load_frac",
    "min_load_frac",
    "derate_per_c",
    "derate_above_c",
    "derate_per_km",
    "mttr_hours",
    "start_failure",
    "swing_frac",
    "overhaul_hours",
    "overhaul_days",
    "nox_kg_per_mwh",
)
_WORDS = ("technology", "label", "short_name", "fuel", "location_proxy", "prime_mover")


@dataclass(frozen=True)
class Technology:
    """One row of `technologies.csv`.

    Attributes
    ----------
    technology : str
        Name, as in `technology.csv`.
    label, short_name : str
        Name in words; name on the command line.
    fuel : str
        Empty for what burns nothing.
    location_proxy : str
        Reference plant of `locational_multipliers.csv` whose regional cost is used.
    prime_mover : str
        Rows of `temperature_outage.csv` that hold for it; empty without.
    figures : Mapping[str, str]
        Each of `FIGURES` as it is written: a number, `setting:<name>`, `parameter:<name>` of `technology.csv`
        (`parameter:<technology>.<name>` where the row is of another technology), or a word that its reader knows.
    line : int
        Row in the file.
    """

    technology: str
    label: str
    short_name: str
    fuel: str
    location_proxy: str
    prime_mover: str
    figures: Mapping[str, str]
    line: int

    @property
    def is_standby(self) -> bool:
        """Return whether the unit runs in emergencies only."""
        return self.fuel == STANDBY_FUEL

    def figure(
        self, name: str, settings: Settings, parameters: Parameters | None = None, unit: str | None = None
    ) -> float:
        """Return a figure of the technology.

        Parameters
        ----------
        name : str
            One of `FIGURES`.
        settings : Settings
        parameters : Parameters | None
            Defaults of `technology.csv`, where the figure may be one of them.
        unit : str | None
            Unit that a figure of `technology.csv` must have.

        Raises
        ------
        InputError
            If the cell is no number and names no setting and no parameter.
        """
        text = self.figures[name]
        kind, _, source = text.rpartition(":")
        if kind == "parameter" and parameters is not None:
            owner, _, parameter = source.rpartition(".")
            return parameters.value(owner or self.technology, parameter, unit)
        if kind == "setting" and source in Settings.model_fields:
            return float(getattr(settings, source))
        try:
            return float(text)
        except ValueError:
            raise InputError(
                f"{text!r} is no number, setting or parameter",
                file=str(settings.reference_dir / FILE),
                row=self.line,
                column=name,
                remedy="write a number, setting:<name> or parameter:<name>",
            ) from None


def technologies(settings: Settings) -> Mapping[str, Technology]:
    """Read `technologies.csv` of the folder of reference tables.

    Parameters
    ----------
    settings : Settings
        `reference_dir`.

    Returns
    -------
    Mapping[str, Technology]
        By name, in the order of the file.

    Raises
    ------
    InputError
        If the file or a column is missing, or a name repeats.
    """
    path = settings.reference_dir / FILE
    return _read(path, path.stat().st_mtime_ns if path.is_file() else 0)


@lru_cache(maxsize=8)
def _read(path: Path, _modified: int) -> Mapping[str, Technology]:
    remedy = "restore the file or point FIRSTMW_REFERENCE_DIR at the folder that has it"
    found: dict[str, Technology] = {}
    for line, row in enumerate(
        read_side_table(path, (*_WORDS, *FIGURES), remedy=remedy).iter_rows(named=True), start=2
    ):
        if row["technology"] in found:
            raise InputError(
                f"technology {row['technology']!r} is there twice",
                file=str(path),
                row=line,
                column="technology",
                remedy="remove one of the two rows",
            )
        figures = MappingProxyType({name: row[name] for name in FIGURES})
        found[row["technology"]] = Technology(**{name: row[name] for name in _WORDS}, figures=figures, line=line)
    return MappingProxyType(found)
