"""What can be wrong with a plan?

CapacityError
    BadService      what was measured cannot be read
    BadOrder        what is asked for makes no sense
    OutOfReach      no number of machines gives what is asked for
    NotMeasured     a measurement could not be made
"""


class CapacityError(Exception):
    """The text says what is wrong, where, and what was wanted."""


class BadService(CapacityError):
    """The file of service times is missing, half written, or says what cannot be."""


class BadOrder(CapacityError):
    """A figure that nobody can mean: which one, and what was wanted."""


class OutOfReach(CapacityError):
    """A turn alone, on idle machines, takes longer than it may."""


class NotMeasured(CapacityError):
    """Parts did not start, or answered what they were not asked."""
