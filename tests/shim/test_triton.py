"""What does Triton hear? A server that writes down who asked, and answers nothing."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import grpc.aio
import pytest

from pyshim.errors import TritonAway
from pyshim.outside.breaker import Breaker
from pyshim.outside.triton import Triton
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
    triton = Triton(f"127.0.0.1:{port}", "student", lambda: Breaker(5, 30))
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


def test_without_a_collector_nothing_is_loaded_and_a_step_is_nobodys() -> None:
    assert trace.turn(TRACE[:-1] + "1") is trace.step("anything") is trace.NOBODYS
    assert trace.passed_on(TRACE) == TRACE
