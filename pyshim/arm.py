"""How does one version of the model read a tenant's sentences?

An arm is a version folder as a shim serves it: which columns of its LOGITS compete for a tenant, what they mean, and the tenant's
FAQ embedded by that very version. Two arms are never mixed within one answer.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pyshim.snapshot import DIALOGUE_INTENTS, OUT_OF_SCOPE, SMALL_TALK, Model
from pyshim.tenant import Tenant

LOOKED_AT = 16
NOT_OFFERED = {OUT_OF_SCOPE, *DIALOGUE_INTENTS, *SMALL_TALK}


class Meaning(NamedTuple):
    """likeliest: intents with something to say, best first."""

    intent: str
    confidence: float
    likeliest: list[str]


class _Reading:
    """columns: of LOGITS that compete for one tenant; foreign bool [columns]: intents it does not have; offered: what "did you
    mean" may name."""

    def __init__(self, model: Model, tenant: Tenant) -> None:
        mine = {*tenant.intents, OUT_OF_SCOPE}
        self.columns = np.array(model.columns(tenant))
        self.foreign = np.array([model.labels[column] not in mine for column in self.columns])
        self.offered = frozenset(tenant.intents) - NOT_OFFERED


class Index(NamedTuple):
    """A FAQ's wordings, and their embeddings [wordings, 128]."""

    wordings: tuple[str, ...]
    rows: npt.NDArray[np.float32]


class Arm:
    """index: each tenant's FAQ by the tenant's digest, filled by l6_recall. attempt: which load of this version it is."""

    def __init__(self, model: Model, attempt: int = 0) -> None:
        self.model, self.version, self.attempt = model, str(model.version), attempt
        self.index: dict[str, Index] = {}
        self._labels = model.labels
        self._out_of_scope = model.labels.index(OUT_OF_SCOPE)
        self._readings: dict[str, _Reading] = {}

    def read(self, tenant: Tenant, logits: npt.NDArray[np.float32]) -> Meaning:
        """What falls on an intent the tenant does not have is out of scope."""
        reading = self._readings.get(tenant.digest)
        if reading is None:
            reading = self._readings[tenant.digest] = _Reading(self.model, tenant)
        columns, foreign = reading.columns, reading.foreign
        scores = logits[columns] / self.model.calibration.temperature
        weights = np.exp(scores - scores.max())
        weights /= weights.sum()
        weights[columns == self._out_of_scope] += weights[foreign].sum()
        weights[foreign] = 0
        ranked = np.argsort(-weights)
        names = [self._labels[columns[number]] for number in ranked[:LOOKED_AT]]
        return Meaning(names[0], float(weights[ranked[0]]), [name for name in names if name in reading.offered])

    def forget(self, kept: set[str]) -> None:
        """What was made for tenants, but for those with these digests."""
        for made in (self.index, self._readings):
            for digest in made.keys() - kept:
                del made[digest]


class Arms:
    """Those that serve now. Swapped by assignment: a turn keeps the one it began with."""

    def __init__(self, stable: Arm) -> None:
        self.stable = stable
        self.candidate: Arm | None = None

    def all(self) -> list[Arm]:
        return [arm for arm in (self.stable, self.candidate) if arm is not None]

    def forget(self, kept: set[str]) -> None:
        """What was made for tenants, but for those with these digests."""
        for arm in self.all():
            arm.forget(kept)

    def of(self, version: str) -> Arm:
        """The arm nginx drew; the stable one where this shim does not have that one (yet, or any more)."""
        candidate = self.candidate
        return candidate if candidate is not None and candidate.version == version else self.stable
