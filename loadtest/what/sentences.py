"""What do they ask?

Sentences of triton_models/data, sorted by asking the running stack: hot questions are answered by l3_hot; deep ones reach Triton
and are answered behind the edge in a way that leaves nothing pending, so that they can be asked again and again by anybody.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pyshim.settings import ROOT

DATA = ROOT / "triton_models" / "data"

Ask = Callable[[str], dict[str, Any]]  # one chat turn of a scout: the answer's JSON


@dataclass(frozen=True, slots=True)
class Corpus:
    """Questions of one tenant."""

    hot: list[str]
    deep: list[str]


def sentences(tenant: str, seed: int = 7) -> list[str]:
    """The tenant's sentences and the general ones, shuffled."""
    found = []
    for folder in (tenant, "general"):
        for path in sorted((DATA / folder).glob("*.txt")):
            found += [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    random.Random(seed).shuffle(found)
    return found


def choose(
    candidates: list[str], tasks: set[str], titles: set[str], ask: Ask, forget: Callable[[], None], hot: int, deep: int
) -> Corpus:
    """At most so many hot and deep questions; ask and forget are a scout's.

    tasks: intents that start something; titles: texts of buttons.
    """
    chosen = Corpus([], [])
    for question in candidates:
        if question in titles:  # a button needs no router and no Triton
            continue
        answer = ask(question)
        if answer["answered_by"] == "l3_hot":
            if len(chosen.hot) < hot:
                chosen.hot.append(question)
        elif len(chosen.deep) < deep and chosen.hot and answer["intent"] not in tasks:
            if _leaves_nothing(question, answer, chosen.hot[0], ask):
                chosen.deep.append(question)
            forget()
        else:
            forget()
        if len(chosen.hot) == hot and len(chosen.deep) == deep:
            break
    return chosen


def _leaves_nothing(question: str, first: dict[str, Any], hot: str, ask: Ask) -> bool:
    """Is it answered alike a second time, and a hot question at the edge after it?"""
    again = ask(question)
    same = all(again[name] == first[name] for name in ("answer", "answered_by", "suggestions"))
    return same and ask(hot)["answered_by"] == "l3_hot"
