"""Where is a back end, and by what does it know sluice?"""

from typing import NamedTuple

EXAMPLE = "${SLUICE_EXAMPLE_BACKEND}"  # in an address: that of the back end that comes with sluice


class Base(NamedTuple):
    """Its address, and the header that says who calls, whose value is in a file (pyshim/outside/secrets.py); "" where it wants
    none."""

    url: str
    header: str = ""
    file: str = ""
