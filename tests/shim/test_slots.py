"""Is a slot's value found in what customers write?"""

import re

import pytest

from pyshim.dialogue import slots
from pyshim.tenants.schema import Slot, Tenant


def said(slot: Slot, text: str) -> str | None:
    found = slots.find(slot, text)
    return found.value if found else None


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("order_id", "我的订单20231105什么时候到", "20231105"),
        ("order_id", "单号是２０２３１１０５哦", "20231105"),
        ("order_id", "打我电话13812345678", None),
        ("order_id", "订单 123", None),
        ("reason", "衣服开线了", "质量问题"),
        ("reason", "随便", None),
        ("address", "收货地址改成上海市浦东新区张江路88号", "上海市浦东新区张江路88号"),
        ("address", "幸福小区5栋201", "幸福小区5栋201"),
        ("address", "我要退款", None),
        ("title", "抬头是杭州云山科技有限公司", "杭州云山科技有限公司"),
        ("title", "顺丰速运有限公司", "顺丰速运有限公司"),
        ("title", "你们是什么公司", None),
        ("title", "个人吧", "个人"),
        ("title", "帮我找个人", None),
        ("title", "我要个人工客服", None),
        ("product", "碎花裙", "碎花裙"),
        ("product", "连衣裙 M码", "连衣裙 M码"),
        ("product", "我的快递", None),
    ],
)
def test_the_shops_slots(shop: Tenant, name: str, text: str, value: str | None) -> None:
    assert said(shop.slots[name], text) == value


@pytest.mark.parametrize(("text", "value"), [("尾号1234的卡丢了", "1234"), ("我把卡弄丢了", None), ("卡号末四位6688", "6688")])
def test_the_banks_card(bank: Tenant, text: str, value: str | None) -> None:
    assert said(bank.slots["card_tail"], text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", "3"),
        ("分3期", "3"),
        ("12期", "12"),
        ("２４期吧", "24"),
        ("六期", "6"),
        ("就3，谢谢", "3"),
        ("30000元", None),
        ("3.5", None),
        ("3万", None),
        ("3天前的账单", None),
        ("2023-3-12", None),
        ("十三期", None),
        ("32期", None),
        ("2021年办的卡", None),
        ("十二个月", "12"),
    ],
)
def test_a_number_is_not_cut_out_of_a_larger_one(bank: Tenant, text: str, value: str | None) -> None:
    assert said(bank.slots["periods"], text) == value


@pytest.mark.parametrize(
    ("text", "value"), [("畅享59一个月", "畅享59"), ("159元的", None), ("换成199的", "畅享199"), ("十一月", None)]
)
def test_words_with_numbers_at_their_ends_stand_whole(telecom: Tenant, text: str, value: str | None) -> None:
    assert said(telecom.slots["plan"], text) == value


def test_the_longest_word_of_any_choice_wins() -> None:
    slot = Slot(ask="?", choices={"铃": ["彩铃"], "视频铃": ["视频彩铃"]})
    assert said(slot, "退掉视频彩铃") == "视频铃"


def test_all_words_of_a_choice_are_taken_out_of_the_message(shop: Tenant) -> None:
    found = slots.find(shop.slots["reason"], "尺码偏大，运费谁出")
    assert found
    assert found.value == "尺码不合适"
    assert found.rest.split() == ["，运费谁出"]


def test_a_free_slot_takes_any_text_but_only_when_asked_and_only_so_long() -> None:
    slot = Slot(ask="?", free=True, max_chars=5)
    assert slots.find(slot, "红色") is None
    assert slots.accept(slot, " 红色 ") == "红色"
    assert slots.accept(slot, "六个字的一段话") is None


@pytest.mark.parametrize(
    "text",
    [
        "谢谢",
        "好的谢谢",
        "你好呀",
        "嗯嗯，谢谢您！",
        "在吗",
        "再见",
        "Hi",
        "？？",
        "…",
        "😊",
        "要多少钱",
        "多久能装好？",
        "能不能快点",
    ],
)
def test_a_courtesy_or_a_question_is_no_value_of_a_free_slot(text: str) -> None:
    assert slots.accept(Slot(ask="?", free=True), text) is None


@pytest.mark.parametrize("text", ["你好生活超市", "谢村小学", "老家", "Hilton", "不好看", "晚安路"])
def test_what_only_begins_like_a_courtesy_is_a_value(text: str) -> None:
    assert slots.accept(Slot(ask="?", free=True), text) == text


@pytest.mark.parametrize("name", ["shop", "bank", "telecom"])
def test_what_a_question_offers_is_understood_as_its_answer(name: str, request: pytest.FixtureRequest) -> None:
    tenant: Tenant = request.getfixturevalue(name)
    for slot in tenant.slots.values():
        for offered in re.findall("“([^”]+)”", re.sub("在“[^”]+”里|手机银行“[^”]+”", "", slot.ask + (slot.invalid or ""))):
            found = slots.find(slot, offered)
            assert found, f"{offered}: {slot.ask}"
            assert slots.bare(found.rest), offered


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("20231105", True),
        ("是20231105。", True),
        ("单号是20231105，谢谢", True),
        ("改成20231105", True),
        ("先帮我查一下20231105到哪了", False),
    ],
)
def test_a_message_that_is_hardly_more_than_the_value(shop: Tenant, text: str, bare: bool) -> None:
    found = slots.find(shop.slots["order_id"], text)
    assert found
    assert found.value == "20231105"
    assert slots.bare(found.rest) == bare
