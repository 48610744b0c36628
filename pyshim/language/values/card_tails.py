"""Which card is meant, by the last four digits of its number?

    read(text) -> Reading; value and shown: four digits

A whole number (15 to 19 digits, one that checks), or what masking leaves of it (************1234), gives its last four, and
nothing else of it is kept. A password, a code or a CVV is a secret and never a tail; a year, a time, an amount and what counts
something are none.
"""

import re

from pyshim.language.values import corrections
from pyshim.language.values.figures import COUNTED
from pyshim.language.values.found import Found, NoValue, Reading, Reason
from pyshim.language.values.runs import Run, card, mobile, runs
from pyshim.language.values.spans import Folded, fold

SECRET = re.compile(r"(?:密码|口令|验证码|校验码|动态码|安全码|CVV2?|CVC|\bPIN\b|有效期)[^0-9，,。；;！!]{0,6}$", re.IGNORECASE)
NAMED = re.compile(r"(?:尾号|[末后]四位|[末后]4位|尾数|末尾|卡号|尾)[^0-9，,。；;！!]{0,6}$|\*{8}$")
OTHERS = re.compile(r"(?:[¥$:：./A-Za-z]|订单|单号|流水号|手机|电话|第)\s?(?:号|是|为)?\s?$")
COUNTS = re.compile(r"\s?(?:元|块|圆|万|千|美|多|[.:：/][0-9]|[A-Za-z])")
SPENT = re.compile(r"(?:[取花转扣还刷充付交存借贷降升涨提笔成]|金额|额度|还款)(?:了|到|掉|款|至|我|走)?\s?$")
BOOKED = re.compile(r"\s?(?:想?分|想?提|想?还(?![是有])|输成|这笔)")
AND = re.compile(r"(?:的卡)?\s?[和、,，跟及与]\s?")
NEAR = 12
MASKED = "*" * NEAR  # what a whole number is masked with (pyshim/language/secrets/masking.py)


def read(text: str | Folded) -> Reading:
    folded = fold(text)
    said: list[Found] = []
    why: NoValue | None = None
    for run in runs(folded.text):
        named = bool(said) and said[-1].named and AND.fullmatch(folded.text, said[-1].end, run.start) is not None
        one = _tail(folded.text, run, named)  # 尾号1022和4455
        if isinstance(one, Found):
            said.append(one)
        elif one is not None:
            why = why or NoValue(one)
    if any(one.named for one in said):
        said = [one for one in said if one.named]
    return corrections.concluded(folded, said, why)


def _tail(text: str, run: Run, named: bool) -> Found | Reason | None:
    before, spelt = text[max(0, run.start - NEAR) : run.start], run.digits
    if SECRET.search(before):
        return Reason.SECRET
    named = named or before.endswith(MASKED) or NAMED.search(before) is not None
    if 15 <= len(spelt) <= 19 and (named or card(spelt)):
        return Found(spelt[-4:], spelt[-4:], run.pieces[-1].end - 4, run.end, named)
    last = run.pieces[0] if named else run.pieces[-1]
    if mobile(spelt) or (not named and (OTHERS.search(before) or COUNTS.match(text, run.end) or COUNTED.match(text, run.end))):
        return None
    if not named and (SPENT.search(before) or BOOKED.match(text, run.end)):
        return None
    if len(last.digits) == 4 and (named or len(run.pieces) == 1):
        return Found(last.digits, last.digits, last.start, last.end, named)
    return Reason.LENGTH if named or not text[: run.start].strip() else None
