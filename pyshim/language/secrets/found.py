"""What was found, and where?"""

from typing import Literal, NamedTuple

Kind = Literal["password", "code", "cvv", "card", "identity", "phone", "address"]


class Secret(NamedTuple):
    """text[start:end] says it. Phones and addresses are personal, all others secret."""

    start: int
    end: int
    kind: str
