"""What does a machine need on which only nginx runs?

Somebody who follows the configuration and the rollout for it, as a shim does elsewhere: what nginx begins with, and reads of each
model version, lies in files of this machine. It answers nobody, asks no Triton and leads nothing.
"""

import asyncio
import signal

from pyshim.configuration import start as configuration
from pyshim.configuration.follower import Configurations
from pyshim.outside.redis import Redis
from pyshim.rollout import start
from pyshim.rollout.follower import Follower
from pyshim.serve import log
from pyshim.serve.server import always
from pyshim.settings import read_settings
from pyshim.tenants.compile import Compiler, Snapshot, new_compiler


async def run(first: Snapshot, compiler: Compiler) -> None:
    """Until SIGTERM."""
    redis = Redis(first.settings)
    configurations = Configurations(first, compiler, redis, None)
    follower = Follower(configurations, redis, None)
    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    work = [asyncio.create_task(always(one)) for one in (configurations.run, follower.run)]
    await over.wait()
    for one in work:
        one.cancel()
    await asyncio.gather(*work, return_exceptions=True)
    await redis.close()


def main() -> None:
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    log.begin()
    settings = read_settings()
    compiler = new_compiler(settings, asyncio.run(start.first_version(settings)))
    asyncio.run(run(asyncio.run(configuration.or_kept(compiler)), compiler))


if __name__ == "__main__":
    main()
