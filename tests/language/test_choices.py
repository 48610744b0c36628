"""Which of a list does a customer mean?"""

from collections.abc import Mapping, Sequence

import pytest

from pyshim.language.values import choices
from tests.language.readings import reason, values

List = Mapping[str, Sequence[str]]

PLANS: List = {
    "保号8": ["保号套餐", "8"],
    "孝心19": ["孝心", "老人套餐", "19"],
    "畅享29": ["29"],
    "畅享59": ["59"],
    "畅享99": ["99"],
    "畅享139": ["139"],
    "畅享199": ["199"],
}
PERIODS: List = {
    "3": ["3期", "3个月"],
    "6": ["6期", "6个月", "半年"],
    "12": ["12期", "12个月", "1年"],
    "24": ["24期", "24个月", "2年"],
}
SERVICES: List = {"视频彩铃": ["视频铃声"], "音乐彩铃": ["彩铃"], "云盘会员": ["云盘", "网盘 vip"], "全部增值业务": []}
REASONS: List = {"质量问题": ["质量", "坏了"], "尺码不合适": ["尺码", "大一码", "偏大"], "与描述不符": ["跟图片不一样"]}

AROUND = ("{}", "嗯，{}", "{}，谢谢", "那就{}吧")


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("换成29的", "畅享29"),
        ("29那个", "畅享29"),
        ("升到29", "畅享29"),
        ("还是59吧", "畅享59"),
        ("第二个", "孝心19"),
        ("第三款", "畅享29"),
        ("最后一个", "畅享199"),
        ("倒数第二个", "畅享139"),
        ("最便宜的", "保号8"),
        ("最贵的", "畅享199"),
        ("最低的那档", "保号8"),
        ("畅享五十九", "畅享59"),
        ("暢享 59", "畅享59"),
        ("五十九", "畅享59"),
        ("59元的", "畅享59"),
        ("降到8块", "保号8"),
        ("59套餐", "畅享59"),
        ("畅享59一个月", "畅享59"),
        ("换成199的", "畅享199"),
        ("换成一百三十九的那个", "畅享139"),
        ("不要29的，要59的", "畅享59"),
        ("29的不对，是59的", "畅享59"),
        ("从99换成59", "畅享59"),
        ("老人套餐", "孝心19"),
    ],
)
def test_one_of_a_list_with_numbers(text: str, name: str, around: str) -> None:
    assert values(choices.read(around.format(text), PLANS)) == [name]


@pytest.mark.parametrize(
    "text",
    [
        "159元的",
        "十一月",
        "29天",
        "3月29号",
        "59次",
        "2023年",
        "第二个月",
        "最便宜的是哪个",
        "29分钟",
        "5点59",
        "100元",
        "5.9",
        "59%",
    ],
)
def test_a_number_that_is_something_else_is_no_choice(text: str) -> None:
    assert values(choices.read(text, PLANS)) == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("3", "3"),
        ("分3期", "3"),
        ("２４期吧", "24"),
        ("六期", "6"),
        ("就3，谢谢", "3"),
        ("十二个月", "12"),
        ("半年", "6"),
        ("两年", "24"),
        ("廿四期", "24"),
        ("一年", "12"),
        ("3 期", "3"),
        ("12期，不是6期", "12"),
    ],
)
def test_names_that_are_numbers(text: str, name: str) -> None:
    assert values(choices.read(text, PERIODS)) == [name]


@pytest.mark.parametrize("text", ["30000元", "3.5", "3万", "3天前的账单", "2023-3-12", "十三期", "32期", "2021年办的卡", "3元"])
def test_are_never_cut_out_of_a_larger_one(text: str) -> None:
    assert values(choices.read(text, PERIODS)) == []


@pytest.mark.parametrize("text", ["全部", "都退了", "一个不留", "都要", "全部退订", "所有的", "统统"])
def test_all_of_a_list(text: str) -> None:
    assert values(choices.read(text, SERVICES, "全部增值业务")) == ["全部增值业务"]
    assert values(choices.read(text, PLANS)) == list(PLANS)


def test_of_the_rest_it_is_not_said_that_it_is_all() -> None:
    assert values(choices.read("没用的全关掉", SERVICES, "全部增值业务")) == []
    assert values(choices.read("我开了哪些，全部取消", SERVICES, "全部增值业务")) == ["全部增值业务"]


def test_what_is_not_wanted_any_more_is_said() -> None:
    assert values(choices.read("彩铃不要了", SERVICES)) == ["音乐彩铃"]
    assert values(choices.read("不要彩铃了", SERVICES)) == ["音乐彩铃"]


def test_the_longest_word_wins_and_letters_stand_whole() -> None:
    assert values(choices.read("退掉视频彩铃", SERVICES)) == ["视频彩铃"]
    assert values(choices.read("退掉彩铃", SERVICES)) == ["音乐彩铃"]
    assert values(choices.read("网盘VIP", SERVICES)) == ["云盘会员"]
    assert values(choices.read("网盘VIPS", SERVICES)) == []


def test_words_with_numerals_that_count_nothing() -> None:
    assert values(choices.read("衣服大一码", REASONS)) == ["尺码不合适"]
    assert values(choices.read("跟图片不一样", REASONS)) == ["与描述不符"]
    assert values(choices.read("随便", REASONS)) == []


def test_two_are_two_and_denied_is_none() -> None:
    assert values(choices.read("29还是59", PLANS)) == ["畅享29", "畅享59"]
    assert reason(choices.read("不要29的", PLANS)) == "denied"
    assert reason(choices.read("第九个", PLANS)) == "no_such_choice"
    assert reason(choices.read("最便宜的", SERVICES)) == "no_such_choice"


def test_what_is_named_and_what_only_answers() -> None:
    named = {text: choices.read(text, PLANS)[0].named for text in ("换成29的", "畅享29", "29", "第二个", "最便宜的")}  # type: ignore[union-attr]
    assert named == {"换成29的": True, "畅享29": True, "29": True, "第二个": False, "最便宜的": False}


def test_where_it_stood() -> None:
    text = "我要换成 暢享 ５９ 那个"
    (found,) = choices.read(text, PLANS)
    assert text[found.start : found.end] == "暢享 ５９"  # type: ignore[union-attr]
