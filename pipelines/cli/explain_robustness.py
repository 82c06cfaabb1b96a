"""The part of `firstmw explain` on how firm a place is: parts of the value, assumptions, what would turn the order."""

from __future__ import annotations

from typing import Any

import polars as pl

from pipelines.cli.output import figure, records, say, share
from pipelines.cli.reading import Reading

_SHOWN = 3


def robustness(release: Reading, site: dict[str, Any], lines: pl.DataFrame) -> dict[str, Any]:
    """Return what makes the value, how firm the rank is, and the assumptions that matter most, with stable keys."""
    of_site = {key: site[key] for key in ("region_id", "stack_id")}
    where = "where region_id = $region_id and stack_id = $stack_id"
    assumptions = release.query(
        "select swings.assumption_id, ranges.meaning, swings.unit, swings.low, swings.base, swings.high, "
        "swings.lcoe_at_low_usd_per_mwh, swings.lcoe_at_high_usd_per_mwh, swings.value_at_low_usd_per_mw, "
        "swings.value_at_high_usd_per_mw, swings.swing_usd_per_mw, ranges.reason, ranges.source_title, "
        "ranges.publisher, ranges.url, ranges.as_of from explain_site($region_id) as lines "
        "inner join site_sensitivity as swings on lines.item = swings.assumption_id "
        "inner join uncertainties as ranges on swings.assumption_id = ranges.assumption_id "
        "where lines.section = 'assumption' and swings.region_id = $region_id and swings.stack_id = $stack_id "
        "order by lines.line",
        of_site,
    )
    flips = release.query(
        "select pair, other_region_id, other_stack_id, assumption_id, unit, base, flip, is_within_range "
        f"from rank_flips {where} and closeness <= 2 order by pair, closeness",
        of_site,
    )
    margins = release.query(
        "select margin_usd_per_mw_year, rank, region_rank, is_region_best, value_usd_per_mw "
        f"from rank_sensitivity {where} order by margin_usd_per_mw_year",
        of_site,
    )
    parts = lines.filter(pl.col("section") == "value_parts").select(
        pl.col("item").alias("part"), pl.col("value").alias("value_usd_per_mw")
    )
    return {
        **{key: site[key] for key in ("tie_id", "top10_frac", "rank_p05", "rank_p95", "is_pareto")},
        "delay_usd_per_mw_month": site["delay_usd_per_mw_month"],
        "value_parts": records(parts),
        "assumptions": records(assumptions),
        "flips": records(flips),
        "margins": records(margins),
    }


def print_value_parts(found: dict[str, Any]) -> None:
    """Print what the difference of the values is made of."""
    parts = ", ".join(
        f"{row['part']} {figure(row['value_usd_per_mw'] / 1e6, 2, plus=True)}" for row in found["value_parts"]
    )
    say(f"Of the difference in value, M USD per MW: {parts}.", indent=2)


def print_robustness(found: dict[str, Any]) -> None:
    """Print how firm the place is and what it hangs on."""
    say()
    say("How firm this is", is_bold=True)
    say(
        f"Over draws of the inputs the rank is {figure(found['rank_p05'], 0)} to {figure(found['rank_p95'], 0)} "
        f"(P5 to P95) and among the first ten in {share(found['top10_frac'], 0)}; "
        f"{'no' if found['is_pareto'] else 'some'} other row is better in months, cost, availability and CO2 at once. "
        f"A month later costs {figure(found['delay_usd_per_mw_month'] / 1e3, 0)} thousand USD per MW.",
        indent=2,
    )
    say(f"Rank at margins of {_margins(found['margins'])}.", indent=2)
    # What moves every site alike is in the JSON; the page has the three that sites differ in.
    for row in found["assumptions"][:_SHOWN]:
        say(
            f"{row['meaning'][0].upper()}{row['meaning'][1:]}, {_short(row['low'])} to {_short(row['high'])} "
            f"{row['unit']}: value {figure(row['value_at_low_usd_per_mw'] / 1e6, 2)} to "
            f"{figure(row['value_at_high_usd_per_mw'] / 1e6, 2)} ({row['publisher'] or row['reason']}).",
            indent=2,
        )
    turns = [_turn(row) for row in _closest(found["flips"])]
    if turns:
        say(f"Worth no more than {'; than '.join(turns)}.", indent=2)


def _margins(margins: list[dict[str, Any]]) -> str:
    """Return the ranks by margin, in one breath."""
    figures = ", ".join(figure(row["margin_usd_per_mw_year"] / 1e6, 0) for row in margins)
    return f"{figures} M USD per MW-year: {', '.join(str(row['rank']) for row in margins)}"


def _closest(flips: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the likeliest flip of each pair."""
    first: dict[str, dict[str, Any]] = {}
    for row in flips:
        first.setdefault(row["pair"], row)
    return list(first.values())


def _turn(row: dict[str, Any]) -> str:
    other = f"{row['other_region_id']} with {row['other_stack_id']}"
    if row["assumption_id"] == "delay":
        return f"{other} if {_short(row['flip'])} months later"
    name = row["assumption_id"].replace("_", " ")
    beyond = "" if row["is_within_range"] else ", outside its range"
    return f"{other} at a {name} of {_short(row['flip'])} {row['unit']} (now {_short(row['base'])}{beyond})"


def _short(value: float) -> str:
    return f"{value / 1e6:.3g}M" if abs(value) >= 1e5 else f"{value:.3g}"
