"""What is a section of the page? A title and what is in it, or a sentence that says why it is not there."""

from dataclasses import dataclass

from loadtest.report.markup import Html


@dataclass(frozen=True, slots=True)
class Section:
    """body is None where there was nothing to show; absent says why."""

    name: str
    title: str
    body: Html | None
    absent: str = ""
