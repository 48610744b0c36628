"""What is in a version folder of the model, as far as serving reads it?"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import msgspec

from pyshim.errors import BadTenant
from pyshim.settings import MODEL
from pyshim.understanding import recall
from pyshim.understanding.folder import versions
from pyshim.understanding.intents import OUT_OF_SCOPE
from pyshim.understanding.recall import NEVER, Judge


class Calibration(msgspec.Struct):
    """calibration.json of a model version. Thresholds are probabilities; recall_threshold is a cosine; twins are intents of two
    tenants that ask nearly the same; foreign is the prior of an intent that a tenant does not have, set against one of its own,
    which came equally often in training."""

    temperature: float
    twins: list[tuple[str, str]]
    router_thresholds: dict[str, float]
    recall_threshold: float
    foreign: float = 1.0

    def router_threshold(self, tenant: str) -> float:
        """A tenant the model was not calibrated for gets the strictest of those it was."""
        return self.router_thresholds.get(tenant, max(self.router_thresholds.values(), default=NEVER))


@dataclass(frozen=True, slots=True)
class Model:
    """One version folder: labels in the order of LOGITS, how to read its scores, and what judges recall, where it has that."""

    version: int
    folder: Path
    labels: list[str]
    calibration: Calibration
    judge: Judge | None = None

    def columns(self, intents: Collection[str]) -> list[int]:
        """Columns of LOGITS that compete for a sentence said to a tenant with these intents, 0-based: all, but for others' twins
        of its own. What falls on an intent the tenant does not have is out of scope."""
        mine = {*intents, OUT_OF_SCOPE}
        both = self.calibration.twins
        twins = {a for a, b in [*both, *((b, a) for a, b in both)] if b in mine} - mine
        return [number for number, label in enumerate(self.labels) if label not in twins]


def read_model(models: Path, version: int | None = None) -> Model:
    """A version of the student; the highest where none is named. Raises BadTenant when it is incomplete."""
    found = versions(models / MODEL)
    if not found:
        raise BadTenant(f"{models / MODEL}: no version folder; `make models` makes one")
    folder = models / MODEL / str(version or found[-1])
    try:
        labels = (folder / "labels.txt").read_text(encoding="utf-8").split()
        calibration = msgspec.json.decode((folder / "calibration.json").read_bytes(), type=Calibration)
        judge = recall.load(folder)
    except (OSError, msgspec.DecodeError) as error:
        raise BadTenant(f"{folder}: {error}") from None
    except recall.RecallFileError as error:
        raise BadTenant(str(error)) from None
    return Model(int(folder.name), folder, labels, calibration, judge)
