"""What is different between two versions?

summary() for the log, a line for each thing; text() for whoever wants to read it: a unified diff. Of keys only their names are
told.
"""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher, unified_diff

from pyshim.errors import BadTenant
from pyshim.identity import jwks
from pyshim.tenants.source import FILES, Source


def _pairs(before: Sequence[Source], after: Sequence[Source]) -> Iterator[tuple[str, Source | None, Source | None]]:
    old, new = ({one.tenant: one for one in sources} for sources in (before, after))
    for name in sorted({*old, *new}):
        if old.get(name) is None or new.get(name) is None or old[name].digest != new[name].digest:
            yield name, old.get(name), new.get(name)


def _lines(source: Source | None, name: str) -> list[str]:
    return source.text(name).splitlines() if source else []


def _kids(source: Source | None) -> list[str]:
    if source is None:
        return []
    try:
        return [key.kid for key in jwks.parse(source.keys, source.keys_where)]
    except BadTenant:
        return []


def _keys(old: Source | None, new: Source | None) -> str:
    """Which keys came and went, or that their order or content is another."""
    had, has = _kids(old), _kids(new)
    told = [f"+{kid}" for kid in has if kid not in had] + [f"-{kid}" for kid in had if kid not in has]
    return " ".join(told) or "in another order, or with other content"


def summary(before: Sequence[Source], after: Sequence[Source]) -> list[str]:
    found = []
    for name, old, new in _pairs(before, after):
        if old is None or new is None:
            found.append(f"{name}: {'a new tenant' if old is None else 'gone'}")
            continue
        for file in FILES:
            added, removed = _counts(_lines(old, file), _lines(new, file))
            if added or removed:
                found.append(f"{name}: {file} +{added} -{removed}")
        if old.keys != new.keys:
            found.append(f"{name}: keys {_keys(old, new)}")
    return found


def _counts(old: list[str], new: list[str]) -> tuple[int, int]:
    """Lines that came and went."""
    added = removed = 0
    if old != new:
        for kind, old_from, old_to, new_from, new_to in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
            if kind != "equal":
                added, removed = added + new_to - new_from, removed + old_to - old_from
    return added, removed


def text(before: Sequence[Source], after: Sequence[Source], was: str, becomes: str) -> Iterator[str]:
    """The lines of the difference. was, becomes: how the two are called."""
    for name, old, new in _pairs(before, after):
        for file in FILES:
            there, here = f"{was}: {name}/{file}", f"{becomes}: {name}/{file}"
            yield from unified_diff(_lines(old, file), _lines(new, file), there, here, n=2, lineterm="")
        if (old.keys if old else b"") != (new.keys if new else b""):
            yield f"{name}: keys {_keys(old, new)}"
