"""Are turns of one user ordered, and none lost, when several are on their way at once? On a real Redis."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from pyshim.errors import Refusal
from pyshim.layers import Layer
from pyshim.outside.redis import Redis, opened
from pyshim.serve.conversation import Conversations
from pyshim.settings import read_settings
from pyshim.tenants.compile import composer
from pyshim.tenants.schema import Tenant
from pyshim.turns import memory as memories
from pyshim.turns import wire
from pyshim.turns.late import Late
from pyshim.turns.memory import Conflict, Memory
from pyshim.turns.turn import Reply, Turn
from tests.conftest import RedisServer
from tests.takes_nothing import FAULTS, takes_nothing

pytestmark = pytest.mark.real


@pytest.fixture
async def memory(redis_server: RedisServer) -> AsyncIterator[Memory]:
    settings = read_settings({"SLUICE_REDIS": str(redis_server.socket)})
    async with opened(settings, 2) as redis:
        yield Memory(settings, redis)


class Counts(Layer):
    """Answers with how often it saw this conversation, and thinks a while."""

    name, on_error = "counts", "refuse"

    def __init__(self) -> None:
        """Needs nothing from outside."""

    async def answer(self, turn: Turn) -> Reply | None:
        seen = int(turn.state.slots.get("seen", "0")) + 1
        await asyncio.sleep(0)
        turn.state.slots = {"seen": str(seen)}
        return Reply(str(seen), "greet")


def conversations(shop: Tenant, memory: Memory) -> Conversations:
    return Conversations(memory, [Counts()])


def turn(shop: Tenant, user: str, number: int = 0, **more: object) -> Turn:
    return Turn(f"{user}-{number}", shop, composer(shop), user, "在吗", time.monotonic() + 5, **more)  # type: ignore[arg-type]


def answer(body: bytes) -> dict[str, object]:
    return dict(msgspec.json.decode(body))


async def test_messages_of_one_moment_are_each_counted_once(shop: Tenant, memory: Memory) -> None:
    talk = conversations(shop, memory)
    bodies = await asyncio.gather(*(talk.answer(turn(shop, "same-moment", n)) for n in range(20)))
    assert [answer(body)["answer"] for body, _ in bodies] == [str(n) for n in range(1, 21)]
    assert [answer(body)["seq"] for body, _ in bodies] == list(range(1, 21))


async def test_a_try_that_came_too_late_is_answered_as_stored(shop: Tenant, memory: Memory) -> None:
    """Two shims were asked for one turn; the second hears of the first only when it commits."""
    tries = [turn(shop, "two-tries", n, seq=1, session_id="s") for n in range(2)]
    replies = await asyncio.gather(*(conversations(shop, memory).answer(one) for one in tries))
    [(first, _), (second, _)] = replies
    assert first == second
    assert sorted((one.answered_by, reply is not None) for one, (_, reply) in zip(tries, replies, strict=True)) == [
        ("", False),
        ("counts", True),
    ]


async def test_two_shims_at_once_lose_nothing(shop: Tenant, memory: Memory) -> None:
    first, second = conversations(shop, memory), conversations(shop, memory)
    bodies = await asyncio.gather(*((first, second)[n % 2].answer(turn(shop, "two-shims", n)) for n in range(8)))
    assert sorted(int(str(answer(body)["answer"])) for body, _ in bodies) == list(range(1, 9))
    assert len(await memory.history("shop", "two-shims", 100)) == 8


async def test_a_conflict_brings_the_fresh_state(shop: Tenant, memory: Memory) -> None:
    slow, quick = turn(shop, "conflict", 1), turn(shop, "conflict", 2)
    await memory.load(slow)
    await memory.load(quick)
    await memory.commit(quick, Reply("quick", "greet"))
    with pytest.raises(Conflict):
        await memory.commit(slow, Reply("slow", "greet"))
    assert slow.state.turn == 1
    assert answer(await memory.commit(slow, Reply("slow", "greet")))["seq"] == 2


async def test_a_retry_is_answered_from_the_store_without_asking_any_layer(shop: Tenant, memory: Memory) -> None:
    talk = conversations(shop, memory)
    first, _ = await talk.answer(turn(shop, "retry", 1, session_id="s", seq=1))
    again, asked = await talk.answer(turn(shop, "retry", 2, session_id="s", seq=1))
    assert again == first
    assert asked is None


async def test_a_retry_of_an_older_seq_is_answered_from_the_history_and_one_that_was_never_answered_is_stale(
    shop: Tenant, memory: Memory
) -> None:
    talk = conversations(shop, memory)
    bodies = {seq: (await talk.answer(turn(shop, "older", seq, session_id="s", seq=seq)))[0] for seq in (1, 2, 4)}
    for seq, first in bodies.items():
        assert await talk.answer(turn(shop, "older", 10 + seq, session_id="s", seq=seq)) == (first, None)
    with pytest.raises(Refusal):
        await talk.answer(turn(shop, "older", 20, session_id="s", seq=3))
    assert len(await memory.history("shop", "older", 100)) == 3


async def test_a_stale_seq_is_refused(shop: Tenant, memory: Memory) -> None:
    talk = conversations(shop, memory)
    await talk.answer(turn(shop, "stale", 1, session_id="s", seq=5))
    with pytest.raises(Refusal) as refusal:
        await talk.answer(turn(shop, "stale", 2, session_id="s", seq=4))
    assert (refusal.value.status, refusal.value.code) == (409, "stale_seq")


async def test_without_redis_turns_are_kept_up_to_a_bound_and_then_refused(shop: Tenant, tmp_path: Path) -> None:
    settings = read_settings({"SLUICE_LATE_TURNS_MAX": "2", "SLUICE_REDIS": str(tmp_path / "nobody")})
    memory = Memory(settings, Redis(settings))
    talk = conversations(shop, memory)
    bodies = [answer((await talk.answer(turn(shop, f"kept-{n}")))[0]) for n in range(2)]
    assert [body["degraded"] for body in bodies] == [True, True]
    with pytest.raises(Refusal) as refusal:
        await talk.answer(turn(shop, "one too many"))
    assert refusal.value.status == 503


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_turn_that_redis_does_not_take_waits_as_long_as_that_lasts_and_is_written_then(
    shop: Tenant, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    monkeypatch.setattr(memories, "SKEW_S", 0)
    settings = read_settings({"SLUICE_REDIS": str(redis_server.socket), "SLUICE_REDIS_TIMEOUT_MS": "1"})
    late = Late()
    async with opened(settings, 2) as redis:
        memory = Memory(settings, redis, late)
        with takes_nothing(redis_server.socket, fault):
            body, _ = await conversations(shop, memory).answer(turn(shop, f"waits-{fault}"))
            assert (answer(body)["degraded"], len(late)) == (True, 1)
            await memory.leave(0.2)  # tries again and again
            assert len(late) == 1
        await memory.leave()
        assert len(late) == 0
        assert [answer(one)["turn_id"] for one in await memory.history("shop", f"waits-{fault}", 9)] == [f"waits-{fault}-0"]


@pytest.mark.parametrize("tenant", ["shop", "bank", "telecom"])
def test_the_state_of_the_longest_dialogue_stays_under_two_kilobytes(tenant: str, request: pytest.FixtureRequest) -> None:
    from pyshim.dialogue.effects import LATER_CHARS, LATER_MOST
    from pyshim.dialogue.flows import AGREED_CHARS, QUOTE_BYTES
    from pyshim.turns.turn import Later, Pending, State

    brought: Tenant = request.getfixturevalue(tenant)
    longest = {name: "字" * slot.max_chars for name, slot in brought.slots.items()}
    remembered = {name: value for name, value in longest.items() if brought.slots[name].remember}
    later = [Later("x" * 24, "字" * LATER_CHARS)] * LATER_MOST
    for task in brought.tasks.values():
        slots, quote = {name: longest[name] for name in task.slots}, {"q": "x" * QUOTE_BYTES} if task.quote else {}
        pending = Pending("x" * 24, "f" * 32, "x" * 16, 9, slots, quote, "f" * 32, "f" * 16, "字" * AGREED_CHARS, True)
        state = State("s" * 64, 10**6, 2**53, "x" * 24, remembered, pending, "person", 1, ["x" * 24] * 2, later)
        assert len(wire.write_state(state)) < 2048, task.title
