"""Batches of 40 within 30 ms against single requests on the real Triton, and the best setting found by a search.

Every request is one sentence, so many of them under way at once. What is searched: how long a question may wait for company, the
largest batch, and instances of the model; the best is the fastest whose p99 keeps a budget.
"""

import asyncio
import itertools
import json
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tritonclient.grpc.aio as triton

from loadtest.claims.claim import Measured, NotMeasured, Row
from loadtest.claims.server import serving
from loadtest.place import stack
from pyshim.settings import MODEL
from triton_models.build import corpus as corpora
from triton_models.build.measure import sentences_of
from triton_models.build.split import split

AT_ONCE, WARM_S, SECONDS = 64, 0.7, 2.5
BUDGET_MS = 100.0
DELAYS_US, BATCHES, INSTANCES = (0, 1_000, 5_000, 30_000), (8, 16, 40), (1, 2)


@dataclass(frozen=True, slots=True)
class Setting:
    """delay_us: None for no dynamic batching: every request runs alone."""

    delay_us: int | None
    batch: int
    instances: int

    @property
    def name(self) -> str:
        if self.delay_us is None:
            return f"single requests, {self.instances} instance{'s' * (self.instances > 1)}"
        plural = "s" * (self.instances > 1)
        return f"batches of {self.batch} within {self.delay_us / 1000:g} ms, {self.instances} instance{plural}"

    def config(self) -> str:
        """As Triton's load takes it over config.pbtxt."""
        wanted = json.loads(BASE)
        wanted["max_batch_size"] = self.batch
        wanted["instance_group"] = [{"count": self.instances, "kind": "KIND_CPU"}]
        if self.delay_us is not None:
            batching = {"max_queue_delay_microseconds": self.delay_us}
            preferred = {"preferred_batch_size": [self.batch]} if self.delay_us >= 5_000 else {}  # wait for whole batches
            wanted["dynamic_batching"] = batching | preferred
        return json.dumps(wanted)


BASE = json.dumps(
    {
        "name": MODEL,
        "backend": "python",
        "input": [{"name": "TEXT", "data_type": "TYPE_STRING", "dims": [1]}],
        "output": [
            {"name": "LOGITS", "data_type": "TYPE_FP32", "dims": [-1]},
            {"name": "EMBEDDING", "data_type": "TYPE_FP32", "dims": [128]},
        ],
        "parameters": {"threads": {"string_value": "1"}, "provider": {"string_value": "cpu"}},
    }
)


async def _asking(client: triton.InferenceServerClient, texts: list[str], seconds: float, took: list[float]) -> None:
    wanted = [triton.InferRequestedOutput("LOGITS")]
    ends = time.perf_counter() + seconds
    for text in itertools.cycle(texts):
        began = time.perf_counter()
        if began > ends:
            return
        tensor = triton.InferInput("TEXT", [1, 1], "BYTES")
        tensor.set_data_from_numpy(np.array([[text.encode()]], dtype=np.object_))
        await client.infer(MODEL, [tensor], outputs=wanted, client_timeout=10)
        took.append((time.perf_counter() - began) * 1e3)


async def _load(client: triton.InferenceServerClient, texts: list[str], seconds: float) -> list[float]:
    """Milliseconds of each request."""
    took: list[float] = []
    shares = [texts[number::AT_ONCE] for number in range(AT_ONCE)]
    await asyncio.gather(*(_asking(client, share, seconds, took) for share in shares))
    return took


async def _measured(address: str, settings: list[Setting], texts: list[str], quick: bool) -> list[Row]:
    rows: list[Row] = []
    async with triton.InferenceServerClient(address) as client:
        for setting in settings:
            await client.load_model(MODEL, config=setting.config(), client_timeout=60)
            await _load(client, texts, WARM_S)
            took = await _load(client, texts, 0.5 if quick else SECONDS)
            seconds = 0.5 if quick else SECONDS
            rows.append(
                {
                    "setting": setting.name,
                    "sentences/s": round(len(took) / seconds),
                    "p50 ms": round(float(np.percentile(took, 50)), 1),
                    "p99 ms": round(float(np.percentile(took, 99)), 1),
                    "keeps the budget": "yes" if np.percentile(took, 99) <= BUDGET_MS else "no",
                }
            )
    return rows


def searched(quick: bool) -> list[Setting]:
    """The two that are compared, then the rest of the search."""
    first = [Setting(None, 40, 1), Setting(30_000, 40, 1)]
    if quick:
        return first
    every = [Setting(delay, batch, count) for count in INSTANCES for batch in BATCHES for delay in DELAYS_US]
    return first + [Setting(None, 40, 2)] + [one for one in every if one not in first]


HOW = (
    f"{AT_ONCE} requests of one sentence under way at once, from one process over gRPC; the INT8 student on CPU; the budget: a "
    f"p99 of {BUDGET_MS:g} ms"
)


def measure(folder: Path, quick: bool) -> Measured:
    texts = sentences_of(split(corpora.own())[1])
    try:
        with serving(folder) as address:
            rows = asyncio.run(_measured(address, searched(quick), texts, quick))
    except (stack.CannotStart, triton.InferenceServerException) as error:
        raise NotMeasured(str(error)) from None
    return Measured(rows, said(rows), HOW)


def said(rows: list[Row]) -> str:
    """rows: the two that are compared, then others."""

    def times(row: Row) -> str:
        return f"{float(row['sentences/s'] or 0) / float(rows[0]['sentences/s'] or 1):.2f} times"

    keeping = [row for row in rows if row["keeps the budget"] == "yes"]
    found = "No setting keeps the budget here."
    if keeping:
        best = max(keeping, key=lambda row: float(row["sentences/s"] or 0))
        found = f"The fastest within the budget: {best['setting']}, {times(best)}, p99 {best['p99 ms']} ms."
    return (
        f"Batches of 40 within 30 ms: {times(rows[1])} single requests. {found} On a CPU core a batch saves the cost of a "
        "request, not of a multiplication: four times is a GPU's figure."
    )
