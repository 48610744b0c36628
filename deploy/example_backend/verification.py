"""Is it really this customer? A code is sent to a phone, and a POST that carries it is done.

Rules:

* The example sends nothing, and its code is always the same: SENT.
* A code is good for VALID_MINUTES by the real clock, and once; the last one that was sent is the one that counts.
* A POST without a code is not asked for one.
"""

import time

from .calls import Answer, Call, Function, Refusal

CODE = "code"  # the field of a POST
SENT = "246810"
VALID_MINUTES = 5
KIND, LAST = "verification", "last"


def now() -> float:
    return time.time()


def send(call: Call, phone_tail: str) -> Answer:
    call.file(KIND, LAST, sent_at=str(now()))
    return {"phone_tail": phone_tail, "valid_minutes": VALID_MINUTES}


def checked(function: Function) -> Function:
    """The call, behind its code where it brings one."""

    def behind_the_code(call: Call) -> Answer:
        if CODE in call.fields:
            use(call)
        return function(call)

    return behind_the_code


def use(call: Call) -> None:
    sent = call.filed(KIND, LAST)
    if not sent or now() - float(sent["sent_at"]) > VALID_MINUTES * 60:
        raise Refusal("code_expired")
    if call.fields[CODE] != SENT:
        raise Refusal("wrong_code")
    call.unfile(KIND, LAST)
