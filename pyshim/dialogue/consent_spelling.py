"""How is a yes written, and how is it written where consent.py's grammar reads it?

One way for all: simplified, lower case, one comma for all marks between two words. Slips of the finger, dialect and pinyin are
mended as long as they can be nothing else; none of them is near a no, a question or a delay.
"""

import re
import unicodedata
from collections.abc import Iterator

from pyshim.language.folding import simplified
from pyshim.language.scripts import to_simplified

LONGEST = 60  # characters of a yes: what is longer tells something, and would take long to read

# "yeah, right" means the opposite.
HESITATION = re.compile(r"\.{2,}|。{2,}|…|[?？\ue000-\uf8ff]|\byea?h?\W{0,3}right\b", re.IGNORECASE)
# Pictures of things and of joy say nothing of their own, as marks; those that thank or agree are words of the grammar.
MARKS = re.compile(r"[ \t\r,，、。.!~;:·💰💵📶📡📦📱💳🏠🏡🚚🧾📄📝📞☎🔒🔧🛠🎉🎊✨🌟⭐🔥🚀❤💖💕😀😁😄😃😉😘🥰🤗👏🙌🆗✔☑]+")
SHADES = re.compile("[\ufe0e\ufe0f\u200d\U0001f3fb-\U0001f3ff]")  # of emoji
SPACED = re.compile(r"(?<!\w)[一-鿿](?:[ \t]+[一-鿿])+(?!\w)")  # 确 认
DRAWN = re.compile(r"([一-鿿a-z])\1{2,}")  # 好嘞嘞嘞, yesss

# Traditional characters that an act is called by, beside those that all of sluice folds.
TRADITIONAL = (
    "無誤內業務張銀調錢趕緊盡並結執線檢訴爭議損壞償減複復領資記審準銷讓絕雙兩從將報撥"
    "裝頻視鈴遷揀們頭這屬實賬戶決後聽電網壓碎閱證協簽齊聯儘購買賣選擇達進遠運爲"
)
PLAINER = str.maketrans(TRADITIONAL, TRADITIONAL.translate(to_simplified()))
MISSPELT = {
    "确认": "确任 确忍 确人 确仁 确让 缺认 却认 雀认",
    "确定": "确订 缺定 却定 确钉",
    "办理": "办里 办李 办礼 办利 半理 版理 伴理",
    "同意": "同义 同易 同已 通意 统一 童意",
    "提交": "提教 提叫 提较 题交 踢交",
    "取消": "取肖 取销 去消 曲消",
    "挂失": "卦失 刮失 挂矢 挂诗 挂师 挂湿 挂实",
    "退款": "退宽 推款 腿款",
    "退订": "退钉 推订 退丁 退定",
    "换货": "换或 换祸 换伙",
    "分期": "分旗 分其 份期 分齐",
    "还款": "还宽 环款",
    "还贷": "还代 还带 环贷",
    "停机": "停几 停鸡 停及 亭机",
    "提额": "提鹅 题额 踢额",
    "报修": "报休 抱修 报绣",
    "登记": "登机 灯记 登计 登际",
    "移机": "移几 移鸡 宜机",
    "开票": "开漂 开飘",
    "发票": "发漂 发飘 法票",
    "地址": "地止 地值 地指 地纸 递址",
    "宽带": "宽代 款带 宽待 寬頻 宽频",
    "价保": "价宝 价包",
    "套餐": "套参 套惨",
    "可以": "阔以 口以 可已 可意 科以 阔已",
    "没问题": "么问题 冇问题 莫问题 木问题 没得问题 莫得问题 没问提 没文题 没问体 每问题",
    "没错": "冇错 么错",
    "好的": "好得 毫的 豪的 好de",
    "是的": "系嘅 事的 时的",
    "的": "滴 哒",
    "账": "帐",
    "欧了": "o了",
}
# Pinyin: a comma where a space may stand; 吧 may follow.
PINYIN = {
    "确认": "que,ren qr",
    "确定": "que,ding qd",
    "办理": "ban,li",
    "办": "ban(?=,?ba$)",
    "同意": "tong,yi",
    "提交": "ti,jiao tj",
    "取消": "qu,xiao",
    "挂失": "gua,shi",
    "退款": "tui,kuan",
    "退订": "tui,ding",
    "退": "tui(?=,?ba$)",
    "换货": "huan,huo",
    "分期": "fen,qi",
    "还款": "huan,kuan",
    "还贷": "huan,dai",
    "停机": "ting,ji",
    "报修": "bao,xiu",
    "登记": "deng,ji",
    "少发": "shao,fa",
    "移机": "yi,ji",
    "开票": "kai,piao",
    "发票": "fa,piao",
    "改地址": "gai,di,zhi",
    "价保": "jia,bao",
    "套餐": "tao,can",
    "可以": "ke,yi ky",
    "没问题": "mei,wen,ti mwt",
    "好的": "hao,de hd",
    "好": "hao",
    "行": "xing",
    "对": "dui",
    "对的": "dui,de",
    "是的": "shi,de",
    "谢谢": "xie,xie",
}
# Words of two characters, and what sounds like each: 雀仁, 题叫. Left out is what means something (分七, 包修, 等级, 换款).
MEANT = frozenset(["缺人", "推定"])
ALIKE = {
    "确认": "确缺却雀 认任忍人仁刃",
    "确定": "确缺却雀 定订钉",
    "办理": "办半版伴板扮 理里李礼利力立",
    "同意": "同通童铜 意义易已议异",
    "提交": "提题踢蹄 交教叫较胶焦",
    "挂失": "挂卦刮 失矢诗师湿实石狮式",
    "退款": "退推腿 款宽",
    "退订": "退推腿 订钉定丁",
    "换货": "换唤 货或祸伙获",
    "分期": "分份纷芬 期旗其齐",
    "报修": "报抱 修休绣秀羞",
    "登记": "登灯蹬 记机计际纪",
    "移机": "移宜遗 机几鸡基",
    "价保": "价架驾 保宝包堡",
    "提额": "提题踢 额鹅俄",
    "停机": "停亭廷 机几鸡",
    "还款": "还环 款宽",
    "发票": "发法 票飘漂",
    "地址": "地弟递 址止值指纸",
}
MISSPELT |= {
    right: f"{MISSPELT[right]} {' '.join(one + two for one in first for two in second if one + two not in {right, *MEANT})}"
    for right, alike in ALIKE.items()
    for first, second in [alike.split()]
}
HALF_SPOKEN = {  # 确ren, que认
    half: right
    for right, ways in PINYIN.items()
    for first, _, second in [ways.split()[0].partition(",")]
    if len(right) == 2 and second.isalpha()
    for half in (right[0] + second, first + right[1])
}
SPELT = HALF_SPOKEN | {wrong: right for right, wrongs in MISSPELT.items() for wrong in wrongs.split()}
SPOKEN = {said: right for right, ways in PINYIN.items() for said in ways.split()}


