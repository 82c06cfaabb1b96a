"""Whether a command waits for another one that holds the build."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from pipelines.cli.numbers import Number
from pipelines.errors import UsageError

# Longer than any night; a figure that every store of settings can hold.
FOREVER = "1000000000"


def wait_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--wait` (for as long as it takes, or so many seconds) and `--no-wait`.

    Gives `wait_seconds`: 0 for `--no-wait`, None where neither is given.
    """

    @click.option(
        "--wait",
        "wait",
        is_flag=False,
        flag_value=FOREVER,
        type=Number(min=0),
        metavar="[SECONDS]",
        help="Wait for a running refresh to end: for as long as it takes, or so many seconds.",
    )
    @click.option(
        "--no-wait",
        "is_no_wait",
        is_flag=True,
        help="Fail at once if one is running, naming its pid; the default where the current release would move, except "
        "that a side release is waited for.",
    )
    @wraps(command)
    def waiting(*arguments: Any, wait: float | None, is_no_wait: bool, **options: Any) -> Any:
        if wait is not None and is_no_wait:
            raise UsageError("--wait and --no-wait contradict each other; drop one of the two.")
        return command(*arguments, wait_seconds=0.0 if is_no_wait else wait, **options)

    return waiting
