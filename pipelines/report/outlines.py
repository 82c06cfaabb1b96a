"""Outlines of the states for the map, simplified from an installed data package."""

from __future__ import annotations

from typing import Any

TOLERANCE_DEGREES = 0.06
LEAST_AREA_DEGREES2 = 0.02
SOURCE = "U.S. Census Bureau TIGER/Line, as packaged in bokeh-sampledata"


def state_outlines() -> dict[str, Any]:
    """Return the outlines of the contiguous states as a GeoJSON feature collection.

    Returns
    -------
    dict[str, Any]
        Features with `code` and `name`; longitudes and latitudes in degrees to two decimals; exterior rings clockwise,
        as the projection of the chart wants them.
    """
    from bokeh_sampledata.us_states import records  # noqa: PLC0415 - half a second that only the page needs
    from shapely.geometry.polygon import orient  # noqa: PLC0415

    features = []
    for state in records():
        if state["code"] in {"AK", "HI", "PR"}:
            continue
        simple = state["geometry"].simplify(TOLERANCE_DEGREES, preserve_topology=True)
        parts = list(simple.geoms) if simple.geom_type == "MultiPolygon" else [simple]
        largest = max(part.area for part in parts)
        kept = [part for part in parts if part.area >= min(LEAST_AREA_DEGREES2, largest)]
        rings = [[[[round(x, 2), round(y, 2)] for x, y in orient(part, -1.0).exterior.coords]] for part in kept]
        features.append(
            {
                "type": "Feature",
                "properties": {"code": state["code"], "name": state["name"]},
                "geometry": {"type": "MultiPolygon", "coordinates": rings},
            }
        )
    return {"type": "FeatureCollection", "features": features}
