"""How does the shim ask Triton?

One long-lived gRPC client a process. understand() collects what one event-loop tick brings into one request, so that under load
a call's cost is shared; a circuit breaker stands in front, and every question waits no longer than its own deadline.
"""

import asyncio
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import tritonclient.grpc.aio as triton

from pyshim import metrics
from pyshim.breaker import Breaker
from pyshim.errors import TritonAway, TritonBusy

Scores = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]  # LOGITS row, EMBEDDING row
MAX_BATCH = 40
UNSAID = "…"
CONNECT = [("grpc.initial_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 1000)]


class _Question(NamedTuple):
    text: bytes
    timeout_s: float
    trace: str
    scores: asyncio.Future[Scores]


class Triton:
    """The student on one Triton server. address: host:port of its gRPC."""

    def __init__(self, address: str, model: str, breaker: Breaker) -> None:
        self._client = triton.InferenceServerClient(address, channel_args=CONNECT)
        self._model, self._breaker = model, breaker
        self._waiting: list[_Question] = []
        self._requests: set[asyncio.Task[None]] = set()
        self._outputs = [triton.InferRequestedOutput("LOGITS"), triton.InferRequestedOutput("EMBEDDING")]

    async def understand(self, text: str, timeout_s: float, trace: str = "") -> Scores:
        """Scores [labels] and embedding [128] of one text. trace: W3C traceparent. Raises TritonAway, TritonBusy."""
        if not self._breaker.allows():
            raise TritonAway("the breaker is open")
        future: asyncio.Future[Scores] = asyncio.get_running_loop().create_future()
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._flush)
        # A blank text is an error to the model, and an error of one would be everybody's in the same request.
        self._waiting.append(_Question((text if text.strip() else UNSAID).encode(), timeout_s, trace, future))
        return await future

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        for start in range(0, len(waiting), MAX_BATCH):
            task = asyncio.create_task(self._request(waiting[start : start + MAX_BATCH]))
            self._requests.add(task)
            task.add_done_callback(self._requests.discard)

    async def _request(self, batch: list[_Question]) -> None:
        metrics.batch.observe(len(batch))
        try:
            # A request has one trace: that of its first question.
            logits, embeddings = await self._infer(
                [one.text for one in batch], max(one.timeout_s for one in batch), batch[0].trace
            )
        except Exception as error:  # whatever gRPC raises: Triton could not be asked
            away = _fault(error)
            self._note(failed=not isinstance(away, TritonBusy))
            for one in batch:
                if not one.scores.done():
                    one.scores.set_exception(away)
            return
        self._note(failed=False)
        for one, row, embedding in zip(batch, logits, embeddings, strict=True):
            if not one.scores.done():  # its turn may have run out of time
                one.scores.set_result((row, embedding))

    def _note(self, failed: bool) -> None:
        if failed:
            self._breaker.failed()
        else:
            self._breaker.succeeded()
        metrics.breaker.set(self._breaker.open)

    async def _infer(self, texts: list[bytes], timeout_s: float, trace: str = "") -> Scores:
        tensor = triton.InferInput("TEXT", [len(texts), 1], "BYTES")
        tensor.set_data_from_numpy(np.array(texts, dtype=np.object_).reshape(-1, 1))
        result: Any = await self._client.infer(
            self._model,
            [tensor],
            outputs=self._outputs,
            client_timeout=max(timeout_s, 0.001),
            timeout=int(timeout_s * 1e6),
            headers={"traceparent": trace} if trace else None,
        )
        return result.as_numpy("LOGITS"), result.as_numpy("EMBEDDING")

    async def embed(self, texts: list[str]) -> npt.NDArray[np.float32]:
        """Embeddings [texts, 128] of many texts, for building an index. Raises TritonAway."""
        rows: list[npt.NDArray[np.float32]] = []
        try:
            for start in range(0, len(texts), MAX_BATCH):
                _, embeddings = await self._infer([t.encode() for t in texts[start : start + MAX_BATCH]], 10.0)
                rows.append(embeddings)
        except Exception as error:
            raise TritonAway(f"{type(error).__name__}: {error}") from error
        return np.concatenate(rows)

    async def ready(self) -> bool:
        """Is the model loaded and serving?"""
        try:
            return bool(await self._client.is_model_ready(self._model, client_timeout=0.5))
        except Exception:  # any failure to ask means: not ready
            return False

    async def close(self) -> None:
        await self._client.close()


def _fault(error: Exception) -> TritonAway:
    """A full queue rejects: that is Triton defending itself, and no reason to stop asking."""
    kind = TritonBusy if "maximum queue size" in str(error) else TritonAway
    return kind(f"{type(error).__name__}: {error}")
