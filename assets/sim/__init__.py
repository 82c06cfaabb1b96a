"""What the simulations make of it: weather to power, dispatch, adequacy, candidates and choices."""
