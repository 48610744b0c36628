"""What is kept, and how is nothing done twice?

Rules:

* One connection for the process, one call at a time: a call takes well under a millisecond.
* A POST is one transaction: look for the stored answer, act, store the answer. It takes SQLite's write lock
  before it looks, so of two with the same key at the same moment, in one process or in two, the second
  finds the answer of the first.
* A key belongs to a tenant and a user. Refusals are stored like any other answer.
* A new file is filled in one transaction: another process finds it empty or complete.
"""

import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from .calls import Call, Function, Reply, reply

SEEDS = ["database.sql", "shop.sql", "telecom.sql", "bank.sql"]
BUSY_S = 5.0  # how long to wait for another process that is writing
SEEDED = 1  # user_version of a file that is complete


class Asked(NamedTuple):
    function: Function
    tenant: str
    user_id: str
    fields: Mapping[str, str]


class Database:
    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = Lock()
        self._db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        self._seed()
        self._write_ahead()
        # a crash of the process loses nothing; a power cut may lose the last answers, which a demo can bear
        self._db.execute("PRAGMA synchronous = NORMAL")

    def _write_ahead(self) -> None:
        """While others open the same file, too: SQLite says at once that it is locked; elsewhere it waits."""
        until = time.monotonic() + BUSY_S
        while True:
            try:
                self._db.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.01)

    def close(self) -> None:
        self._db.close()

    def read(self, asked: Asked) -> Reply:
        with self._transaction("DEFERRED"):
            return self._reply(asked)

    def became(self, tenant: str, user_id: str, key: str) -> Reply | None:
        """What the call with this key was answered; None where none arrived."""
        with self._transaction("DEFERRED"):
            return self._stored(tenant, user_id, key)

    def once(self, key: str, asked: Asked) -> Reply:
        """The same key again gets the stored answer, whatever else is asked with it."""
        with self._transaction("IMMEDIATE"):
            stored = self._stored(asked.tenant, asked.user_id, key)
            if stored:
                return stored
            answered = self._reply(asked)
            whose = (asked.tenant, asked.user_id, key)
            self._db.execute("INSERT INTO answers VALUES (?, ?, ?, ?, ?)", (*whose, *answered))
            return answered

    def _stored(self, tenant: str, user_id: str, key: str) -> Reply | None:
        sql = "SELECT status, body FROM answers WHERE tenant = ? AND user_id = ? AND key = ?"
        stored = self._db.execute(sql, (tenant, user_id, key)).fetchone()
        return Reply(*stored) if stored else None

    def _reply(self, asked: Asked) -> Reply:
        return reply(asked.function, Call(asked.tenant, asked.user_id, asked.fields, self._db))

    @contextmanager
    def _transaction(self, kind: str) -> Iterator[None]:
        with self._lock:
            self._db.execute(f"BEGIN {kind}")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                self._db.execute("ROLLBACK")
                raise

    def _seed(self) -> None:
        with self._transaction("IMMEDIATE"):
            [(version,)] = self._db.execute("PRAGMA user_version").fetchall()
            if version == SEEDED:
                return
            for name in SEEDS:
                for statement in _statements(Path(__file__).with_name(name).read_text(encoding="utf-8")):
                    self._db.execute(statement)
            self._db.execute(f"PRAGMA user_version = {SEEDED}")


def _statements(script: str) -> Iterator[str]:
    # executescript would commit first, and then a half-filled file could be seen
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
