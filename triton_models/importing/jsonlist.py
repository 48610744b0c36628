"""On which line does each part of a JSON text begin?

members(text, ...) -> the members of the object that the text is: name, value, and where the value begins
items(text, at, ...) -> the items of the list that begins at a place, each with its line

Both report what is wrong and end there; neither recurses further than Python's own reader does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from triton_models.importing.faults import Faults

BLANK = re.compile(r"\s*")
DECODER = json.JSONDecoder()


def members(text: str, place: str, faults: Faults, wanted: str) -> dict[str, tuple[Any, int]] | None:
    """None where the text is no object."""
    found: dict[str, tuple[Any, int]] = {}
    if text[skipped(text, 0) : skipped(text, 0) + 1] != "{":
        faults.add(f"{place}:1", "JSON: no object", wanted)
        return None
    try:
        DECODER.decode(text)
        at = skipped(text, 0) + 1
        while text[skipped(text, at) : skipped(text, at) + 1] == '"':
            name, at = DECODER.raw_decode(text, skipped(text, at))
            begins = skipped(text, skipped(text, at) + 1)
            value, at = DECODER.raw_decode(text, begins)
            found[name] = value, begins
            at = skipped(text, at) + 1
    except json.JSONDecodeError as error:
        faults.add(f"{place}:{error.lineno}", f"JSON: {error.msg}", wanted)
        return None
    except RecursionError:
        faults.add(f"{place}:1", "JSON: nested too deeply", wanted)
        return None
    return found


def items(text: str, begins: int, place: str, faults: Faults, wanted: str, whole: bool = True) -> Iterator[tuple[int, Any]]:
    """whole: nothing may stand behind the list."""
    at, line, counted = skipped(text, begins), text.count("\n", 0, begins) + 1, begins
    expected, close = "[", ""
    while text[at : at + 1] == expected or (close and text[at : at + 1] == close):
        if text[at] == close:
            if whole and skipped(text, at + 1) < len(text):
                faults.add(f"{place}:{line_of(text, at)}", "JSON: something behind the list", wanted)
            return
        at = skipped(text, at + 1)
        if expected == "[" and text[at : at + 1] == "]":
            return
        line += text.count("\n", counted, at)
        counted, expected, close = at, ",", "]"
        try:
            item, at = DECODER.raw_decode(text, at)
        except json.JSONDecodeError as error:
            faults.add(f"{place}:{error.lineno}", f"JSON: {error.msg}", wanted)
            return
        except RecursionError:
            faults.add(f"{place}:{line}", "JSON: nested too deeply", wanted)
            return
        yield line, item
        at = skipped(text, at)
    faults.add(f"{place}:{line_of(text, at)}", f"JSON: no {expected!r} here", wanted)


def line_of(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def skipped(text: str, at: int) -> int:
    """The next place that is not blank."""
    blank = BLANK.match(text, at)
    return blank.end() if blank else at
