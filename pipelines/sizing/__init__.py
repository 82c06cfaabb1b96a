"""Sizing: from the best design of the grid to the best one near it, at the prices of the night."""
