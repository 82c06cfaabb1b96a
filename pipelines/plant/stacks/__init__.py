"""The stacks: one file each, which defines `STACK`."""
