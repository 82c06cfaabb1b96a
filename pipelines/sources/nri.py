"""Natural hazards of counties: the county table of FEMA's National Risk Index, a file that the user brings."""

from __future__ import annotations

import re

import polars as pl

from pipelines.contracts.geography import RATINGS, UNRATED
from pipelines.errors import InputError
from pipelines.reference.county_editions import carry_to_edition
from pipelines.sources.asking import Asking
from pipelines.sources.base import Parsed, Payload, Request, SourceInfo
from pipelines.sources.fips import fips_column, state_of_fips
from pipelines.sources.place_tables import (
    MISSING,
    broken,
    cells_of,
    column_name,
    decoded,
    naming_faults,
    parsed,
    reject_where,
    table_of,
    unzipped,
    with_numbers,
)
from pipelines.sources.user_files import UserFile

SOURCE = SourceInfo(
    source_id="nri",
    title="National Risk Index, county table",
    publisher="Federal Emergency Management Agency",
    licence="US Government work, public domain",
    base_url="https://hazards.fema.gov/nri",
    cadence="yearly",
    calls_per_night="0, the file is user-given",
)

COUNTIES, BY_HAZARD = "core.hazards", "core.county_hazards"
PREFIXES = {
    "AVLN": "avalanche",
    "CFLD": "coastal_flooding",
    "CWAV": "cold_wave",
    "DRGT": "drought",
    "ERQK": "earthquake",
    "HAIL": "hail",
    "HWAV": "heat_wave",
    "HRCN": "hurricane",
    "ISTM": "ice_storm",
    "RFLD": "inland_flooding",
    "IFLD": "inland_flooding",
    "LNDS": "landslide",
    "LTNG": "lightning",
    "SWND": "strong_wind",
    "TRND": "tornado",
    "TSUN": "tsunami",
    "VLCN": "volcanic_activity",
    "WFIR": "wildfire",
    "WNTW": "winter_weather",
}
_KM2_PER_SQMI = 2.58998811
_COLUMNS = {
    "county_name": "COUNTY",
    "state": "STATEABBRV",
    "population": "POPULATION",
    "building_value_usd": "BUILDVALUE",
    "risk_score": "RISK_SCORE",
    "risk_rating": "RISK_RATNG",
    "expected_loss_score": "EAL_SCORE",
    "expected_loss_rating": "EAL_RATNG",
    "expected_loss_usd_per_year": "EAL_VALT",
    "area_sqmi": "AREA",
}
_OPTIONAL = {
    "nri_id": "NRI_ID",
    "stcofips": "STCOFIPS",
    "version": "NRI_VER",
    "social_vulnerability_score": "SOVI_SCORE",
    "social_vulnerability_rating": "SOVI_RATNG",
    "resilience_score": "RESL_SCORE",
    "resilience_rating": "RESL_RATNG",
}
# A release has both or none; with one of them a score could not be told from a missing one.
_PAIRS = (("SOVI_SCORE", "SOVI_RATNG"), ("RESL_SCORE", "RESL_RATNG"))
# From this year on scores are national percentiles, RISK_VALUE stands beside them, and NRI_VER names the release.
_PERCENTILES_FROM = 2023
_OF_HAZARD = {
    "events": "EVNTS",
    "events_per_year": "AFREQ",
    "exposed_usd": "EXPT",
    "expected_loss_usd_per_year": "EALT",
    "expected_loss_score": "EALS",
    "risk_score": "RISKS",
    "risk_rating": "RISKR",
}
_BOUNDS = {
    "events": (0.0, 1e9),
    "events_per_year": (0.0, 1e6),
    "exposed_usd": (0.0, 1e14),
    "expected_loss_usd_per_year": (0.0, 1e14),
    "expected_loss_score": (0.0, 100.0),
    "risk_score": (0.0, 100.0),
}
_SCORED = ("risk", "expected_loss", "social_vulnerability", "resilience")
# "No Expected Annual Losses" is a figure: zero. The other words say that there is none.
_WITHOUT_SCORE = [rating for rating in UNRATED if rating != "No Expected Annual Losses"]
# The states and the District have 3,142 to 3,144 counties.
_FEWEST, _FEWEST_STATES = 3_100, 51


