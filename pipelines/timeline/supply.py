"""Industrial capacity: what a class yields in a year, what one programme can claim of it, how long its nodes wait."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.errors import InputError
from pipelines.reference.side_table import read_side_table
from pipelines.settings import Settings
from pipelines.timeline.plant import Sizes, module_bus_mw, module_count

CLASSES_FILE = Path(__file__).with_name("supply_classes.csv")
CREWS = "epc_crews"
_KEYS = {
    "capacity_class": "equipment_class",
    "capacity_scope": "company_or_scope",
    "capacity_metric": "metric",
    "capacity_period": "period",
}
_UNITS = {"firm_mw": "MW", "bess_mwh": "MWh", "solar_mw": "MW"}
_COLUMNS = (
    *(
        "class_id",
        "description",
        "activities",
        "technology",
        "min_unit_mw",
        "max_unit_mw",
        "quantity",
        "lead_duration_id",
    ),
    *(*_KEYS, "point", "to_quantity", "choice_reason"),
)


@dataclass(frozen=True)
class SupplyClass:
    """A class of equipment that nodes share.

    Attributes
    ----------
    class_id, description, unit, source : str
    activities : tuple[str, ...]
        Activities of the networks that wait for it.
    technology : str
        Beginning of the firm technology that it is for; empty for all.
    min_unit_mw, max_unit_mw : float
        Sizes of firm unit that it is for.
    quantity : str
        What of a node is counted.
    lead_duration_id : str
        Duration after which a buyer's first share arrives; empty for what the months of one site already hold whole.
    yearly_output : float
        Published output in that quantity per year.
    """

    class_id: str
    description: str
    activities: tuple[str, ...]
    technology: str
    min_unit_mw: float
    max_unit_mw: float
    quantity: str
    lead_duration_id: str
    yearly_output: float
    source: str

    @property
    def unit(self) -> str:
        """Return what is counted."""
        return _UNITS.get(self.quantity, "units")

    def need(self, sizes: Sizes, firm_technology: str, settings: Settings) -> float:
        """Return what one node needs of it."""
        if self.technology and not firm_technology.startswith(self.technology):
            return 0.0
        if not self.min_unit_mw <= sizes.firm_unit_mw < self.max_unit_mw:
            return 0.0
        load = module_count(settings) * module_bus_mw(settings)
        return {
            "firm_mw": sizes.firm_units * sizes.firm_unit_mw,
            "firm_units": float(sizes.firm_units),
            "solar_mw": sizes.solar_mw,
            "bess_mwh": sizes.bess_mwh + sizes.reserve_mwh,
            "unit_transformers": float(ceil(load / settings.unit_transformer_mw - 1e-9)),
            "power_transformers": float(load >= settings.customer_substation_mw),
        }[self.quantity]


def read_classes(capacity: pl.DataFrame, path: Path = CLASSES_FILE) -> list[SupplyClass]:
    """Read the classes; several rows of one class add up.

    Parameters
    ----------
    capacity : pl.DataFrame
        Contract `core.industrial_capacity`.

    Raises
    ------
    InputError
        If the file, a column or a row of the facts is missing, or a figure is empty.
    """
    frame = read_side_table(path, _COLUMNS)
    found: dict[str, SupplyClass] = {}
    for line, row in enumerate(frame.iter_rows(named=True), start=2):
        match = pl.all_horizontal(pl.col(column) == row[key] for key, column in _KEYS.items())
        facts = capacity.filter(match)
        if facts.height != 1 or facts[row["point"]][0] is None:
            raise InputError(
                f"{facts.height} rows of industrial_capacity with a {row['point']} figure match",
                file=str(path),
                row=line,
                column="capacity_scope",
                remedy="correct the keys so that exactly one row matches",
            )
        fact = facts.row(0, named=True)
        output = fact[row["point"]] * float(row["to_quantity"])
        source = f"{fact['publisher']} ({fact['as_of']})"
        before = found.get(row["class_id"])
        if before is not None:
            output, source = before.yearly_output + output, f"{before.source}; {source}"
        found[row["class_id"]] = SupplyClass(
            row["class_id"],
            row["description"],
            tuple(row["activities"].split(";")),
            row["technology"],
            float(row["min_unit_mw"] or 0),
            float(row["max_unit_mw"] or "inf"),
            row["quantity"],
            row["lead_duration_id"],
            output,
            source,
        )
    return list(found.values())


def waits_in_turn(needs: NDArray[np.float64], yearly_output: float, claim_frac: float) -> NDArray[np.float64]:
    """Return the months that each node waits for those before it, shape (n_nodes,).

    Nodes are served in turn from a steady flow: node i has its share once the flow has carried what the nodes before
    it need, so it waits sum_{j<i} need_j / (claim x output / 12) beyond the lead time of a single order.

    Parameters
    ----------
    needs : NDArray[np.float64]
        What each node needs, in turn, shape (n_nodes,).
    yearly_output : float
        Output of the class per year.
    claim_frac : float
        Share of it that the programme can claim.
    """
    before = np.concatenate([[0.0], np.cumsum(needs)[:-1]])
    # Who needs nothing waits for nobody.
    return np.where(needs > 0, before / (claim_frac * yearly_output / 12.0), 0.0)


def crew_waits(n_nodes: int, settings: Settings) -> NDArray[np.float64]:
    """Return the months until a crew is free for each node, shape (n_nodes,): crews go from site to site."""
    return np.asarray(np.arange(n_nodes) // settings.epc_crews * settings.crew_months_per_site, dtype=np.float64)
