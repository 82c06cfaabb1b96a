"""Who may build: which local stops and state rules bind a site of a size on a date."""

from __future__ import annotations

from datetime import date

import polars as pl

from pipelines.contracts.permission import ACTIVE, OVER, PERMISSION_COLUMNS, STOP_KINDS
from pipelines.places.given import STOPPED, given_of_regions, read_given
from pipelines.reference.county_editions import crosswalk
from pipelines.settings import Settings

_LISTINGS_AS_PROOF = 2
_GRADE_AS_PROOF = "A"


def stop_verdicts(stops: pl.DataFrame, rules: pl.DataFrame, as_of: date, settings: Settings) -> pl.DataFrame:
    """Say of every local stop what it means for a site of `settings.site_it_mw` on a date.

    A stop blocks where it is a moratorium or ban of the whole county, in force by its dates, of this size, neither
    over nor pending, in a county with the power to stop, and of grade A or named by two listings. Without an end it
    counts `settings.stop_months_without_end` from its start and is unknown after. What remains is alleged.

    Parameters
    ----------
    stops : pl.DataFrame
        Contract `core.local_stops`.
    rules : pl.DataFrame
        Contract `core.state_rules`.
    as_of : date
    settings : Settings

    Returns
    -------
    pl.DataFrame
        Contract `mart.local_stops`.
    """
    in_force = _in_force(rules, as_of, settings)
    powerless = in_force.filter(pl.col("kind").is_in(["no_county_zoning", "no_county_stop"]))["state"]
    overriding = in_force.filter(pl.col("kind") == "overrides_local")["state"]
    counted_to = pl.col("start_date").dt.offset_by(f"{settings.stop_months_without_end}mo")
    is_proven = (pl.col("evidence_grade") == _GRADE_AS_PROOF) | (pl.col("listings") >= _LISTINGS_AS_PROOF)
    may_stop = pl.col("start_date").is_not_null() & ~pl.col("state").is_in(powerless.implode())
    verdict = (
        pl.when(~pl.col("kind").is_in(STOP_KINDS))
        .then(pl.lit("zoning"))
        .when(pl.col("status").is_in(OVER))
        .then(pl.lit("over"))
        .when(pl.col("status") == "pending")
        .then(pl.lit("pending"))
        .when(pl.col("start_date") > as_of)
        .then(pl.lit("not_yet"))
        .when(pl.col("end_date") < as_of)
        .then(pl.lit("lapsed"))
        .when(pl.col("end_date").is_null() & (counted_to <= as_of))
        .then(pl.lit("unknown"))
        .when(pl.col("threshold_mw") > settings.site_it_mw)
        .then(pl.lit("below_threshold"))
        .when(pl.col("state").is_in(overriding.implode()))
        .then(pl.lit("overridden"))
        .when(~pl.col("is_county_wide"))
        .then(pl.lit("municipal"))
        .when(may_stop & is_proven & pl.col("status").is_in(ACTIVE))
        .then(pl.lit("blocks"))
        .otherwise(pl.lit("alleged"))
    )
    return stops.with_columns(verdict.alias("verdict"))


