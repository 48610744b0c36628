"""What do the shipped tenants say, as far as the models care?

Their FAQs cover what no intent covers: all wordings of an entry but the last are trained on as out_of_scope, the last
is kept to calibrate recall with.
"""

from __future__ import annotations

from pyshim import tenant
from pyshim.config import ROOT
from pyshim.tenant import Tenant
from triton_models.build.corpus import GENERAL, OUT_OF_SCOPE, Corpus, Group

TENANTS = ROOT / "gateway" / "tenants"


def shipped() -> list[Tenant]:
    return [tenant.load(folder, {}) for folder in sorted(TENANTS.iterdir())]


def faq(tenants: list[Tenant]) -> Corpus:
    """Every entry with more than one wording as a group, without its last wording."""
    entries = [question.wordings[:-1] for one in tenants for question in one.faq]
    return Corpus(tuple(Group(OUT_OF_SCOPE, GENERAL, tuple(wordings)) for wordings in entries if wordings))
