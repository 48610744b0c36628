"""How is a person reached, right now?"""

import re
from datetime import UTC, datetime, timedelta, timezone

from pyshim.tenants.schema import Hours, Tenant


def reached(tenant: Tenant, now: datetime | None = None) -> str:
    """The tenant's sentence about it. now: with a time zone."""
    people = tenant.about.people
    if people is None:
        return tenant.phrases.people_none
    there = people.open is None or is_open(people.open, now or datetime.now(UTC))
    phrase = tenant.phrases.people_open if there else tenant.phrases.people_closed
    return re.sub(r"\{(phone|hours)\}", lambda match: str(getattr(people, match.group(1))), phrase)


def is_open(hours: Hours, now: datetime) -> bool:
    """until may lie before from: over midnight, and the day is that on which it began."""
    sign = -1 if hours.zone[0] == "-" else 1
    local = now.astimezone(timezone(sign * timedelta(hours=int(hours.zone[1:3]), minutes=int(hours.zone[4:6]))))
    at, begins, ends = local.hour * 60 + local.minute, _minutes(hours.from_), _minutes(hours.until)
    today, yesterday = local.isoweekday() in hours.days, (local.isoweekday() - 2) % 7 + 1 in hours.days
    if begins < ends:
        return today and begins <= at < ends
    return (today and at >= begins) or (yesterday and at < ends)


def _minutes(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])
