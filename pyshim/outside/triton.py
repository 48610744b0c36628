"""How does the shim ask Triton?

One long-lived gRPC client a process. understand() collects what one event-loop tick brings into one request, so that under load
a call's cost is shared; a circuit breaker stands in front, and every question waits no longer than its own deadline.
"""

import asyncio
from typing import Any

import numpy as np
import numpy.typing as npt
import tritonclient.grpc.aio as triton

from pyshim import metrics
from pyshim.breaker import Breaker
from pyshim.errors import TritonAway

Scores = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]  # LOGITS row, EMBEDDING row
MAX_BATCH = 40
CONNECT = [("grpc.initial_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 1000)]


class Triton:
    """The student on one Triton server. address: host:port of its gRPC."""

    def __init__(self, address: str, model: str, breaker: Breaker) -> None:
        self._client = triton.InferenceServerClient(address, channel_args=CONNECT)
        self._model, self._breaker = model, breaker
        self._waiting: list[tuple[bytes, float, asyncio.Future[Scores]]] = []
        self._requests: set[asyncio.Task[None]] = set()
        self._outputs = [triton.InferRequestedOutput("LOGITS"), triton.InferRequestedOutput("EMBEDDING")]

    async def understand(self, text: str, timeout_s: float) -> Scores:
        """Scores [labels] and embedding [128] of one text. Raises TritonAway."""
        if not self._breaker.allows():
            raise TritonAway("the breaker is open")
        future: asyncio.Future[Scores] = asyncio.get_running_loop().create_future()
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._flush)
        self._waiting.append((text.encode(), timeout_s, future))
        return await future

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        for start in range(0, len(waiting), MAX_BATCH):
            task = asyncio.create_task(self._request(waiting[start : start + MAX_BATCH]))
            self._requests.add(task)
            task.add_done_callback(self._requests.discard)

    async def _request(self, batch: list[tuple[bytes, float, asyncio.Future[Scores]]]) -> None:
        metrics.batch.observe(len(batch))
        try:
            logits, embeddings = await self._infer([text for text, _, _ in batch], max(left for _, left, _ in batch))
        except Exception as error:  # whatever gRPC raises: Triton could not be asked
            self._note(failed=True)
            for _, _, future in batch:
                if not future.done():
                    future.set_exception(TritonAway(f"{type(error).__name__}: {error}"))
            return
        self._note(failed=False)
        for (_, _, future), row, embedding in zip(batch, logits, embeddings, strict=True):
            if not future.done():  # its turn may have run out of time
                future.set_result((row, embedding))

    def _note(self, failed: bool) -> None:
        if failed:
            self._breaker.failed()
        else:
            self._breaker.succeeded()
        metrics.breaker.set(self._breaker.open)

    async def _infer(self, texts: list[bytes], timeout_s: float) -> Scores:
        tensor = triton.InferInput("TEXT", [len(texts), 1], "BYTES")
        tensor.set_data_from_numpy(np.array(texts, dtype=np.object_).reshape(-1, 1))
        result: Any = await self._client.infer(
            self._model, [tensor], outputs=self._outputs, client_timeout=max(timeout_s, 0.001), timeout=int(timeout_s * 1e6)
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
