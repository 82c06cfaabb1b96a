"""Typed, contract-checked tables of what the sources say."""
