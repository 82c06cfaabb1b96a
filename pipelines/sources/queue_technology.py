"""One vocabulary of technologies out of the words and codes that eight queues use for fuels and plant types."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

import polars as pl

from pipelines.contracts.queues import TECHNOLOGIES, VOCABULARY


def _by_word(column: str) -> Mapping[str, str]:
    return MappingProxyType({word: row["technology"] for row in VOCABULARY for word in row[column].split("|") if word})


# Codes that say how a thermal plant turns, not what it burns.
_MOVERS = _by_word("plant_types")
_RESOURCES = _by_word("fuels")
# NYISO's co-located storage: with solar, with wind.
_PAIRS: Mapping[str, tuple[str, ...]] = MappingProxyType({"cr": ("solar", "battery"), "cw": ("wind", "battery")})
_SILENT = frozenset({"", "na", "n/a", "none", "null", "nan", "tbd", "-", "not specified", "unknown"})
_HYBRID = "hybrid"
# Of several fuels of one thermal plant, the one it is built for comes first.
_THERMAL = tuple(
    row["technology"]
    for row in sorted(VOCABULARY, key=lambda row: int(row["thermal_order"] or 0))
    if row["thermal_order"]
)
_REFINED = frozenset(row["technology"] for row in VOCABULARY if row["refines"])
_MIXTURES = (
    ({"solar", "battery"}, "solar_battery"),
    ({"wind", "battery"}, "wind_battery"),
    ({"offshore_wind", "battery"}, "wind_battery"),
    ({"wind", "offshore_wind"}, "offshore_wind"),
    ({"hydro", "pumped_storage"}, "pumped_storage"),
    ({"battery", "other_storage"}, "other_storage"),
)
_SEPARATORS = re.compile(r"\s*[;,/+\\&]\s*")
# NYISO's older codes join a mover and a fuel: CC-NG, CT-D.
_JOINED = re.compile(r"(cc|ct|cs|st|ic)-(ng|d|o|c)")


def technology_of(texts: Iterable[str | None]) -> str | None:
    """Return the technology that a request's fuel and plant-type texts name together.

    Parameters
    ----------
    texts : Iterable[str | None]
        For example ("Natural Gas", "Combined Cycle"), ("SUN BAT", "PV"), ("Solar; Storage",).

    Returns
    -------
    str | None
        A word of the vocabulary, "unknown" where all texts are silent; None where any of them says something that
        nobody has seen before.
    """
    resources: set[str] = set()
    movers: set[str] = set()
    for text in texts:
        for token in _tokens(" ".join((text or "").lower().split())):
            if token == _HYBRID:
                resources.add(_HYBRID)
            elif token in _PAIRS:
                resources.update(_PAIRS[token])
            elif token in _MOVERS:
                movers.add(_MOVERS[token])
            elif token in _RESOURCES:
                resources.add(_RESOURCES[token])
            elif token not in _SILENT:
                return None
    return _combined(resources, movers)


def _tokens(text: str) -> list[str]:
    """Return the parts of a text that name one fuel or plant type each; what is not known is given back whole."""

    def is_known(token: str) -> bool:
        return any(token in known for known in (_MOVERS, _RESOURCES, _PAIRS, _SILENT, {_HYBRID}))

    if is_known(text):
        return [text]
    found = []
    for part in _SEPARATORS.split(text):
        pieces = part.split(" ")
        if joined := _JOINED.fullmatch(part):
            found += [joined[1], joined[2]]
        elif not is_known(part) and all(is_known(piece) for piece in pieces):
            found += pieces
        else:
            found.append(part)
    return found


def _combined(resources: set[str], movers: set[str]) -> str:
    for whole in ("load", "transmission"):
        if whole in resources:
            return whole
    # "Other" beside something named says no more than that, unless the file calls the two a hybrid.
    named = resources - {_HYBRID, "other"}
    if _HYBRID in resources and len(named) < 2:
        return _HYBRID
    if not named:
        return min(movers, key=_THERMAL.index, default="other" if "other" in resources else "unknown")
    if "gas" in named and (refined := movers & _REFINED):
        named = (named - {"gas"}) | {min(refined, key=_THERMAL.index)}
    if len(named) == 1:
        return next(iter(named))
    if named <= set(_THERMAL):
        return min(named, key=_THERMAL.index)
    return next((technology for sort, technology in _MIXTURES if named == sort), _HYBRID)


def with_technology(frame: pl.DataFrame, texts: list[str]) -> pl.DataFrame:
    """Return the frame with `technology` (null where a text is unknown) and `technology_source_text`.

    Each distinct combination of texts is looked at once.

    Parameters
    ----------
    frame : pl.DataFrame
    texts : list[str]
        Columns of fuel and plant-type texts.
    """
    known = frame.select(texts).unique(maintain_order=True)
    names = pl.Series("technology", [technology_of(row) for row in known.iter_rows()], dtype=pl.String)
    assert names.drop_nulls().is_in(TECHNOLOGIES).all()
    joined = frame.join(known.with_columns(names), on=texts, how="left", nulls_equal=True, maintain_order="left")
    written = pl.concat_str(texts, separator=" | ", ignore_nulls=True)
    return joined.with_columns(pl.when(written != "").then(written).alias("technology_source_text"))
