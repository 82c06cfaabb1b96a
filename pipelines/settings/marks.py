"""What each setting moves, said where it is declared; every list of settings follows from these marks.

`physics` decides what is simulated, `economics` is applied to what was simulated, `operation` moves no result. A
physical setting also names the step that reads it: a kept result has the settings of its steps in its key.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field
from pydantic.fields import FieldInfo

Mark = Literal["physics", "economics", "operation"]
Step = Literal["hours", "sizing", "dispatch", "choice", "sampling", "extent"]
"""Which weather; which designs there are; load, plant and outages of a site's year; what a chosen design must reach;
what the Monte Carlo of the chosen designs samples; how many of them are looked at more closely."""


def physics(default: Any, step: Step, *, is_for_counties: bool = False, **about: Any) -> Any:
    """Declare a setting that decides what is simulated.

    Parameters
    ----------
    default : Any
    step : Step
        The first step that reads it.
    is_for_counties : bool
        Whether only a night of counties reads it.
    **about : Any
        Limits and description, as of a pydantic field.
    """
    return _marked(default, about, mark="physics", step=step, is_for_counties=is_for_counties)


def economics(default: Any, *, is_for_counties: bool = False, **about: Any) -> Any:
    """Declare a setting that is applied to what was simulated: prices, finance, dates, value, portfolio."""
    return _marked(default, about, mark="economics", is_for_counties=is_for_counties)


def operation(default: Any, **about: Any) -> Any:
    """Declare a setting that moves no result: where things are, how sources are read, limits of the machine."""
    return _marked(default, about, mark="operation")


def marks_of(field: FieldInfo) -> dict[str, Any]:
    """Read mark, step and is_for_counties of a field; empty where it has none."""
    extra = field.json_schema_extra
    return dict(extra) if isinstance(extra, dict) else {}


def _marked(default: Any, about: dict[str, Any], **marks: Any) -> Any:
    return Field(default, json_schema_extra=marks, **about)
