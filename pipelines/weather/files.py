"""A folder of weather files: what is in it, and which region runs on which file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.errors import InputError
from pipelines.weather.headers import read_weather_header
from pipelines.weather.readers import WeatherFile

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


def weather_files(directory: Path | None) -> pl.DataFrame:
    """Return what a folder of weather files holds, by the heads of the files.

    Parameters
    ----------
    directory : Path | None
        Folder with TMY3, EPW, SAM CSV and NSRDB PSM files; files that end otherwise are passed over;
        None for no folder.

    Returns
    -------
    pl.DataFrame
        path, station, weather_format, latitude, longitude, elevation_m; sorted by path.

    Raises
    ------
    InputError
        If the folder does not exist, or a file that ends like a weather file is none.
    """
    if directory is None:
        return pl.DataFrame(schema=_CATALOGUE)
    if not directory.is_dir():
        raise InputError(
            "the weather folder does not exist",
            file=str(directory),
            remedy="correct FIRSTMW_WEATHER_DIR or leave it empty",
        )
    headers = [
        read_weather_header(path)
        for path in sorted(directory.iterdir())
        if path.is_file() and path.suffix.lower() in _SUFFIXES
    ]
    return pl.DataFrame(
        [(str(h.path), h.station_name, h.source_format, h.latitude, h.longitude, h.elevation_m) for h in headers],
        schema=_CATALOGUE,
        orient="row",
    )


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
