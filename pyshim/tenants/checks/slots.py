"""Can each slot be read, and filled?"""

import re
from collections.abc import Iterator

from pyshim.language import patterns
from pyshim.tenants.checks.places import FLOWS, Places
from pyshim.tenants.schema import Slot


def slot(places: Places, name: str, slot: Slot, chars: int) -> Iterator[str]:
    for number, pattern in enumerate(slot.patterns):
        where = places.at(FLOWS, "slots", name, "patterns", number)
        try:
            if patterns.compiled(pattern).search(""):
                yield f"{where}: slot {name}: pattern {pattern!r} finds something in any text: it must not match nothing"
            else:
                patterns.check(pattern, chars)
        except re.error as error:
            yield f"{where}: slot {name}: bad pattern {pattern!r}: {error}"
        except patterns.Slow as error:
            yield f"{where}: slot {name}: pattern {pattern!r} is too slow: {error}"
    yield from _type(places, name, slot)
    if not (slot.fillable or slot.default is not None):
        can = "a type, patterns, choices, free or default is wanted"
        yield f"{places.at(FLOWS, 'slots', name)}: slot {name} can never be filled, so its flow cannot end: {can}"
    if slot.free and slot.max_chars < 1:
        yield f"{places.at(FLOWS, 'slots', name, 'max_chars')}: slot {name}: max_chars of 1 or more is wanted"


def _type(places: Places, name: str, slot: Slot) -> Iterator[str]:
    """What a type needs to be read."""
    kinds = (slot.type, *slot.also)
    if "number" in kinds and not slot.shapes:
        yield f"{places.at(FLOWS, 'slots', name)}: slot {name}: a number has `shapes`, as in [{{prefix: T, digits: 10}}]"
    for number, shape in enumerate(slot.shapes):
        if shape.lengths[0] > shape.lengths[1]:
            where = places.at(FLOWS, "slots", name, "shapes", number)
            yield f"{where}: slot {name}: digits {shape.digits}: at least, then at most is wanted"
    if "choice" in kinds and not slot.choices:
        yield f"{places.at(FLOWS, 'slots', name)}: slot {name}: a choice has `choices`"
    if slot.everything and slot.everything not in slot.choices:
        yield f"{places.at(FLOWS, 'slots', name, 'everything')}: slot {name}: {slot.everything!r} is none of its choices"
    if list(slot.choices) == [slot.everything]:
        yield f"{places.at(FLOWS, 'slots', name, 'everything')}: slot {name}: {slot.everything!r} stands for no other choice"
    if not 0 <= slot.least <= slot.most:
        yield f"{places.at(FLOWS, 'slots', name, 'least')}: slot {name}: least, then most is wanted, from 0"
