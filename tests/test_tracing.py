"""Can one turn be followed from client to Triton, and does nobody notice a collector that is away?"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests.collector import Collector, Seen
from tests.conftest import Stack, free_ports, make_stack, wait_until
from tests.http.test_endpoints import metrics
from tests.test_launcher import launch, processes_of

pytestmark = pytest.mark.real

DEEP, HOT = "我的包裹现在走到哪个城市了呀", "一般下单后多久发货"
PARENT = "00f067aa0ba902b7"


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with Collector() as one:
        yield one


@pytest.fixture(scope="module")
def traced(stacks: Callable[..., Stack], wide: dict[str, str], collector: Collector) -> Stack:
    return stacks(**wide, OTLP_ENDPOINT=collector.url, TRACE_SHARE="0", UNDERSTOOD_MB="0", ADDRESSES_TRUSTED="127.0.0.1/32")


def ask(stack: Stack, query: str, flags: str = "01", status: int = 200, source: str | None = None, **headers: str) -> str:
    """Asks within a trace of its own; returns the trace's id. source: the address to come from."""
    trace = secrets.token_hex(16)
    headers = {"traceparent": f"00-{trace}-{PARENT}-{flags}", "Authorization": f"Bearer {stack.token()}"} | headers
    with httpx.Client(transport=httpx.HTTPTransport(local_address=source), headers=headers) as client:
        assert client.post(f"{stack.url}/v1/chat", json={"query": query}).status_code == status
    return trace


def kept(collector: Collector, trace: str, *names: str) -> dict[str, Seen]:
    """The spans of a trace, once all of these are there."""
    with suppress(AssertionError):
        wait_until(lambda: set(names) <= set(collector.of(trace)), 40)
    spans = collector.of(trace)
    assert set(names) <= set(spans), {name: span.attributes for name, span in spans.items()}
    return spans


def ask_deep(stack: Stack, collector: Collector) -> str:
    """Asks what only Triton knows, until Triton was in time: on a busy machine a turn may have to be answered without it."""
    for _ in range(3):
        trace = ask(stack, DEEP)
        if "error.type" not in kept(collector, trace, "sluice-shim triton")["sluice-shim triton"].attributes:
            return trace
    raise AssertionError("Triton was too late three times")


def test_spans_chain_from_the_client_over_edge_and_shim_to_triton(traced: Stack, collector: Collector) -> None:
    layers = ["l1_screen", "l2_meter", "l3_hot"]
    trace = ask_deep(traced, collector)
    edge = ["sluice-edge edge", *(f"sluice-edge {layer}" for layer in layers)]
    shim = ["sluice-shim shim", "sluice-shim l4_understand", "sluice-shim triton", "sluice-shim redis commit-3"]
    spans = kept(collector, trace, *edge, *shim, "sluice-triton InferRequest")
    assert spans["sluice-edge edge"].parent == PARENT
    for layer in layers:
        assert spans[f"sluice-edge {layer}"].parent == spans["sluice-edge edge"].id
    assert spans["sluice-shim shim"].parent == spans["sluice-edge edge"].id
    assert spans["sluice-shim l4_understand"].parent == spans["sluice-shim shim"].id
    assert spans["sluice-shim triton"].parent == spans["sluice-shim l4_understand"].id
    assert spans["sluice-triton InferRequest"].parent == spans["sluice-shim triton"].id
    assert spans["sluice-shim redis commit-3"].parent == spans["sluice-shim shim"].id
    assert len({span.id for span in spans.values()}) == len(spans)
    about = spans["sluice-shim shim"].attributes
    assert (about["sluice.tenant"], about["sluice.answered_by"]) == ("shop", "l5_dialogue")
    assert spans["sluice-edge edge"].attributes["http.response.status_code"] == "200"
    for span in spans.values():
        assert spans["sluice-edge edge"].start - 2e6 <= span.start <= span.end


def test_a_turn_that_ends_at_the_edge_is_there_too(traced: Stack, collector: Collector) -> None:
    hot = kept(collector, ask(traced, HOT), "sluice-edge edge")
    assert {name for name in hot if "shim" in name} == set()
    assert hot["sluice-edge edge"].attributes["sluice.answered_by"] == "l3_hot"
    refused = kept(collector, ask(traced, HOT, status=401, Authorization="Bearer x"), "sluice-edge edge")
    assert set(refused) == {"sluice-edge edge", "sluice-edge l1_screen", "sluice-edge l2_meter"}


