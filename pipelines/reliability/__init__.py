"""Reliability: unit outages by exact convolution and by sequential Monte Carlo, shared failures, availability."""
