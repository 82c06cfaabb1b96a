"""How far a site of a region is from gas: the length of its lateral as a distribution over the sites of the county."""

from __future__ import annotations

from math import log

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.places.fact_columns import has_columns, select_facts
from pipelines.places.given import given_of_regions, read_given
from pipelines.settings import Settings

FACTS: dict[str, pl.DataType] = {
    "gas_evidence": pl.String(),
    "gas_pipeline_distance_km": pl.Float64(),
    "share_area_gas_8km": pl.Float64(),
    "gas_plant_nearest_km": pl.Float64(),
    "metro_2013": pl.Boolean(),
}
"""Facts of a place that decide the lateral; null where unknown."""
MEASURED = ("line_in_county", "trunk_in_county", "line_within_8km")
NODES_KM = (0.3, 1.0, 2.0, 3.5, 6.0, 10.0, 18.0, 32.0, 56.0, 100.0)
"""Lengths of the classes of laterals; a region is of the class nearest to its own length on the logarithm."""
SHARE_WITHIN_KM = 8.0
"""Distance of the share `share_area_gas_8km`."""
NEAR_KINDS = ("searched", "centre", "mapped")
"""Site searched for in a county with lines; site at a known distance; distance known, a utility may be nearer."""
OPEN_KINDS = ("city", "metro", "rural")
"""Utility's network that no layer shows; county without data in a metropolitan area; another county without data."""
_MOST = 0.999


def known_laterals(regions: pl.DataFrame, settings: Settings) -> pl.DataFrame | None:
    """Estimate the gas laterals as `gas_laterals`; None without facts of places, or where they are switched off."""
    if not settings.has_gas_lateral_by_place or not has_columns(regions, FACTS):
        return None
    return gas_laterals(regions, settings)


