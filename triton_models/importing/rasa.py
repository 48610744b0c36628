"""Which of a Rasa project's files hold sentences, and how is each read?

A file alone, or a folder or archive with all that lies beside: YAML with `nlu:` (versions 2 and 3), Markdown with `## intent:`
and JSON with `rasa_nlu_data` (version 1) are read, wherever they lie. Stories, rules, domain, responses and configuration are
left out with a note, unread: what is broken there does not matter here. An intent may be spread over files.
"""

from __future__ import annotations

import re

from triton_models.importing import rasa_json, rasa_markdown, rasa_yaml
from triton_models.importing.faults import Faults
from triton_models.importing.names import Names
from triton_models.importing.rows import Row
from triton_models.importing.sources import Members

SUFFIXES = (".yml", ".yaml", ".md", ".json")
YAML = re.compile(rb"^(?:\xef\xbb\xbf)?[\"']?nlu[\"']?\s*:", re.MULTILINE)
HOLDS = {
    ".yml": YAML,
    ".yaml": YAML,
    ".md": re.compile(rb"^(?:\xef\xbb\xbf)?\s*##?\s*intent\s*:", re.MULTILINE | re.IGNORECASE),
    ".json": re.compile(rb"\"rasa_nlu_data\""),
}
READERS = {".yml": rasa_yaml.rows, ".yaml": rasa_yaml.rows, ".md": rasa_markdown.rows, ".json": rasa_json.rows}
SHOWN = 5


def suffix(name: str) -> str:
    return "." + name.rpartition(".")[2].lower()


def holds_sentences(members: Members) -> bool:
    return any(_holds(name, raw) for name, raw in members.items())


def rows(raw: bytes, place: str, faults: Faults) -> list[Row]:
    """Of one file."""
    return READERS[suffix(place)](raw, place, faults, Names(faults))


def project(members: Members, place: str, faults: Faults) -> list[Row]:
    """place: what stands before a member's name (archive! or folder/)."""
    names = Names(faults)
    read = [name for name, raw in members.items() if _holds(name, raw)]
    beside = sorted(members.keys() - set(read))
    if beside:
        more = f" and {len(beside) - SHOWN} more" if len(beside) > SHOWN else ""
        faults.note(place.rstrip("!/"), f"no sentences in {', '.join(beside[:SHOWN])}{more}: left out")
    return [row for name in read for row in READERS[suffix(name)](members[name], place + name, faults, names)]


def _holds(name: str, raw: bytes) -> bool:
    return suffix(name) in HOLDS and HOLDS[suffix(name)].search(raw) is not None
