"""The stacks there are: one file each in `stacks/`, and those of a folder of the user's own."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import MappingProxyType, ModuleType

import polars as pl

from pipelines.errors import InputError, UsageError
from pipelines.plant.stack import PARTS, Phase, Stack
from pipelines.settings import Settings

STACK_DIR = Path(__file__).parent / "stacks"


def stacks(settings: Settings) -> Mapping[str, Stack]:
    """Read the stacks: those of this package and those of `stacks_dir`.

    Parameters
    ----------
    settings : Settings
        `stacks_dir` is a folder of more stacks; each is a file `<id>.py` that defines `STACK`, beside its network
        `<id>.csv`.

    Returns
    -------
    Mapping[str, Stack]
        By id, in order of the ids.

    Raises
    ------
    InputError
        If a file defines no stack, defines it under another name, repeats an id, or contradicts itself.
    """
    return _read(settings.stacks_dir.absolute() if settings.stacks_dir is not None else None)


def stack_files(settings: Settings) -> list[Path]:
    """List the files of the user's stacks and of their networks."""
    folder = settings.stacks_dir
    return [] if folder is None else sorted(path for path in folder.glob("*") if path.suffix in {".py", ".csv"})


def present_id(stack_id: str, known: Iterable[str], former: Mapping[str, str]) -> str:
    """Return the id that a stack has now, from one that it has or had before.

    Parameters
    ----------
    stack_id : str
    known : Iterable[str]
        Ids there are.
    former : Mapping[str, str]
        Earlier id to the present one.

    Raises
    ------
    UsageError
        If there is no such stack.
    """
    known = list(known)
    found = former.get(stack_id, stack_id)
    if found not in known:
        raise UsageError(f"there is no stack {stack_id!r}; choose among {', '.join(known)}.")
    return found


def former_ids(known: Mapping[str, Stack]) -> dict[str, str]:
    """Return the earlier id of each stack that has one, to its present id."""
    return {stack.former_id: name for name, stack in known.items() if stack.former_id}


def renamed(frame: pl.DataFrame, known: Mapping[str, Stack]) -> pl.DataFrame:
    """Return a table of an earlier release with the present ids of stacks and designs.

    Parameters
    ----------
    frame : pl.DataFrame
        Any table; columns `stack_id` and `design_id` and those that end so are renamed.
    known : Mapping[str, Stack]
        As from `stacks`.
    """
    former = former_ids(known)
    columns = []
    for name in frame.columns:
        if name.endswith("stack_id"):
            columns.append(pl.col(name).replace(former))
        elif name.endswith("design_id"):
            column = pl.col(name)
            for old, new in former.items():
                column = column.str.replace(f"^{re.escape(old)}-", f"{new}-")
            columns.append(column)
    return frame.with_columns(columns) if former else frame


@cache
def _read(own: Path | None) -> Mapping[str, Stack]:
    found: dict[str, Stack] = {}
    for folder in (STACK_DIR, *((own,) if own is not None else ())):
        if not folder.is_dir():
            raise InputError(
                "the folder of stacks does not exist", file=str(folder), remedy="correct FIRSTMW_STACKS_DIR"
            )
        for path in sorted(folder.glob("*.py")):
            if path.stem == "__init__":
                continue
            stack = _checked(getattr(_module(path), "STACK", None), path, found)
            found[path.stem] = stack if folder is STACK_DIR else replace(stack, folder=folder)
    return MappingProxyType(dict(sorted(found.items())))


def _module(path: Path) -> ModuleType:
    name = f"pipelines.plant.stacks.{path.stem}"
    if path.parent != STACK_DIR:
        name = f"firstmw_stacks_{path.stem}"
    elif name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (ImportError, SyntaxError, NameError, TypeError, ValueError) as error:
        raise InputError(f"the stack cannot be read ({error})", file=str(path), remedy="correct the file") from error
    return module


def _checked(stack: object, path: Path, found: Mapping[str, Stack]) -> Stack:
    """Return the stack of a file, or name what is wrong with it."""
    if not isinstance(stack, Stack):
        raise InputError("the file defines no STACK", file=str(path), remedy="define STACK = Stack(...)")
    problem = ""
    if stack.id != path.stem:
        problem = f"the stack is named {stack.id!r}, its file {path.stem!r}"
    elif stack.id in found:
        problem = f"there is a stack {stack.id!r} already"
    elif not stack.phases:
        problem = "the stack has no phase"
    elif unknown := sorted(set().union(*(phase.parts for phase in stack.phases)) - set(PARTS)):
        problem = f"{unknown[0]!r} is no part of a plant; the parts are {', '.join(PARTS)}"
    elif fault := _fault_of_phases(stack):
        problem = fault
    else:
        declared = {"firm": stack.firm, "baseload": stack.baseload, "grid": stack.grid, "battery": stack.axes}
        for part, sizes in declared.items():
            if bool(sizes) != (part in stack.parts):
                problem = f"part {part!r} of the permanent plant and its sizes do not go together"
    if problem:
        raise InputError(problem, file=str(path), remedy="correct the file")
    return stack


def _fault_of_phases(stack: Stack) -> str:
    last = stack.phases[-1]
    faults = {
        "two phases have the same id": len({phase.id for phase in stack.phases}) < len(stack.phases),
        "the permanent phase ends with an activity": bool(last.ends_with),
        "the permanent plant brings units of a phase, or rents": bool(last.units or last.rental),
    }
    own = [fault for phase in stack.early if (fault := _fault_of_early(stack, phase))]
    return next((fault for fault, is_there in faults.items() if is_there), own[0] if own else "")


def _fault_of_early(stack: Stack, phase: Phase) -> str:
    units, rental = phase.units, phase.rental
    if not phase.ends_with:
        return f"phase {phase.id!r} does not say which activity ends it"
    if phase.parts & {"solar", "battery"} or "firm" not in phase.parts or not (units or stack.firm):
        return f"phase {phase.id!r} needs firm units, and no solar or dispatch battery before the permanent plant"
    if units and (phase is not stack.phases[0] or units.unit_mw <= 0.0 or "baseload" in phase.parts):
        return f"phase {phase.id!r} brings units; only the first phase may, rated above 0 MW and without baseload"
    if rental and min(rental.hire_usd_per_kw_month, rental.exit_usd_per_kw, rental.minimum_months) < 0.0:
        return f"phase {phase.id!r} is rented for less than nothing"
    return ""
