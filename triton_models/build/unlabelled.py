"""Which text without a label may the router hear?

The teacher says what it means. Public text, most of it nobody's business: so the router learns what is out of scope. What was
written for recall and dialogues, of which no line has an intent here. And training sentences cut where the tokenizer cuts and put
together otherwise: nobody would write them, but they show which pieces of a sentence the teacher goes by. What measures anything
is never among them.
"""

from __future__ import annotations

import re
from functools import cache
from random import Random

from tokenizers import Tokenizer

from triton_models.build.propose import DIALOGUES, HELD, rows
from triton_models.build.recall_lesson import paired
from triton_models.build.task import Task

CHINESE = re.compile("[\u4e00-\u9fff]")
LONGEST = 60  # characters; the router reads 64 symbols
PIECE, EXCHANGED, JOINED = 0.40, 0.30, 0.15  # of what is mixed; the rest loses pieces
LOST, MOST_EXCHANGED = 0.3, 3


def heard(task: Task, public: list[str], tokenizer: Tokenizer, mixed: int, seed: int) -> list[str]:
    """Chinese text only, since the slips of typing are; mixed: how many are put together out of training sentences."""
    if not task.noisy:
        return []
    known = {one.text for one in (*task.train, *task.held)}
    found = {text for text in (*public, *_own()) if CHINESE.search(text) and len(text) <= LONGEST}
    return [*sorted(found - known), *_mixed([one.text for one in task.train], tokenizer, mixed, Random(f"{seed} mixed"))]


def _own() -> list[str]:
    """Questions of our tenants' business that have no intent: recall's pairs, and what customers say inside tasks."""
    said = [one.text for path in sorted(DIALOGUES.glob("*.tsv")) if path.stem != HELD for one in rows(path)]
    return [*paired(), *said]


def _mixed(texts: list[str], tokenizer: Tokenizer, count: int, random: Random) -> list[str]:
    @cache
    def pieces(text: str) -> list[str]:
        offsets = tokenizer.encode(text, add_special_tokens=False).offsets
        return [text[start:end] for start, end in offsets if end > start] or [text]

    made = (_other(pieces(random.choice(texts)), pieces(random.choice(texts)), random) for _ in range(count))
    return [text for text in made if len(text) <= LONGEST]


def _other(one: list[str], other: list[str], random: Random) -> str:
    """A run of one's pieces; one with a few pieces of the other in the place of some; the head of one and the tail of the other;
    or one without some of its pieces."""
    kind = random.random()
    at, from_ = random.randrange(len(one)), random.randrange(len(other))
    if kind < PIECE:
        return "".join(one[at : at + random.randint(1, len(one))])
    if kind < PIECE + EXCHANGED:
        count = random.randint(1, MOST_EXCHANGED)
        return "".join([*one[:at], *other[from_ : from_ + count], *one[at + random.randint(0, 2) :]])
    if kind < PIECE + EXCHANGED + JOINED:
        return "".join([*one[: at + 1], *other[from_:]])
    return "".join(piece for piece in one if random.random() >= LOST) or "".join(one)
