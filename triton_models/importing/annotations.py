"""What does an annotated sentence of Rasa's say, and which other values does it give?

[上海](city), [沪](city:上海), [上海]{"entity": "city", "value": "沪", "role": "from"} and [上海][{...}, {...}] are read as the
text in the brackets. A value that differs from its text says how something is written otherwise: a slot's `choices` say it
here.

    Annotations().plain(text) -> the sentence; .note(place, faults) -> one line about the values that were met, if any
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from triton_models.importing.faults import Faults
from triton_models.importing.rows import shown

ENTITY = re.compile(
    r"\[(?P<text>[^\[\]]*)\]"
    r"(?:\((?P<name>[^():]*)(?::(?P<short>[^()]*))?\)|(?P<one>\{[^{}]*\})|(?P<many>\[(?:\{[^{}]*\},?\s*)+\]))"
)
VALUE = re.compile(r'"value"\s*:\s*"(?P<value>(?:[^"\\]|\\.)*)"')
SHOWN = 3


@dataclass
class Annotations:
    """values: each text and what it stands for."""

    values: dict[tuple[str, str], None] = field(default_factory=dict)

    def plain(self, text: str) -> str:
        for match in ENTITY.finditer(text):
            self.values |= dict.fromkeys((match["text"], value) for value in _values(match) if value != match["text"])
        return ENTITY.sub(lambda match: match["text"], text)

    def note(self, place: str, faults: Faults) -> None:
        if self.values:
            some = ", ".join(f"{shown(text)} for {shown(value)}" for text, value in list(self.values)[:SHOWN])
            count = len(self.values)
            faults.note(place, f"{count} value{'s' * (count > 1)} in annotations left out ({some}): `choices` of a slot say them")


def _values(match: re.Match[str]) -> Iterator[str]:
    if match["short"]:
        yield match["short"]
    yield from (found["value"] for found in VALUE.finditer(match["one"] or match["many"] or ""))
