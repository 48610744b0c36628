"""What stands behind the three example tenants?

A small back end with demo data, for trying sluice out: `python -m deploy.example_backend`. It keeps the
contracts in gateway/tenants/<tenant>/backend.md. Every user sees the same demo data; what a user files is
that user's alone. Each tenant's clock stands still on the day its data was written for, so an answer today
is the answer tomorrow.
"""
