"""What has this tenant brought?

Its files are read strictly (pyshim/tenants/schema.py says what can be in them): each fault names file and line, all are told at
once, and nothing is half loaded.
"""

import string
from collections.abc import Callable
from typing import TypeVar

from pyshim.errors import BadTenant
from pyshim.settings import Settings
from pyshim.tenants import addresses, lines
from pyshim.tenants.addresses import Ranges
from pyshim.tenants.schema import About, Flows, Question, Replies, Tenant
from pyshim.tenants.source import Source

T = TypeVar("T")
BLOCKED_CHARS_MAX = 40
LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def _faq(source: Source) -> list[Question]:
    questions: list[Question] = []
    faults: list[str] = []
    for number, line in enumerate(source.text("faq.tsv").splitlines(), 1):
        if number == 1 or not line.strip():
            continue
        cells = line.split("\t")
        if len(cells) != 2 or not all(cell.strip() for cell in cells):
            faults.append(f"{source.place('faq.tsv')}:{number}: question, tab, answer is wanted")
        else:
            questions.append(Question([wording.strip() for wording in cells[0].split(" | ")], cells[1].strip()))
    if faults:
        raise BadTenant(*faults)
    return questions


def _lines(source: Source, name: str) -> list[str]:
    return [entry for line in source.text(name).splitlines() if (entry := line.strip())]


def _ranges(source: Source, name: str) -> Ranges:
    return addresses.of(addresses.parse(source.text(name), source.place(name)))


def _blocked(source: Source, name: str) -> list[str]:
    """Words nobody may say here; # begins a comment. A-Z count in any case (lua/edge/words.lua)."""
    words: dict[str, None] = {}
    faults: list[str] = []
    for number, line in enumerate(source.text(name).splitlines(), 1):
        word = line.partition("#")[0].strip().translate(LOWER)
        if len(word) == 1:
            faults.append(f"{source.place(name)}:{number}: {word!r} would refuse too much: two characters or more are wanted")
        elif len(word) > BLOCKED_CHARS_MAX:
            faults.append(f"{source.place(name)}:{number}: at most {BLOCKED_CHARS_MAX} characters are wanted")
        elif word:
            words[word] = None
    if faults:
        raise BadTenant(*faults)
    return list(words)


class _Reader:
    """Reads one part after another; faults are gathered, so that all are told at once."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.faults: list[str] = []

    def yaml(self, name: str, kind: type[T]) -> T | None:
        def read() -> T:
            if name not in self._source.files:
                raise BadTenant(f"{self._source.place(name)}: no such file")
            return lines.convert(self._source.place(name), self._source.text(name), kind)

        return self.part(read)

    def part(self, read: Callable[[], T]) -> T | None:
        try:
            return read()
        except BadTenant as error:
            self.faults += error.faults
            return None


def about(source: Source) -> About:
    """Its tenant.yaml alone. Raises BadTenant."""
    return lines.convert(source.place("tenant.yaml"), source.text("tenant.yaml"), About)


def load(source: Source, settings: Settings) -> Tenant:
    """The tenant. Raises BadTenant with all faults of its files; what they say together is for pyshim/tenants/checks/."""
    reader = _Reader(source)
    about = reader.yaml("tenant.yaml", About)
    replies = reader.yaml("replies.yaml", Replies)
    flows = reader.yaml("flows.yaml", Flows)
    faq = reader.part(lambda: _faq(source))
    words = {name: reader.part(lambda name=name: _lines(source, f"words/{name}.txt")) for name in ("mask", "allow")}  # type: ignore[misc]
    lists = {
        name: reader.part(lambda name=name: _ranges(source, f"lists/addresses_{name}.txt"))  # type: ignore[misc]
        for name in ("refused", "trusted")
    }
    blocked = reader.part(lambda: _blocked(source, "words/blocked.txt"))
    if reader.faults:
        raise BadTenant(*reader.faults)
    assert about is not None
    assert replies is not None
    assert flows is not None
    confidence = about.thresholds.confidence
    return Tenant(
        id=source.tenant,
        digest=source.digest,
        about=about,
        replies=replies.replies,
        phrases=replies.phrases,
        slots=flows.slots,
        tasks={**flows.actions, **flows.flows},
        faq=faq or [],
        mask=words["mask"] or [],
        allow=words["allow"] or [],
        blocked=blocked or [],
        addresses_refused=lists["refused"] or Ranges(),
        addresses_trusted=lists["trusted"] or Ranges(),
        confidence_min=settings.confidence_min if confidence is None else confidence,
    )
