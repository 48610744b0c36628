"""How is a Dialogflow ES export read?

agent.json at its root, and in intents/ <name>.json (what the intent is) and <name>_usersays_<language>.json (what is said, in
parts, some annotated). All languages are read. A fallback intent's sentences are out_of_scope; white space in names becomes _.
Templates (@sys.date) say no sentence and are left out with a note, as are intents nobody says anything for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from triton_models.build.corpus import OUT_OF_SCOPE
from triton_models.importing.faults import Faults
from triton_models.importing.rows import Row, shown
from triton_models.importing.sources import Members, decoded

SAID = re.compile(r"(?P<name>.+)_usersays_[A-Za-z]{2,3}(?:-[A-Za-z0-9]+)*\.json")
BLANK = re.compile(r"\s*")
DECODER = json.JSONDecoder()
WANTED = 'a list of {"data": [{"text": ...}, ...]}'


def rows(members: Members, place: str, faults: Faults) -> list[Row]:
    """place: what stands before a member's name (archive! or folder/)."""
    root = min((PurePosixPath(name).parent for name in members if PurePosixPath(name).name == "agent.json"), default=None)
    if root is None:
        faults.add(place.rstrip("!/"), "no agent.json", "a Dialogflow ES export, zip or unpacked")
        return []
    inside = {PurePosixPath(name).name: name for name in sorted(members) if PurePosixPath(name).parent == root / "intents"}
    named = {file: member for file, member in inside.items() if not SAID.fullmatch(file)}
    said = {file: member for file, member in inside.items() if file not in named}
    intents = {file: _intent(members[member], place + member, faults) for file, member in named.items()}
    _check_names(intents, place, faults)
    found: list[Row] = []
    for file, member in said.items():
        match = SAID.fullmatch(file)
        intent = intents.get(f"{match['name']}.json") if match else None
        if intent is None:
            faults.add(f"{place}{member}:1", "nothing says what intent it is", f"{match and match['name']}.json beside it")
            continue
        found.extend(_sentences(members[member], place + member, _name(*intent), faults))
    spoken = {f"{match['name']}.json" for file in said if (match := SAID.fullmatch(file))}
    for file in sorted(named.keys() - spoken):
        faults.note(place + named[file], "nobody says anything for this intent: left out")
    return found


def _intent(raw: bytes, place: str, faults: Faults) -> tuple[str, bool] | None:
    """Name, and whether it is a fallback."""
    text = decoded(raw, place, faults)
    try:
        given = json.loads(text) if text is not None else None
    except json.JSONDecodeError as error:
        faults.add(f"{place}:{error.lineno}", f"JSON: {error.msg}", "an intent")
        return None
    except RecursionError:
        given = None
    if not isinstance(given, dict) or not isinstance(given.get("name"), str):
        if text is not None:
            faults.add(f"{place}:1", "no intent's name", '{"name": ...}')
        return None
    return given["name"], given.get("fallbackIntent") is True


def _name(name: str, fallback: bool) -> str:
    return OUT_OF_SCOPE if fallback else "_".join(name.split())


def _check_names(intents: dict[str, tuple[str, bool] | None], place: str, faults: Faults) -> None:
    first: dict[str, str] = {}
    for file, intent in intents.items():
        if intent is None or intent[1]:
            continue
        other = first.setdefault(_name(*intent), intent[0])
        if other != intent[0]:
            faults.add(f"{place}intents/{file}:1", f"{shown(intent[0])} and {shown(other)} become one name", "different names")


def _sentences(raw: bytes, place: str, intent: str, faults: Faults) -> Iterator[Row]:
    text = decoded(raw, place, faults)
    for line, item in _items(text, place, faults) if text is not None else ():
        where = f"{place}:{line}"
        parts = item.get("data") if isinstance(item, dict) else None
        if not isinstance(parts, list) or not all(isinstance(part, dict) and isinstance(part.get("text"), str) for part in parts):
            faults.add(where, "no sentence", WANTED)
        elif item.get("isTemplate") is True:
            faults.note(where, "a template is left out")
        else:
            yield Row("".join(part["text"] for part in parts), intent, where)


def _items(text: str, place: str, faults: Faults) -> Iterator[tuple[int, Any]]:
    """The items of a JSON list, each with the line it begins on."""
    at, line, counted = _skip(text, 0), 1, 0
    expected, close = "[", ""
    while text[at : at + 1] == expected or (close and text[at : at + 1] == close):
        if text[at] == close:
            if _skip(text, at + 1) < len(text):
                faults.add(f"{place}:{text.count(chr(10), 0, at) + 1}", "JSON: something behind the list", WANTED)
            return
        at = _skip(text, at + 1)
        if expected == "[" and text[at : at + 1] == "]":
            return
        line += text.count("\n", counted, at)
        counted, expected, close = at, ",", "]"
        try:
            item, at = DECODER.raw_decode(text, at)
        except json.JSONDecodeError as error:
            faults.add(f"{place}:{error.lineno}", f"JSON: {error.msg}", WANTED)
            return
        except RecursionError:
            faults.add(f"{place}:{line}", "JSON: nested too deeply", WANTED)
            return
        yield line, item
        at = _skip(text, at)
    faults.add(f"{place}:{text.count(chr(10), 0, at) + 1}", f"JSON: no {expected!r} here", WANTED)


def _skip(text: str, at: int) -> int:
    blank = BLANK.match(text, at)
    return blank.end() if blank else at
