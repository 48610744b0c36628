"""How do people write a value? Made apart from the readers, and sharing nothing with them."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

DIGITS, FORMAL = "零一二三四五六七八九", "零壹贰叁肆伍陆柒捌玖"
UNITS, FORMAL_UNITS = ["", "十", "百", "千"], ["", "拾", "佰", "仟"]
WIDE = str.maketrans("0123456789.,", "０１２３４５６７８９．,")
KEYCAP = "\ufe0f\u20e3"
NO_BREAK, ZERO_WIDTH = "\u00a0", "\u200b"

# A place for the value, what it belongs to named or not.
AMOUNT_SENTENCES = (
    "{}",
    "{}。",
    "就{}吧",
    "金额是{}，麻烦快点",
    "我想提前还{}",
    "你好，我要还{}，谢谢",
    "充了{}还没到账",
    "上次转了{}，对方没收到",
    "不是8765.4元，是{}",
    "先还{}，剩下321元我自己还",
)
PHONE_SENTENCES = ("{}", "我的手机号是{}", "打{}找我", "麻烦停一下{}，谢谢", "不是13911112222，是{}", "号码：{}。")
ORDER_SENTENCES = ("{}", "我的订单{}什么时候到", "单号是{}，麻烦看下", "{}这单一直没发货", "不是90909090，是{}", "帮我退{}")
DATE_SENTENCES = ("{}", "我是{}办的", "应该是{}吧，谢谢", "{}那天扣的钱", "不是2024年2月29日，是{}", "日期：{}")


def in_words(number: int, digits: str = DIGITS, units: list[str] = UNITS, ten: str = "一十") -> str:
    """A whole number below 10^8 in Chinese, as a school teaches it."""
    if number >= 10_000:
        high, low = divmod(number, 10_000)
        gap = digits[0] if 0 < low < 1_000 else ""
        return (
            in_words(high, digits, units, ten) + "万" + (gap + in_words(low, digits, units, digits[1] + units[1]) if low else "")
        )
    said, zero = "", False
    for place in (3, 2, 1, 0):
        digit = number // 10**place % 10
        if digit:
            said += (digits[0] if zero and said else "") + digits[digit] + units[place]
            zero = False
        else:
            zero = True
    if number < 20 and said.startswith(digits[1] + units[1]):
        said = ten + said[2:]
    return said or digits[0]


def plain(amount: Decimal, places: int = 2) -> str:
    """Without zeros that say nothing."""
    return f"{amount:.{places}f}".rstrip("0").rstrip(".")


def spaced(amount: Decimal, by: str) -> str:
    return f"{amount:,.2f}".replace(",", by)


def with_cents(whole: str, amount: Decimal, digits: str, yuan: str, end: str) -> str:
    jiao, fen = int(amount * 10) % 10, int(amount * 100) % 10
    said = (digits[jiao] + "角" if jiao else digits[0] if fen else "") + (digits[fen] + "分" if fen else "")
    return whole + yuan + (said or end)


def amounts(amount: Decimal) -> Iterator[str]:
    whole, cents = int(amount), amount != int(amount)
    yield plain(amount) + "元"
    yield f"{amount:.2f}元"
    yield plain(amount) + "块钱"
    yield plain(amount) + "圓"
    yield "CNY" + plain(amount)
    yield f"{amount:,.2f}元"
    yield "¥" + plain(amount)
    yield f"￥{amount:,.2f}"
    yield "RMB " + plain(amount)
    yield "人民币" + f"{amount:.2f}"
    yield plain(amount).translate(WIDE) + "元"
    yield spaced(amount, " ") + "元"
    yield spaced(amount, NO_BREAK) + "元"
    yield f"{plain(amount)} 元"
    yield plain(amount / 10_000, 6) + "万"
    yield plain(amount / 1_000, 5) + "k"
    if whole:
        yield with_cents(in_words(whole), amount, DIGITS, "元", "整")
        yield with_cents(in_words(whole, FORMAL, FORMAL_UNITS, "壹拾"), amount, FORMAL, "圆", "整")
        yield with_cents(in_words(whole), amount, DIGITS, "塊", "").replace("万", "萬")
    if whole and cents:
        yield f"{whole}块{int(amount * 100) % 100:02d}" if int(amount * 100) % 10 else f"{whole}块{int(amount * 10) % 10}"
    if whole >= 10_000 and whole % 1_000 == 0 and not cents and whole % 10_000 and whole < 1_000_000:
        yield f"{whole // 10_000}万{whole // 1_000 % 10}"
        yield f"{whole // 10_000}w{whole // 1_000 % 10}"
        yield in_words(whole)[:-1]


def phones(number: str) -> Iterator[str]:
    three = (number[:3], number[3:7], number[7:])
    yield number
    for by in (" ", "-", "–", "—", "\u2011", NO_BREAK, "\u3000", ".", " - "):
        yield by.join(three)
    yield "+86" + number
    yield "+86 " + " ".join(three)
    yield "86" + number
    yield "0086-" + "-".join(three)
    yield "（+86）" + number
    yield number.translate(WIDE)
    yield spelt(number)
    yield spelt(number).replace("一", "幺")
    yield "".join(digit + KEYCAP for digit in number)
    yield ZERO_WIDTH.join(three)
    yield f"{number[:4]} {number[4:8]} {number[8:]}"


def spelt(number: str) -> str:
    return "".join(DIGITS[int(digit)] for digit in number)


def orders(number: str) -> Iterator[str]:
    fours = [number[at : at + 4] for at in range(0, len(number), 4)]
    yield number
    for by in (" ", "-", "–", "—", "\u2011", NO_BREAK, "\u3000", "."):
        yield by.join(fours)
    yield number.translate(WIDE)
    yield spelt(number)
    yield spelt(number).replace("零", "〇")
    yield spelt(number).replace("一", "幺")
    yield "".join(digit + KEYCAP for digit in number)
    yield ZERO_WIDTH.join(fours)
    yield f"{number[:4]} {number[4:]}" if len(number) < 12 else number


def dates(day: date, today: date) -> Iterator[str]:
    year, month, of_month = day.year, day.month, day.day
    yield day.isoformat()
    yield f"{year}/{month}/{of_month}"
    yield f"{year}.{month:02d}.{of_month:02d}"
    yield f"{year}–{month:02d}–{of_month:02d}"
    yield f"{year}年{month}月{of_month}日"
    yield f"{year}年{month:02d}月{of_month:02d}号"
    yield f"{year} 年 {month} 月 {of_month} 日"
    yield f"{year}年{month}月{of_month}日".translate(WIDE)
    yield f"{year}年{month}月{of_month}號"
    yield f"{year % 100}年{month}月{of_month}号"
    yield f"{spelt(str(year))}年{in_words(month, ten='十')}月{in_words(of_month, ten='十')}日"
    yield f"{spelt(str(year)).replace('零', '〇')}年{in_words(month, ten='十')}月{in_words(of_month, ten='十')}号"
    yield f"{year}{month:02d}{of_month:02d}"
    word = {-1: "去年", 0: "今年", 1: "明年"}.get(year - today.year)
    if word:
        yield f"{word}{month}月{of_month}日"
        yield f"{word}{in_words(month, ten='十')}月{in_words(of_month, ten='十')}号"
    ago = (today - day).days
    if 0 < ago < 1000:
        yield f"{ago}天前"
    if 0 < ago < 365:
        yield f"{month}月{of_month}日"
    weeks = (day.toordinal() - 1) // 7 - (today.toordinal() - 1) // 7
    if -2 <= weeks <= 2:
        yield ("上上", "上", "这", "下", "下下")[weeks + 2] + "周" + "一二三四五六日"[day.weekday()]
