"""Every county of the contiguous states as a region: where it lies, how high, whose grid and gas, what climate."""
