"""How fast did it answer? wrk, with turns.lua, and what it says at the end."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import msgspec

from loadtest.bench.sequence import Turn

SCRIPT = Path(__file__).with_name("turns.lua")
THREADS = 1  # the load generator shares the cores with what it measures; one thread can send more than they answer


class Run(msgspec.Struct, frozen=True):
    """One run of wrk. refused: answers with a status from 400; broken: failed connections, reads and writes, and timeouts."""

    requests: int
    seconds: float
    mean_ms: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    refused: int
    broken: int

    @property
    def per_s(self) -> float:
        return self.requests / self.seconds


class BadRun(Exception):
    """wrk could not run, or not everything was answered with 200."""


@dataclass(frozen=True, slots=True)
class Load:
    """What to send where. rate: turns a second, or None for as fast as it goes; named: as a GET, whose X-User says who asks."""

    url: str
    turns: Path
    connections: int
    rate: float | None = None
    named: bool = False

    def command(self, seconds: float) -> list[str]:
        paced = [] if self.rate is None and not self.named else [f"{self.rate or 0:.0f}"]
        named = ["named"] if self.named else []
        wrk = ["wrk", f"-t{THREADS}", f"-c{self.connections}", f"-d{seconds:g}s", "--timeout", "5s", "-s", str(SCRIPT), self.url]
        return [*wrk, "--", str(self.turns), str(THREADS), *paced, *named]


def write(path: Path, turns: list[Turn]) -> Path:
    """The file that turns.lua reads."""
    lines = (f"{turn.token}\t{msgspec.json.encode({'query': turn.query}).decode()}\n" for turn in turns)
    path.write_text("".join(lines), encoding="utf-8")
    return path


def parse(output: str) -> Run:
    """The line that done() wrote, the last of wrk's output. Raises BadRun."""
    try:
        return msgspec.json.decode(output.strip().splitlines()[-1], type=Run)
    except (IndexError, msgspec.DecodeError):
        raise BadRun(f"wrk did not say what came of it:\n{output}") from None


def run(load: Load, seconds: float) -> Run:
    """Sends for so many seconds. Raises BadRun when anything but 200 came back."""
    done = subprocess.run(load.command(seconds), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BadRun(f"wrk failed: {done.stderr or done.stdout}")
    result = parse(done.stdout)
    if result.refused or result.broken:
        raise BadRun(f"{load.url}: {result.refused} of {result.requests} answers were refusals, {result.broken} were broken")
    return result
