"""Numbers on the command line: within their range, and finite; shares also as percent."""

from __future__ import annotations

import math
from typing import Any

import click


class Number(click.FloatRange):
    """A number within a range; `nan` and `inf`, which are in no range and pass every comparison, are refused."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number."""
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a finite number", param, ctx)
        return number


class Share(Number):
    """A share from 0 to 1, or the same in percent: `0.999`, `99.9` and `99.9%`.

    A number above 1 is a percentage, and stderr says how it is read; 1 itself is the whole.

    Parameters
    ----------
    min_open, max_open : bool
        Whether 0 and 1 themselves are outside.
    """

    name = "share"

    def __init__(self, *, min_open: bool = False, max_open: bool = False) -> None:
        super().__init__(0, 1, min_open=min_open, max_open=max_open)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the share."""
        text = str(value).strip()
        is_percent = text.endswith("%")
        try:
            number = float(text.removesuffix("%"))
        except ValueError:
            return super().convert(value, param, ctx)
        if not is_percent and not 1.0 < number <= 100.0:
            return super().convert(value, param, ctx)
        # In decimals: 99.9 is 0.999 and not 0.9990000000000001.
        found = super().convert(float(f"{number}e-2"), param, ctx)
        if not is_percent:
            option = param.opts[0] if param is not None else "the share"
            click.echo(f"firstmw: {option} {text} is read as {number:g} %, the share {found:g}.", err=True)
        return found
