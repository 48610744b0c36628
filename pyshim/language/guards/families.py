"""Which words exclude each other?

A family has members of which a question means one: 开通 or 取消, 转入 or 转出, 国内 or 国外, 活期 or 定期, a class, a level. Of
opposites, families of two, a denied one is the other: 没激活 is not 激活, and 不想取消 is not 取消; of others it is none.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from pyshim.language.guards.stance import A_NOT_A

NOT = re.compile(r"(?:[不没未别]|没有|还没|尚未|不想|不要|不再|无需)(?:给|再|有|能|去|办|被)?$")


class Family(NamedTuple):
    """members: a pattern each."""

    name: str
    members: tuple[re.Pattern[str], ...]

    @property
    def opposites(self) -> bool:
        return len(self.members) == 2


def _family(name: str, *members: str) -> Family:
    return Family(name, tuple(re.compile(member, re.IGNORECASE) for member in members))


FAMILIES = (
    _family(
        "on",
        r"开通|开启|打开(?!看|验)|启用|设置(?![里中了的])|设定|设好|[咋怎][么样]?[开设](?!票|户|发|证|店|箱|门|车)|申领|订阅|新[装办开]"
        r"|(?<=[么样想要哪里])开(?=$|[吗呢啊])",
        r"取消|关闭|关掉|停用|停掉|退订|注销|销[户号掉卡]|解除(?!.{0,3}(?:挂失|限|冻|锁|非))|解绑|解约|撤[销回掉]|拆[掉除]|退掉|不想?要了|不用了|不想用|不再"
        r"|[咋怎][么样]?[关停退销](?!机|货|款|票)|(?<=[么样想要把])关(?=$|[吗呢啊了])",
    ),
    _family(
        "way",
        r"转入|转进|转来|转到我|汇入|打进来?|打来|呼入|来电|存[入进]|充值|充[钱进]|买入|流入|进账",
        r"转出|转走|转给|汇出|打出去?|去电|呼出|拨出|提现|取现|卖出|流出|出账",
    ),
    _family(
        "place",
        r"国内|境内|大陆|本地|省内|市内|同城",
        r"国外|境外|海外|国际|出国|外国|外地|异地|省外|跨省|跨境|港澳台",
    ),
    _family("sooner", r"之前|以前|(?<![提])前(?=[能可还要吗])", r"之后|以后|(?<=[收付签到用])后(?=[能可还要吗])"),
    _family(
        "over",
        r"快要?(?:到|过)期|[要将]到期|[要将]过期|马上(?:到|过)期|没过期|未过期|没到期|未到期|才到期|[下明]个?[月年周]到期",
        r"(?:已经|早|都)过?[了就]?(?:过期|到期|失效)|过了?(?:有效)?期(?!要)|失效了?(?:后|怎|咋)|[去前]年就到期",
    ),
    _family("active", r"激活了|已激活|已经激活|激活过|绑定?了", r"没激活|未激活|没刮|没绑|未绑|没用过"),
    _family("more", r"提高|提升|调高|上调|升级|升[档到]|增加额度|涨", r"降低|降[档级到]|调低|下调|减少|下降|跌"),
    _family(
        "self",
        r"本人|亲自|自己[去来办取领一]",
        r"代[办领取签缴买]|[替帮][他她家别朋同爸妈爷奶老孩]|[让叫](?:家人|别人|他人|朋友)",
    ),
    _family("size", r"全部|全额|整[单个]", r"部分|一部分|其中一"),
    _family("first", r"首[次单期套付]|第一[次单笔]|新用户|新客", r"末[次期]|最后一|老用户|老客"),
    _family("time", r"上午|早上", r"下午|晚上|夜里|半夜"),
    _family("term", r"活期", r"定期", r"通知存款"),
    _family("cards", r"信用卡|贷记卡", r"储蓄卡|借记卡|工资卡"),
    _family("loan", r"公积金贷|公积金的贷", r"商业贷|商贷", r"消费贷|信用贷", r"车贷"),
    _family("who", r"个人|自然人", r"企业|公司|单位|对公|团体"),
    _family("rank", r"普通(?:会员|卡|用户)", r"银卡|银牌", r"(?<![铂白])金卡|金牌|黄金", r"白金|铂金", r"钻石|黑钻|黑卡"),
    _family("class", r"(?<![0-9十])[1一]类|(?<!I)I类", r"(?<![0-9十])[2二]类|(?<!I)II类", r"(?<![0-9十])[3三]类|III类"),
    _family("net", *(rf"(?<![0-9.个]){number}g(?![b流])" for number in "2345")),
)

ANY = re.compile("|".join(member.pattern for family in FAMILIES for member in family.members), re.IGNORECASE)


def sides(text: str) -> dict[str, frozenset[int]]:
    """Which members of each family a folded text names; nothing of families it names none of."""
    text = A_NOT_A.sub(r"\1", text)
    if not ANY.search(text):
        return {}
    found = {family.name: frozenset(_named(family, text)) for family in FAMILIES}
    return {name: named for name, named in found.items() if named}


def _named(family: Family, text: str) -> Iterator[int]:
    for number, member in enumerate(family.members):
        for said in member.finditer(text):
            if not NOT.search(text, 0, said.start()):
                yield number
            elif family.opposites:
                yield 1 - number
