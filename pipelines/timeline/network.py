"""Activity networks: one readable CSV per stack, checked before anything is drawn on it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from pipelines.errors import InputError
from pipelines.identity import content_hash
from pipelines.plant.catalogue import stacks
from pipelines.reference.side_table import read_side_table
from pipelines.settings import Settings

NETWORK_DIR = Path(__file__).parent / "networks"
SINK = "commissioning"
SCOPES = ("site", "unit", "module", "full")
QUANTITIES = ("firm_mw", "phase_mw", "solar_mw", "bess_gwh", "reserve_gwh", "it_mw", "mv_share")
MV_PLANT = ("mv_switchgear", "unit_transformers", "mv_installation")
"""Activities that modules on islands at 480 V do not wait for."""
_COLUMNS = ("activity", "description", "duration_id", "predecessors", "scope", "quantity")
# Equipment that holds up sites of every kind, whatever makes the power.
REQUIRED = ("site_control", "mv_switchgear", "unit_transformers", "compute_modules", SINK)


@dataclass(frozen=True)
class Activity:
    """One activity of a network.

    Attributes
    ----------
    activity, description : str
        Name, and what is done in plain words.
    duration_id : str
        The duration it takes; the region may choose a variant of it.
    predecessors : tuple[str, ...]
        Activities that must be finished before it starts.
    scope : str
        "site": done once, every module waits for it. "unit": plant that arrives and is set unit by unit; module k
        waits for the units it needs. "module": done for the first k modules. "full": needed only by modules that the
        firm fleet cannot carry alone, and by the complete plant.
    quantity : str
        What the duration is multiplied by for "unit", "module" and (optionally) "full": firm_mw, phase_mw (units that
        the first phase brings), solar_mw, bess_gwh, reserve_gwh, it_mw or mv_share (share of the electrical plant);
        empty where the duration is in months.
    """

    activity: str
    description: str
    duration_id: str
    predecessors: tuple[str, ...]
    scope: str
    quantity: str


@dataclass(frozen=True)
class Network:
    """The activities of one stack in an order in which predecessors come first; the last is `commissioning`.

    Attributes
    ----------
    stack_id : str
    activities : tuple[Activity, ...]
    content : str
        Hash of the file.
    ends : tuple[str, ...]
        Activities that end the phases before the permanent plant, in order of the phases.
    """

    stack_id: str
    activities: tuple[Activity, ...]
    content: str = ""
    ends: tuple[str, ...] = ()

    @cached_property
    def names(self) -> list[str]:
        """Return the activities' names in order."""
        return [activity.activity for activity in self.activities]


def network_of(stack_id: str, settings: Settings) -> Network:
    """Read the network of a stack, from this package or from the folder that the stack is from, with its phases' ends.

    Raises
    ------
    InputError
        As `read_network`, or if the activity that ends a phase is not in the network.
    """
    stack = stacks(settings).get(stack_id)
    folder = NETWORK_DIR if stack is None or stack.folder is None else stack.folder
    network = read_network(stack_id, folder)
    ends = tuple(phase.ends_with for phase in stack.early) if stack is not None else ()
    for name in ends:
        if name not in network.names:
            raise InputError(
                f"activity {name!r}, which ends a phase, is missing",
                file=str(folder / f"{stack_id}.csv"),
                column="activity",
                remedy="add it or correct ends_with of the phase",
            )
    return replace(network, ends=ends)


def read_network(stack_id: str, directory: Path = NETWORK_DIR) -> Network:
    """Read and check the network of one stack.

    Parameters
    ----------
    stack_id : str
        Name of the stack; the file is `<stack_id>.csv`.
    directory : Path
        Folder of the network files.

    Returns
    -------
    Network

    Raises
    ------
    InputError
        If the file is missing, a name is used twice, a predecessor or a scope is unknown, an item that every site
        needs is missing, the activities form a cycle, or an activity leads nowhere.
    """
    path = directory / f"{stack_id}.csv"
    frame = read_side_table(path, _COLUMNS, remedy="write one row per activity")
    activities = {}
    for number, row in enumerate(frame.select(_COLUMNS).iter_rows(named=True), start=2):
        place: dict[str, Any] = {"file": str(path), "row": number}
        name = row["activity"]
        if name in activities:
            raise InputError(f"activity {name!r} stands twice", **place, column="activity", remedy="rename one")
        if row["scope"] not in SCOPES:
            raise InputError(f"scope {row['scope']!r} is not one of {', '.join(SCOPES)}", **place, column="scope")
        if row["quantity"] and row["quantity"] not in QUANTITIES:
            raise InputError(
                f"quantity {row['quantity']!r} is not one of {', '.join(QUANTITIES)}", **place, column="quantity"
            )
        if bool(row["quantity"]) != (row["scope"] in {"unit", "module"}) and row["scope"] != "full":
            raise InputError(
                f"scope {row['scope']!r} and quantity {row['quantity']!r} do not go together",
                **place,
                column="quantity",
                remedy="give unit and module activities a quantity, and no other",
            )
        predecessors = tuple(part.strip() for part in row["predecessors"].split(";") if part.strip())
        activities[name] = Activity(
            name, row["description"], row["duration_id"], predecessors, row["scope"], row["quantity"]
        )
    return Network(stack_id, _ordered(activities, path), content_hash(path))


def _ordered(activities: dict[str, Activity], path: Path) -> tuple[Activity, ...]:
    lines = {name: number for number, name in enumerate(activities, start=2)}
    for activity in activities.values():
        for name in activity.predecessors:
            if name not in activities:
                raise InputError(
                    f"predecessor {name!r} of {activity.activity!r} is not in the network",
                    file=str(path),
                    row=lines[activity.activity],
                    column="predecessors",
                    remedy="add the activity or correct the name",
                )
            if activities[name].scope == "full" and activity.scope != "full" and activity.activity != SINK:
                raise InputError(
                    f"{activity.activity!r} waits for {name!r}, which only later modules need",
                    file=str(path),
                    row=lines[activity.activity],
                    column="scope",
                    remedy="give the waiting activity the scope full, or the other one another scope",
                )
    absent = [name for name in REQUIRED if name not in activities]
    if absent:
        raise InputError(f"activity {absent[0]!r} is missing", file=str(path), remedy="add it, every site waits for it")
    sorter = TopologicalSorter({name: activities[name].predecessors for name in activities})
    try:
        order = list(sorter.static_order())
    except CycleError as error:
        cycle = " -> ".join(error.args[1])
        raise InputError(f"the activities form a cycle: {cycle}", file=str(path), remedy="cut one link") from error
    used = {name for activity in activities.values() for name in activity.predecessors}
    loose = [name for name in activities if name not in used and name != SINK]
    if loose or SINK in used:
        raise InputError(
            f"activity {(loose or [SINK])[0]!r} does not lead to {SINK!r} as the last one",
            file=str(path),
            row=lines[(loose or [SINK])[0]],
            column="activity",
            remedy="name it as a predecessor of what waits for it",
        )
    order.remove(SINK)
    return tuple(activities[name] for name in [*order, SINK])
