"""Where every figure comes from: the documents cited, the assumptions made, how fresh and whole each source is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

from pipelines.contracts.gas import FACTS
from pipelines.contracts.reference import OWN_PUBLISHER
from pipelines.economics.gas import GasFacts
from pipelines.identity import content_hash
from pipelines.ordered import group_sum
from pipelines.settings import Settings, moving

_CITATION = ["source_title", "publisher", "url"]
# Settings that say where things are or how the machine works; no result rests on them.
# Said of every source in `mart.data_status`.
_SAID_ELSEWHERE = {"profile"}
_PERIODS = ("period", "data_year", "year", "as_of")


def cited_sources(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return every document that the reference tables cite.

    Parameters
    ----------
    tables : Mapping[str, pl.DataFrame]
        Reference tables by name; `sources` gives the licences of those that have no column for them.

    Returns
    -------
    pl.DataFrame
        Contract `mart.sources`.
    """
    licences = dict(zip(tables["sources"]["source_id"], tables["sources"]["licence"], strict=True))
    rows = pl.concat(
        frame.select(
            *(pl.col(name).cast(pl.String).fill_null("") for name in _CITATION),
            "as_of",
            pl.lit(name).alias("table_name"),
            (pl.col("licence") if "licence" in frame.columns else pl.lit(licences.get(name))).alias("licence"),
        )
        for name, frame in sorted(tables.items())
        # Months carry the citation of their station.
        if name != "sources" and set(_CITATION) <= set(frame.columns)
    ).filter(pl.col("publisher") != OWN_PUBLISHER)
    cited = (
        rows.group_by(_CITATION, maintain_order=True)
        .agg(
            pl.col("as_of").max(),
            pl.col("licence").first(),
            pl.col("table_name").unique(maintain_order=True).str.join("; ").alias("used_in"),
            pl.len().cast(pl.Int64).alias("fact_rows"),
        )
        .sort(_CITATION)
    )
    ids = [_source_id(row) for row in cited.select(_CITATION).iter_rows()]
    return cited.with_columns(pl.Series("source_id", ids, dtype=pl.String))


