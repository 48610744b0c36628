"""Is what tenant.yaml says of back end, campaign and people possible?"""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from pyshim.identity import tokens
from pyshim.identity.jwks import Key
from pyshim.outside import secrets
from pyshim.outside.base import EXAMPLE
from pyshim.settings import ROOT
from pyshim.tenants.checks.places import ABOUT, Places
from pyshim.tenants.schema import People

BACKEND = re.compile(rf"https?://[^/\s]+|{re.escape(EXAMPLE)}")
CALENDAR = 1902, 2098  # years for which the readers of dates have a calendar, and one on either side
OURS = {  # headers that no tenant's credential may be
    *("x-user-id", "idempotency-key", "traceparent", "host", "connection", "accept-encoding", "content-type", "content-length"),
    *("transfer-encoding", "te", "upgrade", "expect", "trailer"),
}


def campaign(places: Places) -> Iterator[str]:
    campaign = places.tenant.about.campaign
    if campaign is None:
        return
    if campaign.from_.tzinfo is None or campaign.until.tzinfo is None:
        yield f"{places.at(ABOUT, 'campaign')}: from and until need a time zone, as in 2026-11-01T00:00:00+08:00"
    elif campaign.from_ >= campaign.until:
        yield f"{places.at(ABOUT, 'campaign', 'until')}: until must be after from"
    for number, intent in enumerate(campaign.intents):
        if intent not in places.tenant.intents:
            where = places.at(ABOUT, "campaign", "intents", number)
            yield f"{where}: campaign: this tenant has no intent {intent!r}"


def basics(places: Places, keys: list[Key]) -> Iterator[str]:
    if places.tenant.about.guests and not places.source.signs and all(key.signs is None for key in keys):
        yield f"{places.at(ABOUT, 'guests')}: guests: true, but {places.source.keys_where} has {tokens.ONLY_PUBLIC}"
    backend, today = places.tenant.about.backend, places.tenant.about.today
    if backend is not None and not _is_base(backend):
        yield f"{places.at(ABOUT, 'backend')}: http:// or https:// and a host are wanted, not {backend!r}"
    yield from _credential(places)
    if today is not None and not CALENDAR[0] <= today.year <= CALENDAR[1]:
        yield f"{places.at(ABOUT, 'today')}: a day from {CALENDAR[0]} to {CALENDAR[1]} is wanted, not {today}"


def _credential(places: Places) -> Iterator[str]:
    known = places.tenant.about.credential
    if known is None:
        return
    if places.tenant.about.backend is None:
        yield f"{places.at(ABOUT, 'credential')}: credential: there is no `backend` that wants one"
    if known.header.lower() in OURS:
        where = places.at(ABOUT, "credential", "header")
        yield f"{where}: credential: {known.header} is a header of every call already"
    try:
        secrets.read(ROOT / known.file)
    except secrets.Unusable as error:
        yield f"{places.at(ABOUT, 'credential', 'file')}: credential: {error}"


def people(places: Places) -> Iterator[str]:
    people = places.tenant.about.people or People("1", "1")
    for name, text in [("phone", people.phone), ("hours", people.hours)]:
        if not text.strip():
            yield f"{places.at(ABOUT, 'people', name)}: people: {name} is wanted: who wants a person is told nothing else"
    if people.open is not None and people.open.from_ in (people.open.until, "24:00"):
        why = "open never: until must be after from, or on the next day; without `open` somebody is always there"
        yield f"{places.at(ABOUT, 'people', 'open', 'from')}: people: {why}"
    if people.open is not None and not people.open.days:
        yield f"{places.at(ABOUT, 'people', 'open', 'days')}: people: open never: 1 is Monday; without `days` all are meant"


def _is_base(backend: str) -> bool:
    """Can a path follow it?"""
    try:
        parts = urlsplit(backend.replace(EXAMPLE, "http://127.0.0.1"))
        return bool(BACKEND.match(backend) and parts.hostname and parts.port != 0 and not (parts.query or parts.fragment))
    except ValueError:  # a port that is none, half a bracket
        return False
