"""What is a layer?

One file, one name: the file's name is the layer's name, its metric label, its X-Answered-By value and its Server-Timing
entry. What answer may return or raise, and what follows, is written in pyshim/funnel.py.
"""

from typing import Literal

from pyshim.outside.clients import Outside
from pyshim.turns.turn import Reply, Turn


class Layer:
    """The one interface. on_error: "pass" fails open, "refuse" fails closed."""

    name: str
    on_error: Literal["pass", "refuse"]

    def __init__(self, outside: Outside) -> None:
        """Takes what it needs of the world; what a tenant brought is on the turn."""

    async def answer(self, turn: Turn) -> Reply | None:
        raise NotImplementedError

    async def settle(self, turn: Turn, reply: Reply) -> None:
        """Runs after the client has its reply."""
