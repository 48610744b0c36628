"""What is one row that somebody brought, and may it be used?

text       1 to 200 characters, no control or replacement characters; white space around it is taken off, and what is secret in it
           (a password, a card's number) masked, as a model reads it later
intent     letters, digits, CJK and _ . - / , at most 64; no path tricks, since it becomes a file's name; / becomes .
group      the meaning group, where the format has one; "" lets grouping.py make some
tenant     a-z, 0-9 and _, at most 32; "" is the tenant the set is loaded for
place      file:line, or archive!member:line
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace

from pyshim.language.secrets.masking import discreet
from triton_models.build.corpus import GENERAL, MAX_CHARACTERS, OUT_OF_SCOPE
from triton_models.importing.faults import Faults

WORD = "0-9A-Za-z_\u3400-\u4dbf\u4e00-\u9fff"
INTENT = re.compile(f"[{WORD}](?:[{WORD}./-]*[{WORD}-])?")
TENANT = re.compile(r"[a-z][a-z0-9_]{0,31}")
INTENT_CHARACTERS, GROUP_CHARACTERS, SHOWN_CHARACTERS = 64, 200, 40


@dataclass(frozen=True, slots=True)
class Row:
    text: str
    intent: str
    place: str
    group: str = ""
    tenant: str = ""


def checked(rows: Iterable[Row], tenant: str, faults: Faults) -> list[Row]:
    """The rows that may be used, each text once, each with its owner as tenant."""
    good: list[Row] = []
    first_with: dict[str, Row] = {}
    first_of: dict[str, Row] = {}
    for raw in rows:
        row = Row(discreet(raw.text.strip()), raw.intent.strip(), raw.place, raw.group.strip(), raw.tenant.strip() or tenant)
        if not _stands(row, faults):
            continue
        row = replace(row, tenant=GENERAL if row.intent == OUT_OF_SCOPE else row.tenant)
        same, other = first_with.setdefault(row.text, row), first_of.setdefault(_file_name(row.intent), row)
        if same.intent != row.intent:
            wrong = f"{shown(row.text)} is {row.intent} here and {same.intent} at {same.place}"
            faults.add(row.place, wrong, "each text under one intent")
        elif other.intent != row.intent:
            wrong = f"intents {row.intent} here and {other.intent} at {other.place} would be one file"
            faults.add(row.place, wrong, "names that differ in more than / and . or upper and lower case")
        elif other.tenant != row.tenant:
            wrong = f"intent {row.intent} is {row.tenant}'s here and {other.tenant}'s at {other.place}"
            faults.add(row.place, wrong, "each intent owned by one tenant")
        elif same is row:
            good.append(replace(row, intent=row.intent.replace("/", ".")))
        else:
            masked = "" if raw.text.strip() == row.text else ", where what is secret is masked"
            faults.note(row.place, f"the same text as at {same.place}{masked}: read once")
    for row in first_of.values():
        if "/" in row.intent:
            faults.note(row.place, f"intent {row.intent} is read as {row.intent.replace('/', '.')}")
    return good


def complaint_about_text(text: str) -> str | None:
    if not text:
        return "no text"
    if len(text) > MAX_CHARACTERS:
        return f"a text of {len(text)} characters"
    if _controlled(text):
        return f"a control or replacement character in {shown(text)}"
    return None


def complaint_about_intent(intent: str) -> str | None:
    if not intent:
        return "no intent"
    tricky = ".." in intent or "//" in intent
    if len(intent) > INTENT_CHARACTERS or tricky or not INTENT.fullmatch(intent):
        return f"intent {shown(intent)}"
    return None


def shown(text: str) -> str:
    """As a message quotes it: short, and without anything that moves the cursor."""
    short = text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…"
    return ascii(short) if _controlled(short) else repr(short)


def _stands(row: Row, faults: Faults) -> bool:
    before = faults.count
    if wrong := complaint_about_text(row.text):
        faults.add(row.place, wrong, f"1 to {MAX_CHARACTERS} characters of text")
    if wrong := complaint_about_intent(row.intent):
        faults.add(row.place, wrong, f"letters, digits, CJK and _ . - / , at most {INTENT_CHARACTERS}")
    if len(row.group) > GROUP_CHARACTERS or _controlled(row.group):
        faults.add(row.place, f"group {shown(row.group)}", f"at most {GROUP_CHARACTERS} characters, no control characters")
    if not TENANT.fullmatch(row.tenant) or row.tenant == GENERAL:
        faults.add(row.place, f"tenant {shown(row.tenant)}", "a-z, 0-9 and _, at most 32, a letter first, not general")
    return faults.count == before


def _controlled(text: str) -> bool:
    return any(char == "\ufffd" or unicodedata.category(char) in ("Cc", "Cs") for char in text)


def _file_name(intent: str) -> str:
    return intent.replace("/", ".").lower()