def permission(
    regions: pl.DataFrame,
    stops: pl.DataFrame,
    rules: pl.DataFrame,
    as_of: date,
    settings: Settings,
) -> pl.DataFrame:
    """Decide for each region whether a site may be built there, and say what stops it or is said to.

    Parameters
    ----------
    regions : pl.DataFrame
        region_id, state, county_fips.
    stops, rules, as_of, settings
        As for `stop_verdicts`; a fact `has_moratorium` of `settings.region_facts_file` goes before the stops of the
        county, not before those of the state.

    Returns
    -------
    pl.DataFrame
        region_id and the columns `PERMISSION_COLUMNS`; rows in the order of `regions`.
    """
    judged = _on_counties(stop_verdicts(stops, rules, as_of, settings), regions["county_fips"]).sort("stop_id")
    until = pl.when(pl.col("end_date").is_null()).then(pl.lit("")).otherwise(pl.format(" to {}", "end_date"))
    since = pl.when(pl.col("start_date").is_null()).then(pl.lit("")).otherwise(pl.format(" from {}", "start_date"))
    said = pl.concat_str("jurisdiction", pl.lit(": "), "kind", since, until)
    by_county = judged.group_by("county_fips", maintain_order=True).agg(
        *(
            said.filter(pl.col("verdict") == verdict).str.join("; ").alias(name)
            for verdict, name in (("blocks", "_county"), ("alleged", "alleged_stop"), ("municipal", "municipal_stops"))
        ),
        *(_zoned(kind, as_of).alias(f"_{kind}") for kind in ("zoning_restriction", "permissive_zoning")),
    )
    in_force = _in_force(rules, as_of, settings)
    by_state = in_force.group_by("state", maintain_order=True).agg(
        pl.col("meaning").filter(pl.col("kind") == "stop").str.join("; ").alias("_state"),
        (pl.col("kind") == "no_county_zoning").any().alias("_unzoned"),
    )
    entitlement = (
        pl.when(pl.col("_zoning_restriction"))
        .then(pl.lit("restricted"))
        .when(pl.col("_permissive_zoning"))
        .then(pl.lit("by_right"))
        .when(pl.col("_unzoned"))
        .then(pl.lit("no_county_zoning"))
        .otherwise(pl.lit("ordinary"))
    )
    own = given_of_regions(regions, read_given(settings).filter(pl.col("fact_id") == STOPPED))
    given = own.select("region_id", pl.col("value").alias("_given"), pl.format("given: {}", "source").alias("_source"))
    of_county = (
        pl.when(pl.col("_given") == 1.0)
        .then("_source")
        .when(pl.col("_given") == 0.0)
        .then(pl.lit(""))
        .otherwise("_county")
    )
    both = [pl.col(name) for name in ("_state", "_county")]
    blocked = pl.concat_list(both).list.eval(pl.element().filter(pl.element() != "")).list.join("; ")
    return (
        regions.select("region_id", "state", "county_fips")
        .join(by_county, on="county_fips", how="left", maintain_order="left")
        .join(by_state, on="state", how="left", maintain_order="left")
        .with_columns(pl.col("_state", "_county", "alleged_stop", "municipal_stops").fill_null(""))
        .join(given, on="region_id", how="left", maintain_order="left")
        .with_columns(of_county.alias("_county"))
        .with_columns(blocked.alias("blocked_by"), entitlement.alias("entitlement_class"))
        .with_columns((pl.col("blocked_by") == "").alias("is_eligible"))
        .select("region_id", *PERMISSION_COLUMNS)
    )


def _in_force(rules: pl.DataFrame, as_of: date, settings: Settings) -> pl.DataFrame:
    """Select the rules of states that hold on a date for a site of the night's size."""
    return rules.filter(
        (pl.col("start_date") <= as_of).fill_null(value=True),
        (pl.col("end_date") >= as_of).fill_null(value=True),
        (pl.col("threshold_mw") <= settings.site_it_mw).fill_null(value=True),
    ).sort("rule_id")


def _zoned(kind: str, as_of: date) -> pl.Expr:
    """Say whether a county has a zoning rule of a kind in force for all of it, on more than one weak listing."""
    return (
        (pl.col("kind") == kind)
        & pl.col("is_county_wide")
        & ~pl.col("status").is_in([*OVER, "pending"])
        & (pl.col("start_date") <= as_of).fill_null(value=True)
        & (pl.col("end_date") >= as_of).fill_null(value=True)
        & ((pl.col("evidence_grade") != "C") | (pl.col("listings") >= _LISTINGS_AS_PROOF))
    ).any()


def _on_counties(judged: pl.DataFrame, codes: pl.Series) -> pl.DataFrame:
    """Carry stops on counties of another edition to those of the regions that most of their people live in."""
    links = (
        crosswalk(judged["county_fips"].unique(), codes.drop_nulls().unique())
        .sort("from_fips", "from_share_frac", "to_fips", descending=[False, True, False])
        .unique("from_fips", keep="first", maintain_order=True)
        .select(pl.col("from_fips").alias("county_fips"), "to_fips")
    )
    return judged.join(links, on="county_fips", how="left", maintain_order="left").with_columns(
        pl.coalesce("to_fips", "county_fips").alias("county_fips")
    )
