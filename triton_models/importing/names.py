"""What is an intent of somebody else's called here?

Rasa and Dialogflow let a name hold anything: faq/opening, greet+ask_name, "Default Welcome Intent", 退货(新). Here it becomes a
file's name: letters, digits, CJK and _ . - stay, / becomes a dot, and whatever else stands between becomes one _. A name that
changed is noted once; two names that would become one are a fault, as is a name of which nothing is left.

    Names(faults).of("greet+ask_name", place) -> "greet_ask_name"; "" where there is a fault
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from triton_models.importing.faults import Faults
from triton_models.importing.rows import WORD, shown

STRANGE = re.compile(f"[^{WORD}./-]+")
ENDS = "_./-"
DOTS = re.compile(r"\.{2,}")


@dataclass
class Names:
    faults: Faults
    _known: dict[str, str] = field(default_factory=dict)
    _first: dict[str, str] = field(default_factory=dict)

    def of(self, name: str, place: str) -> str:
        if name not in self._known:
            self._known[name] = self._mapped(name, place)
        return self._known[name]

    def _mapped(self, name: str, place: str) -> str:
        mapped = ours(name)
        if not mapped:
            self.faults.add(place, f"an intent called {shown(name)}", "a name with letters, digits or CJK")
            return ""
        first = self._first.setdefault(mapped, name)
        if first != name:
            wrong = f"intents {shown(name)} here and {shown(first)} before would both be called {mapped}"
            self.faults.add(place, wrong, "names that differ in letters, digits or CJK")
            return ""
        if mapped != name.strip():
            self.faults.note(place, f"intent {shown(name)} is read as {mapped}")
        return mapped


def ours(name: str) -> str:
    """Nothing where nothing of it can be used."""
    plain = STRANGE.sub("_", name.strip()).replace("/", ".")
    return DOTS.sub(".", plain).strip(ENDS)
