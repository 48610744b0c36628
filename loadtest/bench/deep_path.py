"""What do turns for Triton lose when their Redis is a cluster? A sluice on each: nginx, a shim, and one Triton for all of them.

All turns are for Triton, as many as go; beside turns a second the shim's processor time for each. There is one Triton, so that
what it has of the machine is no difference between them.
"""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from loadtest.bench import holders, layers, wrk
from loadtest.bench.cluster_stands import CONNECTIONS
from loadtest.bench.sequence import turns
from loadtest.bench.wrk import Load
from loadtest.place import stack
from loadtest.seen import processor
from loadtest.what.scouting import scouted
from pyshim.settings import PREFIX, Settings, read_settings
from pyshim.tenants.compile import compile_all

USERS, TENANT = 1000, "shop"


@dataclass(frozen=True, slots=True)
class Deep:
    """A whole sluice, and what is sent to it."""

    settings: Settings
    load: Load

    def measure(self, seconds: float) -> tuple[float, float]:
        """Turns a second, and microseconds of the shim's processor for each. Raises BadRun, Unexpected."""
        shim = int((self.settings.run / "shim-0.pid").read_text())
        answered, before = layers.read(self.settings), processor.seconds(shim)
        run = wrk.run(self.load, seconds)
        us = (processor.seconds(shim) - before) / run.requests * 1e6
        layers.check(layers.read(self.settings) - answered, 1.0)
        return run.per_s, us


def standing(doors: ExitStack, folder: Path, name: str, address: str, wait: str = "0", triton: str = "") -> Deep:
    """In a folder of its own, beside the others; runs until the doors are closed. triton: address of one that runs. Raises
    CannotStart, TooFewQuestions."""
    folder.mkdir(parents=True)
    chosen = {"REDIS": address, "REDIS_WAIT": wait, "NODE": name, "SHIMS": "1", "TRITON_QUEUE_SIZE": "512", "TRITON": triton}
    env = stack.environment(folder, 2) | {PREFIX + key: value for key, value in chosen.items()}
    settings = read_settings(env)
    keys = folder.parent / "deep-keys"  # sluices on one cluster are one service
    keys.mkdir(exist_ok=True)
    settings.var.mkdir()
    settings.keys.symlink_to(keys)
    service = doors.enter_context(stack.sluice(folder, env))
    questions = scouted(service.url, compile_all(settings), holders.mint(settings, [TENANT], 1, f"{name}-scout"))
    asking = holders.mint(settings, [TENANT], USERS, name)
    file = wrk.write(folder / "turns.tsv", turns(asking, questions, 1.0))
    return Deep(settings, Load(f"{service.url}/v1/chat", file, CONNECTIONS))