def requests(asking: Asking) -> list[Request]:
    """Return no request: the publisher's downloads are not made for programs, the user brings the file."""
    return []


def user_files(asking: Asking) -> list[UserFile]:
    """Return the county table that the user brings, if any."""
    path = asking.settings.nri_file
    return [] if path is None else [UserFile(SOURCE.source_id, "counties", path, "nri_file")]


@naming_faults
def parse(payload: Payload) -> list[Parsed]:
    """Return the composite index of each county (`core.hazards`) and, where the file has them, each hazard's.

    Codes come from NRI_ID, since STCOFIPS has lost its leading zeros in some releases. A blank or "Not Applicable"
    is unknown, not zero. A row with one broken cell is rejected from both tables.

    Parameters
    ----------
    payload : Payload
        NRI_Table_Counties.csv, or a zip that holds it; any release.

    Returns
    -------
    list[Parsed]
        `core.hazards`; then `core.county_hazards`, whose rows are counties kept x hazards.

    Raises
    ------
    SourceBroken
        If it is no such table, mixes releases, or is not whole.
    """
    content = payload.content
    if content.startswith(b"PK"):
        _, content = unzipped(payload, r"nri_table_counties.*\.csv")
    rows = cells_of(payload, decoded(payload, content))
    header = [column_name(cell) for cell in rows[0][1]]
    for pair in _PAIRS:
        if len({name in header for name in pair}) > 1:
            raise broken(payload, f"it has only one of the columns {' and '.join(pair)}")
    prefixes = [prefix for prefix in PREFIXES if f"{prefix}_EALT" in header]
    named = {f"{prefix}.{out}": f"{prefix}_{column}" for prefix in prefixes for out, column in _OF_HAZARD.items()}
    wide = _with_codes(payload, header, table_of(payload, rows[1:], header, {**_COLUMNS, **named}, _OPTIONAL))
    is_percentile = "RISK_VALUE" in header
    wide = wide.with_columns(
        pl.lit(_release(payload, wide, is_percentile=is_percentile)).alias("release"),
        pl.lit("national_percentile" if is_percentile else "composite").alias("score_basis"),
    )
    wide = with_numbers(wide, {"population": (0, 5e7)}, required=True)
    wide = with_numbers(
        wide,
        {
            "building_value_usd": (0, 1e14),
            "area_sqmi": (0.04, 190_000),
            "expected_loss_usd_per_year": (0, 1e14),
            **{f"{what}_score": (0, 100) for what in _SCORED},
            **{f"{prefix}.{name}": bound for prefix in prefixes for name, bound in _BOUNDS.items()},
        },
        required=False,
    )
    ratings = [f"{what}_rating" for what in _SCORED] + [f"{prefix}.risk_rating" for prefix in prefixes]
    wide = _with_ratings(wide, ratings)
    wide = wide.with_columns(
        (pl.col("area_sqmi") * _KM2_PER_SQMI).alias("area_km2"),
        *(_known(f"{what}_score", f"{what}_rating") for what in _SCORED),
    )
    counties = parsed(payload, wide, COUNTIES)
    if counties.rows.height < _FEWEST or counties.rows["state"].n_unique() < _FEWEST_STATES:
        raise broken(
            payload, f"it has {counties.rows.height} counties of {counties.rows['state'].n_unique()} states, not all"
        )
    if not prefixes:
        return [counties]
    kept = wide.filter((pl.col("_reason") == "") & pl.col("county_fips").is_in(counties.rows["county_fips"].to_list()))
    long = pl.concat(_of_hazard(kept, prefix) for prefix in prefixes).sort("county_fips", "hazard")
    return [counties, parsed(payload, long, BY_HAZARD)]


