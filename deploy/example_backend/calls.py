"""What does a call come with, what may it answer?

A call is a function that takes a Call and
- returns an Answer: status 200; flat fields, fit to be shown to a customer
- raises a Refusal: status 404 for not_found, 409 for every other code; flat fields too
What it has filed is kept in both cases, for a refusal is an answer. Any other exception undoes it.
"""

import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

Field = str | int | float
Answer = Mapping[str, Field]
Details = dict[str, str]


class Refusal(Exception):
    """The call was understood, the answer is no."""

    def __init__(self, code: str, **fields: Field) -> None:
        super().__init__(code)
        self.code = code
        self.fields = fields


class Reply(NamedTuple):
    status: int
    body: str


@dataclass(frozen=True)
class Call:
    tenant: str
    user_id: str
    fields: Mapping[str, str]
    """Taken from the path, the query and the body: all there, none empty; code only where one was sent."""
    db: sqlite3.Connection

    def row(self, sql: str, *values: Field) -> sqlite3.Row | None:
        found: sqlite3.Row | None = self.db.execute(sql, values).fetchone()
        return found

    def rows(self, sql: str, *values: Field) -> list[sqlite3.Row]:
        return self.db.execute(sql, values).fetchall()

    def number(self, prefix: str, digits: int) -> str:
        """The next number that starts with this prefix; digits is the least width of the count behind it."""
        more = "ON CONFLICT (tenant, prefix) DO UPDATE SET last = last + 1 RETURNING last"
        [(last,)] = self.rows(f"INSERT INTO numbers VALUES (?, ?, 1) {more}", self.tenant, prefix)
        return f"{prefix}{last:0{digits}d}"

    def file(self, kind: str, subject: str, **details: str) -> None:
        """Keep what this user asked for; the same kind and subject again replaces it."""
        values = (self.tenant, self.user_id, kind, subject, json.dumps(details, ensure_ascii=False))
        self.db.execute("INSERT OR REPLACE INTO filed VALUES (?, ?, ?, ?, ?)", values)

    def unfile(self, kind: str, subject: str) -> None:
        sql = "DELETE FROM filed WHERE tenant = ? AND user_id = ? AND kind = ? AND subject = ?"
        self.db.execute(sql, (self.tenant, self.user_id, kind, subject))

    def filed(self, kind: str, subject: str) -> Details | None:
        return self.filed_all(kind).get(subject)

    def filed_all(self, kind: str) -> dict[str, Details]:
        """What this user has filed of one kind, by subject."""
        sql = "SELECT subject, details FROM filed WHERE tenant = ? AND user_id = ? AND kind = ?"
        rows = self.rows(sql, self.tenant, self.user_id, kind)
        return {row["subject"]: json.loads(row["details"]) for row in rows}


Function = Callable[[Call], Answer]


class Entry(NamedTuple):
    """One line of a tenant's CALLS: what is asked, with which fields (in a POST's body, in a GET's query), and the function,
    named as the intent, that answers. installment_quote is the quote of installment."""

    method: str
    path: str
    names: tuple[str, ...]
    function: Function


def reply(function: Function, call: Call) -> Reply:
    try:
        return Reply(200, _json(function(call)))
    except Refusal as refusal:
        status = 404 if refusal.code == "not_found" else 409
        return Reply(status, _json({"error": {"code": refusal.code, **refusal.fields}}))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
