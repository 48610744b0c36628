"""Are settings read once, typed, and complained about well?"""

import re
import socket
from dataclasses import fields

import pytest

from pyshim.settings import BOUNDS, DEFAULTS, BadSetting, Settings, read_settings


def test_defaults_are_complete_and_documented() -> None:
    assert read_settings({}).port == 8080
    text = DEFAULTS.read_text(encoding="utf-8").replace(",\n", ",")
    blocks = [block for block in re.split(r"\n\n|(?<=\n)(?=#)", text) if "=" in block]
    assert [block for block in blocks if not block.startswith("#")] == []


def test_the_environment_overrides() -> None:
    assert read_settings({"SLUICE_PORT": "9000", "HOME": "/"}).port == 9000


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("SLUICE_PORT", "http", "SLUICE_PORT='http': a whole number"),
        ("SLUICE_PORT", "-1", "SLUICE_PORT='-1': a whole number"),
        ("SLUICE_CONFIDENCE_MIN", "high", "SLUICE_CONFIDENCE_MIN='high': a number"),
        (
            "SLUICE_LIMITS_SHADOW",
            "address, user",
            "SLUICE_LIMITS_SHADOW='address, user': everything, address, slow, record or nothing",
        ),
        *(
            ("SLUICE_ADDRESS_RATE_PER_S", value, "a number, from 1e-06 to 10000000 is")
            for value in ("inf", "nan", "-inf", "1e300", "-1")
        ),
        *(("SLUICE_EVERYTHING_RATE_PER_S", value, "from 1e-06 to 10000000 is wanted") for value in ("0", "1e8")),
        ("SLUICE_SLOW_BURST", "0", "SLUICE_SLOW_BURST='0': a whole number, from 1 to 10000000 is wanted"),
        ("SLUICE_PORT", "65536", "SLUICE_PORT='65536': a whole number, from 0 to 65535 is wanted"),
        ("SLUICE_CONFIDENCE_MIN", "60", "SLUICE_CONFIDENCE_MIN='60': a number, from 0 to 1 is wanted"),
        ("SLUICE_DEADLINE_MS", "0", "SLUICE_DEADLINE_MS='0': a whole number, from 1 to 2147483647 is wanted"),
        ("SLUICE_DEADLINE_MS", "5001", "SLUICE_DEADLINE_MS=5001: at most 5000 is wanted: a drain waits so long"),
        ("SLUICE_REDIS_TIMEOUT_MS", "1501", "SLUICE_REDIS_TIMEOUT_MS=1501: at most SLUICE_DEADLINE_MS=1500 is wanted"),
        ("SLUICE_STATE_TTL_S", "99999999999", "a whole number, from 1 to 2147483647 is wanted"),
        *(
            ("SLUICE_REDIS_MEMORY_MB", value, f"={value!r}: a whole number, from 16 to 2147483647 is wanted")
            for value in ("0", "2g", "-1")
        ),
        ("SLUICE_USER_AGENTS_REFUSED", "(", "SLUICE_USER_AGENTS_REFUSED='(': missing )"),
        ("SLUICE_PROT", "1", "SLUICE_PROT is not a setting"),
    ],
)
def test_a_bad_setting_is_named_with_what_was_wanted(name: str, value: str, wanted: str) -> None:
    with pytest.raises(BadSetting, match=re.escape(wanted)):
        read_settings({name: value})


def test_a_node_has_the_hosts_name_and_a_redis_of_its_own_unless_told_otherwise() -> None:
    alone = read_settings({"SLUICE_VAR": "/tmp/somewhere"})
    assert (alone.node, alone.own_redis, str(alone.redis)) == (socket.gethostname(), True, "/tmp/somewhere/run/redis.sock")
    shared = read_settings({"SLUICE_NODE": "left", "SLUICE_REDIS": "/run/redis.sock"})
    assert (shared.node, shared.own_redis, str(shared.redis)) == ("left", False, "/run/redis.sock")


def test_bounds_are_of_settings_and_hold_for_the_defaults() -> None:
    assert set(BOUNDS) <= {field.name for field in fields(Settings)}
    assert read_settings({})