def _mender(mended: dict[str, str], pattern: str) -> tuple[re.Pattern[str], dict[str, str]]:
    """A pattern of all these, the longest first, and what each of its groups is to be."""
    ways = sorted(mended, key=len, reverse=True)
    groups = "|".join(f"(?P<w{number}>{way})" for number, way in enumerate(ways))
    return re.compile(pattern.format(groups)), {f"w{number}": mended[way] for number, way in enumerate(ways)}


MISSPELLINGS = re.compile("|".join(sorted(SPELT, key=len, reverse=True)))
IN_PINYIN, IN_WORDS = _mender(
    {re.sub(r"(?<=[a-z]),(?=[a-z])", ",?", said): right for said, right in SPOKEN.items()},
    r"(?<![a-z])(?:{})(?:,?(?P<ba>ba))?(?![a-z])",
)


def plainer(text: str) -> str:
    """One comma for all marks between two words."""
    said = SHADES.sub("", unicodedata.normalize("NFKC", text).lower()).translate(PLAINER)
    return MARKS.sub(",", simplified(said).replace("'", "").replace("’", "")).strip(",")


def folded(text: str) -> Iterator[str]:
    """The sentence as the grammar is written; a second time where its words may be written apart (确 认). Nothing where it
    hesitates, asks, or is too long."""
    if len(text) > 2 * LONGEST or HESITATION.search(text):
        return
    text = unicodedata.normalize("NFKC", text)
    joined = SPACED.sub(lambda run: re.sub(r"\s", "", run.group()), text)
    for way in dict.fromkeys([text, joined]):
        said = _mended(plainer(way))
        if len(said) <= LONGEST:
            yield said


def _mended(said: str) -> str:
    said = MISSPELLINGS.sub(lambda wrong: SPELT[wrong.group()], DRAWN.sub(_undrawn, said))
    return IN_PINYIN.sub(_in_words, said)


def _undrawn(run: re.Match[str]) -> str:
    """Letters once, words as often as anybody would mean it."""
    return run[1] if run[1].isascii() else run[1] * 3


def _in_words(said: re.Match[str]) -> str:
    word = next(word for group, word in IN_WORDS.items() if said[group] is not None)
    return word + ("吧" if said["ba"] else "")
