"""Who answered? The difference of two readings of sluice's own /metrics, which counts every turn by layer and status."""

import re
import time
from collections import Counter

import httpx

from pyshim.settings import Settings

LINE = re.compile(r'^sluice_turns_total\{tenant="[^"]*",layer="([^"]*)",status="(\d+)"\} (\d+)', re.MULTILINE)
LEFT = 499  # what wrk was still waiting for when its time was up: it leaves, which is nobody's refusal
FLUSH_S = 1.2  # each nginx worker adds its counts to shared memory once a second

Counts = Counter[tuple[str, int]]  # (layer, status) -> turns


class Unexpected(Exception):
    """Something was answered by another layer, or with another status, than this load is for."""


def parse(metrics: str) -> Counts:
    """Turns by layer and status, all tenants together, without those whose client left."""
    counts: Counts = Counter()
    for layer, status, turns in LINE.findall(metrics):
        if int(status) != LEFT:
            counts[layer, int(status)] += int(turns)
    return counts


def read(settings: Settings) -> Counts:
    time.sleep(FLUSH_S)
    return parse(httpx.get(f"http://127.0.0.1:{settings.operations_port}/metrics", trust_env=False, timeout=10).text)


def deep_share_of(counts: Counts) -> float:
    """Of the turns, those that were answered behind the edge."""
    return sum(turns for (layer, _), turns in counts.items() if layer != "l3_hot") / counts.total()


def check(counts: Counts, deep_share: float, tolerance: float = 0.01) -> None:
    """Everything with 200; so much of it by layers behind the edge, give or take. Raises Unexpected."""
    total, bad = counts.total(), {key: turns for key, turns in counts.items() if key[1] != 200}
    if bad or not total:
        raise Unexpected(f"{total} turns, of which not answered with 200: {bad}")
    deep = deep_share_of(counts)
    if abs(deep - deep_share) > tolerance:
        raise Unexpected(f"{deep:.3f} of the turns went behind the edge, {deep_share:.3f} were meant to: {dict(counts)}")


def degraded(settings: Settings) -> int:
    """Turns answered while Redis did not answer in time, from what edge and shims logged."""
    paths = [settings.log / "nginx.log", *settings.log.glob("shim-*.log")]
    return sum(path.read_bytes().count(b"answering without the state store") for path in paths)
