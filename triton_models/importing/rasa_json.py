"""How is the JSON of Rasa 1 read?

{"rasa_nlu_data": {"common_examples": [{"text": ..., "intent": ..., "entities": [...]}]}}. Entities stand beside the text, which
is read as it is; synonyms, regular expressions and lookup tables are left out with a note.
"""

from __future__ import annotations

import re

from triton_models.importing.faults import Faults
from triton_models.importing.jsonlist import items, members
from triton_models.importing.names import Names
from triton_models.importing.rows import Row
from triton_models.importing.sources import decoded

LIST = re.compile(r'"common_examples"\s*:\s*(?=\[)')
LEFT_OUT = ("entity_synonyms", "regex_features", "lookup_tables")
WANTED = '{"rasa_nlu_data": {"common_examples": [{"text": ..., "intent": ...}, ...]}}'


def rows(raw: bytes, place: str, faults: Faults, names: Names) -> list[Row]:
    text = decoded(raw, place, faults)
    known = members(text, place, faults, WANTED) if text is not None else None
    if text is None or known is None:
        return []
    data, begins = known.get("rasa_nlu_data", (None, 0))
    said = LIST.search(text, begins)
    if not isinstance(data, dict) or not isinstance(data.get("common_examples"), list) or said is None:
        faults.add(f"{place}:1", "no common_examples", WANTED)
        return []
    for kind in LEFT_OUT:
        if data.get(kind):
            faults.note(place, f"{kind} are left out: {len(data[kind])}")
    found = []
    for line, item in items(text, said.end(), place, faults, WANTED, whole=False):
        where = f"{place}:{line}"
        if not isinstance(item, dict) or not isinstance(item.get("text"), str) or not isinstance(item.get("intent"), str):
            faults.add(where, "an example without text or intent", WANTED)
        elif intent := names.of(item["intent"], where):
            found.append(Row(item["text"], intent, where))
    return found
