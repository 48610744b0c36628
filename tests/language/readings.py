"""What does a reading say, in short?"""

from pyshim.language.values.found import NoValue, Reading


def values(said: Reading) -> list[str]:
    return [] if isinstance(said, NoValue) else [one.value for one in said]


def reason(said: Reading) -> str | None:
    return said.reason.value if isinstance(said, NoValue) else None
