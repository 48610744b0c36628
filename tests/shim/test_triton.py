"""What does Triton hear? A server that writes down who asked, and answers nothing."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import grpc.aio
import pytest
from tritonclient.grpc import service_pb2

from pyshim.errors import TritonAway
from pyshim.outside.breaker import Breaker
from pyshim.outside.channel import CONNECT
from pyshim.outside.triton import MAX_BATCH, MOST_ASKED, Triton
from pyshim.telemetry import trace

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"


@dataclass
class Listener(grpc.GenericRpcHandler):  # type: ignore[misc]
    """Keeps the metadata of each call."""

    heard: list[dict[str, str]] = field(default_factory=list)

    def service(self, details: Any) -> None:
        if details.method.endswith("/ModelInfer"):
            self.heard.append(dict(details.invocation_metadata))


@pytest.fixture
async def listener() -> AsyncIterator[tuple[Listener, Triton]]:
    heard, server = Listener(), grpc.aio.server()
    server.add_generic_rpc_handlers((heard,))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    triton = Triton({"url": f"127.0.0.1:{port}", "channel_args": CONNECT}, "student", lambda: Breaker(5, 30))
    yield heard, triton
    await triton.close()
    await server.stop(None)


async def test_the_trace_of_a_turn_arrives_at_triton(listener: tuple[Listener, Triton]) -> None:
    heard, triton = listener
    with pytest.raises(TritonAway):
        await triton.understand("你好", 1.0, TRACE)
    assert [one["traceparent"] for one in heard.heard] == [TRACE]


async def test_questions_of_one_request_go_under_the_first_trace_there_is(listener: tuple[Listener, Triton]) -> None:
    heard, triton = listener
    asked = (triton.understand("你好", 1.0, each) for each in ("", TRACE, TRACE.replace("4b", "00")))
    await asyncio.gather(*asked, return_exceptions=True)
    assert [one["traceparent"] for one in heard.heard] == [TRACE]


class Slow(grpc.GenericRpcHandler):  # type: ignore[misc]
    """Lets every request wait until it is told to go on; asked: how many questions came in each."""

    def __init__(self) -> None:
        self.go_on, self.asked = asyncio.Event(), asyncio.Queue[int]()

    def service(self, details: Any) -> Any:
        return grpc.unary_unary_rpc_method_handler(self._wait, service_pb2.ModelInferRequest.FromString)

    async def _wait(self, request: Any, context: Any) -> bytes:
        self.asked.put_nowait(request.inputs[0].shape[0])
        await self.go_on.wait()
        return b""


@pytest.fixture
async def slow() -> AsyncIterator[tuple[Slow, Triton]]:
    handler, server = Slow(), grpc.aio.server()
    server.add_generic_rpc_handlers((handler,))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    triton = Triton({"url": f"127.0.0.1:{port}", "channel_args": CONNECT}, "student", lambda: Breaker(5, 30))
    yield handler, triton
    await triton.close()
    await server.stop(None)


async def _ask(triton: Triton, times: int) -> list[asyncio.Future[Any]]:
    """Each in an event-loop tick of its own."""
    asked = []
    for _ in range(times):
        asked.append(triton.understand("你好", 60.0))
        await asyncio.sleep(0)
    return asked


async def test_while_triton_is_busy_what_comes_leaves_together(
    slow: tuple[Slow, Triton], monkeypatch: pytest.MonkeyPatch
) -> None:
    busy, triton = slow
    monkeypatch.setattr("pyshim.outside.triton.HELD_S", 60.0)
    first = await _ask(triton, MOST_ASKED)
    assert [await busy.asked.get() for _ in range(MOST_ASKED)] == [1] * MOST_ASKED
    then = await _ask(triton, MAX_BATCH)
    busy.go_on.set()
    assert await busy.asked.get() == MAX_BATCH
    await asyncio.gather(*first, *then, return_exceptions=True)


async def test_a_triton_that_hangs_holds_no_question_back(slow: tuple[Slow, Triton]) -> None:
    hanging, triton = slow
    asked = list[asyncio.Future[Any]]()
    for _ in range(MOST_ASKED + 3):
        asked += await _ask(triton, 1)
        assert await hanging.asked.get() == 1
    hanging.go_on.set()
    await asyncio.gather(*asked, return_exceptions=True)


def test_without_a_collector_nothing_is_loaded_and_a_step_is_nobodys() -> None:
    assert trace.turn(TRACE[:-1] + "1") is trace.step("anything") is trace.NOBODYS
    assert trace.passed_on(TRACE) == TRACE