def test_the_back_end_is_a_span_without_an_order_number(traced: Stack, collector: Collector) -> None:
    spans = kept(collector, ask(traced, "我的订单20231105什么时候到"), "sluice-shim shim")
    [call] = [span for span in spans.values() if span.name.startswith("GET ")]
    assert call.parent == spans["sluice-shim l5_dialogue"].id
    assert call.attributes["http.response.status_code"] == "200"


def test_what_the_client_does_not_want_kept_is_not(traced: Stack, collector: Collector) -> None:
    unwanted, wanted = ask(traced, DEEP, flags="00"), ask_deep(traced, collector)
    kept(collector, wanted, "sluice-edge edge", "sluice-shim shim", "sluice-triton InferRequest")
    assert collector.of(unwanted) == {}


def test_only_those_who_are_trusted_may_ask_for_every_span(traced: Stack, collector: Collector) -> None:
    unheard, heard = ask(traced, HOT, source="127.9.9.9"), ask(traced, HOT)
    kept(collector, heard, "sluice-edge edge")
    assert collector.of(unheard) == {}


def test_no_span_holds_what_was_said_or_who_said_it(traced: Stack, collector: Collector) -> None:
    token = traced.token(user="traced-user")
    trace = ask(traced, "绝密 classified-words", Authorization=f"Bearer {token}")
    kept(collector, trace, "sluice-edge edge", "sluice-shim shim")
    for body in collector.bodies:
        for word in ("绝密", "classified", "traced-user", token[-20:]):
            assert word.encode() not in body


@pytest.mark.parametrize("bad", ["", "01", "00-" + "0" * 32 + f"-{PARENT}-01", "00-" + "a" * 32 + "-" + "0" * 16 + "-01", "ff-x"])
def test_a_traceparent_that_is_none_begins_a_new_trace(traced: Stack, collector: Collector, bad: str) -> None:
    customer = traced.customer()
    customer.http.headers["traceparent"] = bad
    turn = customer.ask(HOT)["turn_id"]
    after = ask(traced, HOT)
    kept(collector, after, "sluice-edge edge")
    assert collector.of(turn) == {}, "of those that begin here, none is kept on this stack"


def test_a_later_version_of_the_header_is_read_as_far_as_it_is_known(traced: Stack, collector: Collector) -> None:
    trace = secrets.token_hex(16)
    customer = traced.customer()
    customer.http.headers["traceparent"] = f"cc-{trace}-{PARENT}-03-what-the-future-will-be"
    customer.ask(HOT)
    assert kept(collector, trace, "sluice-edge edge")["sluice-edge edge"].parent == PARENT


def test_a_collector_that_is_away_changes_nothing_but_a_count(stacks: Callable[..., Stack], wide: dict[str, str]) -> None:
    stack = stacks(**wide, OTLP_ENDPOINT=f"http://127.0.0.1:{free_ports(1)[0]}", TRACE_SHARE="1")
    customer = stack.customer()
    for _ in range(5):
        assert customer.ask(HOT)["answered_by"] == "l3_hot"
        assert customer.ask("申请退款")["answered_by"] == "l5_dialogue"
        customer.http.delete("/v1/session")

    def dropped() -> bool:
        said = metrics(stack)
        edge, shim = 'sluice_spans_total{outcome="dropped"}', 'sluice_shim_spans_total{shim="0",outcome="dropped"}'
        return said.get(edge, 0) > 10 and said.get(shim, 0) > 5

    wait_until(dropped)
    assert stack.ready()
    for log in ("nginx.log", "shim-0.log"):
        assert "error" not in (stack.settings.log / log).read_text().lower()


@pytest.mark.parametrize("endpoint", ["collector:4318", "https://collector", "http://", "http://h:x", "http://127.0.0.1/a b"])
def test_an_endpoint_that_is_none_is_named(tmp_path: Path, endpoint: str) -> None:
    stack = make_stack(tmp_path, OTLP_ENDPOINT=endpoint)
    refused = launch(stack)
    assert refused.returncode == 1
    assert f"SLUICE_OTLP_ENDPOINT={endpoint!r}" in refused.stderr
    assert processes_of(stack) == {}
