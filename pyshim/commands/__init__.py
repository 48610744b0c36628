"""Commands of `sluice` that are too small for a room of their own: a file each."""
