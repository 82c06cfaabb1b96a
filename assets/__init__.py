"""The Dagster side of firstmw: thin assets by layer, one folder per schema of the build database."""
