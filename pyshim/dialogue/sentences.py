"""How is a tenant's sentence filled in?"""

import hashlib
from collections.abc import Mapping

from pyshim.tenants.schema import PLACEHOLDER


def filled(template: str, fields: Mapping[str, object]) -> str:
    """The template with every {name} replaced; a name nobody filled becomes empty."""
    return PLACEHOLDER.sub(lambda match: said(fields.get(match.group(1))), template)


def said(value: object) -> str:
    return "" if value is None else str(value)


def digest(text: str) -> str:
    """Tells two texts apart."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]