def assumptions(technology: pl.DataFrame, judged: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Return every setting and every default parameter that results rest on.

    A setting whose meaning names a citation is a fact, one marked assumption is an assumption, the rest are choices.
    A default that no document gives is an assumption, with its range in the meaning.

    Parameters
    ----------
    technology : pl.DataFrame
        Reference table `technology`.
    judged : pl.DataFrame
        From `judged_figures`.
    settings : Settings

    Returns
    -------
    pl.DataFrame
        Contract `mart.assumptions`.
    """
    chosen = []
    for name in moving():
        if name in _SAID_ELSEWHERE:
            continue
        field = Settings.model_fields[name]
        meaning = field.description or ""
        value = getattr(settings, name)
        chosen.append(
            {
                "assumption_id": f"setting.{name}",
                "kind": "assumption" if "assumption" in meaning else "fact" if "cited" in meaning else "choice",
                "value": f"{value:g}" if isinstance(value, float) else str(value),
                "unit": unit_of(meaning),
                "meaning": meaning,
                "is_default": value == field.default,
            }
        )
    is_own = pl.col("publisher") == OWN_PUBLISHER
    span = pl.when(is_own).then(pl.format("; {} to {} {}", "low", "high", "unit")).fill_null("")
    figures = technology.filter("is_default").select(
        pl.concat_str(pl.col("technology"), pl.lit("."), pl.col("parameter")).alias("assumption_id"),
        pl.when(is_own).then(pl.lit("assumption")).otherwise(pl.lit("fact")).alias("kind"),
        _figure().alias("value"),
        "unit",
        pl.concat_str(pl.col("parameter").str.replace_all("_", " "), pl.lit("; "), pl.col("condition"), span).alias(
            "meaning"
        ),
        pl.lit(True).alias("is_default"),
        "choice_reason",
        *(pl.when(~is_own).then(pl.col(name)).alias(name) for name in (*_CITATION, "as_of")),
    )
    return pl.concat([pl.DataFrame(chosen), figures, judged], how="diagonal").sort("assumption_id")


def judged_figures(gas: GasFacts) -> pl.DataFrame:
    """Return the figures behind the price of gas that no document gives: recalled ones and judgements, with ranges.

    Returns
    -------
    pl.DataFrame
        Columns of `assumptions` but those of a citation.
    """

    def range_of(prefix: str) -> pl.Expr:
        low, high = (pl.col(f"{prefix}_{end}_usd_per_mmbtu") for end in ("low", "high"))
        return pl.format("{} to {} USD/MMBtu", low, high)

    threshold = pl.coalesce(
        pl.format("units from {} MW", "unit_mw_from"), pl.format("from {} tonnes a year", "tonnes_per_year_from")
    )
    # Table, name, value, unit, meaning, reason.
    figures = (
        (
            gas.gas_hubs,
            pl.format("gas_hub.{}.basis_{}", "gas_hub", "year"),
            pl.col("basis_mid_usd_per_mmbtu"),
            "USD/MMBtu",
            pl.format("basis of {} in {}; {}", "hub_name", "year", range_of("basis")),
            pl.format("{}; {}", "evidence", pl.col("note").fill_null("")),
        ),
        (
            gas.gas_hub_rules,
            pl.format("gas_hub_rule.{}.adder", "rule_id"),
            pl.col("adder_mid_usd_per_mmbtu"),
            "USD/MMBtu",
            pl.format("from the hub {} to the site; {}", "gas_hub", range_of("adder")),
            pl.col("note"),
        ),
        (
            gas.henry_hub_path,
            pl.format("henry_hub.{}.{}", "outlook_case", "year"),
            pl.col("henry_hub_usd_per_mmbtu"),
            "USD/MMBtu",
            pl.format("Henry Hub in {}, case {}", "year", "outlook_case"),
            pl.col("note"),
        ),
        (
            gas.carbon_prices,
            pl.format("carbon_price.{}.{}", "carbon_rule", "year"),
            pl.col("price_usd_per_tonne"),
            "USD/tonne",
            pl.format("price of CO2 from {}, growing by {} a year", "year", "growth_frac_per_year"),
            pl.col("note"),
        ),
        (
            gas.carbon_rules,
            pl.format("carbon_rule.{}", "state"),
            pl.coalesce("unit_mw_from", "tonnes_per_year_from"),
            "MW or tonne/year",
            pl.format("plants that the rule {} covers: {}", "carbon_rule", threshold),
            pl.col("note"),
        ),
    )
    return pl.concat(
        table.filter(~pl.col("verification").is_in(FACTS)).select(
            name.alias("assumption_id"),
            pl.lit("assumption").alias("kind"),
            value.cast(pl.String).alias("value"),
            pl.lit(unit).alias("unit"),
            meaning.alias("meaning"),
            pl.lit(True).alias("is_default"),
            reason.fill_null("").alias("choice_reason"),
        )
        for table, name, value, unit, meaning, reason in figures
    )


def data_status(
    tables: Mapping[str, pl.DataFrame], weather_choice: pl.DataFrame, weather_hourly: pl.DataFrame, as_of: date
) -> pl.DataFrame:
    """Return how old and how complete every source of the night is; embedded facts are never stale, they have an age.

    Parameters
    ----------
    tables : Mapping[str, pl.DataFrame]
        Reference tables by name.
    weather_choice : pl.DataFrame
        Contract `core.weather_choice`.
    weather_hourly : pl.DataFrame
        Contract `core.weather_hourly`, for the hours taken from each file.
    as_of : date
        Logical date of the night.

    Returns
    -------
    pl.DataFrame
        Contract `mart.data_status`.
    """
    moment = datetime(as_of.year, as_of.month, as_of.day)
    rows: list[dict[str, Any]] = []
    for name, frame in sorted(tables.items()):
        through = _data_through(frame)
        # A projection, or a month that is not over, speaks about days to come: its data end tonight.
        through = min(through, moment) if through else None
        rows.append(
            {
                "source_id": f"reference/{name}",
                "data_through_utc": through,
                "age_days": (moment - through).total_seconds() / 86400.0 if through else None,
                "rows": frame.height,
                "note": "typical years of 1976-2005" if name == "climatology_monthly" else "",
            }
        )
    files = weather_choice.filter(pl.col("weather_source") == "file")
    hours = weather_hourly.group_by("region_id", maintain_order=True).agg(pl.len().cast(pl.Int64).alias("rows"))
    by_file = (
        files.join(hours, on="region_id", how="left", maintain_order="left")
        .group_by("file_name", maintain_order=True)
        .agg(group_sum("rows"), pl.col("region_id").len().alias("regions"), pl.col("weather_format").first())
        .sort("file_name")
    )
    rows += [
        {
            "source_id": f"weather/{row['file_name']}",
            "data_through_utc": None,
            "age_days": None,
            "rows": row["rows"],
            "note": f"{row['weather_format']} file, hours of {row['regions']} region(s)",
        }
        for row in by_file.iter_rows(named=True)
    ]
    return pl.DataFrame(
        rows, schema_overrides={"data_through_utc": pl.Datetime("us"), "age_days": pl.Float64, "rows": pl.Int64}
    ).with_columns(
        pl.lit("reference").alias("profile"),
        pl.lit(False).alias("is_stale"),
        pl.lit(None, dtype=pl.Datetime("us")).alias("retrieved_at_utc"),
        pl.lit(0, dtype=pl.Int64).alias("rejects"),
    )


def unit_of(meaning: str) -> str:
    """Return the unit that a setting's meaning gives in its last brackets, or nothing."""
    found = re.findall(r"\(([^()]*)\)", meaning)
    return found[-1] if found else ""


def _figure() -> pl.Expr:
    """Return the figure of a technology row as text: the central one, else the range."""
    span = pl.concat_str(
        pl.col("low").cast(pl.String).fill_null(""), pl.lit(" to "), pl.col("high").cast(pl.String).fill_null("")
    )
    return pl.coalesce(pl.col("mid").cast(pl.String), span)


def _source_id(citation: tuple[str, ...]) -> str:
    words = re.sub(r"[^a-z0-9]+", "_", citation[0].lower()).strip("_")[:40].rstrip("_")
    return f"{words}_{content_hash(*citation)[:6]}"


def _data_through(frame: pl.DataFrame) -> datetime | None:
    """Return the end of the newest period that the rows of a table speak about."""
    for column in _PERIODS:
        if column in frame.columns:
            newest = frame[column].cast(pl.String).drop_nulls().max()
            if isinstance(newest, str) and re.fullmatch(r"\d{4}(-\d{2})?(-\d{2})?", newest):
                return end_of_period(newest)
    return None


def end_of_period(period: str) -> datetime:
    """Return the last day of a year, a month, or the day itself (YYYY, YYYY-MM or YYYY-MM-DD)."""
    parts = [int(part) for part in period.split("-")]
    if len(parts) == 1:
        return datetime(parts[0] + 1, 1, 1) - timedelta(days=1)
    if len(parts) == 2:
        year, month = parts
        return datetime(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    year, month, day = parts
    return datetime(year, month, day)
