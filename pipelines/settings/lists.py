"""Settings that are lists: what the environment gives with commas, as tuples."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator
from pydantic_settings import NoDecode


def split_names(value: Any) -> Any:
    """Take names separated by commas."""
    return tuple(name.strip() for name in value.split(",") if name.strip()) if isinstance(value, str) else value


def split_counts(value: Any) -> Any:
    """Take counts separated by commas, in rising order."""
    return tuple(sorted({int(count) for count in value.split(",")})) if isinstance(value, str) else value


def split_figures(value: Any) -> Any:
    """Take figures separated by commas."""
    return tuple(float(figure) for figure in value.split(",")) if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(split_names)]
Counts = Annotated[tuple[int, ...], NoDecode, BeforeValidator(split_counts)]
Figures = Annotated[tuple[float, ...], NoDecode, BeforeValidator(split_figures)]
