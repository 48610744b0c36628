"""The `sluice` command gives way: what serves needs the cores more, and already half a second of imports is felt by customers."""

import os

LOWEST_PRIORITY = 19


def main() -> None:
    os.setpriority(os.PRIO_PROCESS, 0, LOWEST_PRIORITY)
    from pyshim.cli import app  # noqa: PLC0415  (after the priority)

    app()


if __name__ == "__main__":
    main()
