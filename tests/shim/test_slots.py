"""Is a slot's value found in what customers write?"""

import pytest

from pyshim import slots
from pyshim.tenant import Slot, Tenant


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
        ("title", "抬头是杭州云山科技有限公司", "杭州云山科技有限公司"),
    ],
)
def test_the_shops_slots(shop: Tenant, name: str, text: str, value: str | None) -> None:
    assert slots.find(shop.slots[name], text) == value


@pytest.mark.parametrize(("text", "value"), [("尾号1234的卡丢了", "1234"), ("我把卡弄丢了", None), ("卡号末四位6688", "6688")])
def test_the_banks_card(bank: Tenant, text: str, value: str | None) -> None:
    assert slots.find(bank.slots["card_tail"], text) == value


def test_the_longest_word_of_any_choice_wins() -> None:
    slot = Slot(ask="?", choices={"铃": ["彩铃"], "视频铃": ["视频彩铃"]})
    assert slots.find(slot, "退掉视频彩铃") == "视频铃"


def test_a_free_slot_takes_any_text_but_only_when_asked_and_only_so_long() -> None:
    slot = Slot(ask="?", free=True, max_chars=5)
    assert slots.find(slot, "随便") is None
    assert slots.accept(slot, " 随便 ") == "随便"
    assert slots.accept(slot, "六个字的一段话") is None


@pytest.mark.parametrize(("text", "bare"), [("20231105", True), ("是20231105。", True), ("先帮我查一下20231105到哪了", False)])
def test_a_message_that_is_hardly_more_than_the_value(text: str, bare: bool) -> None:
    assert slots.is_bare("20231105", text) == bare
