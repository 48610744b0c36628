"""Which slot of a cluster has a key?

What stands between the first { and the } after it decides where it is more than nothing, else the whole key: so keys of one user
lie together.
"""

from binascii import crc_hqx

SLOTS = 16384


def slot_of(key: bytes | str | int) -> int:
    """0 to SLOTS - 1."""
    name = key if isinstance(key, bytes) else str(key).encode()
    begins = name.find(b"{") + 1
    ends = name.find(b"}", begins) if begins else -1
    return crc_hqx(name[begins:ends] if ends > begins else name, 0) & (SLOTS - 1)
