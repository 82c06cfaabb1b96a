"""A folder of weather files: what is in it, and which region runs on which file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.errors import InputError
from pipelines.identity import content_hash, tree_hash
from pipelines.warehouse.cache import Cache
from pipelines.weather.headers import read_weather_header
from pipelines.weather.readers import WeatherFile, read_weather_file

_SUFFIXES = {".tmy3", ".epw", ".csv"}
_EARTH_RADIUS_KM = 6371.0
_CATALOGUE = {
    "path": pl.String,
    "station": pl.String,
    "weather_format": pl.String,
    "latitude": pl.Float64,
    "longitude": pl.Float64,
    "elevation_m": pl.Float64,
}


@dataclass(frozen=True)
class WeatherFolder:
    """What a folder of weather files gives a night.

    Attributes
    ----------
    catalogue : pl.DataFrame
        path, station, weather_format, latitude, longitude, elevation_m of the files that can serve; sorted by path.
    refused : Mapping[str, str]
        Name of a file with the head of a weather file that cannot serve, to the reason.
    foreign : Mapping[str, str]
        Name of a file that ends like a weather file and is none, to the reason.
    warned : Mapping[str, str]
        Name of a file that serves, to what is odd about it.
    """

    catalogue: pl.DataFrame
    refused: Mapping[str, str] = field(default_factory=dict)
    foreign: Mapping[str, str] = field(default_factory=dict)
    warned: Mapping[str, str] = field(default_factory=dict)


def weather_files(directory: Path | None) -> WeatherFolder:
    """Read the heads of a folder of weather files.

    Parameters
    ----------
    directory : Path | None
        Folder with TMY3, EPW, SAM CSV and NSRDB PSM files; hidden files and those that end otherwise are passed over;
        None for no folder.

    Raises
    ------
    InputError
        If the folder does not exist.
    """
    if directory is None:
        return WeatherFolder(pl.DataFrame(schema=_CATALOGUE))
    if not directory.is_dir():
        raise InputError(
            "the weather folder does not exist",
            file=str(directory),
            remedy="correct FIRSTMW_WEATHER_DIR or leave it empty",
        )
    headers, foreign = [], {}
    for path in sorted(directory.iterdir()):
        # The Finder of macOS leaves a hidden file beside each that it copies to other disks.
        if path.name.startswith(".") or path.suffix.lower() not in _SUFFIXES or not path.is_file():
            continue
        try:
            headers.append(read_weather_header(path))
        except InputError as error:
            foreign[path.name] = error.problem
    catalogue = pl.DataFrame(
        [(str(h.path), h.station_name, h.source_format, h.latitude, h.longitude, h.elevation_m) for h in headers],
        schema=_CATALOGUE,
        orient="row",
    )
    return WeatherFolder(catalogue, foreign=foreign)


def usable_files(
    directory: Path | None, regions: pl.DataFrame, max_distance_km: float, cache: Cache | None = None
) -> WeatherFolder:
    """Read the files of a folder that regions would run on, and leave out those that cannot serve.

    A region whose nearest file cannot serve takes the next one within the distance.

    Parameters
    ----------
    directory : Path | None
    regions : pl.DataFrame
        region_id, latitude, longitude.
    max_distance_km : float
        A farther file is not used.
    cache : Cache | None
        Where verdicts are kept by the content of the files.
    """
    folder = weather_files(directory)
    catalogue, verdicts = folder.catalogue, dict[str, tuple[str, str]]()
    while True:
        chosen = choose_weather(regions, catalogue, max_distance_km)["path"].drop_nulls().unique().sort().to_list()
        new = [path for path in chosen if path not in verdicts]
        if not new:
            break
        verdicts |= {path: _verdict(Path(path), cache) for path in new}
        bad = [path for path in new if verdicts[path][0]]
        catalogue = catalogue.filter(~pl.col("path").is_in(bad))
    names = {Path(path).name: verdict for path, verdict in verdicts.items()}
    return WeatherFolder(
        catalogue,
        {name: problem for name, (problem, _) in names.items() if problem},
        folder.foreign,
        {name: odd for name, (problem, odd) in names.items() if odd and not problem},
    )


def _verdict(path: Path, cache: Cache | None) -> tuple[str, str]:
    """Return why a file cannot serve, and what is odd about it."""

    def read() -> pl.DataFrame:
        try:
            file = read_weather_file(path)
        except InputError as error:
            where = f"row {error.row}: " if error.row is not None else ""
            return pl.DataFrame({"problem": [where + error.problem], "odd": [""]})
        return pl.DataFrame({"problem": [""], "odd": ["; ".join(file.warnings)]})

    if cache is None:
        return read().row(0)
    key = {"file": content_hash(path), "code": tree_hash(Path(__file__).parent, ("*.py",))}
    return cache.frame("weather_verdict", key, read)[0].row(0)


def with_folder_status(status: pl.DataFrame, folder: WeatherFolder) -> pl.DataFrame:
    """Add what was found of a weather folder to the status of the sources.

    Parameters
    ----------
    status : pl.DataFrame
        Contract `mart.data_status`; the files that serve have a row as `weather/<name>`.
    folder : WeatherFolder
        A file that cannot serve is a source that is stale: its regions run on another one.
    """
    odd = {f"weather/{name}": f"; the file {told}" for name, told in folder.warned.items()}
    told = pl.col("source_id").replace_strict(odd, default="", return_dtype=pl.String)
    rows = [
        {"source_id": f"weather/{name}", "is_stale": is_stale, "note": f"not used: {problem}"}
        for is_stale, left_out in ((True, folder.refused), (False, folder.foreign))
        for name, problem in sorted(left_out.items())
    ]
    added = pl.DataFrame(rows, schema={"source_id": pl.String, "is_stale": pl.Boolean, "note": pl.String})
    added = added.with_columns(
        pl.lit("reference").alias("profile"), *(pl.lit(0, dtype=pl.Int64).alias(name) for name in ("rows", "rejects"))
    )
    return pl.concat([status.with_columns(pl.col("note") + told), added], how="diagonal")


def choose_weather(regions: pl.DataFrame, catalogue: pl.DataFrame, max_distance_km: float) -> pl.DataFrame:
    """Return the weather of each region: the nearest file within the distance, else synthetic years.

    Parameters
    ----------
    regions : pl.DataFrame
        region_id, latitude, longitude.
    catalogue : pl.DataFrame
        As of `weather_files`; may be empty.
    max_distance_km : float
        A farther file is not used.

    Returns
    -------
    pl.DataFrame
        Rows of `core.weather_choice` in the order of the regions, and path (the file to read, null for synthetic).
    """
    if catalogue.is_empty():
        nearest = np.zeros(regions.height, dtype=np.int64)
        distance = np.full(regions.height, np.inf)
        catalogue = pl.DataFrame([(None,) * len(_CATALOGUE)], schema=_CATALOGUE, orient="row")
    else:
        table = great_circle_km(
            regions["latitude"].to_numpy()[:, None],
            regions["longitude"].to_numpy()[:, None],
            catalogue["latitude"].to_numpy()[None, :],
            catalogue["longitude"].to_numpy()[None, :],
        )
        nearest = table.argmin(axis=1)
        distance = table[np.arange(regions.height), nearest]
    is_near = pl.Series("is_near", distance <= max_distance_km)
    chosen = catalogue[nearest.tolist()].select("path", "station", "weather_format")
    return pl.concat([regions.select("region_id"), chosen], how="horizontal").select(
        "region_id",
        pl.when(is_near).then(pl.lit("file")).otherwise(pl.lit("synthetic")).alias("weather_source"),
        pl.when(is_near).then("station").alias("station"),
        pl.when(is_near).then("weather_format").alias("weather_format"),
        pl.when(is_near).then(pl.Series("distance_km", distance)).alias("distance_km"),
        pl.when(is_near).then(pl.col("path").str.split("/").list.last()).alias("file_name"),
        pl.lit(None, dtype=pl.Datetime("us")).alias("retrieved_at_utc"),
        pl.when(is_near).then("path").alias("path"),
    )


def file_year(file: WeatherFile, region_id: str) -> pl.DataFrame:
    """Return a weather file's hours as a region's `core.weather_hourly` rows.

    Parameters
    ----------
    file : WeatherFile
    region_id : str
        The region that runs on the file.
    """
    return file.frame.select(
        pl.lit(region_id).alias("region_id"),
        pl.lit(file.weather_year, dtype=pl.Int64).alias("weather_year"),
        "hour_utc",
        "ghi_w_per_m2",
        "dni_w_per_m2",
        "dhi_w_per_m2",
        "temperature_c",
        "wind_m_per_s",
    )


def great_circle_km(
    latitude_a: NDArray[np.float64],
    longitude_a: NDArray[np.float64],
    latitude_b: NDArray[np.float64],
    longitude_b: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the distance between points on a sphere by the haversine formula.

    Parameters
    ----------
    latitude_a, longitude_a, latitude_b, longitude_b : NDArray[np.float64]
        Degrees; shapes that broadcast.

    Returns
    -------
    NDArray[np.float64]
        km, of the broadcast shape.
    """
    phi_a, phi_b = np.radians(latitude_a), np.radians(latitude_b)
    half = np.sin((phi_b - phi_a) / 2) ** 2
    half = half + np.cos(phi_a) * np.cos(phi_b) * np.sin(np.radians(longitude_b - longitude_a) / 2) ** 2
    return 2.0 * _EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0)))
