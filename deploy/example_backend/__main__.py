"""How is the example back end started?"""

import argparse
from pathlib import Path

import uvicorn

from .app import application


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Back end of the three example tenants.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--database", type=Path, default=Path("var/example_backend.sqlite"), metavar="PATH")
    return parser.parse_args()


def main() -> None:
    asked = arguments()
    app = application(asked.database)
    # no access log: a path may hold what a customer wrote
    uvicorn.run(app, host=asked.host, port=asked.port, access_log=False, log_level="warning")


if __name__ == "__main__":
    main()
