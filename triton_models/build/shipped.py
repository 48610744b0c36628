"""Who will ask, and what do they say, as far as the models care?

Where the sentences cover all that the shipped tenants know, these are the ones who ask; else each folder of the sentences is a
tenant with its own and the general intents. The shipped tenants' FAQs cover what no intent covers: the first two wordings of an
entry are trained on as out_of_scope, the others are kept to calibrate recall with, so that they are as new as a customer's.
"""

from __future__ import annotations

from pyshim.settings import ROOT, read_settings
from pyshim.tenants import source
from pyshim.tenants.reader import load
from pyshim.tenants.schema import Tenant
from triton_models.build.corpus import GENERAL, OUT_OF_SCOPE, Corpus, Group
from triton_models.build.measure import Audience
from triton_models.build.tenancy import Tenancy

TRAINED = 2  # wordings of an entry
TENANTS = ROOT / "gateway" / "tenants"


def shipped() -> list[Tenant]:
    return [load(source.of_folder(folder), read_settings({})) for folder in sorted(TENANTS.iterdir())]


def asking(tenancy: Tenancy) -> tuple[list[Audience], list[Tenant]]:
    """Who asks, and those of them whose FAQ is known."""
    tenants = shipped()
    if all(set(tenant.intents) <= set(tenancy.labels) for tenant in tenants):
        return [Audience.of(tenant) for tenant in tenants], tenants
    owned = {name: frozenset(tenancy.labels[column] for column in tenancy.columns(name)) for name in tenancy.tenants}
    return [Audience(name, intents - {OUT_OF_SCOPE}, intents - {OUT_OF_SCOPE}) for name, intents in owned.items()], []


def faq(tenants: list[Tenant]) -> Corpus:
    """The wordings of every entry that are trained on, as a group; one at least is not."""
    entries = [question.wordings[:-1][:TRAINED] for one in tenants for question in one.faq]
    return Corpus(tuple(Group(OUT_OF_SCOPE, GENERAL, tuple(wordings)) for wordings in entries if wordings))
