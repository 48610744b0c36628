"""How much processor time has a part had?"""

import os

from loadtest.seen.memory import PROC, family

TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def seconds(pid: int) -> float:
    """Of a process and its children so far; children that have ended are not in it."""
    fields = [(PROC / str(one) / "stat").read_text().rpartition(")")[2].split() for one in family(pid)]
    return sum(int(one[11]) + int(one[12]) for one in fields) / TICKS_PER_S
