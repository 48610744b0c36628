"""What do we not own? One file for each outside thing; only that file knows its library."""
