"""How much does the edge answer, once it remembers what the student said? The result: loadtest/results/memory.json.

Streams of questions that nobody trained on (triton_models/batches/life), each by a customer of its own, to a sluice that
remembers nothing yet. How often a text is asked follows Zipf's law over 50,000 texts: the sentences as they were written are the
likeliest, the rest are misspelt in a way of their own; and of what is asked a tenth is misspelt by whoever asks it, so that it is
said for the first time. Intents come in the proportions of life (triton_models/build/measure.py). Counted in the second half of a
stream: turns that the edge answered, and those that needed no Triton; how many of both were read rightly.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any

import httpx

from loadtest.bench import options
from loadtest.place import stack
from loadtest.seen import machine
from pyshim.identity import tokens
from pyshim.settings import PREFIX, Settings, read_settings
from pyshim.tenants import source
from pyshim.tenants.reader import load
from triton_models.build import corpus
from triton_models.build.measure import PRIOR
from triton_models.build.noise import noisy

BATCH = "life"
EXPONENTS = (0.8, 1.0, 1.2)
TEXTS, MISSPELT = 50_000, 0.1
AT_ONCE = 24
ASKED_MS = 0.4  # of l4_understand: a trip to Triton takes longer, and what is remembered takes none


@dataclass(frozen=True, slots=True)
class Question:
    """text, and what it means to the tenant that is asked."""

    tenant: str
    text: str
    intent: str


@dataclass(frozen=True, slots=True)
class Heard:
    """intent: as it was read, None where it was not; edge: answered there; asked: was Triton?"""

    intent: str | None
    edge: bool
    asked: bool


def pools(settings: Settings, tenant: str) -> list[list[Question]]:
    """Of one tenant, by the parts of PRIOR: its own and general questions, those out of scope, and others'."""
    intents = set(load(source.of_folder(settings.tenants / tenant), settings).intents)
    parts: list[list[Question]] = [[], [], []]
    for group in corpus.own().groups:
        if group.batch != BATCH or (corpus.said_to(group) or tenant) != tenant:
            continue
        known, outside = group.intent in intents, group.intent == corpus.OUT_OF_SCOPE
        meant = group.intent if known else corpus.OUT_OF_SCOPE
        parts[1 if outside else 0 if known else 2] += [Question(tenant, text, meant) for text in group.sentences]
    return parts


def stream(pool: list[list[Question]], exponent: float, turns: int, random: Random) -> Iterator[Question]:
    """Each part is a list of texts by rank."""
    ranked = [random.sample(part, len(part)) for part in pool]
    sizes = [int(TEXTS * share) for share in PRIOR]
    sums = [list(accumulate(1 / rank**exponent for rank in range(1, size + 1))) for size in sizes]
    for _ in range(turns):
        part = random.choices(range(len(PRIOR)), PRIOR)[0]
        rank = random.choices(range(sizes[part]), cum_weights=sums[part])[0]
        one = ranked[part][rank % len(ranked[part])]
        text = one.text
        if rank >= len(ranked[part]):
            text = misspelt(text, Random(rank))
        if random.random() < MISSPELT:
            text = misspelt(text, random)
        yield Question(one.tenant, text, one.intent)


def misspelt(text: str, random: Random) -> str:
    for _ in range(20):  # noisy() leaves some as they are
        other = noisy(text, random)
        if other != text and 0 < len(other) <= 200:
            return other
    return text


async def ask(settings: Settings, questions: list[Question], called: str) -> list[Heard]:
    keys = {tenant: tokens.keys(settings.keys, tenant)[0] for tenant in {one.tenant for one in questions}}
    limit, url = asyncio.Semaphore(AT_ONCE), f"http://{settings.host}:{settings.port}"

    async def one(number: int, question: Question, client: httpx.AsyncClient) -> Heard:
        async with limit:
            token = tokens.mint(keys[question.tenant], question.tenant, f"{called}-{number}", settings.token_audience, 600)
            answer = await client.post("/v1/chat", json={"query": question.text}, headers={"Authorization": f"Bearer {token}"})
        answer.raise_for_status()
        layer, said = answer.headers["X-Answered-By"], answer.json()
        passed = layer == "l7_fallback" and said["intent"] != corpus.OUT_OF_SCOPE
        took = answer.headers["Server-Timing"].partition("l4_understand;dur=")[2].partition(",")[0]
        return Heard(None if passed else said["intent"], layer == "l3_hot", float(took or 0) > ASKED_MS)

    async with httpx.AsyncClient(base_url=url, timeout=30, trust_env=False) as client:
        return list(await asyncio.gather(*(one(number, question, client) for number, question in enumerate(questions))))


def counted(questions: list[Question], heard: list[Heard]) -> dict[str, float]:
    """Shares of all; and of those that were answered, or read, how many were read rightly."""
    half = len(heard) // 2
    pairs = list(zip(questions[half:], heard[half:], strict=True))
    edge = [one.intent == question.intent for question, one in pairs if one.edge]
    unasked = [one.intent == question.intent for question, one in pairs if not one.asked]
    return {
        "answered_at_the_edge": round(len(edge) / len(pairs), 4),
        "of_those_right": round(sum(edge) / len(edge), 4) if edge else 0.0,
        "without_triton": round(len(unasked) / len(pairs), 4),
        "of_those_read_rightly": round(sum(unasked) / len(unasked), 4) if unasked else 0.0,
    }


def measured(exponent: float, remembers: bool, turns: int, seed: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="sluice-memory-", dir="/tmp") as name:
        env = stack.environment(Path(name), 1) | {f"{PREFIX}UNDERSTOOD_MB": "16" if remembers else "0"}
        settings, random = read_settings(env), Random(seed)
        each = [list(stream(pools(settings, tenant), exponent, turns, random)) for tenant in ("bank", "shop", "telecom")]
        questions = [one for several in zip(*each, strict=True) for one in several]
        with stack.sluice(Path(name), env):
            began = time.monotonic()
            heard = asyncio.run(ask(settings, questions, "memory"))
            took = time.monotonic() - began
    return {
        "exponent": exponent,
        "remembers": remembers,
        "turns": len(questions),
        "different": round(len({(one.tenant, one.text) for one in questions}) / len(questions), 4),
        "turns_per_s": round(len(questions) / took),
        **counted(questions, heard),
    }


def main() -> int:
    arguments = options.parser(__doc__, "memory.json").parse_args()
    turns, exponents = (300, (1.0,)) if arguments.quick else (5000, EXPONENTS)
    cases = []
    for exponent in exponents:
        for remembers in (False, True):
            cases.append(measured(exponent, remembers, turns, seed=7))
            options.say(f"{cases[-1]}")
    about = machine.about(read_settings(), triton=False)
    options.write(arguments.result, {"machine": about, "texts": TEXTS, "misspelt": MISSPELT, "cases": cases})
    for case in cases:
        print(case)
    return 0


if __name__ == "__main__":
    sys.exit(main())