def hazards_of_counties(counties: pl.DataFrame, hazards: pl.DataFrame) -> pl.DataFrame:
    """Return the hazards on the counties of an edition, whichever edition the index was made for.

    People, buildings and losses are shared out by people; scores are means over people; ratings are those of the part
    with most people, and `is_mapped` says where any of this was needed.

    Parameters
    ----------
    counties : pl.DataFrame
        county_fips: the edition wanted.
    hazards : pl.DataFrame
        Contract `core.hazards`, one release.

    Raises
    ------
    InputError
        If it holds more than one release: their scores do not compare.
    """
    releases = hazards["release"].unique().sort().to_list()
    if len(releases) > 1:
        raise InputError(
            f"it holds the releases {', '.join(releases)}, whose scores do not compare",
            file=COUNTIES,
            column="release",
            remedy="choose one release",
        )
    return carry_to_edition(
        hazards,
        counties["county_fips"],
        totals=["population", "building_value_usd", "expected_loss_usd_per_year"],
        means=[f"{what}_score" for what in _SCORED],
        labels=[*(f"{what}_rating" for what in _SCORED), "release", "score_basis"],
        weight="population",
    )


def _with_codes(payload: Payload, header: list[str], frame: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with five-digit codes, each checked against the other code and the state."""
    if "NRI_ID" not in header and "STCOFIPS" not in header:
        raise broken(payload, "it has neither NRI_ID nor STCOFIPS")
    frame = frame.with_columns(fips_column("nri_id"), fips_column("stcofips"))
    frame = frame.with_columns(pl.coalesce("nri_id", "stcofips").alias("county_fips"))
    frame = reject_where(frame, pl.col("county_fips").is_null(), "NRI_ID is no county code")
    frame = reject_where(frame, pl.col("nri_id") != pl.col("stcofips"), "NRI_ID and STCOFIPS are two counties")
    # The District stands there as "D.C.".
    own, given = state_of_fips("county_fips"), pl.col("state").str.replace_all(".", "", literal=True).str.to_uppercase()
    frame = reject_where(frame, own != given, "NRI_ID lies in another state than STATEABBRV")
    return frame.with_columns(own.alias("state"))


def _release(payload: Payload, frame: pl.DataFrame, *, is_percentile: bool) -> str:
    """Return the release the file names, else the generation that its columns tell."""
    named = frame.filter(~pl.col("version").str.to_uppercase().is_in(MISSING))["version"].unique().sort().to_list()
    if len(named) > 1:
        raise broken(payload, f"it mixes the releases {', '.join(named[:4])}")
    if not named and is_percentile:
        raise broken(payload, "it has RISK_VALUE and no NRI_VER, which releases with that column carry")
    year = re.search(r"(?:19|20)\d{2}", named[0]) if named else None
    if year and (int(year[0]) >= _PERCENTILES_FROM) != is_percentile:
        word = "lacks" if not is_percentile else "has"
        raise broken(
            payload, f"its release is {named[0]!r} and it {word} RISK_VALUE, which releases from 2023 on carry"
        )
    return named[0] if named else "2021 or earlier"


def _with_ratings(frame: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    for name in columns:
        given = pl.col(name)
        frame = reject_where(
            frame, ~given.is_in([*RATINGS, *UNRATED]) & ~given.str.to_uppercase().is_in(MISSING), f"{name} is no rating"
        )
        frame = frame.with_columns(pl.when(given.is_in([*RATINGS, *UNRATED])).then(given).alias(name))
    return frame


def _known(score: str, rating: str) -> pl.Expr:
    """Return a score, unknown where the rating says that there is none."""
    return pl.when(~pl.col(rating).is_in(_WITHOUT_SCORE).fill_null(True)).then(pl.col(score)).alias(score)


def _of_hazard(wide: pl.DataFrame, prefix: str) -> pl.DataFrame:
    """Return one hazard's rows; where the hazard does not apply, all its figures are unknown."""
    scores = [name for name in _BOUNDS if name.endswith("_score")]
    figures = [name for name in _BOUNDS if name not in scores]
    applies = (pl.col(f"{prefix}.risk_rating") != "Not Applicable").fill_null(True)
    return wide.select(
        "county_fips",
        pl.lit(PREFIXES[prefix]).alias("hazard"),
        "release",
        "score_basis",
        *(pl.when(applies).then(pl.col(f"{prefix}.{name}")).alias(name) for name in figures),
        *(_known(f"{prefix}.{name}", f"{prefix}.risk_rating").alias(name) for name in scores),
        pl.col(f"{prefix}.risk_rating").alias("risk_rating"),
        "_row",
        "_reason",
    )
