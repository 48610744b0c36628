"""Is the record in this folder fit to be shown?

msgspec says whether every field has its type. Here: is it of this version, are its times in order, are its figures numbers that a
plot can bear?
"""

from collections.abc import Iterable, Iterator
from math import isfinite
from pathlib import Path
from typing import Any

import msgspec

from loadtest.report.errors import BadRecord, NoRecord
from loadtest.seen import record as records
from loadtest.seen.record import FILE, VERSION, Record, Second

LONGEST_S = 1e7  # four months; a time beyond it is a clock's fault
LARGEST = 1e15
SLACK_S = 0.05  # a load that ended so much too early had its last second
SERIES = ("series", "processes", "triton", "redis")
TIMED = (*SERIES, "events", "context_failures")


def load(folder: Path) -> Record:
    """Raises NoRecord, BadRecord. folder: or a record.json itself."""
    path = folder / FILE if folder.is_dir() else folder
    try:
        record = records.read(path)
    except FileNotFoundError:
        raise NoRecord(f"no {FILE} in {folder}: it is written when a run ends") from None
    except OSError as error:
        raise NoRecord(f"{path} cannot be read: {error.strerror}") from None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadRecord(f"{path} is no whole record: {error}") from None
    for fault in faults(record):
        raise BadRecord(f"{path}: {fault}")
    return msgspec.structs.replace(record, series=whole_seconds(record))


def whole_seconds(record: Record) -> list[Second]:
    """Without the one in which the load ended: a tenth of a second's turns are no rate."""
    return [one for one in record.series if one.t + 1 <= record.seconds + SLACK_S]


def faults(record: Record) -> Iterator[str]:
    if record.version != VERSION:
        yield f"version is {record.version}, wanted {VERSION}"
    if not 0 < record.seconds <= LONGEST_S:
        yield f"seconds is {record.seconds!r}, wanted more than 0 and at most {LONGEST_S:g}"
    for name in TIMED:
        yield from _bad_times(name, [one.t for one in getattr(record, name)])
    yield from _out_of_order("series", [one.t for one in record.series])
    for name in ("total", "layers", "groups", "rounds", *SERIES, "gates", "knee"):
        yield from _bad_numbers(name, msgspec.to_builtins(getattr(record, name)))


def _bad_times(name: str, times: Iterable[float]) -> Iterator[str]:
    for at, t in enumerate(times):
        if not 0 <= t <= LONGEST_S:
            yield f"{name}[{at}].t is {t!r}, wanted 0 to {LONGEST_S:g} s"


def _out_of_order(name: str, times: list[int]) -> Iterator[str]:
    for at in range(1, len(times)):
        if times[at] <= times[at - 1]:
            yield f"{name}[{at}].t is {times[at]}, wanted more than the {times[at - 1]} before it"


def _bad_numbers(where: str, value: Any) -> Iterator[str]:
    """No figure of a run is negative, except what a gate measured: a slope may be."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _bad_numbers(f"{where}.{key}", inner)
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from _bad_numbers(f"{where}[{at}]", inner)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        least = -LARGEST if where.endswith(".measured") else 0
        if not (isfinite(value) and least <= value <= LARGEST):
            yield f"{where} is {value!r}, wanted {least:g} to {LARGEST:g}"
