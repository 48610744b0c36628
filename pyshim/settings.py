"""Which settings does this process run with?

gateway/defaults.env names every setting once; the environment overrides it. Each is read once, typed once, and a bad one
is reported by name, value and what was wanted.
"""

import os
import re
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from pyshim import hosts, redis_address
from pyshim.hosts import Host, Hosts
from pyshim.redis_address import Address

ROOT = Path(__file__).resolve().parent.parent
DEFAULTS = ROOT / "gateway" / "defaults.env"
PREFIX = "SLUICE_"
OWN_NODES = 6  # of a cluster of one's own: three masters, three replicas
DRAIN_MS = 5000  # a process that leaves waits so long for the turns it is answering
MODEL = "student"  # its folder under SLUICE_MODELS, and its name in Triton


class BadSetting(Exception):
    """A setting cannot be used; the text says which, what it was and what was wanted."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, typed. Meaning and units stand in gateway/defaults.env."""

    host: str
    port: int
    log_mb: int
    logs_kept: int
    operations_port: int
    triton_port: int
    triton_metrics_port: int
    backend_port: int
    tls_port: int
    tls_certificate: str
    tls_key: str
    tls_hsts_s: int
    otlp_endpoint: str
    trace_share: float
    var: Path
    group: str
    user: str
    tenants: Path
    models: Path
    datasets: Path
    word_lists: tuple[Path, ...]
    nginx: str
    node: str
    redis: Address
    redis_port: int
    redis_credential: str
    redis_ca: str
    redis_wait: bool
    redis_memory_mb: int
    triton: Host
    triton_host: str
    triton_config: str
    triton_environment: Path
    edge_workers: int
    shims: int
    shim_listen: Host
    shims_at: Hosts
    mtls_certificate: str
    mtls_key: str
    mtls_ca: str
    mtls_name: str
    buckets_mb: int
    deadline_ms: int
    redis_timeout_ms: int
    body_bytes_max: int
    query_chars_max: int
    everything_rate_per_s: float
    everything_burst: int
    address_rate_per_s: float
    address_burst: int
    address_guests_per_day: int
    limits_shadow: tuple[str, ...]
    user_agents_refused: str
    addresses_refused: tuple[str, ...]
    addresses_trusted: tuple[str, ...]
    proxies: tuple[str, ...]
    proxy_protocol: bool
    understood_mb: int
    records_mb: int
    record_half_life_s: float
    score_slowed: float
    score_refused: float
    slow_rate_per_s: float
    slow_burst: int
    refused_s: float
    refused_max_s: float
    known_s: float
    known_minutes: int
    known_keep_s: float
    header_s: int
    body_s: int
    address_connections: int
    tenants_listed: bool
    token_audience: str
    token_leeway_s: int
    guest_token_s: int
    token_s: int
    token_life_max_s: int
    tokens_remembered: int
    state_ttl_s: int
    history_ttl_s: int
    history_turns: int
    late_turns_max: int
    confidence_min: float
    breaker_failures: int
    breaker_probe_s: float
    triton_queue_delay_us: int
    triton_queue_size: int
    triton_instances: int
    rollout_load_s: float
    rollout_step_s: float
    rollout_step_turns: int
    rollout_step_max_s: float
    rollout_false_alarms: float
    rollout_drain_s: float

    @property
    def run(self) -> Path:
        """Sockets, process ids and compiled snapshots of the running system."""
        return self.var / "run"

    @property
    def log(self) -> Path:
        return self.var / "log"

    @property
    def keys(self) -> Path:
        """Signing keys, one JWKS file a tenant."""
        return self.var / "keys"

    @property
    def erased(self) -> Path:
        """Who was forgotten, for backups from before (pyshim/turns/erasures.py)."""
        return self.var / "erased"

    @property
    def model_versions(self) -> Path:
        """What nginx reads of each model version that serves, and which of them is the stable one."""
        return self.run / "versions"

    @property
    def edge_configuration(self) -> Path:
        """What nginx begins with: the version of the configuration this machine served last ..."""
        return self.run / "config.json"

    @property
    def addresses(self) -> Path:
        """Which addresses nginx refuses and trusts."""
        return self.run / "addresses.json"

    @property
    def kept_configuration(self) -> Path:
        """... and what shims begin with."""
        return self.run / "config.msgpack"

    @property
    def configuration_copy(self) -> Path:
        """What Redis has of the configurations that serve, should it lose them ..."""
        return self.run / "configuration"

    @property
    def rollout_copy(self) -> Path:
        """... and of the rollout."""
        return self.run / "rollout.json"

    @property
    def student(self) -> Path:
        """The model's folder: a version folder for each number."""
        return self.models / MODEL

    @property
    def triton_python(self) -> Path:
        """The Python that has what Triton's Python backend runs on: onnxruntime and tokenizers."""
        return self.triton_environment / "bin" / "python"

    @property
    def own_redis(self) -> bool:
        """Whether this system starts its own Redis, or shares one that somebody else runs."""
        return self.redis in (redis_address.at(self.run / "redis.sock"), self.own_cluster)

    @property
    def own_cluster(self) -> Address:
        return Address(_own_nodes(self.redis_port), cluster=True)

    @property
    def own_triton(self) -> bool:
        """Whether this system starts a Triton: beside its shims, or alone on a machine."""
        return not self.triton and (self.shims > 0 or not self.port)

    @property
    def triton_address(self) -> str:
        """host:port of its gRPC."""
        return self.triton or f"{self.triton_host}:{self.triton_port}"

    def shim_port(self, number: int) -> int:
        """Where it listens beside its socket, 0 for nowhere."""
        return hosts.host_and_port(self.shim_listen)[1] + number if self.shim_listen else 0

    def shim_socket(self, number: int) -> Path:
        return self.run / f"shim-{number}.sock"

    def late_files(self, number: int) -> tuple[Path, tuple[Path, ...]]:
        """Where shim number keeps turns that wait for Redis; and those of shims that are no more, which number 0 takes over."""
        mine = self.run / f"late-shim-{number}"
        others = [path for path in self.run.glob("late-shim-*") if int(path.name.rpartition("-")[2]) >= self.shims]
        return mine, tuple(others) if number == 0 else ()

    @property
    def example_backend(self) -> str:
        return f"http://127.0.0.1:{self.backend_port}"


