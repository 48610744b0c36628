"""What became of a call of which nobody heard the end?

It was sent, and then the back end was silent, or the shim died, or the turn could not be stored. Any shim asks about it, backing
off: by the task's `check:`, or by the same call with the same key where the task is `idempotent:` for so long. What it finds is
told with the customer's next turn.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from string import Formatter

from msgspec.structs import replace

from pyshim.dialogue import outcomes
from pyshim.errors import RedisAway
from pyshim.outside.backend import Backend, Refused
from pyshim.telemetry import metrics
from pyshim.tenants.schema import Call, Task, Tenant
from pyshim.turns.journal import LIFE_S, Journal, Whose
from pyshim.turns.turn import Sent

log = logging.getLogger(__name__)

PAUSE_S, LONGEST_S = 1.0, 600.0
PATIENCE_S = 5.0  # for the back end: no customer waits
ARRIVED_S = 60.0  # what did not arrive by then never will
LOST_S = LIFE_S - 24 * 3600  # the customer must hear it while it is kept


def question(task: Task, sent: Sent, age_s: float) -> tuple[Call | None, dict[str, str]]:
    """The call that finds out, and its values; None where there is none."""
    if task.check is not None:
        return task.check, {**sent.values, "key": sent.key}
    may_repeat = task.idempotent is not None and age_s < task.repeats_s
    return task.call if may_repeat else None, sent.values


def never_arrived(task: Task, code: str) -> bool:
    """Does its check say that no such call came? not_found does where it is no refusal of the task's own."""
    return code == "no_such_request" or (code in ("not_found", "status_404") and code not in task.errors)


def needed(call: Call) -> set[str]:
    """The values it cannot be made without."""
    return {name for _, name, _, _ in Formatter().parse(call.path) if name} | set(call.body)


class Doubts:
    """Asks about them for the life of a shim. tenant_of: the tenant as it is served now, None where it is no more."""

    def __init__(self, journal: Journal, backend: Backend, tenant_of: Callable[[str], Tenant | None]) -> None:
        self._journal, self._backend, self._tenant_of = journal, backend, tenant_of

    async def run(self) -> None:
        while True:
            await asyncio.sleep(PAUSE_S)
            try:
                await self.look()
            except RedisAway:
                continue
            except Exception:
                log.exception("calls in doubt could not be looked at")

    async def look(self) -> None:
        """Asks about what is due. Raises RedisAway."""
        due = await self._journal.due()
        asked = await asyncio.gather(*(self._one(whose, sent) for whose, sent in due), return_exceptions=True)
        for (whose, sent), fault in zip(due, asked, strict=True):
            if isinstance(fault, RedisAway | asyncio.CancelledError):
                raise fault
            if fault is not None:  # it must keep nobody from asking about the others
                log.error("%s: %s key=%s could not be asked about: %r", whose.tenant, sent.intent, sent.key, fault)

    async def leave(self) -> None:
        """Before the process ends: what was found out reaches Redis, if it is there."""
        with suppress(RedisAway):
            await self._journal.write()

    async def _one(self, whose: Whose, sent: Sent) -> None:
        known = await self._asked(whose, sent)
        if known is not None:
            metrics.found_out.labels(whose.tenant, known.outcome).inc()
            await self._journal.ended(whose, known)
            return
        wait_s = min(LONGEST_S, 2.0 * 2 ** min(sent.tries, 10))
        await self._journal.again(whose, replace(sent, tries=sent.tries + 1), wait_s)

    async def _asked(self, whose: Whose, sent: Sent) -> Sent | None:
        tenant, age_s = self._tenant_of(whose.tenant), time.time() - sent.at / 1000
        task = tenant.tasks.get(sent.intent) if tenant else None
        if age_s > LOST_S:
            return self._lost(whose, sent, "it was asked about for days")
        if tenant is None or task is None:
            return None  # another shim may know it: a configuration changes, and is taken back
        call, values = question(task, sent, age_s)
        if call is None or not needed(call) <= values.keys():
            return self._lost(whose, sent, "its task has no check, and may not be sent again, or was changed since")
        outcome = await self._backend.call(tenant.about.base, call, values, whose.user, sent.key, PATIENCE_S)
        if isinstance(outcome, Refused) and task.check is not None and never_arrived(task, outcome.code):
            if task.idempotent is None or age_s > task.repeats_s or not needed(task.call) <= sent.values.keys():
                return replace(sent, outcome="refused", code="") if age_s > ARRIVED_S else None
            outcome = await self._backend.call(tenant.about.base, task.call, sent.values, whose.user, sent.key, PATIENCE_S)
        if isinstance(outcome, Refused) and outcome.code not in task.errors:  # this question, perhaps, and not the call
            log.warning("%s: asking about %s: %s", tenant.id, sent.intent, outcome.why)
            return None
        known = outcomes.later(task, sent, outcome)
        return outcomes.without_code(task, known) if known else None

    @staticmethod
    def _lost(whose: Whose, sent: Sent, why: str) -> Sent:
        log.error("%s: nobody can find out what became of %s key=%s: %s", whose.tenant, sent.intent, sent.key, why)
        return replace(sent, outcome="lost")
