"""The option that says which release is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click


def release_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--release`; gives `wanted`, None for the current release."""
    return click.option(
        "--release",
        "wanted",
        metavar="NAME|RUN_ID",
        help="Read this release instead of the current one; `firstmw releases` lists them.",
    )(command)
