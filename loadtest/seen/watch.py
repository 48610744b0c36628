"""What does the system do meanwhile? Processor and memory of its processes, Triton's batches, Redis' commands, breakers and
versions; as much of it as can be read from here.

What cannot be read is left out, with a sentence. What stops answering while it is watched leaves a gap: somebody may have killed
it.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

import httpx
import redis

from loadtest.place import store
from loadtest.seen.processes import Processes
from loadtest.seen.record import Event, Redis, Triton
from pyshim.settings import MODEL, Settings

MB = 1024 * 1024
TIMEOUT_S = 1.0
SAMPLE = re.compile(r"^(\w+)(?:\{([^}]*)\})? (\S+)", re.MULTILINE)
SOURCE_GONE = (OSError, httpx.HTTPError, redis.RedisError, ValueError)  # one that was killed, or says nothing sensible

Sample = tuple[str, str]  # name, labels
Samples = dict[Sample, float]


def samples(page: str) -> Samples:
    """A page of Prometheus metrics."""
    return {(name, labels): float(value) for name, labels, value in SAMPLE.findall(page)}


def fetch(url: str) -> Samples:
    return samples(httpx.get(url, timeout=TIMEOUT_S, trust_env=False).raise_for_status().text)


def summed(found: Samples, name: str, label: str = "") -> float:
    return sum(value for (metric, labels), value in found.items() if metric == name and label in labels)


class TritonMetrics:
    """Batches and queueing of the student, all versions together."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._before: tuple[float, dict[str, float]] | None = None
        self.readings: list[Triton] = []

    def look(self, t: float) -> None:
        found = fetch(self._url)
        names = ("count", "exec_count", "request_success", "queue_duration_us", "compute_infer_duration_us")
        now = {name: summed(found, f"nv_inference_{name}", f'model="{MODEL}"') for name in names}
        if self._before and t > self._before[0]:
            self.readings.append(_between(t, t - self._before[0], {name: now[name] - self._before[1][name] for name in names}))
        self._before = t, now

    @staticmethod
    def wanted(settings: Settings) -> str:
        return f"http://127.0.0.1:{settings.triton_metrics_port}/metrics"


def _between(t: float, seconds: float, more: dict[str, float]) -> Triton:
    asked, executions = max(1.0, more["request_success"]), max(1.0, more["exec_count"])
    return Triton(
        round(t, 2),
        round(max(0.0, more["count"]) / seconds, 2),
        round(max(0.0, more["exec_count"]) / seconds, 2),
        round(max(0.0, more["count"]) / executions, 3),
        round(max(0.0, more["queue_duration_us"]) / asked / 1e3, 4),
        round(max(0.0, more["compute_infer_duration_us"]) / asked / 1e3, 4),
    )


class RedisInfo:
    """Commands and memory of Redis, of a cluster's masters together."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._before: tuple[float, float] | None = None
        self.readings: list[Redis] = []

    def look(self, t: float) -> None:
        with store.masters(self._settings, TIMEOUT_S) as masters:
            told = [one.info() for one in masters]
        commands = float(sum(info["total_commands_processed"] for info in told))
        held = sum(info["used_memory"] for info in told) / MB
        if self._before and t > self._before[0] and commands >= self._before[1]:
            rate = (commands - self._before[1]) / (t - self._before[0])
            self.readings.append(Redis(round(t, 2), round(rate, 1), round(held, 2)))
        self._before = t, commands


VERSIONS = {"sluice_model_version": "model", "sluice_config_version": "configuration"}
SHARES = {"sluice_rollout_percent": "model", "sluice_config_percent": "configuration"}

State = tuple[str, str]  # kind and text of an Event


class OwnMetrics:
    """sluice's /metrics: what changes of breakers and versions becomes an event."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._before: dict[Sample, State] | None = None
        self.events: list[Event] = []

    def look(self, t: float) -> None:
        self.take(t, fetch(self._url))

    def take(self, t: float, found: Samples) -> None:
        now = _states(found)
        for sample, state in now.items():
            if (self._before or now).get(sample) != state:
                self.events.append(Event(round(t, 2), *state))
        self._before = now


def _states(found: Samples) -> dict[Sample, State]:
    states: dict[Sample, State] = {}
    for (name, labels), value in found.items():
        role = re.search(r'role="(\w+)"', labels)
        shim = re.search(r'shim="(\w+)"', labels)
        if name == "sluice_triton_breaker_open":
            state = "breaker", f"{'open' if value else 'closed'}, shim {shim[1] if shim else '?'}"
        elif name in VERSIONS and role:
            what = f"{role[1]} {VERSIONS[name]}"
            state = "rollout", f"{what} {value:g}" if value else f"no {what}"
        elif name in SHARES:
            state = "rollout", f"candidate {SHARES[name]} gets {value:g} % of users"
        else:
            continue
        states[name, labels] = state
    return states


@dataclass
class Watch:
    """Everything that can be read from here. missing: what cannot, a sentence each."""

    processes: Processes
    triton: TritonMetrics | None = None
    redis: RedisInfo | None = None
    own: OwnMetrics | None = None
    missing: list[str] = field(default_factory=list)

    def look(self, t: float) -> None:
        """One reading of each, at t seconds of the load."""
        for one in (self.processes, self.triton, self.redis, self.own):
            try:
                if one is not None:
                    one.look(t)
            except SOURCE_GONE:
                continue

    def events(self) -> list[Event]:
        return list(self.own.events) if self.own else []


def local(settings: Settings, generators: Iterable[int]) -> Watch:
    """Of a sluice on this machine."""
    own = f"http://127.0.0.1:{settings.operations_port}/metrics"
    watch = Watch(Processes(settings, generators))
    watch.triton = _tried(lambda: TritonMetrics(TritonMetrics.wanted(settings)), "Triton's metrics", watch.missing)
    watch.redis = _tried(lambda: RedisInfo(settings), "Redis", watch.missing)
    watch.own = _tried(lambda: OwnMetrics(own), "sluice's metrics", watch.missing)
    return watch


def remote(operations_url: str | None, generators: Iterable[int]) -> Watch:
    """Of one elsewhere: its own metrics, where its operations port can be reached."""
    watch = Watch(Processes(None, generators))
    watch.missing.append(
        "sluice is elsewhere: no processor and memory of its processes, no batches of Triton, no commands of Redis"
    )
    if operations_url is None:
        watch.missing.append("no --operations-url: no breakers, no versions")
    else:
        url = operations_url.rstrip("/") + "/metrics"
        watch.own = _tried(lambda: OwnMetrics(url), "sluice's metrics", watch.missing)
    return watch


Source = TypeVar("Source", TritonMetrics, RedisInfo, OwnMetrics)


def _tried(make: Callable[[], Source], what: str, missing: list[str]) -> Source | None:
    one = make()
    try:
        one.look(0.0)
    except SOURCE_GONE as error:
        missing.append(f"{what} cannot be read: {error}")
        return None
    return one
