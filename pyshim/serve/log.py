"""What may a shim's log say?

No line of ours has a customer's words in it. Errors of others may quote them (a URL, a value that could not be read), so whatever
is secret or personal is masked in every line.
"""

import logging

from pyshim.language.secrets.masking import find, masked
from pyshim.telemetry import said
from pyshim.telemetry.said import Counted


class Discreet(logging.Formatter):
    """A line as any other, its traceback too, with nothing secret or personal in it."""

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        return masked(line, find(line, personal=True))


def begin() -> Counted:
    """Once in a process: all that it says goes through what is returned."""
    counted = said.begin()
    counted.setFormatter(Discreet(said.FORMAT))
    logging.getLogger("httpx").setLevel(logging.WARNING)
    return counted
