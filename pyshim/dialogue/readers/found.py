"""What does a reader yield?"""

from collections.abc import Callable

from pyshim.dialogue import short_words
from pyshim.dialogue.commands import Command, Evidence, Set
from pyshim.dialogue.hearing import Heard
from pyshim.turns.turn import Clause

Found = list[Command]
Reader = Callable[[Heard], Found]


def sets(heard: Heard) -> Found:
    """Every value that was heard."""
    return [Set(Evidence.VALUE, heard.text, name, value) for name, value in heard.values.items()]


def evidence(said: Clause) -> Evidence:
    """Of a yes, a no, or never mind."""
    return Evidence.GRAMMAR if short_words.meaning(said.text) == said.intent else Evidence.MODEL
