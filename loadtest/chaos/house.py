"""Where do rounds happen? A fleet with a tenant that is limited, and somebody whose token is revoked."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import yaml

from loadtest.place.certificates import Authority
from loadtest.place.fleet import EDGES, Fleet, fleet
from loadtest.place.stack import wide_tenants
from pyshim.settings import PREFIX, ROOT

LIMITED, RATE, BURST = "bank", 20.0, 20.0
REVOKED = "revoked"
ASKED = 20  # times, so that no worker of an edge is left out


@dataclass(frozen=True, slots=True)
class House:
    """revoked: a token that is; waits: SLUICE_REDIS_WAIT."""

    fleet: Fleet
    revoked: str
    waits: bool


def _tenants(folder: Path) -> Path:
    tenants = wide_tenants(folder / "tenants")
    path = tenants / LIMITED / "tenant.yaml"
    about = yaml.safe_load(path.read_text(encoding="utf-8"))
    about["limits"]["tenant"] = {"rate_per_s": RATE, "burst": int(BURST)}
    path.write_text(yaml.safe_dump(about, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return tenants


@contextmanager
def house(folder: Path, wait: bool = True) -> Iterator[House]:
    """wait: SLUICE_REDIS_WAIT. Raises CannotStart, NoNetwork."""
    forgiving = {"ADDRESS_RATE_PER_S": "100000", "ADDRESS_BURST": "100000", "SCORE_SLOWED": "1e9", "SCORE_REFUSED": "1e9"}
    shared = {"TENANTS": str(_tenants(folder)), "REDIS_WAIT": str(int(wait)), **forgiving, **Authority(folder).signed("machine")}
    with fleet(folder, **shared) as made:
        stand = House(made, made.token(REVOKED), wait)
        environment = {PREFIX + name: value for name, value in made.chosen(EDGES[0], shared).items()}
        command = [sys.executable, "-m", "pyshim", "tokens", "revoke", "--tenant", "shop", "--user", REVOKED]
        subprocess.run(made.net.on(EDGES[0], command), cwd=ROOT, env=os.environ | environment, check=True, capture_output=True)
        made.cluster.wait(lambda: _refused(stand), 10)
        yield stand


def _refused(house: House) -> bool:
    """By all workers of both edges, each of which learns it by itself within two seconds: who is asked is chance."""
    headers = {"Authorization": f"Bearer {house.revoked}"}
    urls = [f"{url}/v1/history" for url in house.fleet.urls] * ASKED
    return all(httpx.get(url, headers=headers, trust_env=False).status_code == 401 for url in urls)
