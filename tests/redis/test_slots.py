"""Is a key where Redis says it is?"""

import pytest

from pyshim.outside.slots import SLOTS, slot_of
from tests.redis.conftest import RedisCluster


@pytest.mark.parametrize(("key", "same"), [("d:{shop:u}", "shop:u"), ("{a}{b}", "a"), ("x{{a}}y", "{a"), ("a{b", "a{b")])
def test_what_stands_in_the_first_braces_decides(key: str, same: str) -> None:
    assert slot_of(key) == slot_of(same.encode())


def test_nothing_between_them_decides_nothing() -> None:
    assert slot_of("a{}{b}") not in (slot_of("b"), slot_of(""))
    assert slot_of("123456789") == 0x31C3 % SLOTS  # of the definition of CRC16


def test_as_redis_counts(redis_cluster: RedisCluster) -> None:
    keys = ["d:{shop:u}", "{calls}", "{", "}", "{}", "a{}b", "a{b}c{d}", "a}b{c}", "{{}}", "你好{世界}", "a{b", "", "x" * 300]
    assert [slot_of(key) for key in keys] == [redis_cluster.ask("CLUSTER", "KEYSLOT", key) for key in keys]
