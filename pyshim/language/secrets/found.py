"""What was found, and where?"""

from typing import NamedTuple


class Secret(NamedTuple):
    """text[start:end] says it. kind: password, code, cvv, card, identity or document (a passport);
    phone and address are personal, not secret."""

    start: int
    end: int
    kind: str

    @property
    def is_secret(self) -> bool:
        return self.kind not in ("phone", "address")
