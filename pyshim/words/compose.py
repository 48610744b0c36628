"""How does an answer leave the house?

Not a layer: the exit. Sensitive words are masked (what the allow-list covers stays), campaign text is appended. A tenant's own
words are always masked; those of the large lists (pyshim/words/sensitive.py) where they are strong or their surroundings offend.
"""

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import ahocorasick_rs

from pyshim.words.sensitive import Sensitive

LONGEST = ahocorasick_rs.MatchKind.LeftmostLongest


class Campaign(Protocol):
    """A text appended to the answers of some intents, from one moment until another."""

    text: str
    from_: datetime
    until: datetime
    intents: list[str]


class Composer:
    """Masks and decorates the answers of one tenant. mask, allow: its own words and phrases; large: the lists of all tenants."""

    def __init__(
        self, mask: Sequence[str], allow: Sequence[str], campaign: Campaign | None = None, large: Sensitive | None = None
    ) -> None:
        self._large = large
        self._campaign = campaign
        self._mask = ahocorasick_rs.AhoCorasick(mask, matchkind=LONGEST) if mask else None
        self._allow = ahocorasick_rs.AhoCorasick(allow, matchkind=LONGEST) if allow else None

    def masked(self, text: str) -> str:
        """text with every sensitive word replaced by as many ＊, unless it lies inside an allowed phrase."""
        found = [(start, end) for _, start, end in self._mask.find_matches_as_indexes(text)] if self._mask else []
        if self._large:
            found += self._large.spans(text)
        if not found:
            return text
        allowed = self._allow.find_matches_as_indexes(text, overlapping=False) if self._allow else []
        characters = list(text)
        for start, end in found:
            if not any(first <= start and end <= last for _, first, last in allowed):
                characters[start:end] = "＊" * (end - start)
        return "".join(characters)

    def campaign_text(self, intent: str | None) -> str | None:
        """The campaign's text where it belongs to this intent, whatever the time."""
        if self._campaign is not None and intent in self._campaign.intents:
            return self._campaign.text
        return None

    def compose(self, answer: str, intent: str | None) -> str:
        """The answer as the client gets it now."""
        text = self.masked(answer)
        extra = self.campaign_text(intent)
        if extra and self._campaign and self._campaign.from_.timestamp() <= time.time() < self._campaign.until.timestamp():
            text = f"{text}\n{extra}"
        return text
