"""How much does it hold, as wrk sees it: ceilings, costs of parts, changes under load. `python -m loadtest.bench`."""
