"""What came of looking for a value?"""

from enum import StrEnum
from typing import NamedTuple


class Reason(StrEnum):
    """Why a text that seems to say a value says none. said: how a customer is told."""

    said: str

    def __new__(cls, code: str, said: str) -> "Reason":
        one = str.__new__(cls, code)
        one._value_, one.said = code, said
        return one

    FORGOTTEN = "forgotten", "您说不记得了"
    UNDECIDED = "undecided", "您还没有想好"
    NAMELESS = "nameless", "需要完整的名称"
    UNSAID = "unsaid", "没有看到具体的内容"
    DENIED = "denied", "您说的不是这个"
    VAGUE = "vague", "这是个大概的数，需要准确的"
    UNCLEAR = "unclear", "写法有两种读法，请换个写法"
    GROUPING = "grouping", "数字里的逗号或空格位置不对"
    NEGATIVE = "negative", "不能是负数"
    ZERO = "zero", "要大于 0"
    TOO_LARGE = "too_large", "数目太大了"
    TOO_FINE = "too_fine", "最多精确到分"
    CURRENCY = "currency", "只能按人民币办理"
    SHARE = "share", "需要具体数目，不能是比例"
    LENGTH = "length", "位数不对"
    PHONE = "phone", "这像是手机号"
    LANDLINE = "landline", "需要手机号，不是座机"
    DATE = "date", "这像是日期"
    NO_SUCH_DAY = "no_such_day", "没有这一天"
    CARD = "card", "这像是银行卡号，请不要发送完整卡号"
    IDENTITY = "identity", "这像是身份证号"
    SECRET = "secret", "请不要发送密码和验证码"
    CHECKSUM = "checksum", "校验位不对，可能有一位写错"
    NO_SUCH_CHOICE = "no_such_choice", "没有这一项"
    INCOMPLETE = "incomplete", "还不完整"


class Found(NamedTuple):
    """A value; text[start:end] says it. named: whether the text says what it is (元, 订单号), not the number alone."""

    value: str
    shown: str
    start: int
    end: int
    named: bool = False


class NoValue(NamedTuple):
    """No value, and why. INCOMPLETE: part is what was said, as the value would be; missing, in words, what is wanted besides."""

    reason: Reason
    part: str = ""
    missing: str = ""


Reading = list[Found] | NoValue
