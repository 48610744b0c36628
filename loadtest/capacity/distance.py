"""How is what parts cost apart measured? For `python -m loadtest.capacity apart`: three stands that take turns, paced alike.

wrk asks on the edge's own machine, so that how clients come there is the same for all of them.
"""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from loadtest.bench import holders, layers, wrk
from loadtest.bench.layers import Unexpected
from loadtest.bench.options import say
from loadtest.bench.sequence import turns
from loadtest.bench.wrk import BadRun, Load
from loadtest.capacity.apart import MAKE, Apart, Kind, Stand, Turn
from loadtest.capacity.errors import NotMeasured
from loadtest.place import stack
from loadtest.place.fleet import EDGES
from loadtest.place.network import NoNetwork
from loadtest.place.stack import CannotStart
from loadtest.place.tiers import Tiers, tiers
from loadtest.seen import machine, processor
from loadtest.what.scouting import TooFewQuestions, scouted
from loadtest.what.sentences import Corpus
from pyshim.settings import PREFIX, Settings, read_settings
from pyshim.tenants.compile import compile_all

TENANT, USERS, CONNECTIONS = "shop", 2000, 32
KINDS: tuple[tuple[Kind, float], ...] = (("hot", 0.0), ("deep", 1.0))
OURS = ("REDIS_WAIT", "NODE", "SHIMS", *stack.PORTS, "HOST", "VAR")  # each stand has its own
FAILURES = (CannotStart, NoNetwork, BadRun, Unexpected, TooFewQuestions, OSError, subprocess.SubprocessError)


@dataclass(frozen=True, slots=True)
class Plan:
    """per_s: paces at which two cores are moderately busy with all parts and wrk."""

    rounds: int = 5
    seconds: float = 5
    per_s: tuple[float, float] = (1500, 100)  # hot, deep


QUICK = Plan(rounds=1, seconds=2)


@dataclass(frozen=True, slots=True)
class Place:
    """Where it stands: its nginx, what is sent, by kind of turns, and how to be on its edge's machine."""

    settings: Settings
    files: dict[Kind, Path]
    pids: Callable[[], dict[str, int]]
    inside: Callable[[], AbstractContextManager[None]]

    def measure(self, kind: Kind, share: float, per_s: float, seconds: float) -> Turn:
        """Raises BadRun, Unexpected."""
        load = Load(f"http://127.0.0.1:{self.settings.port}/v1/chat", self.files[kind], CONNECTIONS, per_s)
        with self.inside():
            wrk.run(load, 1)
            answered, before = layers.read(self.settings), self._spent()
            run = wrk.run(load, seconds)
            spent = self._spent()
            layers.check(layers.read(self.settings) - answered, share)
        us = {part: 1e6 * (spent[part] - before[part]) / run.requests for part in spent}
        return Turn({part: us[part] if share or part in ("edge", "redis") else 0.0 for part in us}, run.p50_ms)

    def _spent(self) -> dict[str, float]:
        return {part: processor.seconds(pid) for part, pid in self.pids().items()}


def measured(folder: Path, plan: Plan) -> Apart:
    """Raises NotMeasured."""
    try:
        with _standing(folder) as places:
            about = machine.about(places["here"].settings)
            told: dict[Stand, dict[Kind, Turn]] = {stand: {} for stand in places}
            for (kind, share), per_s in zip(KINDS, plan.per_s, strict=True):
                seen: dict[Stand, list[Turn]] = {stand: [] for stand in places}
                for _ in range(plan.rounds):
                    for stand, place in places.items():
                        seen[stand].append(place.measure(kind, share, per_s, plan.seconds))
                for stand, found in seen.items():
                    told[stand][kind] = _median(found)
                    say(f"{kind}, {stand}: {told[stand][kind]}")
    except FAILURES as error:
        raise NotMeasured(f"{type(error).__name__}: {error}") from error
    paces = dict(zip((kind for kind, _ in KINDS), plan.per_s, strict=True))
    return Apart(about, MAKE if plan != QUICK else f"{MAKE} --quick", paces, told)


def _median(found: list[Turn]) -> Turn:
    us = {part: round(median(one.us[part] for one in found), 1) for part in found[0].us}
    return Turn(us, round(median(one.p50_ms for one in found), 3))


@contextmanager
def _standing(folder: Path) -> Iterator[dict[Stand, Place]]:
    """Raises CannotStart, NoNetwork, TooFewQuestions."""
    env = stack.environment(folder, 2) | {f"{PREFIX}SHIMS": "1"}
    settings = read_settings(env)
    shared = {name.removeprefix(PREFIX): value for name, value in env.items() if name.startswith(PREFIX)}
    shared = {name: value for name, value in shared.items() if name not in OURS}
    (folder / "apart").mkdir()
    with stack.sluice(folder, env) as service, tiers(folder / "apart", **shared) as away:
        scouts = holders.mint(settings, [TENANT], 1, "scout")
        questions = scouted(service.url, compile_all(settings), scouts)

        def pids() -> dict[str, int]:
            names = {"edge": "nginx", "shim": "shim-0", "triton": "triton", "redis": "redis"}
            return {part: int((settings.run / f"{name}.pid").read_text()) for part, name in names.items()}

        yield {
            "here": Place(settings, _files(folder / "here", settings, questions), pids, nullcontext),
            "apart": _pair(folder / "first", away, 0, questions),
            "waiting": _pair(folder / "second", away, 1, questions),
        }


def _pair(folder: Path, away: Tiers, number: int, questions: dict[str, Corpus]) -> Place:
    edge = EDGES[number]
    settings = away.settings[edge]
    files = _files(folder, settings, questions)
    return Place(settings, files, lambda: away.pids(number), lambda: away.net.inside(edge))


def _files(folder: Path, settings: Settings, questions: dict[str, Corpus]) -> dict[Kind, Path]:
    folder.mkdir()
    asking = holders.mint(settings, [TENANT], USERS, folder.name)
    return {kind: wrk.write(folder / f"{kind}.tsv", turns(asking, questions, share)) for kind, share in KINDS}
