"""How does one version of the model read a tenant's sentences?

A version is a folder as a shim serves it: which columns of its LOGITS compete for a tenant, what they mean, and the tenant's FAQ
embedded by that very version. Two versions are never mixed within one answer.
"""

from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from pyshim.understanding import proposer
from pyshim.understanding.intents import DIALOGUE_INTENTS, OUT_OF_SCOPE, SMALL_TALK
from pyshim.understanding.likeness import Entries
from pyshim.understanding.model import Model

LOOKED_AT, CLEAR = 16, 0.95
NOT_OFFERED = {OUT_OF_SCOPE, *DIALOGUE_INTENTS, *SMALL_TALK}


class Spoken(Protocol):
    """Whom the sentences are said to: digest tells two contents of one tenant apart."""

    digest: str

    @property
    def intents(self) -> list[str]: ...


class Meaning(NamedTuple):
    """likeliest: intents with something to say, best first; of what is clear only that."""

    intent: str
    confidence: float
    likeliest: list[str]


class _Reading:
    """How one tenant is read. columns: of LOGITS that compete; priors [columns]: what is added to their scores, the logarithm of
    `foreign` for intents it does not have; own: places in columns of those it has, and out_of_scope among them; names: theirs;
    offered: what "did you mean" may name."""

    def __init__(self, model: Model, intents: list[str]) -> None:
        mine = {*intents, OUT_OF_SCOPE}
        self.columns = np.array(model.columns(intents))
        labels = [model.labels[column] for column in self.columns]
        lacks = np.log(model.calibration.foreign)
        self.priors = np.array([0.0 if label in mine else lacks for label in labels], np.float32)
        self.own = np.array([place for place, label in enumerate(labels) if label in mine])
        self.names = [labels[place] for place in self.own]
        self.out_of_scope = self.names.index(OUT_OF_SCOPE)
        self.offered = frozenset(intents) - NOT_OFFERED


class Index(NamedTuple):
    """A FAQ's wordings, each with the number of its entry, and their embeddings [wordings, 128]; entries: as the version's judge
    asks them, None where it has none."""

    wordings: tuple[tuple[str, int], ...]
    rows: npt.NDArray[np.float32]
    entries: Entries | None


class Version:
    """name: its number, as Triton and nginx have it; attempt: which load of it this is; faq: each tenant's by its digest
    (pyshim/understanding/faq.py); proposer: reads what answers a question, None in a version without one. Raises BadTenant."""

    def __init__(self, model: Model, attempt: int = 0) -> None:
        self.model, self.name, self.attempt = model, str(model.version), attempt
        self.faq: dict[str, Index] = {}
        self.proposer = proposer.load(model.folder, model.labels)
        self._readings: dict[str, _Reading] = {}

    def read(self, to: Spoken, logits: npt.NDArray[np.float32]) -> Meaning:
        """What a sentence with these LOGITS means to a tenant. What falls on an intent it does not have is out of scope."""
        reading = self._readings.get(to.digest)
        if reading is None:
            reading = self._readings[to.digest] = _Reading(self.model, to.intents)
        weights = logits[reading.columns]
        weights /= self.model.calibration.temperature
        weights += reading.priors
        weights -= np.maximum.reduce(weights)
        np.exp(weights, out=weights)
        own, total = weights[reading.own], np.add.reduce(weights)
        own[reading.out_of_scope] += total - np.add.reduce(own)
        best = int(own.argmax())
        name, confidence = reading.names[best], float(own[best] / total)
        if confidence >= CLEAR:  # nobody asks what else it might be
            return Meaning(name, confidence, [name] if name in reading.offered else [])
        likeliest = (reading.names[place] for place in np.argsort(-own)[:LOOKED_AT].tolist())
        return Meaning(name, confidence, [one for one in likeliest if one in reading.offered])

    def forget(self, kept: set[str]) -> None:
        """What was made for tenants, but for those with these digests."""
        for made in (self.faq, self._readings):
            for digest in made.keys() - kept:
                del made[digest]


class Versions:
    """Those that serve now. Swapped by assignment: a turn keeps the one it began with."""

    def __init__(self, stable: Version) -> None:
        self.stable = stable
        self.candidate: Version | None = None

    def all(self) -> list[Version]:
        return [one for one in (self.stable, self.candidate) if one is not None]

    def forget(self, kept: set[str]) -> None:
        """What was made for tenants, but for those with these digests."""
        for one in self.all():
            one.forget(kept)

    def of(self, name: str) -> Version:
        """The version nginx drew; the stable one where this shim does not have that one (yet, or any more)."""
        candidate = self.candidate
        return candidate if candidate is not None and candidate.name == name else self.stable
