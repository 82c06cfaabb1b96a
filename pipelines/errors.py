"""Errors a user can act on: one clear sentence that names the place, the value and the way out."""

from __future__ import annotations

from collections.abc import Sequence


class FirstmwError(Exception):
    """Base of every error that the command line prints as one sentence instead of a traceback."""


class InputError(FirstmwError):
    """Bad input: names the file, the row, the column, the value and what to do about it.

    Parameters
    ----------
    problem : str
        What is wrong, in a few words, for example "latitude 95.0 is above 90".
    file : str
        Path or name of the input, as the user knows it.
    row : int | None
        1-based line of the file (header = 1), where one row is at fault.
    column : str | None
        Column at fault.
    remedy : str
        The way out, in the imperative.
    """

    def __init__(
        self,
        problem: str,
        *,
        file: str,
        row: int | None = None,
        column: str | None = None,
        remedy: str = "correct the value and run again",
    ) -> None:
        self.problem = problem
        self.file = file
        self.row = row
        self.column = column
        self.remedy = remedy
        place = file
        if row is not None:
            place += f", row {row}"
        if column is not None:
            place += f", column {column}"
        super().__init__(f"{place}: {problem}; {remedy}.")


class UsageError(FirstmwError):
    """The command was asked for something that does not exist or does not go together."""


class WarehouseError(FirstmwError):
    """The warehouse cannot be built, published or read as it stands."""


class TransientError(WarehouseError):
    """The file system refused a read or a write for a moment (interrupted, busy, stale handle); trying again helps."""


class BrokenBuildError(WarehouseError):
    """The build database was damaged on the disk and is put away; the same night again begins a new one."""


class HeldError(FirstmwError):
    """A release is built and whole, and waits for a person to look at it before it is shown.

    Parameters
    ----------
    run_id : str
        The release.
    reasons : Sequence[str]
        What departs from the release before.
    """

    def __init__(self, run_id: str, reasons: Sequence[str]) -> None:
        self.run_id = run_id
        self.reasons = tuple(reasons)
        super().__init__(
            f"release {run_id} is held for review: {'; '.join(reasons)}; `current` stays as it was. Look at it, then "
            f"show it with `firstmw rollback {run_id}` or run the same refresh with --accept."
        )


class ContractError(FirstmwError):
    """A table does not keep its contract; names the table, the rule, a row and the value."""
