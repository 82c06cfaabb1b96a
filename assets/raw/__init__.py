"""Fetched bytes, untouched, and the ledger of where they came from."""
