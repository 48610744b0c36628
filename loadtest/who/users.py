"""Who talks? Customers, as Locust's users: guests and holders of tokens, patient and impatient ones.

OpenUser takes the turn that is due next and sends it for whose turn it is; its latency counts from when it was due, however late
it is sent. ClosedUser is one customer who thinks, asks and waits; when sluice is slow, fewer turns come.

One process with Locust's FastHttpUser sends some 2,000 turns a second on a core of its own: about 0.5 ms of processor a turn, of
which Locust takes 0.17 (a rough figure, AMD EPYC). Where it shares two cores with sluice, half of that is much.
"""

import time
from typing import Any

import gevent  # type: ignore[import-untyped]
import msgspec
from locust import FastHttpUser, task

from loadtest.running.floor import Floor
from loadtest.running.plan import PATIENCE_S
from loadtest.running.turns import NO_LAYER
from loadtest.verdict import checks
from loadtest.verdict.checks import DOWN, Answer, Forgotten, not_served
from loadtest.who.people import Conversation, Person

CONNECT_S = 5.0
TRIES = 6  # of one turn, before a customer gives up
TRY_AGAIN_S = 1.0
GUEST = "session"  # the layer of a guest's coming in
REFRESH_S = 60.0  # a guest's token is renewed so long before it ends


class Guest(msgspec.Struct):
    """What POST /v1/session answers, as far as it matters."""

    token: str
    expires_in_s: float


class Stored(msgspec.Struct):
    """A turn of the history, as far as it matters."""

    session_id: str
    seq: int
    turn_id: str


class History(msgspec.Struct):
    turns: list[Stored]


