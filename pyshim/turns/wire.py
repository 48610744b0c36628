"""How do messages and dialogue states look outside this process?

JSON from and to clients, MessagePack for the dialogue state in Redis. Stored turns: pyshim/turns/stored.py.
"""

import msgspec

from pyshim.turns.turn import Press, State


class Ask(msgspec.Struct):
    """Body of POST /v1/chat, checked by the edge already: a query, or a button that was pressed."""

    query: str = ""
    confirm: Press | None = None
    session_id: str | None = None
    seq: int | None = None


class GuestWanted(msgspec.Struct):
    """Body of POST /v1/session."""

    tenant: str


read_ask = msgspec.json.Decoder(Ask).decode
read_guest = msgspec.json.Decoder(GuestWanted).decode
encode = msgspec.json.encode
_state_decoder = msgspec.msgpack.Decoder(State)


def read_state(blob: bytes) -> State:
    """The dialogue state; b"" is a new one."""
    return _state_decoder.decode(blob) if blob else State()


def write_state(state: State) -> bytes:
    return msgspec.msgpack.encode(state)


def fault(code: str, message: str, turn_id: str) -> bytes:
    return encode({"error": {"code": code, "message": message, "turn_id": turn_id}})
