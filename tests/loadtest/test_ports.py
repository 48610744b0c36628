"""Is a port given to one process only, and to nobody while somebody listens on it?"""

import socket
import subprocess
import sys

import pytest

from loadtest.place import stack
from loadtest.place.stack import CannotStart, free_ports
from pyshim.settings import ROOT

TWO = "from loadtest.place.stack import free_ports; print(*free_ports(2)); input()"


def test_processes_that_run_side_by_side_are_given_different_ports() -> None:
    command = [sys.executable, "-c", TWO]
    others = [subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    given = [port for other in others for port in (other.stdout.readline() if other.stdout else "").split()]
    mine = [str(port) for port in free_ports(2) + free_ports(2)]
    for other in others:
        other.communicate("\n", timeout=20)
    assert len(set(given + mine)) == 2 * 2 + 4


def test_a_port_somebody_listens_on_is_given_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    [free] = free_ports(1)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setattr(stack, "_ports", iter([taken.getsockname()[1], free]))
        assert free_ports(1) == [free]
        with pytest.raises(CannotStart, match="no port from 10000 to 32000 is free"):
            free_ports(1)
