"""Do shims serve an nginx on another machine, by TCP with mutual TLS, and nobody else?

Two launchers: one has shims and Triton, and no nginx; the other an nginx, and no shims.
"""

import http.client
import os
import shutil
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from loadtest.place import edges
from loadtest.place.certificates import Authority
from pyshim.hosts import host_and_port
from tests.conftest import PATIENT, Stack, free_ports, wait_until
from tests.sluice import here

pytestmark = pytest.mark.real
DEEP = "我买的那双鞋子到底走到哪个城市了呀"


@dataclass
class Machines:
    behind: Stack
    front: Stack
    authority: Authority

    def asked(self, **shown: str) -> int:
        """The status of a request to a shim, by who shows this certificate. Raises OSError where nobody answers."""
        context = ssl.create_default_context(cafile=self.authority.certificate)
        context.check_hostname = False
        if shown:
            context.load_cert_chain(shown["MTLS_CERTIFICATE"], shown["MTLS_KEY"])
        connection = http.client.HTTPSConnection(*host_and_port(self.behind.settings.shim_listen), context=context, timeout=5)
        connection.request("GET", "/readyz")
        return connection.getresponse().status


@pytest.fixture(scope="module")
def machines(stacks: Callable[..., Stack], wide: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    folder = tmp_path_factory.mktemp("machines")
    socket, redis = edges.redis(folder / "redis")
    authority = Authority(folder)
    first, second = free_ports(2)
    assert second == first + 1, "shims listen side by side"
    shared = {**wide, **PATIENT, "REDIS": str(socket)}
    behind = stacks(**shared, **authority.signed("behind"), NODE="behind", PORT="0", SHIMS="2", SHIM_LISTEN=f"127.0.0.1:{first}")
    var = folder / "front"
    var.mkdir()
    shutil.copytree(behind.settings.keys, var / "keys")
    at = f"localhost:{first},localhost:{second}"
    front = stacks(**shared, **authority.signed("front"), NODE="front", VAR=str(var), SHIMS="0", SHIMS_AT=at)
    yield Machines(behind, front, authority)
    redis.kill()
    redis.wait()


def test_a_conversation_goes_by_tcp(machines: Machines) -> None:
    customer = machines.front.customer()
    assert "订单号" in customer.ask("我要退款")["answer"]
    answered = customer.post(DEEP)
    assert answered.status_code == 200
    assert answered.headers["X-Model-Version"] == "1", "understood by Triton, behind"
    assert len(customer.history()) == 2
    assert machines.front.ready()
    assert not machines.front.settings.shim_socket(0).exists()


def test_the_next_shim_is_asked_where_one_is_gone(machines: Machines) -> None:
    before = machines.behind.pid("shim-1")
    os.kill(before, 9)
    for number in range(1, 13):
        assert machines.front.customer().post("申请退款", session_id="s", seq=1).status_code == 200, number
    wait_until(lambda: machines.behind.pid("shim-1") != before)


def test_only_who_has_a_certificate_of_ours_is_answered(machines: Machines) -> None:
    assert machines.asked(**machines.authority.signed("third")) == 200
    for shown in ({}, machines.authority.signed("stranger", name="somebody-else")):
        with pytest.raises((OSError, http.client.HTTPException)):
            machines.asked(**shown)


def test_what_is_applied_behind_serves_in_front_and_is_kept_there(machines: Machines, tmp_path: Path) -> None:
    """The agent follows for a machine that has no shims."""
    changed = shutil.copytree(machines.behind.settings.tenants, tmp_path / "changed")
    replies = changed / "shop" / "replies.yaml"
    replies.write_text(replies.read_text(encoding="utf-8").replace("您好", "您好呀", 1), encoding="utf-8")
    said = here(machines.behind, "config", "apply", changed)
    assert said.returncode == 0, said.stdout + said.stderr
    wait_until(lambda: machines.front.customer().ask("你好")["answer"].startswith("您好呀"))
    wait_until(lambda: "您好呀".encode() in machines.front.settings.edge_configuration.read_bytes())
