"""The data dictionary: one module per table family; importing the package registers every table."""

from pipelines.contracts import (
    dispatch,
    economics,
    operations,
    reference,
    reference_series,
    reliability,
    served,
    sites,
    timeline,
    weather,
)

__all__ = [
    "dispatch",
    "economics",
    "operations",
    "reference",
    "reference_series",
    "reliability",
    "served",
    "sites",
    "timeline",
    "weather",
]
