"""What is said when nobody knew?

Out of our business: says so, and what we can do. Not understood: asks back once with the two likeliest meanings; the second time
in a row, or when nothing can be understood at all, a person takes over.
"""

from pyshim.dialogue.flows import drop, filled
from pyshim.layers import Layer
from pyshim.outside.clients import Outside
from pyshim.turns.turn import PERSON, Reply, Turn
from pyshim.understanding.intents import OUT_OF_SCOPE


class Fallback(Layer):
    """Always answers."""

    name = "l7_fallback"
    on_error = "refuse"

    def __init__(self, outside: Outside) -> None:
        """Needs nothing from outside."""

    async def answer(self, turn: Turn) -> Reply | None:
        confidence = round(turn.confidence, 4)
        if turn.intent == OUT_OF_SCOPE and turn.confidence >= turn.tenant.confidence_min:
            greet = turn.tenant.replies.get("greet")
            return Reply(turn.tenant.phrases.out_of_scope, OUT_OF_SCOPE, confidence, greet.suggestions if greet else [])
        if turn.state.misses == 0 and len(turn.likeliest) >= 2:
            return self._ask_back(turn, confidence)
        drop(turn)
        turn.state.misses, turn.state.offered, turn.state.owner = 0, [], PERSON
        return Reply(turn.tenant.phrases.handover, "ask_human", confidence)

    @staticmethod
    def _ask_back(turn: Turn, confidence: float) -> Reply:
        first, second = (turn.tenant.title(intent) for intent in turn.likeliest[:2])
        turn.state.misses, turn.state.offered = 1, turn.likeliest[:2]
        text = filled(turn.tenant.phrases.ask_back, {"first": first, "second": second})
        return Reply(text, None, confidence, [first, second])
