"""Embedded facts: one CSV per table, each row with its citation, and the functions that read them."""

from pipelines.reference.load import load_reference, reference_tables
from pipelines.reference.parameters import Parameters, parameters

__all__ = ["Parameters", "load_reference", "parameters", "reference_tables"]
