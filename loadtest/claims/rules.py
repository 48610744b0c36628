"""What would hand-written rules understand? Keyword rules, found in the training sentences as a team would find them.

A rule is a few characters that stand, among the training sentences, nearly always in those of one intent. The longest rules that
a sentence holds vote; a sentence that holds none is out of scope. It stands for the rule systems that such comparisons begin
with, and is fair to them: nobody writes so many rules by hand, nor keeps them apart so well.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import ahocorasick_rs

SHORTEST, LONGEST = 2, 6  # characters
LEAST, SURE = 3, 0.4  # sentences that hold it, and the share of them that must be of one intent: best on a fold of training


def _pieces(sentence: str) -> set[str]:
    return {sentence[at : at + n] for n in range(SHORTEST, LONGEST + 1) for at in range(len(sentence) - n + 1)}


@dataclass(frozen=True, slots=True)
class Rules:
    """intents[n]: of the rule that the automaton calls n; sureness[n]: its share of right sentences."""

    automaton: ahocorasick_rs.AhoCorasick
    intents: list[str]
    sureness: list[float]
    otherwise: str

    def __len__(self) -> int:
        return len(self.intents)

    def guess(self, sentence: str) -> str:
        votes: dict[str, float] = defaultdict(float)
        for rule, start, end in self.automaton.find_matches_as_indexes(sentence, overlapping=True):
            votes[self.intents[rule]] += self.sureness[rule] * (end - start)
        return max(votes, key=votes.__getitem__) if votes else self.otherwise


def found(sentences: Iterable[tuple[str, str]], otherwise: str) -> Rules:
    """sentences: text and intent."""
    held: dict[str, Counter[str]] = defaultdict(Counter)
    for text, intent in sentences:
        for piece in _pieces(text):
            held[piece][intent] += 1
    rules = {}
    for piece, counted in held.items():
        intent, most = counted.most_common(1)[0]
        if counted.total() >= LEAST and most / counted.total() >= SURE and intent != otherwise:
            rules[piece] = (intent, most / counted.total())
    automaton = ahocorasick_rs.AhoCorasick(list(rules))
    return Rules(automaton, [intent for intent, _ in rules.values()], [sure for _, sure in rules.values()], otherwise)
