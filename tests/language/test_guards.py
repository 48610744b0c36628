"""Can two questions be the same? What contradicts is told apart, and what is only said in other words is not."""

import pytest

from pyshim.language.guards import agree, clash, distance, marks
from pyshim.language.guards.quantities import quantities
from pyshim.language.guards.stance import Stance, stance

CONTRADICT = [
    ("满100减多少", "满300减多少"),
    ("满300减50", "满100减50"),
    ("取5万元以上现金要预约吗", "取5万元以内现金要预约吗"),
    ("取八万块要预约吗", "取5万元以内现金要预约吗"),
    ("取三万块要预约吗", "取5万元以上现金要预约吗"),
    ("存款超过50万怎么保障", "不到五十万的存款安全吗"),
    ("国债不满6个月能取吗", "国债持有半年以上能取吗"),
    ("国债放了八个月能取吗", "国债不满6个月能取吗"),
    ("分3期有手续费吗", "分12期有手续费吗"),
    ("分三个月还要手续费吗", "十二期要手续费吗"),
    ("残币剩四分之三换多少", "残币剩一半换多少"),
    ("16岁可以办卡吗", "十五岁可以办卡吗"),
    ("3星用户信用额度多少", "五星用户信用额度多少"),
    ("I类账户可以开几个", "二类账户可以开几个"),
    ("Ⅱ类户有什么限制", "III类户有什么限制"),
    ("哪些能开发票", "哪些不能开发票"),
    ("能退吗", "不能退吗"),
    ("怎么设置呼叫转移", "怎么取消呼叫转移"),
    ("流量包怎么开通", "流量包怎么退订"),
    ("钱怎么转入证券账户", "钱怎么转出证券账户"),
    ("国内通话多少钱", "国际通话多少钱"),
    ("礼品卡激活了能退吗", "礼品卡没激活能退吗"),
    ("身份证快到期了怎么更新", "身份证已经过期了怎么更新"),
    ("发货之前能改地址吗", "发货之后能改地址吗"),
    ("白金卡年费多少", "普通卡年费多少"),
    ("信用卡怎么注销", "储蓄卡怎么注销"),
    ("活期利率多少", "定期利率多少"),
    ("怎么提高额度", "怎么降低额度"),
    ("本人去领行吗", "代领行吗"),
]
SAME = [
    ("满300块能减多少", "满三百减多少"),
    ("取八万块要预约吗", "取5万元以上现金要预约吗"),
    ("国债拿够半年能取吗", "国债满6个月能取吗"),
    ("分12期有手续费吗", "想按12个月慢慢付，利息怎么算"),
    ("二类户能做什么", "II类户有什么用"),
    ("能退吗", "给退不"),
    ("退不退", "能退吗"),
    ("特别大的件能送吗", "非常大的件可以送吗"),
    ("分别寄到两个地址行吗", "能寄到不同地址吗"),
    ("不小心删了订单怎么恢复", "订单删了怎么恢复"),
    ("流量没用完能结转吗", "剩下的流量可以留到下月吗"),
    ("家里没人，放门口行吗", "能放门口吗"),
    ("不想要了，怎么退订", "怎么取消这个业务"),
    ("一下子买两张卡行吗", "能一起买卡吗"),
    ("请问一下，国外能用吗", "出国可以用吗"),
]


@pytest.mark.parametrize(("one", "other"), CONTRADICT)
def test_what_contradicts_is_never_the_same(one: str, other: str) -> None:
    assert clash(marks(one), marks(other))
    assert clash(marks(other), marks(one))
    assert not agree(one, other)


@pytest.mark.parametrize(("one", "other"), SAME)
def test_other_words_contradict_nothing(one: str, other: str) -> None:
    assert not clash(marks(one), marks(other))
    assert not clash(marks(other), marks(one))


def test_an_amount_that_one_of_them_alone_speaks_of_keeps_near_copies_apart() -> None:
    assert not agree("满减有多少", "满300减多少")
    assert agree("满300能减多少", "满三百块减多少")


def test_what_fits_closely_is_nearer() -> None:
    asked = marks("购物车三百二，能减多少")
    assert distance(asked, marks("满300减多少")) < distance(asked, marks("满100减多少"))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("满300减50", {300, 50}),
        ("三天和3天", {3}),
        ("１０ｋｇ", set()),
        ("十二期免息吗", {12}),
        ("一万五千元", {15000}),
        ("29.9元", {29.9}),
        ("请问一下，能一起发吗，十分感谢", set()),
        ("一期", {1}),
        ("1万2和12,000元", {12000}),
        ("一百二", {120}),
        ("两万多怎么还", {20000}),
        ("大陆手机号能参加吗", set()),
        ("上月的流量清零吗", set()),
    ],
)
def test_amounts_whatever_their_script(text: str, found: set[float]) -> None:
    assert {one.raw for one in quantities(text)} == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("能不能退", Stance.AFFIRMS),
        ("不能退吗", Stance.DENIES),
        ("给退不", Stance.AFFIRMS),
        ("哪些消费不积分", Stance.DENIES),
        ("为什么退不了", Stance.DENIES),
        ("怎么退", Stance.NEITHER),
        ("家里没人，能放门口吗", Stance.NEITHER),
    ],
)
def test_a_yes_no_question_denies_nothing(text: str, found: Stance) -> None:
    assert stance(text) == found
