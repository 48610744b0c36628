"""Which characters are written in two ways, and count as one?

Full-width forms (Ａ, ７, ！) lie WIDE above their plain ones; traditional characters are those that a short answer is made of.
Places stay: a text is folded character for character.
"""

WIDE = 0xFEE0
# Digits and letters only: punctuation stays, patterns know both.
PLAIN = {WIDE + code: code for code in (*range(0x30, 0x3A), *range(0x41, 0x5B), *range(0x61, 0x7B))}
FOLDED = {code + far: ord(chr(code).lower()) for code in range(0x21, 0x7F) for far in (0, WIDE)}


def plain(text: str) -> str:
    """text with full-width digits and letters made plain, and no space around it."""
    return text.translate(PLAIN).strip()


def fold(text: str) -> str:
    """text as words are compared: full-width as half-width, Latin in lower case."""
    return text.translate(FOLDED)


TRADITIONAL = (
    "確認辦訂單換掛機額還貸嗎這麼麽沒問題錯對請謝煩幫們報後開發應該給馬點"
    "變為續費轉帳號碼當時間現個樣過來說話頭貨預價補關閱讀條約係寬帶實體隨處"
)
SIMPLIFIED = (
    "确认办订单换挂机额还贷吗这么么没问题错对请谢烦帮们报后开发应该给马点"
    "变为续费转账号码当时间现个样过来说话头货预价补关阅读条约系宽带实体随处"
)
PLAINER = str.maketrans(TRADITIONAL, SIMPLIFIED)


def simplified(text: str) -> str:
    """Of these characters alone: the model of recall (pyshim/understanding/grams.py) was made with them. All: scripts.py."""
    return text.translate(PLAINER)
