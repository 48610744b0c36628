"""How are the characters of a secret compared?

A folded text has a symbol for each character of its source, so that places stay: Latin in lower case, digits 0 to 9, Chinese
ones A to J (which are digits only where several stand together), one space and one dash for all, and the simplified form of what
the words are made of. lua/edge/secrets/folding.lua folds alike.
"""

from pyshim.language.folding import FOLDED

CHINESE = ("零〇○", "一壹幺", "二贰貳", "三叁參", "四肆", "五伍", "六陆陸", "七柒", "八捌", "九玖")
CIRCLED = 0x2460  # ①
SPACES = (
    *(9, 10, 13, 0xA0, 0xAD, 0x3000, 0x202F, 0x205F, 0x2060, 0xFE0F, 0x20E3, 0xFEFF),
    *range(0x2000, 0x2010),
    *range(0x202A, 0x202F),
)
DASHES = (*range(0x2010, 0x2016), 0x2212, 0x30FC)
POINTS = (0xB7, 0x30FB)
TRADITIONAL = (
    "碼驗證動態為設號銀訂單儲記進這個來發輸寫試過數應該爲萬鄉從們優會軍剛務變臺後嗎員"
    "圓塊頭媽實歲開張錄護換時顯機條灣點瑪現電禮筆結給編話詢購運還遞領飯馬係祕錯認權內親經訴鎖傳"
)
SIMPLE = (
    "码验证动态为设号银订单储记进这个来发输写试过数应该为万乡从们优会军刚务变台后吗员"
    "圆块头妈实岁开张录护换时显机条湾点玛现电礼笔结给编话询购运还递领饭马系秘错认权内亲经诉锁传"
)

SYMBOLS: dict[int, int] = {ord(one): ord(other) for one, other in zip(TRADITIONAL, SIMPLE, strict=True)}
SYMBOLS |= FOLDED
SYMBOLS |= {ord(one): ord("A") + value for value, written in enumerate(CHINESE) for one in written}
SYMBOLS |= {CIRCLED + value: ord("1") + value for value in range(9)}
SYMBOLS |= dict.fromkeys(SPACES, ord(" ")) | dict.fromkeys(DASHES, ord("-")) | dict.fromkeys(POINTS, ord("."))
SYMBOLS[0xD7] = ord("x")  # ×


def fold(text: str) -> str:
    return text.translate(SYMBOLS)
