"""Whom is the load for? A sluice of the run's own, the one that runs here, or one elsewhere by its URL.

Elsewhere, tokens come from a file (tenant, tab, token; a line each), are made with keys at hand, or everybody is a guest. What
the tenants answer is read here (SLUICE_TENANTS): where the one elsewhere says other things, its flows are not followed.
"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import msgspec

from loadtest.place import stack
from pyshim.errors import BadTenant
from pyshim.identity import tokens
from pyshim.settings import PREFIX, Settings, read_settings
from pyshim.tenants import source
from pyshim.tenants.reader import load
from pyshim.tenants.schema import Tenant

TIMEOUT_S = 10.0


class NoTarget(Exception):
    """There is nothing to send a load to, or nobody to send it: why."""


class Shown(msgspec.Struct):
    """What GET /v1/tenants says of one."""

    id: str
    name: str
    guests: bool
    greeting: str = ""


class Listed(msgspec.Struct):
    tenants: list[Shown]


@dataclass
class Target:
    """own: started by this run, so that it may be killed. local: on this machine, so that its processes can be watched. tokens by
    tenant; keys: a folder of signing keys. missing: what cannot be done with it, a sentence each."""

    url: str
    settings: Settings
    tenants: list[Tenant]
    operations_url: str | None = None
    own: bool = False
    local: bool = False
    tokens: dict[str, list[str]] = field(default_factory=dict)
    keys: Path | None = None
    guests: dict[str, bool] = field(default_factory=dict)
    flows: dict[str, bool] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)


@contextmanager
def started(folder: Path, wanted: list[str], shims: int) -> Iterator[Target]:
    """One of the run's own, in this folder. Raises NoTarget, stack.CannotStart."""
    env = stack.environment(folder, workers=2) | {PREFIX + "SHIMS": str(shims)}
    with stack.sluice(folder, env) as service:
        target = running(read_settings(env), wanted, service.url)
        target.own = True
        yield target


def running(settings: Settings, wanted: list[str], url: str | None = None) -> Target:
    """The one whose settings these are, on this machine. Raises NoTarget."""
    address = url or f"http://{settings.host}:{settings.port}"
    target = Target(address, settings, _loaded(settings), f"http://127.0.0.1:{settings.operations_port}", local=True)
    target.keys = settings.keys
    return _reached(target, wanted)


def elsewhere(
    url: str, settings: Settings, wanted: list[str], file: Path | None, keys: Path | None, operations_url: str | None
) -> Target:
    """By its URL. Raises NoTarget."""
    target = Target(url.rstrip("/"), settings, _loaded(settings), operations_url, keys=keys)
    target.tokens = read_tokens(file) if file else {}
    return _reached(target, wanted)


def _loaded(settings: Settings) -> list[Tenant]:
    try:
        folders = sorted(path for path in settings.tenants.iterdir() if path.is_dir())
        return [load(source.of_folder(folder), settings) for folder in folders]
    except (OSError, BadTenant) as error:
        raise NoTarget(f"the tenants' files cannot be read: {error}") from None


def _reached(target: Target, wanted: list[str]) -> Target:
    """Leaves the tenants that are there, were asked for, and have somebody who can ask. Raises NoTarget."""
    there = {one.id: one for one in listed(target.url)}
    unknown = [name for name in wanted if name not in there]
    if unknown:
        raise NoTarget(f"{target.url} has no tenant {', '.join(unknown)}; it has {', '.join(sorted(there))}")
    left = []
    for one in target.tenants:
        if one.id not in there or (wanted and one.id not in wanted):
            continue
        shown = there[one.id]
        target.guests[one.id] = shown.guests
        target.flows[one.id] = (shown.name, shown.greeting) == (one.about.name, one.about.greeting)
        if not target.flows[one.id]:
            target.missing.append(f"{one.id}: its files here are not what {target.url} serves, so its flows are not followed")
        if shown.guests or target.tokens.get(one.id) or signs(target, one.id):
            left.append(one)
        else:
            target.missing.append(f"{one.id} is left out: it receives no guests, and there is no token or key for it")
    if not left:
        raise NoTarget(f"{target.url}: no tenant is left: {'; '.join(target.missing) or 'none of its tenants is known here'}")
    target.tenants = left
    return target


def signs(target: Target, name: str) -> bool:
    """Can tokens be made? A missing key file of one elsewhere is not made up."""
    if target.keys is None or not (target.local or tokens.path_of(target.keys, name).exists()):
        return False
    try:
        tokens.signing_key(target.keys, name)
    except BadTenant:
        return False
    return True


def listed(url: str) -> list[Shown]:
    """Raises NoTarget."""
    try:
        answer = httpx.get(f"{url}/v1/tenants", timeout=TIMEOUT_S, trust_env=False).raise_for_status()
        return msgspec.json.decode(answer.content, type=Listed).tenants
    except (httpx.HTTPError, httpx.InvalidURL, msgspec.DecodeError) as error:
        raise NoTarget(f"{url}/v1/tenants does not answer as a sluice would: {error}") from None


def read_tokens(path: Path) -> dict[str, list[str]]:
    """tenant, tab, token in each line. Raises NoTarget."""
    found: dict[str, list[str]] = defaultdict(list)
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise NoTarget(f"{path}: a file of tokens is wanted: {error}") from None
    for number, line in enumerate(lines, 1):
        cells = line.split("\t")
        if line.strip() and (len(cells) != 2 or not all(cell.strip() for cell in cells)):
            raise NoTarget(f"{path}:{number}: tenant, tab, token is wanted")
        if line.strip():
            found[cells[0].strip()].append(cells[1].strip())
    return dict(found)
