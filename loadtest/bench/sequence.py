"""In which order do they ask?"""

import random
from dataclasses import dataclass
from itertools import cycle

from loadtest.bench.holders import User
from loadtest.what.sentences import Corpus

ROUNDS = 4  # how often each user comes round before the file starts again


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of one user."""

    token: str
    query: str


def turns(users: list[User], corpus: dict[str, Corpus], deep_share: float, seed: int = 7) -> list[Turn]:
    """Every user equally often, in a random order; exactly this share of the turns, spread at random, is for Triton."""
    chance = random.Random(seed)
    order = users * ROUNDS
    chance.shuffle(order)
    deep = [number < round(deep_share * len(order)) for number in range(len(order))]
    chance.shuffle(deep)
    questions = {
        tenant: {True: cycle(one.deep), False: cycle(one.hot)} for tenant, one in corpus.items()
    }  # one after the other, so that all come equally often
    return [Turn(user.token, next(questions[user.tenant][is_deep])) for user, is_deep in zip(order, deep, strict=True)]
