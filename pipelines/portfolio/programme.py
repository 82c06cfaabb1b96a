"""Mixed-integer programmes written row by row and solved by HiGHS, with the bound that it proved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import LinearConstraint, linprog, milp
from scipy.sparse import coo_array, csr_array

from pipelines.errors import UsageError

Status = Literal["optimal", "gap_reached", "node_limit", "time_limit", "heuristic", "infeasible", "relaxation"]
_FEASIBILITY = 1e-6


@dataclass
class Programme:
    """Maximise objective @ x under rows of the form row @ x <= limit, 0 <= x <= upper.

    Attributes
    ----------
    objective, upper : NDArray[np.float64]
        Per variable, shape (n_variables,).
    is_integer : NDArray[np.bool_]
        Per variable, shape (n_variables,).
    """

    objective: NDArray[np.float64]
    upper: NDArray[np.float64]
    is_integer: NDArray[np.bool_]
    names: list[tuple[str, ...]] = field(default_factory=list)
    limits: list[float] = field(default_factory=list)
    _columns: list[NDArray[np.int64]] = field(default_factory=list)
    _values: list[NDArray[np.float64]] = field(default_factory=list)

    def add(self, name: Iterable[str], columns: ArrayLike, values: ArrayLike, limit: float) -> None:
        """Add the row sum(values x variables) <= limit under a name that its dual is found by."""
        index = np.asarray(columns, dtype=np.int64)
        self._columns.append(index)
        self._values.append(np.broadcast_to(np.asarray(values, dtype=np.float64), index.shape))
        self.names.append(tuple(name))
        self.limits.append(float(limit))

    def matrix(self) -> csr_array:
        """Return the rows, shape (n_rows, n_variables)."""
        rows = np.repeat(np.arange(len(self._columns)), [len(columns) for columns in self._columns])
        columns = np.concatenate([*self._columns, np.zeros(0, dtype=np.int64)])
        values = np.concatenate([*self._values, np.zeros(0)])
        return csr_array(coo_array((values, (rows, columns)), shape=(len(self.limits), len(self.objective))))


@dataclass(frozen=True)
class Solution:
    """What a solve gave.

    Attributes
    ----------
    status : Status
        How it ended; "gap_reached" stopped within the gap that was asked for.
    x : NDArray[np.float64]
        Variables, whole numbers rounded to such.
    objective, bound : float
        Value of x, and the least upper bound proved.
    duals : dict[tuple[str, ...], float]
        Of the linear relaxation alone: worth of one more unit of a row's limit.
    """

    status: Status
    x: NDArray[np.float64]
    objective: float
    bound: float
    duals: dict[tuple[str, ...], float] = field(default_factory=dict)

    @property
    def gap(self) -> float:
        """Return the proved distance to the best possible, as a share of the bound."""
        return max(self.bound - self.objective, 0.0) / abs(self.bound) if abs(self.bound) > 1e-12 else 0.0


def relax(programme: Programme) -> Solution:
    """Solve the linear relaxation; its duals say what a limit is worth at the margin.

    Raises
    ------
    UsageError
        If no choice of the variables keeps all rows.
    """
    answer = linprog(
        -programme.objective,
        A_ub=programme.matrix(),
        b_ub=np.array(programme.limits),
        bounds=np.column_stack([np.zeros_like(programme.upper), programme.upper]),
        method="highs",
    )
    if answer.x is None:
        raise UsageError("the limits of the programme contradict each other; loosen one of them.")
    duals = {name: -float(dual) for name, dual in zip(programme.names, answer.ineqlin.marginals, strict=True)}
    return Solution("relaxation", np.asarray(answer.x), -float(answer.fun), -float(answer.fun), duals)


def solve(
    programme: Programme,
    *,
    gap: float,
    node_limit: int | None = None,
    time_limit: float | None = None,
    start: NDArray[np.float64] | None = None,
) -> Solution:
    """Solve by branch and bound.

    Parameters
    ----------
    programme : Programme
    gap : float
        Relative distance between the best found and the bound at which the search may stop.
    node_limit : int | None
        Nodes after which it stops; unlike a time limit it gives the same answer on any machine.
    time_limit : float | None
        Seconds after which it stops.
    start : NDArray[np.float64] | None
        A choice known to keep all rows; it is the answer, with its gap to the bound proved, if the search ends with
        none or a worse one.

    Raises
    ------
    UsageError
        If nothing keeps all rows.
    """
    options: dict[str, float | int | bool] = {"mip_rel_gap": gap, "disp": False}
    if node_limit is not None:
        options["node_limit"] = node_limit
    if time_limit is not None:
        options["time_limit"] = time_limit
    answer = milp(
        -programme.objective,
        integrality=programme.is_integer.astype(np.int64),
        bounds=(np.zeros_like(programme.upper), programme.upper),
        constraints=LinearConstraint(programme.matrix(), -np.inf, np.array(programme.limits)),
        options=options,
    )
    if answer.status == 2:
        raise UsageError("no plan keeps all limits; loosen one of them.")
    bound = -float(answer.mip_dual_bound) if answer.mip_dual_bound is not None else np.inf
    if not np.isfinite(bound):
        bound = relax(programme).bound
    found = None if answer.x is None else np.where(programme.is_integer, np.round(answer.x), answer.x)
    worth = -np.inf if found is None else float(programme.objective @ found)
    if start is not None and float(programme.objective @ start) > worth + _FEASIBILITY:
        return Solution("heuristic", start, float(programme.objective @ start), bound)
    if found is None:
        raise UsageError("the search ended before any plan was found; give it more time or a wider gap.")
    if answer.status == 0:
        status: Status = "optimal" if bound - worth <= _FEASIBILITY * max(abs(bound), 1.0) else "gap_reached"
    else:
        status = "time_limit" if time_limit is not None and node_limit is None else "node_limit"
    return Solution(status, found, worth, max(bound, worth))


def broken_rows(programme: Programme, x: NDArray[np.float64], tolerance: float = 1e-6) -> list[tuple[str, ...]]:
    """Return the names of the rows that a choice breaks."""
    excess = programme.matrix() @ x - np.array(programme.limits)
    scale = np.maximum(np.abs(programme.limits), 1.0)
    return [programme.names[row] for row in np.flatnonzero(excess > tolerance * scale)]
