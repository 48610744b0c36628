"""How does a stored turn look as text?

The reply's JSON members, seq and session_id first, and then what only the history keeps: query, with nothing secret in it, and
at. Inside a JSON text quotes are escaped, so the first bare ,"query": is the border between the two. lua/edge/stored.lua and
lua/redis/commit-3.lua write and read the same.
"""

import time

import msgspec

from pyshim.turns.turn import Reply, Turn

HIDDEN = "······"  # instead of a code


class _Answer(msgspec.Struct):
    answer: str


class _Told(msgspec.Struct):
    turn_id: str


class _Asked(msgspec.Struct):
    query: str = ""
    suggestions: list[str] = []


class _Consented(msgspec.Struct):
    consent: dict[str, object] | None = None


class _At(msgspec.Struct):
    at: int = 0


_encoder = msgspec.json.Encoder()
_answer_decoder = msgspec.json.Decoder(_Answer)
_told_decoder = msgspec.json.Decoder(_Told)
_asked_decoder = msgspec.json.Decoder(_Asked)
_consented_decoder = msgspec.json.Decoder(_Consented)
_at_decoder = msgspec.json.Decoder(_At)


def reply_members(turn: Turn, reply: Reply) -> bytes:
    """JSON members of a reply after seq and session_id, without braces."""
    members: dict[str, object] = {
        "turn_id": turn.id,
        "answer": reply.answer,
        "intent": reply.intent,
        "suggestions": reply.suggestions[:3],
        "confidence": reply.confidence,
        "answered_by": turn.answered_by,
    }
    if reply.confirm:
        members["confirm"] = reply.confirm
    if turn.degraded:
        members["degraded"] = True
    return _encoder.encode(members)[1:-1]


def kept_members(turn: Turn) -> bytes:
    """JSON members that only the history keeps, without braces."""
    members: dict[str, object] = {"query": HIDDEN if turn.secret else turn.kept, "at": int(time.time() * 1000)}
    if turn.consent:
        members["consent"] = turn.consent
    return _encoder.encode(members)[1:-1]


def _beginning(seq: int, session: str) -> bytes:
    return b'{"seq":%d,"session_id":%b,' % (seq, _encoder.encode(session))


def whole_reply(seq: int, session: str, members: bytes) -> bytes:
    return _beginning(seq, session) + members + b"}"


def is_at(entry: bytes, seq: int, session: str) -> bool:
    """Is this stored turn the one at that position?"""
    return entry.startswith(_beginning(seq, session))


def reply_of(entry: bytes) -> bytes:
    """The reply inside a stored turn."""
    return entry[: entry.index(b',"query":')] + b"}"


def is_of(reply: bytes, turn_id: str) -> bool:
    """Is this reply that turn's own, and not one that was stored before it?"""
    return _told_decoder.decode(reply).turn_id == turn_id


def answer_of(entry: bytes) -> str:
    """Its answer's text."""
    return _answer_decoder.decode(entry).answer


def asked_back(entry: bytes, title: str) -> str:
    """What was said to it, where this title was one of the meanings it offered; else ""."""
    asked = _asked_decoder.decode(entry)
    return asked.query if title in asked.suggestions and asked.query != HIDDEN else ""


def acted(entry: bytes) -> bool:
    """Was something agreed to in that turn, and done or refused?"""
    return _consented_decoder.decode(entry).consent is not None


def at_of(entry: bytes) -> int:
    """When it was answered, milliseconds since 1970; 0 where the entry does not say."""
    return _at_decoder.decode(entry).at
