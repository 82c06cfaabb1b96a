"""Editions of the county list: which codes replaced which, and how much of a county lies in which successor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

import polars as pl

from pipelines.ordered import group_sum

_CHANGES = Path(__file__).with_name("county_changes.csv")
_CROSSWALK = {
    "from_fips": pl.String,
    "to_fips": pl.String,
    "from_share_frac": pl.Float64,
    "to_share_frac": pl.Float64,
    "is_mapped": pl.Boolean,
}


@lru_cache(maxsize=1)
def county_changes() -> pl.DataFrame:
    """Return the replaced counties: year, state, old_fips, old_name, new_fips, new_name, people in the overlap.

    `people` are counted at the census of `census_year`; empty where one county stands for the other whole. Each row
    carries its citation.
    """
    return pl.read_csv(
        _CHANGES,
        schema_overrides={"old_fips": pl.String, "new_fips": pl.String, "people": pl.Float64, "as_of": pl.String},
    )


def crosswalk(from_codes: Iterable[str], to_codes: Iterable[str]) -> pl.DataFrame:
    """Return how the counties of one list are found in another.

    A code that both lists hold maps to itself. One that the other list lacks is shared out over its successors there
    (or its predecessors, where the other list is the older) by the people who live in each overlap. A county of the
    other list that would get nothing, because the first list merged it into a larger one, borrows from that one:
    `from_share_frac` is then null, as no share of its quantities is known.

    Parameters
    ----------
    from_codes, to_codes : Iterable[str]
        Five-digit codes.

    Returns
    -------
    pl.DataFrame
        from_fips, to_fips, from_share_frac (part of the first code's people that live in the second; sums to 1 over
        the rows of a code that is found), to_share_frac (part of the second code's people that come from the first;
        0 for what a county that kept its code took in), is_mapped (false where the code is in both lists); sorted.
        Codes without a counterpart have no row.
    """
    targets = set(to_codes)
    forward, backward = _graph()
    known = {code for code in from_codes if code in targets or code in forward or code in backward}
    shares = {code: {code: 1.0} if code in targets else _shares(code, targets) for code in sorted(known)}
    reached = {other for found in shares.values() for other in found}
    origins = {code: {code: 1.0} if code in known else _shares(code, known) for code in sorted(targets)}
    rows: list[tuple[str, str, float | None, float, bool]] = [
        (code, other, share, origins[other].get(code, 0.0), code != other)
        for code, found in shares.items()
        for other, share in found.items()
    ]
    for code in sorted(targets - reached):
        rows += [(other, code, None, share, True) for other, share in origins[code].items()]
    return pl.DataFrame(rows, schema=_CROSSWALK, orient="row").sort("from_fips", "to_fips")


def carry_to_edition(
    frame: pl.DataFrame,
    to_codes: Iterable[str],
    *,
    totals: Sequence[str] = (),
    means: Sequence[str] = (),
    labels: Sequence[str] = (),
    weight: str | None = None,
) -> pl.DataFrame:
    """Return figures per county on another edition's counties.

    Parameters
    ----------
    frame : pl.DataFrame
        county_fips (once each) and the columns below.
    to_codes : Iterable[str]
        Codes of the edition wanted.
    totals : Sequence[str]
        Quantities that add up (people, dollars per year): shared out by people.
    means : Sequence[str]
        Scores and rates: means weighted by the people that each part brings.
    labels : Sequence[str]
        Texts: those of the part that brings most weight.
    weight : str | None
        Column of people at the time of the figures: a part counts with weight x share. Without it, people are those
        of the crosswalk's censuses.

    Returns
    -------
    pl.DataFrame
        county_fips, the columns, is_mapped; sorted. An unknown part makes a total unknown; means leave it out.
    """
    links = crosswalk(frame["county_fips"], to_codes)
    people = (
        pl.col(weight).cast(pl.Float64).fill_null(0.0) * pl.col("from_share_frac").fill_null(1.0)
        if weight
        else pl.col("to_share_frac")
    )
    parts = (
        links.join(frame, left_on="from_fips", right_on="county_fips", how="left", maintain_order="left")
        .with_columns(people.alias("_weight"))
        # A county without people still has its scores.
        .with_columns(
            pl.when(pl.col("_weight").sum().over("to_fips") > 0).then(pl.col("_weight")).otherwise(1.0).alias("_weight")
        )
        .sort("to_fips", "_weight", "from_fips", descending=[False, True, False])
    )

    def total(name: str) -> pl.Expr:
        shared = pl.col(name).cast(pl.Float64) * pl.col("from_share_frac")
        return pl.when(shared.is_null().any()).then(None).otherwise(group_sum(shared)).alias(name)

    def mean(name: str) -> pl.Expr:
        known = pl.col("_weight").filter(pl.col(name).is_not_null())
        value = group_sum(pl.col(name) * pl.col("_weight")) / group_sum(known)
        return pl.when(group_sum(known) > 0).then(value).alias(name)

    merged = parts.group_by("to_fips", maintain_order=True).agg(
        *(total(name) for name in totals),
        *(mean(name) for name in means),
        *(pl.col(name).drop_nulls().first().alias(name) for name in labels),
        pl.col("is_mapped").any(),
    )
    return merged.rename({"to_fips": "county_fips"})


def _shares(code: str, wanted: set[str]) -> dict[str, float]:
    """Return the wanted codes that stand for a code, with the share of its people in each; empty where none do."""
    for links in _graph():
        found: dict[str, float] = {}
        for other, share in links.get(code, {}).items():
            reached = {other: 1.0} if other in wanted else _onward(other, wanted, links)
            for target, part in reached.items():
                found[target] = found.get(target, 0.0) + share * part
        total = sum(found.values())
        if total > 0:
            return {target: part / total for target, part in sorted(found.items())}
    return {}


def _onward(code: str, wanted: set[str], links: dict[str, dict[str, float]]) -> dict[str, float]:
    """Return the shares of a code that was itself replaced, following the same direction in time."""
    found: dict[str, float] = {}
    for other, share in links.get(code, {}).items():
        reached = {other: 1.0} if other in wanted else _onward(other, wanted, links)
        for target, part in reached.items():
            found[target] = found.get(target, 0.0) + share * part
    return found


@lru_cache(maxsize=1)
def _graph() -> tuple[dict[str, dict[str, float]], dict[str, dict[str, float]]]:
    """Return the links forward (old to new) and backward (new to old) in time, each with shares that sum to 1."""
    forward: dict[str, dict[str, float]] = {}
    backward: dict[str, dict[str, float]] = {}
    for row in county_changes().iter_rows(named=True):
        people = row["people"] or 1.0
        forward.setdefault(row["old_fips"], {})[row["new_fips"]] = people
        backward.setdefault(row["new_fips"], {})[row["old_fips"]] = people
    for links in (forward, backward):
        for code, shares in links.items():
            total = sum(shares.values())
            links[code] = {other: people / total for other, people in shares.items()}
    return forward, backward
