"""Tables as the page carries them: column by column, repeated text once, numbers little longer than they are read."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.errors import ContractError

DIGITS = 6
_NEARLY = 1e-14
"""Relative distance at which a scaled number counts as the whole one beside it."""
_LEVEL = 7
"""Of deflate; beyond it the hours take six times as long for a fiftieth of their size."""
_EPOCH_DAY = "%Y-%m-%d"


def encode_table(frame: pl.DataFrame, *, exact: Collection[str] = (), digits: int = DIGITS) -> dict[str, Any]:
    """Return a table as JSON values by column.

    Parameters
    ----------
    frame : pl.DataFrame
        Rows in the order in which they are to be shown.
    exact : Collection[str]
        Columns kept to the last digit, because the page computes or compares with them.
    digits : int
        Significant digits of the other numbers; rounding those to fewer gives what rounding the exact numbers does.

    Returns
    -------
    dict[str, Any]
        `rows`, and by column either a list of values, or `{"d": texts, "i": places}` with -1 for null.
    """
    columns = {name: _encode_column(frame[name], digits=None if name in exact else digits) for name in frame.columns}
    return {"rows": frame.height, "columns": columns}


def encode_payload(payload: Mapping[str, Any]) -> str:
    """Return JSON values as base64 of their deflated text, which holds no character that ends an HTML element.

    Raises
    ------
    ContractError
        If a number is not finite.
    """
    try:
        text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except ValueError as error:
        raise ContractError(f"the page cannot carry a number that is not finite ({error}).") from error
    return encode_bytes(text.encode())


def encode_bytes(content: bytes) -> str:
    """Return base64 of the deflated bytes."""
    return base64.b64encode(zlib.compress(content, _LEVEL)).decode("ascii")


def _encode_column(values: pl.Series, *, digits: int | None) -> Any:
    if values.dtype == pl.String:
        return _coded(values)
    if values.dtype in (pl.Datetime, pl.Date):
        return _coded(values.dt.strftime(_EPOCH_DAY))
    if values.dtype.is_float():
        finite = values.fill_nan(None)
        return (finite if digits is None else shortened(finite, digits)).to_list()
    return values.to_list()


def shortened(values: pl.Series, digits: int) -> pl.Series:
    """Shorten numbers to some significant digits, so that rounding them again is not rounding twice.

    A number is cut, and a last digit of 0 or 5 that it is cut to is raised by one: what lies above a half still does
    (33.5499 must not become 33.550 and then 33.6). Rounding to odd of IEEE 754 arithmetic, in base ten.

    Parameters
    ----------
    values : pl.Series
        Floats; null stays null.
    digits : int
    """
    numbers: NDArray[np.float64] = values.fill_null(0.0).to_numpy()
    size = np.abs(numbers)
    places = digits - 1 - np.floor(np.log10(np.where(size > 0.0, size, 1.0)))
    up, down = 10.0 ** np.maximum(places, 0.0), 10.0 ** np.maximum(-places, 0.0)
    scaled = size * up / down
    whole = np.rint(scaled)
    is_whole = np.abs(scaled - whole) <= _NEARLY * scaled
    cut = np.where(is_whole, whole, np.floor(scaled))
    cut += ~is_whole & (cut % 5.0 == 0.0)
    short = pl.Series(values.name, np.copysign(cut / up * down, numbers))
    return pl.select(pl.when(values.is_not_null()).then(short)).to_series()


def _coded(values: pl.Series) -> dict[str, Any]:
    texts = values.drop_nulls().unique(maintain_order=True).to_list()
    places = {text: place for place, text in enumerate(texts)}
    return {"d": texts, "i": [-1 if text is None else places[text] for text in values.to_list()]}
