"""How long does an execution of so many questions take? Triton itself keeps these times, by batch; it is asked."""

from collections.abc import Sequence
from itertools import cycle, islice
from queue import Queue
from typing import Any

import numpy as np
import tritonclient.grpc as triton

from loadtest.capacity.rig import Rig
from pyshim.settings import MODEL

SIZES = (1, 2, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40)
WAIT_S = 20.0
STEPS = ("compute_input", "compute_infer", "compute_output")

Times = dict[int, tuple[int, int]]  # questions of an execution -> executions, nanoseconds in all


def _times(client: triton.InferenceServerClient) -> Times:
    """Of all versions so far."""
    found: Times = {}
    for one in client.get_inference_statistics(MODEL).model_stats:
        for batch in one.batch_stats:
            count, spent = found.get(batch.batch_size, (0, 0))
            took = sum(getattr(batch, step).ns for step in STEPS)
            found[batch.batch_size] = count + batch.compute_infer.count, spent + took
    return found


def _ask(client: triton.InferenceServerClient, texts: Sequence[str]) -> None:
    """All at once, each on its own, as customers do; Triton puts together what it will. Raises InferenceServerException."""
    done: Queue[Any] = Queue()
    for text in texts:
        tensor = triton.InferInput("TEXT", [1, 1], "BYTES")
        tensor.set_data_from_numpy(np.array([[text.encode()]], dtype=np.object_))
        client.async_infer(MODEL, [tensor], callback=lambda result, error: done.put(error))
    for _ in texts:
        error = done.get(timeout=WAIT_S)
        if error is not None:
            raise error


def measured(rig: Rig, rounds: int) -> list[tuple[int, float]]:
    """Questions of an execution, and its mean time, us; of sizes that came often enough."""
    texts = cycle(question for one in rig.questions.values() for question in one.deep)
    with triton.InferenceServerClient(f"127.0.0.1:{rig.settings.triton_port}") as client:
        before = _times(client)
        for _ in range(rounds):
            for size in SIZES:
                _ask(client, list(islice(texts, size)))
        after = _times(client)
    grown = {size: (count - before.get(size, (0, 0))[0], ns - before.get(size, (0, 0))[1]) for size, (count, ns) in after.items()}
    return sorted((size, ns / count / 1e3) for size, (count, ns) in grown.items() if count >= max(2, rounds // 3))
