"""How is the Markdown of Rasa 1 read?

`## intent:name`, then lines with - * or + in front; <!-- comments --> say nothing. Synonyms, regular expressions and lookup
tables are sections of the same kind and are left out with a note, as are stories and answers, which have other headings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from triton_models.importing.annotations import Annotations
from triton_models.importing.faults import Faults
from triton_models.importing.names import Names
from triton_models.importing.rows import Row, shown
from triton_models.importing.sources import decoded

HEADING = re.compile(r"\s*##?\s*(?P<kind>intent|synonym|regex|lookup)\s*:\s*(?P<name>.*)", re.IGNORECASE)
OTHER = re.compile(r"\s*#+\s")
ITEM = re.compile(r"\s*[-*+](?P<text>.*)")
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
WANTED = "- a sentence, below ## intent:name"


def rows(raw: bytes, place: str, faults: Faults, names: Names) -> list[Row]:
    text = decoded(raw, place, faults)
    if text is None:
        return []
    said = Annotations()
    found = list(_of_text(COMMENT.sub(lambda match: "\n" * match[0].count("\n"), text), place, faults, names, said))
    said.note(place, faults)
    return found


def _of_text(text: str, place: str, faults: Faults, names: Names, said: Annotations) -> Iterator[Row]:
    kind, intent = "", ""
    for number, line in enumerate(text.split("\n"), start=1):
        where = f"{place}:{number}"
        if heading := HEADING.fullmatch(line):
            kind, name = heading["kind"].lower(), heading["name"].strip()
            intent = names.of(name, where) if kind == "intent" else ""
            if kind != "intent":
                faults.note(where, f"{kind} {shown(name)} is left out")
        elif OTHER.match(line):
            kind, intent = "other", ""
        elif item := ITEM.fullmatch(line):
            if intent:
                yield Row(said.plain(item["text"].strip()), intent, where)
        elif line.strip() and kind == "intent":
            faults.add(where, f"{shown(line.strip())} has no dash", WANTED)
