"""How is a Dialogflow ES export read?

agent.json at its root, and in intents/ <name>.json (what the intent is) with <name>_usersays_<language>.json beside it (what is
said, in parts, some annotated), or, in older exports, with all of that inside as `userSays`. One language is read: the one that
was asked for, else Chinese where there is some, else the agent's own; how much another one says is noted. Annotated parts are
read as their text. Fallback intents, templates (@sys.date) and entities say no sentence of a customer's intent and are left out
with a note, as are intents nobody says anything for. Names: names.py. A Dialogflow CX agent is another format and is refused as
such.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from triton_models.importing.faults import Faults
from triton_models.importing.jsonlist import items, members
from triton_models.importing.names import Names
from triton_models.importing.rows import Row, shown
from triton_models.importing.sources import Members, decoded

SAID = re.compile(r"(?P<name>.+)_usersays_(?P<language>[A-Za-z]{2,3}(?:-[A-Za-z0-9]+)*)\.json")
AGENT = "agent.json"
CX = ("startFlow", "defaultLanguageCode", "genAppBuilderSettings")
WANTED = 'a list of {"data": [{"text": ...}, ...]}'
INTENT = '{"name": ...}'


@dataclass(frozen=True)
class Phrase:
    """language: "" where nothing says which."""

    text: str
    intent: str
    language: str
    place: str


def root_of(names: Iterable[str]) -> PurePosixPath | None:
    """The folder of the outermost agent.json."""
    return min((PurePosixPath(name).parent for name in names if PurePosixPath(name).name == AGENT), default=None)


def rows(given: Members, place: str, faults: Faults, language: str = "") -> list[Row]:
    """place: what stands before a member's name (archive! or folder/)."""
    root = root_of(given)
    if root is None:
        faults.add(place.rstrip("!/"), "no agent.json", "a Dialogflow ES export or a Rasa project")
        return []
    agent = _agent(given[str(root / AGENT)], place + str(root / AGENT), faults)
    if agent is None:
        return []
    _note_entities(given, root, place, faults)
    said = list(_phrases(given, root, place, faults, Names(faults)))
    return [Row(one.text, one.intent, one.place) for one in _of_one_language(said, agent, language, place, faults)]


def _agent(raw: bytes, place: str, faults: Faults) -> str | None:
    """Its own language, "" where it does not say so; None where it is none of ES."""
    text = decoded(raw, place, faults)
    try:
        told = json.loads(text or "{}")
    except (json.JSONDecodeError, RecursionError):
        return ""  # what it says besides does not matter here
    if isinstance(told, dict) and any(name in told for name in CX):
        faults.add(f"{place}:1", "a Dialogflow CX agent, which is another format", "a Dialogflow ES export, or a TSV")
        return None
    return str(told.get("language") or "") if isinstance(told, dict) else ""


def _phrases(given: Members, root: PurePosixPath, place: str, faults: Faults, names: Names) -> Iterator[Phrase]:
    inside = {PurePosixPath(name).name: name for name in sorted(given) if PurePosixPath(name).parent == root / "intents"}
    beside: dict[str, list[tuple[str, str]]] = {}
    for file, member in inside.items():
        if match := SAID.fullmatch(file):
            beside.setdefault(f"{match['name']}.json", []).append((match["language"].lower(), member))
    for file in sorted(beside.keys() - inside.keys()):
        for _, member in beside[file]:
            faults.add(f"{place}{member}:1", "nothing says what intent it is", f"{file} beside it")
    for file, member in inside.items():
        if SAID.fullmatch(file):
            continue
        where = place + member
        text = decoded(given[member], where, faults)
        told = members(text, where, faults, INTENT) if text is not None else None
        if told is None:
            continue
        name = told.get("name", (None, 0))[0]
        if not isinstance(name, str):
            faults.add(f"{where}:1", "no intent's name", INTENT)
            continue
        found: list[tuple[str, str, str]] = []
        if "userSays" in told and text is not None:
            listed = items(text, told["userSays"][1], where, faults, WANTED, whole=False)
            found += _said(listed, where, "", faults)
        for language, other in beside.get(file, []):
            body = decoded(given[other], place + other, faults)
            listed = items(body, 0, place + other, faults, WANTED) if body is not None else iter(())
            found += _said(listed, place + other, language, faults)
        yield from _of_intent(name, told.get("fallbackIntent", (False, 0))[0] is True, found, where, faults, names)


def _of_intent(
    name: str, fallback: bool, found: list[tuple[str, str, str]], where: str, faults: Faults, names: Names
) -> Iterator[Phrase]:
    if fallback:
        rest = f", and what it lists with it ({len(found)}): put into out_of_scope what nobody of yours means" if found else ""
        faults.note(where, f"fallback intent {shown(name)} is left out{rest}")
    elif not found:
        faults.note(where, f"nobody says anything for {shown(name)}: left out")
    elif intent := names.of(name, f"{where}:1"):
        yield from (Phrase(text, intent, language, place) for text, language, place in found)


def _said(listed: Iterator[tuple[int, Any]], place: str, language: str, faults: Faults) -> Iterator[tuple[str, str, str]]:
    """Text, language and place of each."""
    for line, item in listed:
        where = f"{place}:{line}"
        parts = item.get("data") if isinstance(item, dict) else None
        if not isinstance(parts, list) or not all(isinstance(part, dict) and isinstance(part.get("text"), str) for part in parts):
            faults.add(where, "no sentence", WANTED)
            continue
        text = "".join(part["text"] for part in parts)
        if item.get("isTemplate") is True and "@" in text:
            faults.note(where, f"template {shown(text)} is left out")
        else:
            yield text, (language or str(item.get("lang") or "")).lower(), where


def _of_one_language(said: list[Phrase], agent: str, wanted: str, place: str, faults: Faults) -> list[Phrase]:
    """What says nothing of its language is in the agent's own."""
    count = Counter(one.language or agent.lower() for one in said)
    chosen = _chosen(count, agent.lower(), wanted.lower())
    for language, phrases in sorted(count.items()):
        if language not in chosen:
            hint = f"--language {language} reads them instead"
            faults.note(place.rstrip("!/"), f"phrases in {language} are left out: {phrases}; {hint}")
    if wanted and not chosen & count.keys():
        known = ", ".join(sorted(count)) or "none"
        faults.add(place.rstrip("!/"), f"no phrases in {wanted}", f"one of its languages: {known}")
    return [one for one in said if (one.language or agent.lower()) in chosen]


def _chosen(count: Counter[str], agent: str, wanted: str) -> set[str]:
    """Languages, written alike: zh stands for zh-cn and zh-tw, too."""
    if wanted:
        return {language for language in count if language == wanted or language.startswith(f"{wanted}-")}
    chinese = {language for language in count if language.partition("-")[0] == "zh"}
    return chinese or ({agent} if agent in count else set(count))


def _note_entities(given: Members, root: PurePosixPath, place: str, faults: Faults) -> None:
    inside = [PurePosixPath(name) for name in given if PurePosixPath(name).parent == root / "entities"]
    named = sorted(path.stem for path in inside if not re.search(r"_entries_[A-Za-z-]+$", path.stem))
    if named:
        faults.note(f"{place}{root / 'entities'}", f"entities are left out ({', '.join(named)}): `choices` of a slot say them")
