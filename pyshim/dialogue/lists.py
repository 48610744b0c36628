"""Does a message list several values of one slot (8866和1234都丢了)?

A task is done with one value; the others are matters of their own, of the same task, and taken up behind it. A list is values
with nothing but joining words between them: 20231105还是20231106 asks, and 分4000，剩下1000 is one.
"""

import re
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from pyshim.dialogue import slots
from pyshim.language.folding import plain
from pyshim.language.values.found import Found, NoValue
from pyshim.language.values.spans import fold
from pyshim.tenants.schema import Slot, Tenant

LISTED = frozenset(["number", "phone", "card_tail", "choice", "text"])  # sums are added up, addresses corrected
JOINED = re.compile(
    r"[\s、，,;；和跟与及加\n]|以及|还有|外加|再加|加上|另外|另一|[这那]?一?[张个单笔台部件]|都?也(?:要|得|有|是)?|卡|的"
)
ALSO = re.compile(r"也(?!许|行|可以|好|对)|还有|另外|加上|外加|再加|连同|一起|一并|一块儿?")


class List(NamedTuple):
    """values: in their order, each once; first: the message, in which only the first of them is left."""

    values: list[str]
    first: str


def lists(slot: Slot) -> bool:
    """May several of its values be listed? Of a choice only where all may be chosen: one has one reason."""
    if slot.chooses and not slot.everything:
        return False
    return bool({slot.type, *slot.also} & LISTED) and (slot.type != "text" or bool(slot.choices))


def read(slot: Slot, text: str, today: date | None = None) -> List | None:
    """None where there is one value, or none, or where they are no list."""
    if not lists(slot):
        return None
    folded = fold(plain(text))
    kind = "choice" if slot.chooses else slot.type
    said = slots.read(slot, kind, folded, today)
    named = [] if isinstance(said, NoValue) else [one for one in said if one.named or kind != "choice"]
    if len({one.value for one in named}) < 2 or not _joined(folded.source, named):
        return None
    first, last = named[0], named[-1]
    return List(
        list(dict.fromkeys(one.value for one in named)), folded.source[: first.end] + slots.GAP + folded.source[last.end :]
    )


def apart(tenant: Tenant, intent: str, words: str) -> tuple[str, list[str]]:
    """What is said of the first of several values of a task, and the others."""
    task = tenant.tasks.get(intent)
    lists_ = (read(tenant.slots[name], words, tenant.today) for name in (task.slots if task else []))
    several = next((one for one in lists_ if one is not None), None)
    return (words, []) if several is None else (several.first, several.values[1:])


def _joined(text: str, said: list[Found]) -> bool:
    between = [text[one.end : other.start] for one, other in pairwise(said)]
    return all(slots.bare(JOINED.sub("", words)) for words in between)
