"""How do turns look on the wire and in Redis?

JSON to clients, MessagePack for the dialogue state, and the stored form of a turn: the reply's members, then query and at.
"""

import time

import msgspec

from pyshim.turns.turn import Reply, State, Turn


class Ask(msgspec.Struct):
    """Body of POST /v1/chat, checked by the edge already."""

    query: str
    session_id: str | None = None
    seq: int | None = None


class GuestWanted(msgspec.Struct):
    """Body of POST /v1/session."""

    tenant: str


class _Answer(msgspec.Struct):
    answer: str


read_ask = msgspec.json.Decoder(Ask).decode
read_guest = msgspec.json.Decoder(GuestWanted).decode
encode = msgspec.json.encode
_encoder = msgspec.json.Encoder()
_state_decoder = msgspec.msgpack.Decoder(State)
_answer_decoder = msgspec.json.Decoder(_Answer)


def read_state(blob: bytes) -> State:
    """The dialogue state; b"" is a new one."""
    return _state_decoder.decode(blob) if blob else State()


def write_state(state: State) -> bytes:
    return msgspec.msgpack.encode(state)


def stored_answer(entry: bytes) -> str:
    """The answer text of a stored turn."""
    return _answer_decoder.decode(entry).answer


def reply_members(turn: Turn, reply: Reply) -> bytes:
    """JSON members of a reply after seq and session_id, without braces."""
    members = {
        "turn_id": turn.id,
        "answer": reply.answer,
        "intent": reply.intent,
        "suggestions": reply.suggestions[:3],
        "confidence": reply.confidence,
        "answered_by": turn.answered_by,
    }
    if turn.degraded:
        members["degraded"] = True
    return _encoder.encode(members)[1:-1]


def kept_members(turn: Turn) -> bytes:
    """JSON members that only the history keeps, without braces."""
    return _encoder.encode({"query": turn.query, "at": int(time.time() * 1000)})[1:-1]


def beginning(seq: int, session: str) -> bytes:
    """How a stored turn begins, and a reply."""
    return b'{"seq":%d,"session_id":%b,' % (seq, _encoder.encode(session))


def whole_reply(seq: int, session: str, members: bytes) -> bytes:
    return beginning(seq, session) + members + b"}"


def reply_of(entry: bytes) -> bytes:
    """The reply inside a stored turn. Quotes in texts are escaped, so the first bare ,"query": is the border."""
    return entry[: entry.index(b',"query":')] + b"}"


def fault(code: str, message: str, turn_id: str) -> bytes:
    return _encoder.encode({"error": {"code": code, "message": message, "turn_id": turn_id}})
