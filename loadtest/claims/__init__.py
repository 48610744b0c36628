"""What is said of such systems, and does it hold here? `python -m loadtest.claims`: each measured, beside what was published."""
