"""Natural hazards that take a whole site: how often and how long in each region, for one site and for a portfolio."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import polars as pl

from pipelines.errors import InputError
from pipelines.reference.county_editions import carry_to_edition
from pipelines.reference.side_table import read_side_table

HAZARDS_FILE = Path(__file__).with_name("site_hazards.csv")
_NOT_APPLICABLE = "Not Applicable"
_RATES = ("rate_low", "rate_mid", "rate_high")
_NUMBERS = ("index_frequency", *_RATES, "strike_frac", "hours_mean")
_TEXT = ("event_type", "hazard", "index_basis", "reason", "source_title", "publisher", "url", "as_of")
_BASES = ("county", "area")
_KM2 = 1000.0


def read_hazards(path: Path = HAZARDS_FILE) -> pl.DataFrame:
    """Read the hazards that take a whole site.

    Returns
    -------
    pl.DataFrame
        event_type, hazard (of the risk index), index_basis (`county`: events in the county; `area`: the same per
        1,000 km2), index_frequency (1/year, or 1/year and 1,000 km2: the frequency that the rates go with), rate_low,
        rate_mid, rate_high (events that reach a site, 1/year), strike_frac (share of them that stop it), hours_mean
        (h), reason and the citation.

    Raises
    ------
    InputError
        If the file or a column is missing, a figure is no number above 0, the rates do not rise, or an event has two
        rows.
    """
    text = read_side_table(path, (*_TEXT, *_NUMBERS))
    frame = text.with_columns(pl.col(_NUMBERS).cast(pl.Float64, strict=False))
    for row, (own, cells) in enumerate(zip(frame.iter_rows(named=True), text.iter_rows(named=True), strict=True), 2):
        for name in _NUMBERS:
            if not (own[name] or 0.0) > 0.0 or (name == "strike_frac" and own[name] > 1.0):
                raise InputError(
                    f"value {cells[name]!r} is no number above 0, or no share", file=str(path), row=row, column=name
                )
        rates = [own[name] for name in _RATES]
        if rates != sorted(rates):
            raise InputError(f"rates {rates} do not rise", file=str(path), row=row, column="rate_mid")
        if own["index_basis"] not in _BASES:
            raise InputError(
                f"value {own['index_basis']!r} is none of {', '.join(_BASES)}",
                file=str(path),
                row=row,
                column="index_basis",
            )
    if frame["event_type"].is_duplicated().any():
        raise InputError("an event has two rows", file=str(path), column="event_type", remedy="leave one row per event")
    return frame


@cache
def hazard_events() -> tuple[str, ...]:
    """List the names of the hazards that take a whole site."""
    return tuple(read_hazards()["event_type"].to_list())


def hazard_rates(
    regions: pl.DataFrame, county_hazards: pl.DataFrame, county_index: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Select how often each hazard strikes the county of each region.

    The newest release of the risk index that has a frequency for the county and hazard counts. A release made for
    another edition of the county list is carried to the region's: rates are means by people. A hazard that the index
    rates not applicable to a county does not strike it (an assumption: the index leaves the frequency blank there).

    Parameters
    ----------
    regions : pl.DataFrame
        region_id, county_fips.
    county_hazards : pl.DataFrame
        Contract core.county_hazards.
    county_index : pl.DataFrame | None
        Contract core.hazards, for the areas of the counties; without it they are unknown.

    Returns
    -------
    pl.DataFrame
        Contract mart.hazard_rates.
    """
    wanted = regions["county_fips"].replace("", None).drop_nulls().unique().sort()
    rate = ("county_fips", "events_per_year")
    held = county_hazards.select(
        "county_fips",
        "hazard",
        "release",
        pl.when(pl.col("risk_rating") == _NOT_APPLICABLE)
        .then(pl.col("events_per_year").fill_null(0.0))
        .otherwise("events_per_year")
        .alias("events_per_year"),
    )
    carried = [
        carry_to_edition(part.select(rate), wanted, means=rate[1:]).select(
            *rate, pl.lit(hazard).alias("hazard"), pl.lit(release).alias("release")
        )
        for (hazard, release), part in held.partition_by("hazard", "release", as_dict=True, maintain_order=True).items()
    ]
    newest = (
        pl.concat([held.select(*rate, "hazard", "release").clear(), *carried])
        .filter(pl.col("events_per_year").is_not_null())
        .sort("county_fips", "hazard", pl.col("release").str.extract(r"(\d{4})"), "release", nulls_last=False)
        .unique(["county_fips", "hazard"], keep="last", maintain_order=True)
    )
    return (
        regions.select("region_id", "county_fips")
        .join(newest, on="county_fips", how="inner", maintain_order="left_right")
        .join(_areas(wanted, county_index), on="county_fips", how="left", maintain_order="left")
        .select("region_id", "hazard", "events_per_year", "release", "area_km2")
        .sort("region_id", "hazard")
    )


