"""What can be wrong with what a report is made from?

ReportError
    NoRecord        the folder has no record.json
    BadRecord       it has one, which cannot be used
    NotComparable   two runs that asked different things
"""


class ReportError(Exception):
    """The text says what is wrong, where, and what was wanted."""


class NoRecord(ReportError):
    """There is no record.json."""


class BadRecord(ReportError):
    """record.json is half written, or says what cannot be."""


class NotComparable(ReportError):
    """The runs differ in what they asked, not only in what they got."""