def _own_nodes(first: int) -> tuple[str, ...]:
    return tuple(f"127.0.0.1:{first + number}" for number in range(OWN_NODES))


def _address(text: str) -> Address:
    return redis_address.read(text, ROOT)


def _path(text: str) -> Path:
    return (ROOT / text).resolve()


def _ranges(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _paths(text: str) -> tuple[Path, ...]:
    return tuple(_path(part) for part in _ranges(text))


def _within(number: float, text: str) -> None:
    if not 0 <= number <= MOST:  # which no NaN is
        raise ValueError(text)


def _whole(text: str) -> int:
    _within(int(text), text)
    return int(text)


def _number(text: str) -> float:
    _within(float(text), text)
    return float(text)


MOST = 2**31 - 1  # of any number; nginx counts that far


def _yes(text: str) -> bool:
    if text not in ("0", "1"):
        raise ValueError(text)
    return text == "1"


READERS: dict[Any, tuple[Callable[[str], Any], str]] = {
    bool: (_yes, "0 or 1"),
    int: (_whole, "a whole number"),
    float: (_number, "a number"),
    str: (str, "text"),
    Path: (_path, "a path"),
    Address: (_address, redis_address.WANTED),
    Host: (hosts.one, "host:port or nothing"),
    Hosts: (hosts.several, "host:port, comma-separated"),
    tuple[Path, ...]: (_paths, "paths, comma-separated"),
    tuple[str, ...]: (_ranges, "address ranges, comma-separated"),
}


PORT, SHARE, SOME = (0, 65535), (0, 1), (1, MOST)
RATE, BURST = (1e-6, 1e7), (1, 10_000_000)  # the edge counts tokens exactly up to there (pyshim/tenants/schema.py has the same)

# What a number must lie within, least and most, where not any will do.
BOUNDS: dict[str, tuple[float, float]] = {
    **dict.fromkeys(("port", "operations_port", "triton_port", "triton_metrics_port", "backend_port", "tls_port"), PORT),
    "redis_port": (1024, 65535 - 10000 - OWN_NODES),  # nodes of a cluster talk to each other 10,000 ports higher
    **dict.fromkeys(("everything_rate_per_s", "address_rate_per_s", "slow_rate_per_s"), RATE),
    **dict.fromkeys(("everything_burst", "address_burst", "slow_burst"), BURST),
    "understood_mb": (0, 16384),
    "shims": (0, 1000),
    "redis_memory_mb": (16, MOST),  # with less Redis takes nothing at all
    **dict.fromkeys(("trace_share", "confidence_min", "rollout_false_alarms"), SHARE),
    **dict.fromkeys(
        (
            *("edge_workers", "buckets_mb", "records_mb", "deadline_ms", "redis_timeout_ms"),
            *("body_bytes_max", "query_chars_max", "record_half_life_s", "score_slowed", "refused_s", "header_s", "body_s"),
            *("address_connections", "tokens_remembered", "guest_token_s", "token_s", "token_life_max_s", "state_ttl_s"),
            *("log_mb", "logs_kept", "address_guests_per_day"),
            *("history_ttl_s", "history_turns", "breaker_failures", "triton_queue_size", "triton_instances"),
        ),
        SOME,
    ),
}


def _read(name: str, kind: Any, text: str) -> Any:
    """One setting. Raises BadSetting, in one way whatever is wrong."""
    reader, wanted = READERS[kind]
    least, most = BOUNDS.get(name, (0, MOST))
    is_number = kind in (int, float)
    try:
        value: Any = reader(text)
        if not is_number or least <= value <= most:
            return value
    except ValueError:
        pass
    bounds = f", from {least:g} to {most:.0f}" if is_number else ""
    raise BadSetting(f"{PREFIX}{name.upper()}={text!r}: {wanted}{bounds} is wanted")


def _defaults() -> dict[str, str]:
    pairs: dict[str, str] = {}
    for number, line in enumerate(DEFAULTS.read_text(encoding="utf-8").splitlines(), 1):
        if line and not line.startswith("#"):
            name, found, value = line.partition("=")
            if not found or not name.startswith(PREFIX):
                raise BadSetting(f"{DEFAULTS.name}:{number}: not a setting: {line!r}")
            pairs[name] = value
    return pairs


def _own_or(address: str, texts: Mapping[str, str]) -> str:
    """The address of a Redis of one's own, where none is named."""
    if address == "cluster":
        return "redis://" + ",".join(_own_nodes(_read("redis_port", int, texts["SLUICE_REDIS_PORT"])))
    return address or f"{texts['SLUICE_VAR']}/run/redis.sock"


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings from defaults.env and the environment. Raises BadSetting."""
    texts = _defaults()
    for name, value in environment.items():
        if name.startswith(PREFIX):
            if name not in texts:
                raise BadSetting(f"{name} is not a setting; gateway/defaults.env lists them all")
            texts[name] = value
    texts["SLUICE_NODE"] = texts["SLUICE_NODE"] or socket.gethostname()
    texts["SLUICE_REDIS"] = _own_or(texts["SLUICE_REDIS"], texts)
    values: dict[str, object] = {}
    for field in fields(Settings):
        name = PREFIX + field.name.upper()
        values[field.name] = _read(field.name, field.type, texts[name])
    settings = Settings(**values)  # type: ignore[arg-type]
    if set(settings.limits_shadow) - {"everything", "address", "slow", "record"}:
        wanted = "everything, address, slow, record or nothing is wanted"
        raise BadSetting(f"SLUICE_LIMITS_SHADOW={texts['SLUICE_LIMITS_SHADOW']!r}: {wanted}")
    try:
        re.compile(settings.user_agents_refused)
    except re.error as error:
        raise BadSetting(f"SLUICE_USER_AGENTS_REFUSED={settings.user_agents_refused!r}: {error}") from None
    if settings.deadline_ms > DRAIN_MS:
        why = f"at most {DRAIN_MS} is wanted: a drain waits so long for the turns that are being answered, and cuts off the rest"
        raise BadSetting(f"SLUICE_DEADLINE_MS={settings.deadline_ms!r}: {why}")
    if settings.redis_timeout_ms > settings.deadline_ms:
        why = f"at most SLUICE_DEADLINE_MS={settings.deadline_ms} is wanted: Redis is part of a turn"
        raise BadSetting(f"SLUICE_REDIS_TIMEOUT_MS={settings.redis_timeout_ms!r}: {why}")
    if settings.score_slowed > settings.score_refused:
        raise BadSetting(f"SLUICE_SCORE_SLOWED={settings.score_slowed!r}: at most SLUICE_SCORE_REFUSED is wanted")
    return settings
