"""A collector of spans: takes OTLP over HTTP, in JSON and in protobuf, as OpenTelemetry's collector does."""

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


@dataclass(frozen=True)
class Seen:
    """One span."""

    service: str
    trace: str
    id: str
    parent: str
    name: str
    start: int
    end: int
    attributes: dict[str, str]


@dataclass
class Collector:
    """Listens inside `with`."""

    spans: list[Seen] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    def __enter__(self) -> Self:
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                assert self.path == "/v1/traces"
                collector.take(self.headers["Content-Type"], body)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def take(self, kind: str, body: bytes) -> None:
        self.bodies.append(body)
        if kind == "application/json":
            self.spans += _of_json(json.loads(body))
        else:
            self.spans += _of_protobuf(body)

    def of(self, trace: str) -> dict[str, Seen]:
        """The spans of a trace by "service name"."""
        return {f"{one.service} {one.name}": one for one in list(self.spans) if one.trace == trace}


def _of_json(said: dict[str, Any]) -> list[Seen]:
    def attributes(listed: list[dict[str, Any]]) -> dict[str, str]:
        return {one["key"]: str(next(iter(one["value"].values()))) for one in listed}

    return [
        Seen(
            attributes(resource["resource"]["attributes"])["service.name"],
            span["traceId"],
            span["spanId"],
            span.get("parentSpanId", ""),
            span["name"],
            int(span["startTimeUnixNano"]),
            int(span["endTimeUnixNano"]),
            attributes(span.get("attributes", [])),
        )
        for resource in said["resourceSpans"]
        for scope in resource["scopeSpans"]
        for span in scope["spans"]
    ]


def _of_protobuf(body: bytes) -> list[Seen]:
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    def attributes(listed: Any) -> dict[str, str]:
        return {one.key: str(getattr(one.value, one.value.WhichOneof("value"))) for one in listed}

    return [
        Seen(
            attributes(resource.resource.attributes)["service.name"],
            span.trace_id.hex(),
            span.span_id.hex(),
            span.parent_span_id.hex(),
            span.name,
            span.start_time_unix_nano,
            span.end_time_unix_nano,
            attributes(span.attributes),
        )
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
