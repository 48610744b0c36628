"""Where did a turn's time go behind the edge?

Where SLUICE_OTLP_ENDPOINT is set and the edge says that the turn's trace is kept, every step of it (shim, layers, Redis, Triton,
back end) is a span, sent by OpenTelemetry in a thread of its own; what cannot be sent is dropped and counted. Otherwise nothing
of OpenTelemetry is even imported, and a step costs a look at one variable. No span holds what was said, nor who said it.
"""

import asyncio
import logging
import re
from collections.abc import Sequence
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Any, cast

from pyshim.settings import BadSetting, Settings
from pyshim.telemetry import metrics

KEPT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f][13579bdf]")
TIMEOUT_S, WAITING_MOST, BATCH, PAUSE_MS = 3, 4096, 512, 1000

_tracer: Any = None
_provider: Any = None


class Span:
    """A step, while `with` lasts. This one is nobody's: it costs nothing and says nothing."""

    traceparent = ""

    def __enter__(self) -> "Span":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        pass

    def note(self, name: str, value: str | int | bool) -> None:
        """An attribute. Never what a customer said."""

    def lasts(self, future: "asyncio.Future[Any]") -> None:
        """Until that is done, instead of `with`; nothing in it is a child of this one."""


NOBODYS = Span()
_current: ContextVar[Any] = ContextVar("span", default=None)  # OpenTelemetry's span whose children the next ones are


class _Kept(Span):
    def __init__(self, span: Any) -> None:
        self._span = span
        self._before: Token[Any] | None = None
        about = span.get_span_context()
        self.traceparent = f"00-{about.trace_id:032x}-{about.span_id:016x}-01"

    def __enter__(self) -> Span:
        self._before = _current.set(self._span)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is not None:
            self._span.set_attribute("error.type", kind.__name__)  # its text may quote the customer
        assert self._before is not None
        _current.reset(self._before)
        self._span.end()

    def note(self, name: str, value: str | int | bool) -> None:
        self._span.set_attribute(name, value)

    def lasts(self, future: "asyncio.Future[Any]") -> None:
        future.add_done_callback(self._done)

    def _done(self, future: "asyncio.Future[Any]") -> None:
        error = asyncio.CancelledError() if future.cancelled() else future.exception()
        if error is not None:
            self._span.set_attribute("error.type", type(error).__name__)
        self._span.end()


def begin(settings: Settings, number: int) -> None:
    """Once in a process, before its first turn. Raises BadSetting when OpenTelemetry is wanted and not installed."""
    global _tracer, _provider  # noqa: PLW0603  # one exporter a process
    if not settings.otlp_endpoint:
        return
    try:
        import requests  # noqa: PLC0415
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
        from opentelemetry.sdk.trace.sampling import ALWAYS_ON  # noqa: PLC0415
    except ImportError as error:
        raise BadSetting(f"SLUICE_OTLP_ENDPOINT is set and {error.name} is not installed: `make setup EXTRAS=tracing`") from None
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)  # a collector that is away is counted, not complained about
    session = requests.Session()
    session.trust_env = False
    exporter = OTLPSpanExporter(f"{settings.otlp_endpoint.rstrip('/')}/v1/traces", timeout=TIMEOUT_S, session=session)
    about = {"service.name": "sluice-shim", "service.instance.id": str(number)}
    _provider = TracerProvider(sampler=ALWAYS_ON, resource=Resource(about), shutdown_on_exit=False)
    processor = BatchSpanProcessor(cast(Any, _Counted(exporter)), WAITING_MOST, PAUSE_MS, BATCH)
    _provider.add_span_processor(processor)
    _tracer = _provider.get_tracer("sluice")


def end() -> None:
    """Sends what waits, if the collector takes it."""
    if _provider is not None:
        _provider.shutdown()


class _Counted:
    """An exporter that counts what became of spans."""

    def __init__(self, exporter: Any) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[Any]) -> Any:
        result = self._exporter.export(spans)
        metrics.spans.labels("sent" if result.value == 0 else "dropped").inc(len(spans))
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 0) -> bool:
        return bool(self._exporter.force_flush(timeout_millis))


def passed_on(traceparent: str) -> str:
    """What those behind the shim are told. While spans are sent, Triton sends some of whatever has a traceparent."""
    return traceparent if _tracer is None or KEPT.fullmatch(traceparent) else ""


def turn(traceparent: str) -> Span:
    """The shim's part of a turn, a child of the edge's, where its trace is kept."""
    if _tracer is None:
        return NOBODYS
    kept = KEPT.fullmatch(traceparent)
    if kept is None:
        return NOBODYS
    from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, TraceFlags  # noqa: PLC0415

    edge = SpanContext(int(kept[1], 16), int(kept[2], 16), is_remote=True, trace_flags=TraceFlags(1))
    return _child("shim", NonRecordingSpan(edge), SpanKind.SERVER)


def step(name: str, calls: bool = False) -> Span:
    """A step of the turn that is being answered. calls: somebody outside is asked."""
    parent = _current.get()
    if parent is None:
        return NOBODYS
    from opentelemetry.trace import SpanKind  # noqa: PLC0415

    return _child(name, parent, SpanKind.CLIENT if calls else SpanKind.INTERNAL)


def _child(name: str, parent: Any, kind: Any) -> Span:
    from opentelemetry.trace import set_span_in_context  # noqa: PLC0415

    return _Kept(_tracer.start_span(name, set_span_in_context(parent), kind, record_exception=False))