def _areas(wanted: pl.Series, county_index: pl.DataFrame | None) -> pl.DataFrame:
    """Select the area of each county (km2); a county of another edition has the mean of those it is made from.

    The density of events is what the area is for: the rate and the area of such a county are means of the same parts.
    """
    if county_index is None:
        return pl.DataFrame(schema={"county_fips": pl.String, "area_km2": pl.Float64})
    newest = (
        county_index.select("county_fips", "release", "area_km2")
        .drop_nulls("area_km2")
        .sort("county_fips", pl.col("release").str.extract(r"(\d{4})"), "release", nulls_last=False)
        .unique("county_fips", keep="last", maintain_order=True)
    )
    return carry_to_edition(newest.select("county_fips", "area_km2"), wanted, means=["area_km2"]).select(
        "county_fips", "area_km2"
    )


def site_hazards(places: pl.DataFrame, rates: pl.DataFrame) -> pl.DataFrame:
    """Compute how exposed each place is to each hazard that takes a whole site.

    The index counts events of very different strength by hazard, so that only counties of one hazard compare.

    Parameters
    ----------
    places : pl.DataFrame
        region_id, in any order, repeated or not.
    rates : pl.DataFrame
        Contract `mart.hazard_rates`.

    Returns
    -------
    pl.DataFrame
        region_id, the columns of `read_hazards`, and exposure_ratio: the frequency of the county over that which the
        rates go with, 1 where it is unknown. One row per place and hazard, in the order of the places.
    """
    frequency = (
        pl.when(pl.col("index_basis") == "area")
        .then(_KM2 * pl.col("events_per_year") / pl.col("area_km2"))
        .otherwise("events_per_year")
    )
    return (
        places.select("region_id")
        .with_row_index("_place")
        .join(read_hazards(), how="cross", maintain_order="left_right")
        .join(
            rates.select("region_id", "hazard", "events_per_year", "area_km2"),
            on=["region_id", "hazard"],
            how="left",
            maintain_order="left",
        )
        .with_columns((frequency / pl.col("index_frequency")).fill_null(1.0).alias("exposure_ratio"))
        .drop("_place", "events_per_year", "area_km2")
    )


def judged_hazards() -> pl.DataFrame:
    """List the rates of hazards, which no document gives, with their ranges.

    Returns
    -------
    pl.DataFrame
        Columns of `reference.provenance.assumptions` but those of a citation.
    """
    return read_hazards().select(
        pl.format("site_hazard.{}.events", "event_type").alias("assumption_id"),
        pl.lit("assumption").alias("kind"),
        pl.col("rate_mid").cast(pl.String).alias("value"),
        pl.lit("1/year").alias("unit"),
        pl.format(
            "events that reach a site ({}), of which a share of {} stops all of it for {} h; {} to {} events a year",
            "event_type",
            "strike_frac",
            pl.col("hours_mean").cast(pl.Int64),
            "rate_low",
            "rate_high",
        ).alias("meaning"),
        pl.lit(True).alias("is_default"),
        pl.col("reason").alias("choice_reason"),
    )
