"""How does the shim ask Triton?

One long-lived gRPC client a process. understand() collects what one event-loop tick brings into one request of each version.
While MOST_ASKED are under way, what comes waits for an answer, or HELD_S, and leaves together: under load a call's cost is
shared, in Triton, too. A circuit breaker of each version stands in front, and every question waits no longer than its own
deadline.
"""

import asyncio
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import tritonclient.grpc.aio as triton

from pyshim.errors import TritonAway, TritonBusy
from pyshim.outside.breaker import Breaker
from pyshim.telemetry import metrics
from pyshim.telemetry import trace as tracing

Scores = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]  # LOGITS row, EMBEDDING row
MAX_BATCH = 40
MOST_ASKED, HELD_S = 2, 0.01  # one that runs and one behind it
EMBED_BATCH, EMBED_PAUSE_S = 8, 0.005
READY_S = 1.5  # nginx waits 2 s for a shim that is asked whether it is ready
UNSAID = "…"


class _Question(NamedTuple):
    text: bytes
    timeout_s: float
    trace: str
    scores: asyncio.Future[Scores]


class Triton:
    """The student on one Triton server, in whatever versions it serves. how: it is reached (channel.py)."""

    def __init__(self, how: dict[str, Any], model: str, breaker: Callable[[], Breaker]) -> None:
        self._client = triton.InferenceServerClient(**how)
        self._model, self._new_breaker = model, breaker
        self._breakers: dict[str, Breaker] = {}
        self._waiting: dict[str, list[_Question]] = {}
        self._requests: dict[str, set[asyncio.Task[None]]] = {}
        self._held: dict[str, asyncio.TimerHandle] = {}
        self._outputs = [triton.InferRequestedOutput("LOGITS"), triton.InferRequestedOutput("EMBEDDING")]

    def understand(self, text: str, timeout_s: float, trace: str = "", version: str = "") -> asyncio.Future[Scores]:
        """Scores [labels] and embedding [128] of one text. trace: W3C traceparent; version: of the model, the highest served
        where none is named. What is awaited raises TritonAway, TritonBusy."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Scores] = loop.create_future()
        if not self._breaker(version).allows():
            future.set_exception(TritonAway("the breaker is open"))
            return future
        if version not in self._waiting:
            loop.call_soon(self._flush, version)
        step = tracing.step("triton", calls=True)
        step.note("sluice.model_version", version)
        step.lasts(future)
        # A blank text is an error to the model, and an error of one would be everybody's in the same request.
        said = (text if text.strip() else UNSAID).encode()
        self._waiting.setdefault(version, []).append(_Question(said, timeout_s, step.traceparent or trace, future))
        return future

    def _breaker(self, version: str) -> Breaker:
        if version not in self._breakers:
            self._breakers[version] = self._new_breaker()
        return self._breakers[version]

    def forget(self, version: str) -> None:
        """What was learnt of a version that serves no more."""
        self._breakers.pop(version, None)

    def _flush(self, version: str) -> None:
        """Sends what waits, unless enough is under way."""
        if version not in self._waiting:
            return
        if len(self._requests.get(version, ())) < MOST_ASKED:
            self._send(version)
        elif version not in self._held:
            self._held[version] = asyncio.get_running_loop().call_later(HELD_S, self._send, version)

    def _send(self, version: str) -> None:
        held, waiting = self._held.pop(version, None), self._waiting.pop(version)
        if held is not None:
            held.cancel()
        for start in range(0, len(waiting), MAX_BATCH):
            task = asyncio.create_task(self._request(waiting[start : start + MAX_BATCH], version))
            self._requests.setdefault(version, set()).add(task)
            task.add_done_callback(lambda done: self._answered(done, version))

    def _answered(self, done: asyncio.Task[None], version: str) -> None:
        under_way = self._requests[version]
        under_way.discard(done)
        if not under_way:
            del self._requests[version]
        self._flush(version)

    async def _request(self, batch: list[_Question], version: str) -> None:
        metrics.batch.observe(len(batch))
        try:
            # A request has one trace: that of its first question that has one.
            trace = next((one.trace for one in batch if one.trace), "")
            logits, embeddings = await self._infer(
                [one.text for one in batch], max(one.timeout_s for one in batch), version, trace
            )
        except Exception as error:  # whatever gRPC raises: Triton could not be asked
            away = _fault(error)
            self._note(version, failed=not isinstance(away, TritonBusy))
            for one in batch:
                if not one.scores.done():
                    one.scores.set_exception(away)
            return
        self._note(version, failed=False)
        for one, row, embedding in zip(batch, logits, embeddings, strict=True):
            if not one.scores.done():  # its turn may have run out of time
                one.scores.set_result((row, embedding))

    def _note(self, version: str, failed: bool) -> None:
        breaker = self._breaker(version)
        if failed:
            breaker.failed()
        else:
            breaker.succeeded()
        metrics.breaker.set(any(one.open for one in self._breakers.values()))

    async def _infer(self, texts: list[bytes], timeout_s: float, version: str, trace: str = "") -> Scores:
        tensor = triton.InferInput("TEXT", [len(texts), 1], "BYTES")
        tensor.set_data_from_numpy(np.array(texts, dtype=np.object_).reshape(-1, 1))
        result: Any = await self._client.infer(
            self._model,
            [tensor],
            model_version=version,
            outputs=self._outputs,
            client_timeout=max(timeout_s, 0.001),
            timeout=int(timeout_s * 1e6),
            headers={"traceparent": trace} if trace else None,
        )
        logits = result.as_numpy("LOGITS")
        if not np.isfinite(logits).all():
            raise ValueError(f"version {version}: LOGITS are not numbers")
        return logits, result.as_numpy("EMBEDDING")

    async def embed(self, texts: list[str], version: str) -> npt.NDArray[np.float32]:
        """Embeddings [texts, 128] of many texts, for building an index; a few at a time, so that questions of customers pass in
        between. Raises TritonAway."""
        rows: list[npt.NDArray[np.float32]] = []
        try:
            for start in range(0, len(texts), EMBED_BATCH):
                _, embeddings = await self._infer([t.encode() for t in texts[start : start + EMBED_BATCH]], 10.0, version)
                rows.append(embeddings)
                await asyncio.sleep(EMBED_PAUSE_S)
        except Exception as error:
            raise TritonAway(f"{type(error).__name__}: {error}") from error
        return np.concatenate(rows)

    async def ready(self, version: str) -> bool:
        """Is this version loaded and serving?"""
        try:
            return bool(await self._client.is_model_ready(self._model, version, client_timeout=READY_S))
        except Exception:  # any failure to ask means: not ready
            return False

    async def close(self) -> None:
        await self._client.close()


def _fault(error: Exception) -> TritonAway:
    """A full queue rejects: that is Triton defending itself, and no reason to stop asking."""
    kind = TritonBusy if "maximum queue size" in str(error) else TritonAway
    return kind(f"{type(error).__name__}: {error}")