def gas_laterals(regions: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Estimate the length of the gas lateral of each region.

    The developer chooses the site. With the distance D of a random point of the county to the nearest of randomly
    placed lines, P(D > d) = exp(-k d) (Poisson line process; Chiu, Stoyan, Kendall and Mecke 2013, Stochastic Geometry
    and its Applications, section 8.4), and k is set by the share s of the county's area within 8 km of a line:
    k = -ln(1 - s) / 8. The site at decile q lies at -ln(1 - q) / k, or at the distance of the centre of population
    where that is less: a site there is always to be had. Without a line within 8 km of any part of the county, the
    distance of the centre is used.

    A distance that the user gives (`region_facts_file`) is that of the user's own site and is taken as it is.

    A county of a metropolitan area without any mapped line has a utility's network that no layer shows. A gas plant
    near by shows that gas is there. Where nothing is known the range of the class, metropolitan or other, is used. All
    three have a wider range than a measured distance.

    Parameters
    ----------
    regions : pl.DataFrame
        region_id and the columns of `FACTS`.
    settings : Settings
        `site_search`, the assumed distances, `gas_reach_km`.

    Returns
    -------
    pl.DataFrame
        region_id, gas_lateral_km (median), gas_lateral_kind (one of `NEAR_KINDS` and `OPEN_KINDS`),
        gas_lateral_class (duration of its class), is_gas_reachable; in the order of `regions`.
    """
    facts = select_facts(regions, FACTS)
    evidence, is_metro = pl.col("gas_evidence"), pl.col("metro_2013").fill_null(False)
    centre, plant = pl.col("gas_pipeline_distance_km"), pl.col("gas_plant_nearest_km")
    is_measured = evidence.is_in(MEASURED).fill_null(False)
    is_own = pl.col("region_id").is_in(_own_distances(regions, settings).implode()) & centre.is_not_null()
    is_searched = (
        is_measured & ~is_own & (pl.col("share_area_gas_8km") > 0.0).fill_null(False) & (settings.site_search != "off")
    )
    known = pl.when((evidence == "gas_plant_only") & ~is_own).then(pl.min_horizontal(centre, plant)).otherwise(centre)
    kind = (
        pl.when(is_searched)
        .then(pl.lit("searched"))
        .when(is_own)
        .then(pl.lit("centre"))
        .when(is_measured & centre.is_not_null())
        .then(pl.lit("centre"))
        .when(((evidence == "none_mapped") & is_metro).fill_null(False))
        .then(pl.lit("city"))
        .when(known.is_not_null() & evidence.is_not_null())
        .then(pl.lit("mapped"))
        .when(is_metro)
        .then(pl.lit("metro"))
        .otherwise(pl.lit("rural"))
    )
    searched = pl.Series("_searched", _searched_km(facts["share_area_gas_8km"].to_numpy(), settings))
    assumed = {name: length for name, (_, length, _) in _open_ranges(settings).items()}
    length = (
        pl.when(pl.col("gas_lateral_kind") == "searched")
        .then(pl.min_horizontal("_searched", centre))
        .when(pl.col("gas_lateral_kind").is_in(NEAR_KINDS))
        .then(known)
        .otherwise(pl.col("gas_lateral_kind").replace_strict(assumed, default=None, return_dtype=pl.Float64))
    )
    found = facts.with_columns(searched, kind.alias("gas_lateral_kind")).with_columns(length.alias("gas_lateral_km"))
    nodes = _nearest_nodes(found["gas_lateral_km"].to_numpy())
    classes = [lateral_id(name, NODES_KM[node]) for name, node in zip(found["gas_lateral_kind"], nodes, strict=True)]
    return found.select(
        "region_id",
        "gas_lateral_km",
        "gas_lateral_kind",
        pl.Series("gas_lateral_class", classes, pl.String),
        (pl.col("gas_lateral_km") <= settings.gas_reach_km).alias("is_gas_reachable"),
    )


def _own_distances(regions: pl.DataFrame, settings: Settings) -> pl.Series:
    """List the regions whose distance to gas the user gives: it is that of a site, which is not searched for."""
    if settings.region_facts_file is None or "county_fips" not in regions.columns:
        return pl.Series("region_id", [], pl.String)
    own = given_of_regions(regions, read_given(settings))
    return own.filter(pl.col("fact_id") == "gas_pipeline_distance_km")["region_id"]


def lateral_id(kind: str, node_km: float) -> str:
    """Name the duration of a class of laterals; those of a kind without data are one class."""
    return f"gas_lateral_{kind}" if kind in OPEN_KINDS else f"gas_lateral_{kind}_{node_km:g}_km".replace(".", "_")


def lateral_lengths(settings: Settings) -> dict[str, tuple[float, float, float]]:
    """Compute the length of each class of laterals: P10, P50 and P90 (km) by the name of its duration."""
    near = {
        lateral_id(kind, node): (low * node, node, high * node)
        for kind in NEAR_KINDS
        for low, high in [_range_factors(kind, settings)]
        for node in NODES_KM
    }
    return near | {lateral_id(kind, 0.0): (low, mid, high) for kind, (low, mid, high) in _open_ranges(settings).items()}


def _open_ranges(settings: Settings) -> dict[str, tuple[float, ...]]:
    ranges = (settings.utility_main_km, settings.unknown_gas_km_metro, settings.unknown_gas_km_rural)
    return dict(zip(OPEN_KINDS, ranges, strict=True))


def _range_factors(kind: str, settings: Settings) -> tuple[float, float]:
    """Compute P10 and P90 of a length as multiples of its median: of a site searched for, the neighbouring deciles."""
    if kind == "mapped":
        low, mid, high = settings.unmapped_gas_km_factors
        return low / mid, high / mid
    if kind == "centre" or settings.site_search == "off":
        return 1.0, 1.0
    decile = int(settings.site_search)
    own = _exponential_quantile(decile)
    return _exponential_quantile(decile - 1) / own, _exponential_quantile(decile + 1) / own


def _exponential_quantile(decile: int) -> float:
    """Compute -ln(1 - q) of a decile; 0 at decile 0, that of 99 % at decile 10."""
    return -log(1.0 - min(decile / 10.0, 0.99))


def _searched_km(shares: NDArray[np.float64], settings: Settings) -> NDArray[np.float64]:
    """Compute the distance of the site searched for from the share of area within 8 km, shape (n_regions,)."""
    if settings.site_search == "off":
        return np.full(len(shares), np.inf)
    with np.errstate(divide="ignore"):
        rate = -np.log1p(-np.clip(np.nan_to_num(shares), 0.0, _MOST)) / SHARE_WITHIN_KM
        return np.asarray(_exponential_quantile(int(settings.site_search)) / rate)


def _nearest_nodes(lengths_km: NDArray[np.float64]) -> NDArray[np.int64]:
    """Select the class of each length, shape (n_regions,)."""
    edges = np.sqrt(np.array(NODES_KM[:-1]) * np.array(NODES_KM[1:]))
    return np.searchsorted(edges, lengths_km).astype(np.int64)
