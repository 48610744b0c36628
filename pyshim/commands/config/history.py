"""Which versions of the configuration are there, and who did what?"""

import time

from rich.table import Table
from rich.text import Text

from pyshim.commands.config.control import ConfigControl
from pyshim.commands.control import run
from pyshim.commands.terminal import out, read_settings
from pyshim.configuration.configuration import Configuration
from pyshim.configuration.store import Event

SHOWN = 15


def versions() -> None:
    """Versions that are stored, which one serves, and who did what last."""

    async def work(control: ConfigControl) -> None:
        record = await control.record()
        made = Table("version", "content", "tenants", "serves", "made", "by", "why", box=None, pad_edge=False)
        for number in (await control.store.numbers())[-SHOWN:]:
            one = await control.store.manifest(number)
            made.add_row(str(number), one.digest, str(len(one.tenants)), _serves(number, record), _at(one.at), one.who, one.why)
        out.print(made)
        for event in reversed(await control.store.events(SHOWN)):
            out.print(_line(event), soft_wrap=True)

    run(ConfigControl, read_settings(), work)


def _serves(number: int, record: Configuration) -> str:
    if number == record.serving:
        return f"{100 - record.percent:g} %"
    if number == record.candidate:
        return f"{record.percent:g} %"
    return "before" if number == record.previous else ""


def _at(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at))


def _line(event: Event) -> Text:
    told = Text(f"{_at(event.at)}  ", style="dim") + Text(f"{event.what} {event.version}")
    more = "; ".join([*([event.why] if event.why else []), *event.changes])
    return told + Text(f"  ({event.who})", style="dim") + Text(f"  {more}" if more else "")
