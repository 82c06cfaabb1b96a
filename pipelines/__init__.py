"""The domain of firstmw: frames or arrays in, frames or arrays out; nothing here knows about Dagster."""

__version__ = "0.2.0"
