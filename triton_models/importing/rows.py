"""What is one row that somebody brought, and may it be used?

text       1 to 200 characters, no control or replacement characters; white space around it is taken off
intent     letters, digits, CJK and _ . - / , at most 64; no path tricks: it becomes a file's name
group      the meaning group, where the format has one; else "" and grouping.py makes some
tenant     a-z, 0-9 and _, at most 32; "" is the tenant the set is loaded for
place      file:line, or archive!member:line
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace

from triton_models.build.corpus import GENERAL, MAX_CHARACTERS, OUT_OF_SCOPE
from triton_models.importing.faults import Faults

INTENT = re.compile(r"[0-9A-Za-z_\u3400-\u4dbf\u4e00-\u9fff](?:[0-9A-Za-z_./\-\u3400-\u4dbf\u4e00-\u9fff]*"
                    r"[0-9A-Za-z_\-\u3400-\u4dbf\u4e00-\u9fff])?")  # fmt: skip
TENANT = re.compile(r"[a-z][a-z0-9_]{0,31}")
INTENT_CHARACTERS, GROUP_CHARACTERS = 64, 200


@dataclass(frozen=True, slots=True)
class Row:
    text: str
    intent: str
    place: str
    group: str = ""
    tenant: str = ""


def checked(rows: Iterable[Row], faults: Faults) -> list[Row]:
    """The rows that stand by themselves, and one of each that are the same twice."""
    good, seen, owner_of = [], {}, {}
    for raw in rows:
        row = replace(raw, text=raw.text.strip(), intent=raw.intent.strip(), group=raw.group.strip(), tenant=raw.tenant.strip())
        if not _stands(row, faults):
            continue
        first = seen.setdefault(row.text, row)
        owner = owner_of.setdefault(row.intent, row)
        if first.intent != row.intent:
            wrong = f"the text {_shown(row.text)} of {row.intent} is at {first.place} under {first.intent}"
            faults.add(row.place, wrong, "each text under one intent")
        elif owner.tenant != row.tenant:
            faults.add(
                row.place, f"intent {row.intent} is {_of(owner)} at {owner.place}, and {_of(row)} here", "one tenant an intent"
            )
        elif first is row:
            good.append(row)
        elif first.group != row.group:
            faults.add(row.place, f"the text {_shown(row.text)} is at {first.place} in another group", "each text in one group")
        else:
            faults.note(row.place, f"the same text as at {first.place}: read once")
    return good


def _stands(row: Row, faults: Faults) -> bool:
    before = faults.count
    if wrong := _text_complaint(row.text):
        faults.add(row.place, wrong, f"1 to {MAX_CHARACTERS} characters of text")
    if wrong := _intent_complaint(row.intent):
        faults.add(row.place, wrong, f"letters, digits, CJK and _ . - / , at most {INTENT_CHARACTERS}")
    if len(row.group) > GROUP_CHARACTERS or _uncontrolled(row.group) != row.group:
        faults.add(row.place, "a group that is too long or holds control characters", f"at most {GROUP_CHARACTERS} characters")
    if row.tenant and not TENANT.fullmatch(row.tenant):
        faults.add(row.place, f"tenant {_shown(row.tenant)}", "a-z, 0-9 and _, at most 32, a letter first")
    if row.tenant == GENERAL or (row.intent == OUT_OF_SCOPE and row.tenant):
        faults.add(row.place, f"tenant {row.tenant} for {row.intent}", "no tenant: general intents are the project's own")
    return faults.count == before


def _text_complaint(text: str) -> str | None:
    if not text:
        return "no text"
    if len(text) > MAX_CHARACTERS:
        return f"a text of {len(text)} characters"
    if _uncontrolled(text) != text:
        return f"a control or replacement character in {_shown(text)}"
    return None


def _intent_complaint(intent: str) -> str | None:
    if not intent:
        return "no intent"
    path_trick = ".." in intent or "//" in intent
    if len(intent) > INTENT_CHARACTERS or path_trick or not INTENT.fullmatch(intent):
        return f"intent {_shown(intent)}"
    return None


def _uncontrolled(text: str) -> str:
    return "".join(char for char in text if unicodedata.category(char) not in ("Cc", "Cs") and char != "\ufffd")


def _shown(text: str) -> str:
    return ascii(text) if _uncontrolled(text) != text else repr(text if len(text) <= 40 else text[:40] + "…")


def _of(row: Row) -> str:
    return f"{row.tenant}'s" if row.tenant else "nobody's by name"
