"""The options that say where a night's release goes, and the sentence that says where it went."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from pipelines.warehouse import Placement, Wish, check_name


def placing_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--as`, `--publish`, `--allow-older` and `--allow-future`; gives `wish`."""

    @click.option("--as", "name", metavar="NAME", help="Publish it under this name, beside the current release.")
    @click.option(
        "--publish",
        "is_published",
        is_flag=True,
        help="Make it the current release, although it is a part, a what-if, named or to come.",
    )
    @click.option(
        "--allow-older", "allows_older", is_flag=True, help="With --publish: also if the current release is later."
    )
    @click.option("--allow-future", "allows_future", is_flag=True, help="Allow a date after today (UTC).")
    @wraps(command)
    def placing(
        *arguments: Any,
        name: str | None,
        is_published: bool,
        allows_older: bool,
        allows_future: bool,
        **options: Any,
    ) -> Any:
        wish = Wish(check_name(name) if name is not None else "", is_published, allows_older, allows_future)
        return command(*arguments, wish=wish, **options)

    return placing


def where(placement: Placement) -> str:
    """Return where a side release went and how it is read, in words; empty for the current release."""
    if placement.is_shown:
        return ""
    reason = f"; {placement.reason}" if placement.reason else ""
    return (
        f"beside the current release, as {placement.name}{reason}: read it with --release {placement.name}; "
        "--publish makes it the current one"
    )
