"""What a stack is: the parts that give it its name, the phases it is built in, the sizes it is dispatched in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Part = Literal["solar", "battery", "reserve", "grid", "baseload", "firm"]
PARTS: tuple[Part, ...] = ("solar", "battery", "reserve", "grid", "baseload", "firm")
"""Parts of a plant, each with its sizes in a design: the dispatch battery and the ride-through reserve are apart."""


class Sizes(NamedTuple):
    """Solar (MW AC) and dispatch battery (MW AC, MWh) at points of a lattice, each of shape (n,)."""

    solar_mw: Array
    bess_mw: Array
    bess_mwh: Array


@dataclass(frozen=True)
class Fleet:
    """Firm units of one technology, in numbers around what carries the load.

    Attributes
    ----------
    technologies : tuple[str, ...]
        Technologies that the units may be of, by their names in `technologies.csv`; a design has one of them.
    spare_share : float
        Largest spare capacity, as a share of the peak load.
    load_share : float
        Share of the peak load that the units are for.
    is_optional : bool
        Whether a design may do without any unit.
    """

    technologies: tuple[str, ...]
    spare_share: float
    load_share: float = 1.0
    is_optional: bool = False


@dataclass(frozen=True)
class Axes:
    """Continuous sizes: the values of the design grid on each axis, and what they are multiples of.

    Attributes
    ----------
    values : Mapping[str, tuple[float, ...]]
        Axis ("solar", "power", "hours") to its values in rising order.
    sizes : Callable[[Mapping[str, Array], float, float], Sizes]
        From points on the axes, the load and the peak load (MW) to sizes.
    hours_of : str
        Whether "hours" are those of the load or of the battery's own power.
    pairs : tuple[tuple[float, ...], ...]
        Values of the axes after the first that the design grid combines with every value of the first; every
        combination where empty.
    """

    values: Mapping[str, tuple[float, ...]]
    sizes: Callable[[Mapping[str, Array], float, float], Sizes]
    hours_of: Literal["load", "battery"] = "battery"
    pairs: tuple[tuple[float, ...], ...] = ()


@dataclass(frozen=True)
class GridService:
    """A connection to the grid: its limit as a multiple of the peak load, and whether its service may be curtailed."""

    per_peak: float
    is_flexible: bool = False


@dataclass(frozen=True)
class Floor:
    """A share of the energy that a part gives at least, and the setting that holds it."""

    share: Literal["renewable", "baseload"]
    setting: str


@dataclass(frozen=True)
class Campus:
    """How the stack is built as one large site: with the units of its sites, or with units of a size in settings."""

    unit_mw_setting: str = ""


@dataclass(frozen=True)
class Units:
    """Firm units that a phase brings: as many as carry the site with one spare, of a technology and a rating (MW)."""

    technology: str
    unit_mw: float


@dataclass(frozen=True)
class Rental:
    """Terms on which the firm units of a phase are rented.

    Attributes
    ----------
    hire_usd_per_kw_month : float
        In place of their capital (USD per kW of rating and month, dollars of the dollar year).
    minimum_months : float
        Hire is paid for at least so long.
    exit_usd_per_kw : float
        Paid once, when the phase ends.
    permit_months : float | None
        Longest time that they may run; the phase ends then, although what follows is not there yet.
    """

    hire_usd_per_kw_month: float
    minimum_months: float = 0.0
    exit_usd_per_kw: float = 0.0
    permit_months: float | None = None


@dataclass(frozen=True)
class Phase:
    """A stretch of a plant's life in which the same parts run.

    Attributes
    ----------
    id : str
    parts : frozenset[Part]
        Parts that run in it.
    running : str
        What makes the power, in words.
    ends_with : str
        Activity of the network whose end, for the complete plant, ends the phase; empty for the permanent plant.
    units : Units | None
        Firm units that run in this phase alone; without, those of the permanent plant run.
    rental : Rental | None
        Terms on which its firm units are rented; None where they are owned.
    """

    id: str
    parts: frozenset[Part]
    running: str
    ends_with: str = ""
    units: Units | None = None
    rental: Rental | None = None


@dataclass(frozen=True)
class Stack:
    """One way to power a site.

    Attributes
    ----------
    id : str
        Its name in every table, and that of its file and network.
    label : str
        Its name in words.
    sentence : str
        What it is made of.
    phases : tuple[Phase, ...]
        In order of time; the last is the permanent plant, whose parts give the stack its name.
    design_name : str
        How a design is named after the stack: a format of the axes' values, `units`, `unit_mw` and `reactors`.
    firm : Fleet | None
    baseload : str
        Technology of the units that run before the battery; empty without.
    axes : Axes | None
        Continuous sizes of solar and battery; a stack without them has unit counts alone.
    grid : GridService | None
    floor : Floor | None
        Least share of the energy below which a design does not carry the stack's name.
    campus : Campus | None
        None where the stack is not built as one large site.
    former_id : str
        Id that the stack had in an earlier schema version; seeds of its draws keep to it.
    folder : Path | None
        Folder of its file and network; None for the stacks of this package.
    """

    id: str
    label: str
    sentence: str
    phases: tuple[Phase, ...]
    design_name: str
    firm: Fleet | None = None
    baseload: str = ""
    axes: Axes | None = None
    grid: GridService | None = None
    floor: Floor | None = None
    campus: Campus | None = None
    former_id: str = ""
    folder: Path | None = field(default=None, compare=False)

    @cached_property
    def parts(self) -> frozenset[Part]:
        """Return the parts of the permanent plant."""
        return self.phases[-1].parts

    @property
    def early(self) -> tuple[Phase, ...]:
        """Return the phases before the permanent plant."""
        return self.phases[:-1]

    @property
    def is_islanded(self) -> bool:
        """Return whether no grid carries the site."""
        return "grid" not in self.parts

    @property
    def technologies(self) -> tuple[str, ...]:
        """Return the firm technologies that its designs use."""
        brought = (phase.units.technology for phase in self.early if phase.units)
        return tuple(name for name in (*(self.firm.technologies if self.firm else ()), self.baseload, *brought) if name)

    def continuous(self) -> Axes:
        """Return the axes of a stack that has them.

        Raises
        ------
        ValueError
            If the stack has unit counts alone.
        """
        if self.axes is None:
            raise ValueError(f"stack {self.id} has no continuous sizes")
        return self.axes

    def first_named(self, design_id: str) -> str:
        """Return the name of a design under the first id of the stack, so that a new id moves no draw."""
        return self.former_id + design_id.removeprefix(self.id) if self.former_id else design_id
