"""How is a file of JSON objects read?

One object a line: {"text": ..., "intent": ..., "group"?: ..., "tenant"?: ...}. Other members are left out.
"""

from __future__ import annotations

import msgspec

from triton_models.importing.faults import Faults
from triton_models.importing.rows import Row
from triton_models.importing.sources import lines


class Line(msgspec.Struct):
    text: str
    intent: str
    group: str | None = None
    tenant: str | None = None


DECODER = msgspec.json.Decoder(Line)
WANTED = '{"text": "...", "intent": "..."} with "group" and "tenant" where wanted'


def rows(raw: bytes, place: str, faults: Faults) -> list[Row]:
    found: list[Row] = []
    for where, line in lines(raw, place, faults):
        try:
            given = DECODER.decode(line)
        except (msgspec.DecodeError, RecursionError) as error:
            faults.add(where, str(error), WANTED)
            continue
        found.append(Row(given.text, given.intent, where, given.group or "", given.tenant or ""))
    return found
