"""What is a layer?

One file, one name: the file's name is the layer's name, its metric label, its X-Answered-By value and its Server-Timing
entry. What answer may return or raise, and what follows, is written in pyshim/funnel.py.
"""

from typing import Literal

from pyshim.turn import Reply, Turn


class Layer:
    """The one interface. on_error: "pass" fails open, "refuse" fails closed."""

    name: str
    on_error: Literal["pass", "refuse"]

    async def answer(self, turn: Turn) -> Reply | None:
        raise NotImplementedError

    async def settle(self, turn: Turn, reply: Reply) -> None:
        """Runs after the client has its reply."""
