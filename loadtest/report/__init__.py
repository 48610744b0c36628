"""How is a run shown to those who decide?

    write        record.json of a folder becomes report.html beside it
    run          the page of one run
    compare      what differs between two, and whether that is more than noise
    versus       the page of two runs side by side

Plots are SVG of our own: a page of 200 KB that opens from a mail, prints, and needs no network.
"""

from pathlib import Path

from loadtest.report import frame, reading, run

FILE = "report.html"


def write(folder: Path) -> Path:
    """The page, whole or not at all. Raises NoRecord, BadRecord, OSError."""
    return frame.put(folder / FILE, run.render(reading.load(folder)))
