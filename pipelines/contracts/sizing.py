"""Tables of the sizing: the design grid before it, and the designs worked out around each region's best."""

from __future__ import annotations

from pipelines.contracts.base import table
from pipelines.contracts.costs import Candidates
from pipelines.contracts.dispatch import SimDesigns, SimDispatchAnnual
from pipelines.contracts.reliability import Adequacy


@table("sim.design_grid", grain="One row per design of the price-independent design grid, the same in every region.")
class DesignGrid(SimDesigns):
    """Designs that are dispatched in every region."""


@table("sim.grid_annual", grain="One row per region, design of the grid and weather year, every unit in service.")
class GridAnnual(SimDispatchAnnual):
    """Yearly sums of the design grid."""


@table("sim.grid_adequacy", grain="One row per region, design of the grid and weather year, outages counted.")
class GridAdequacy(Adequacy):
    """Adequacy of the design grid."""


@table(
    "sim.phase_annual",
    grain="One row per region, design of a phase before the permanent plant and weather year, every unit in service.",
)
class PhaseAnnual(SimDispatchAnnual):
    """Yearly sums of the phases of the design grid."""


@table(
    "sim.phase_adequacy",
    grain="One row per region, design of a phase before the permanent plant and weather year, outages counted.",
)
class PhaseAdequacy(Adequacy):
    """Adequacy of the phases of the design grid."""


@table(
    "sim.finalists",
    grain="One row per region and design worked out in double precision: those around the region's best, and those of "
    "the grid that a limit decides narrowly.",
)
class Finalists(Candidates):
    """Designs that may be better than the grid's best, at the night's prices."""
