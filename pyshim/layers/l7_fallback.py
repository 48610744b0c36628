"""What is said when nobody knew?

Out of our business: says so, and what we can do. Not understood: asks back with the two likeliest meanings, or openly where
nothing is likely (Triton is away, say; or it is small talk); the next time says how a person is reached, and so on in turns, each
time with meanings that were not declined yet. What was said last is not said again: the same in other words.
"""

import re
from typing import NamedTuple

from pyshim.dialogue import hearing, slots, waiting
from pyshim.dialogue.people import reached
from pyshim.dialogue.sentences import filled
from pyshim.language import scripts
from pyshim.layers import Layer
from pyshim.outside.clients import Outside
from pyshim.tenants import spoken
from pyshim.turns import stored
from pyshim.turns.turn import Reply, Turn
from pyshim.understanding.intents import DIALOGUE_INTENTS, OUT_OF_SCOPE, SMALL_TALK
from pyshim.understanding.version import NOT_OFFERED

DECLINED_MOST = 8
ASKING = re.compile(r"什么|怎么|怎样|时[候间]|多[少久]|可以|现在|一下|这个|那个|有没有|是不是|[我你您的了吗呢啊呀，。？?]")
MONEY = re.compile(r"多少钱|几块|几元|费|贵|要钱")


class Said(NamedTuple):
    """text, or where that was said just now the other one."""

    text: str
    again: str


class Fallback(Layer):
    """Always answers."""

    name = "l7_fallback"
    on_error = "refuse"

    def __init__(self, outside: Outside) -> None:
        """Needs nothing from outside."""

    async def answer(self, turn: Turn) -> Reply | None:
        confidence, phrases = round(turn.confidence, 4), turn.tenant.phrases
        people = {"people": reached(turn.tenant)}
        about_the_task = bool(turn.resume) and turn.proposed.get("question", 0.0) >= hearing.LIKELY
        if (
            turn.intent == OUT_OF_SCOPE
            and turn.confidence >= turn.tenant.confidence_min
            and not about_the_task
            and not self._near(turn)
        ):
            said = Said(phrases.out_of_scope, filled(phrases.out_of_scope_again, people))
            return Reply(_new(turn, said), OUT_OF_SCOPE, confidence, _examples(turn))
        if turn.resume:  # asked about the task that waits
            if _is_in_the_question(turn):
                resumed, turn.resume = turn.resume, ""
                assert turn.state.flow is not None
                return Reply(resumed, turn.intent, confidence, confirm=waiting.buttons(turn.state.flow))
            said = Said(filled(phrases.no_answer, people), filled(phrases.no_answer_again, people))
            return Reply(_new(turn, said), turn.intent, confidence)
        missed, turn.state.misses = turn.state.misses, turn.state.misses + 1
        turn.state.declined = [*turn.state.declined, *turn.state.offered][-DECLINED_MOST:]
        turn.state.offered = self._near(turn) if missed % 2 else self._meanings(turn)
        if missed % 2 and not turn.state.offered:
            said = Said(filled(phrases.handover, people), filled(phrases.people_again, people))
            return Reply(_new(turn, said), "ask_human", confidence)
        return self._ask_back(turn, confidence) if turn.state.offered else self._ask_openly(turn, confidence)

    @staticmethod
    def _near(turn: Turn) -> list[str]:
        """The wording of the FAQ that may be meant, where no task waits and it was not declined."""
        return [turn.near] if turn.near and not turn.resume and turn.near not in turn.state.declined else []

    def _meanings(self, turn: Turn) -> list[str]:
        """What to ask back with: the FAQ's wording that may be meant, alone where all intents are out of question; else two. None
        where there are no two, or what is likeliest is nothing to offer."""
        near = self._near(turn)
        if turn.intent in (*SMALL_TALK, *DIALOGUE_INTENTS, OUT_OF_SCOPE) and turn.confidence >= turn.tenant.confidence_min:
            return near
        if turn.intent in (*SMALL_TALK, *DIALOGUE_INTENTS):
            return []
        likely = [*near, *(intent for intent in turn.likeliest if intent not in turn.state.declined)][:2]
        return likely if len(likely) == 2 else near

    @staticmethod
    def _ask_back(turn: Turn, confidence: float) -> Reply:
        titles = [turn.tenant.title(one) for one in turn.state.offered]
        phrases, meanings = turn.tenant.phrases, dict(zip(("first", "second"), titles, strict=False))
        two = (phrases.ask_back, phrases.ask_back_again)
        said = Said(*(filled(text, meanings) for text in (two if len(titles) == 2 else (phrases.ask_back_one,) * 2)))
        return Reply(_new(turn, said), None, confidence, [*titles, phrases.none_of_these])

    @staticmethod
    def _ask_openly(turn: Turn, confidence: float) -> Reply:
        """What the edge guessed is a button, if it has something to say."""
        guessed = [turn.tenant.title(turn.guess)] if turn.guess in turn.tenant.intents and turn.guess not in NOT_OFFERED else []
        said = Said(turn.tenant.phrases.ask_open, turn.tenant.phrases.ask_open_again)
        return Reply(_new(turn, said), None, confidence, [*guessed, *_examples(turn)][:3])


def _examples(turn: Turn) -> list[str]:
    greet = turn.tenant.replies.get("greet")
    return greet.suggestions if greet else []


def _new(turn: Turn, said: Said) -> str:
    last = stored.answer_of(turn.newest) if turn.newest else ""
    return said.again if spoken.written(turn.composer.masked(said.text), turn.state.script) in last else said.text


def _is_in_the_question(turn: Turn) -> bool:
    """Does the question that waits say where it is found (单号在哪看), what there is to choose, or when it begins?"""
    pending = turn.state.flow
    if pending is None:
        return False
    slot = turn.tenant.slots.get(pending.asking)
    if slot is not None:
        return slots.names(slot, turn.query)
    task = turn.tenant.tasks[pending.intent]
    said = ASKING.sub("", turn.query)
    for name in sorted((task.title, *task.acts), key=len, reverse=True):
        said = said.replace(name, "")  # who names the act has not said what they want to know of it
    pairs = {said[at : at + 2] for at in range(len(said) - 1)}
    return any(pair in turn.resume for pair in pairs if scripts.CJK.match(pair)) or (
        MONEY.search(turn.query) is not None and "元" in turn.resume
    )
