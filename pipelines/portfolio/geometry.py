"""Circles on the sphere: how often one event reaches two sites, and where events strike."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipelines.weather.files import great_circle_km

EARTH_RADIUS_KM = 6371.0


def distances_km(latitude: NDArray[np.float64], longitude: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the distances between all pairs of sites (km), shape (n, n).

    Parameters
    ----------
    latitude, longitude : NDArray[np.float64]
        Degrees, shape (n,).
    """
    between = great_circle_km(latitude[:, None], longitude[:, None], latitude[None, :], longitude[None, :])
    np.fill_diagonal(between, 0.0)
    return between


def shared_frac(distance_km: ArrayLike, radius_km: float) -> NDArray[np.float64]:
    """Return the share of the circular events over one site that also cover another.

    Events fall evenly over the plane; one covers a site where its centre lies within its radius, so that the share is
    the area common to the two circles of centres over the area of one: 1 at no distance, 0 from two radii on. The
    plane stands for the sphere, which for 600 km moves it by less than a hundredth.

    Parameters
    ----------
    distance_km : ArrayLike
        Any shape.
    radius_km : float
    """
    half = np.clip(np.asarray(distance_km, dtype=np.float64) / (2.0 * radius_km), 0.0, 1.0)
    return 2.0 / np.pi * (np.arccos(half) - half * np.sqrt(1.0 - half**2))


def points_within(
    rng: np.random.Generator, latitude: NDArray[np.float64], longitude: NDArray[np.float64], radius_km: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return one point, even over the cap of the radius, around each place given (degrees)."""
    angle = np.arccos(1.0 - rng.random(latitude.size) * (1.0 - np.cos(radius_km / EARTH_RADIUS_KM)))
    bearing = 2.0 * np.pi * rng.random(latitude.size)
    phi, lam = np.radians(latitude), np.radians(longitude)
    phi_there = np.arcsin(np.clip(np.sin(phi) * np.cos(angle) + np.cos(phi) * np.sin(angle) * np.cos(bearing), -1, 1))
    lam_there = lam + np.arctan2(
        np.sin(bearing) * np.sin(angle) * np.cos(phi), np.cos(angle) - np.sin(phi) * np.sin(phi_there)
    )
    return np.degrees(phi_there), np.degrees(lam_there)
