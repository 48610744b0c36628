"""How does memory that was freed get back to the system?

glibc keeps it, in pieces between what lives on: after each change of a configuration a little more. Asking for it takes half a
millisecond.
"""

import ctypes
import gc

_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # other C libraries do without


def give_back() -> None:
    gc.collect()
    if _trim is not None:
        _trim(0)
