"""Many sites against one: which to choose, what can be built by when, and what is lost when something fails."""
