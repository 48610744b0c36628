"""Does every command of a crowd get its answer?"""

import asyncio

import pytest

from pyshim.outside.redis import CONNECTIONS, opened
from pyshim.settings import read_settings
from tests.conftest import RedisServer

pytestmark = pytest.mark.real


async def test_more_commands_at_once_than_there_are_connections_are_all_answered(redis_server: RedisServer) -> None:
    settings = read_settings({"SLUICE_REDIS_SOCKET": str(redis_server.socket)})
    many = 3 * CONNECTIONS
    async with opened(settings, 5) as redis:
        answers = await asyncio.gather(*(redis.command("ECHO", f"{number}") for number in range(many)))
    assert answers == [f"{number}".encode() for number in range(many)]
