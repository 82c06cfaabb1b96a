"""Thousands of sites in chunks: simulated by any engine, kept as Parquet by content, taken in at one pass."""
