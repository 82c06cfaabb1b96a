"""Tables as the page carries them: column by column, repeated text once, numbers no longer than they are read."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Collection, Mapping
from typing import Any

import polars as pl

from pipelines.errors import ContractError

DIGITS = 5
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
        Significant digits of the other numbers.

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
        return (finite if digits is None else finite.round_sig_figs(digits)).to_list()
    return values.to_list()


def _coded(values: pl.Series) -> dict[str, Any]:
    texts = values.drop_nulls().unique(maintain_order=True).to_list()
    places = {text: place for place, text in enumerate(texts)}
    return {"d": texts, "i": [-1 if text is None else places[text] for text in values.to_list()]}