class ChatUser(FastHttpUser):
    """What both kinds of users do with a turn. floor is set before the first is made (loadtest/running/worker.py)."""

    abstract = True
    network_timeout, connection_timeout = PATIENCE_S, CONNECT_S
    insecure = False  # they bring tokens
    floor: Floor

    def turn(self, one: Conversation, due: float, late: float) -> None:
        """Sends it, sees what comes back, and decides how the conversation goes on. due: seconds since the load began."""
        floor = self.floor
        floor.flying += 1
        try:
            if one.person.guest and one.person.until < time.monotonic() + REFRESH_S:
                self._come_in(one, due, late)
            else:
                self._say(one, due, late)
        finally:
            floor.flying -= 1

    # -- one turn --------------------------------------------------------------------------------------------------------------

    def _say(self, one: Conversation, due: float, late: float) -> None:
        body = msgspec.json.encode({"query": one.say.query, "session_id": one.session, "seq": one.seq})
        impatient = self.floor.people.impatient()
        twin = gevent.spawn(self._post, one.person, body, due, late) if impatient == "meanwhile" else None
        answer, wait_s = self._post(one.person, body, due, late)
        again = None if twin is None else twin.get()[0]  # a greenlet that has ended is false
        if answer is not None and impatient == "after":
            again, _ = self._post(one.person, body, self.floor.now(), 0.0)
        if answer is None:
            self._try_again(one, wait_s)
        else:
            self._go_on(one, answer, again)

    def _post(self, person: Person, body: bytes, due: float, late: float) -> tuple[Answer | None, float]:
        """The answer, or None and how many seconds the customer was told to wait."""
        with self._asked("POST", "/v1/chat", person, body) as response:
            tenant, answer, error = person.place.tenant, None, self._error(response)
            layer = NO_LAYER if response.headers is None else response.headers.get("x-answered-by") or NO_LAYER
            if not error:
                answer, error = self._read(response)
            if answer is not None and not_served(tenant, answer):
                error = DOWN  # the customer was not served, whatever the status
            if layer == "stored" and answer is not None:
                layer = answer.answered_by
            took = self.floor.now() - due
            self._told(response, f"{tenant.id} {layer}", took, error)
            self.floor.turns.add(due, took, late, tenant.id, layer, error)
            wait_s = 0.0 if response.headers is None else float(response.headers.get("retry-after") or 0)
            return answer, wait_s

    def _read(self, response: Any) -> tuple[Answer | None, str]:
        try:
            return msgspec.json.decode(response.content or b"", type=Answer), ""
        except msgspec.DecodeError:
            return None, "unreadable"

    def _go_on(self, one: Conversation, answer: Answer, again: Answer | None) -> None:
        floor, people = self.floor, self.floor.people
        if answer.degraded or (again and again.degraded):
            floor.count("degraded")  # promised while Redis is away: the dialogue cannot be followed, so nothing is to be checked
            people.leave(one)
            return
        try:
            if again is not None:
                floor.count("sent_twice")
                checks.same(answer, again)
            checks.position(answer, one.session, one.seq)
            one.given[one.seq] = answer
            one.say = one.talk.send(answer)
        except StopIteration:
            self._finish(one)
        except Forgotten as failure:
            self._forgot(one, failure)
            people.leave(one)
        else:
            one.seq, one.tried = one.seq + 1, 0
            people.think(one, time.monotonic() + people.pause())

    def _finish(self, one: Conversation) -> None:
        self.floor.count("conversations")
        try:
            if self.floor.people.looks_up():
                self._look_up(one)
        except Forgotten as failure:
            self._forgot(one, failure)
        self.floor.people.leave(one)

    def _forgot(self, one: Conversation, failure: Forgotten) -> None:
        """For the record, and for Locust's own page."""
        self.floor.forgot(one, failure)
        name, request = f"{one.person.place.tenant.id} context", self.environment.events.request
        request.fire(request_type="CHECK", name=name, response_time=0, response_length=0, exception=failure, context={})

    def _try_again(self, one: Conversation, wait_s: float) -> None:
        """The same seq once more, as a client should: if the turn was answered, it must not happen twice."""
        one.tried += 1
        self.floor.count("tried_again")
        if one.tried < TRIES:
            self.floor.people.think(one, time.monotonic() + max(TRY_AGAIN_S, wait_s))
        else:
            self.floor.count("given_up")
            self.floor.people.leave(one, come_back=False)

    # -- around it -------------------------------------------------------------------------------------------------------------

    def _come_in(self, one: Conversation, due: float, late: float) -> None:
        """A guest gets a token; this is a turn of its own."""
        person = one.person
        body = msgspec.json.encode({"tenant": person.place.tenant.id})
        with self._asked("POST", "/v1/session", person, body) as response:
            error, took = self._error(response, good=201), self.floor.now() - due
            if not error:
                guest = msgspec.json.decode(response.content, type=Guest)
                person.token, person.until = guest.token, time.monotonic() + guest.expires_in_s
            self._told(response, f"{person.place.tenant.id} {GUEST}", took, error)
        self.floor.turns.add(due, took, late, person.place.tenant.id, GUEST, error)
        self.floor.people.think(one, time.monotonic() + (TRY_AGAIN_S if error else 0.0))

    def _look_up(self, one: Conversation) -> None:
        """Every turn that was answered is in the history, once. Raises Forgotten."""
        with self._asked("GET", f"/v1/history?limit={min(100, len(one.given) + 2)}", one.person, None) as response:
            error = self._error(response)
            self._told(response, f"{one.person.place.tenant.id} history", response.request_meta["response_time"] / 1e3, error)
            if error:
                self.floor.count("histories_not_read")
                return
            turns = msgspec.json.decode(response.content, type=History).turns
        self.floor.count("histories")
        found = sorted((turn.seq, turn.turn_id) for turn in turns if turn.session_id == one.session)
        checks.kept(found, one.given)

    def _asked(self, method: str, path: str, person: Person, body: Any) -> Any:
        headers = {"Authorization": f"Bearer {person.token}"} if person.token else {}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if self.floor.plan.scenario.fresh:
            headers["Connection"] = "close"
        return self.client.request(method, path, data=body, headers=headers, catch_response=True)

    @staticmethod
    def _error(response: Any, good: int = 200) -> str:
        """ "", a status, "timeout" or "connection"."""
        if response.status_code == good:
            return ""
        if response.status_code:
            return str(response.status_code)
        error = response.error
        return "timeout" if isinstance(error, TimeoutError | gevent.Timeout) or "timed out" in str(error) else "connection"

    @staticmethod
    def _told(response: Any, name: str, took_s: float, error: str) -> None:
        """What Locust's own statistics and page show."""
        response.request_meta |= {"name": name, "response_time": took_s * 1e3}
        if error:
            response.failure(error)
        else:
            response.success()


class OpenUser(ChatUser):
    """Sends what is due."""

    @task
    def serve(self) -> None:
        self.floor.serve(self.turn)


class ClosedUser(ChatUser):
    """One customer at a time, who thinks, asks and waits."""

    @task
    def ask(self) -> None:
        floor = self.floor
        floor.begun.wait()
        floor.ended.wait(floor.people.pause())
        one = None if floor.over else floor.people.next(time.monotonic())
        if one is not None:
            self.turn(one, floor.now(), 0.0)
