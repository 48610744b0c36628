"""What does the shipped version's card say? The figures of the run that trained it."""

from typing import Any

import msgspec

from loadtest.claims.claim import NotMeasured
from pyshim.settings import read_settings
from pyshim.understanding.model import read_model


def read() -> dict[str, Any]:
    """Raises NotMeasured."""
    path = read_model(read_settings({}).models).folder / "card.json"
    try:
        return dict(msgspec.json.decode(path.read_bytes()))
    except (OSError, msgspec.DecodeError) as error:
        raise NotMeasured(f"{path}: {error}") from None
