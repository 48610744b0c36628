"""Which keys go into a backup?

What customers said and agreed to, what operators decided, and who was forgotten. What stays out is either made anew within
seconds by whoever needs it, or would say something untrue later: a claim of somebody who is no more, a bucket as full as it was.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

CONVERSATION = "dhice"  # as lua/redis/whole-6.lua reads them
LEADING = "hcdie"  # a user is read when the first of these that is there is met; a history outlives the others
KINDS = {"d": "string", "h": "list", "i": "hash", "c": "hash", "e": "stream", "f": "string", "a": "list"}
OF_USER = re.compile(r"([dhicefa]):\{([^{}:]+:[^{}]+)\}")
CONSENTS = re.compile(r"consents:\{([^{}]+)\}")
ELSEWHERE = re.compile(
    r"\{config\}:.*|\{rollout\}:record|\{revoked\}:(log|ends|epoch)|\{calls\}"
)  # read by name, or made from others
# What stays out, by how its keys look, and why.
LEFT_OUT = (
    (re.compile(r"\{meter\}:.*"), "buckets of limits", "as full as they were then"),
    (re.compile(r"\{(config|rollout)\}:seen"), "who is there", "said once a second"),
    (re.compile(r"\{rollout\}:(counts|judged|refused)(:.*)?"), "what a candidate did", "a rollout begins anew"),
    (re.compile(r"\{rollout\}:claim.*|\{shed\}|\{restore\}"), "claims", "of processes of then"),
    (re.compile(r"consents:\{[^{}]+\}:draft"), "drafts of a restore", "it makes them anew"),
)
FOREIGN = "keys that are none of sluice's"


class OfUser(NamedTuple):
    """kind: d h i c e f or a; whose: tenant:user."""

    kind: str
    whose: str


def of_user(key: str) -> OfUser | None:
    found = OF_USER.fullmatch(key)
    return OfUser(found[1], found[2]) if found else None


def leading(kind: str) -> list[int]:
    """Which keys lead to a user before one of this kind does: as whole-6 numbers them."""
    return [CONVERSATION.index(earlier) + 1 for earlier in LEADING[: LEADING.index(kind)]]


def consents_of(key: str) -> str | None:
    """The tenant whose consents these are."""
    found = CONSENTS.fullmatch(key)
    return found[1] if found else None


def left_out(key: str) -> str | None:
    """What it is called that stays out; None of what goes in by another way."""
    for looks, name, why in LEFT_OUT:
        if looks.fullmatch(key):
            return f"{name} ({why})"
    return None if ELSEWHERE.fullmatch(key) else FOREIGN


def keys_of(whose: str) -> list[str]:
    """As whole-6 and put_back-6 take them."""
    return [f"{kind}:{{{whose}}}" for kind in (*CONVERSATION, "f")]


def kinds_of(whose: str) -> Iterable[tuple[str, str]]:
    """All keys of a user, and of what kind each is."""
    return ((f"{letter}:{{{whose}}}", kind) for letter, kind in KINDS.items())
