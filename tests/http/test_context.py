"""Is a message read as what it is to somebody who remembers what was asked? By POST /v1/chat, with the shipped model."""

from typing import NamedTuple
from uuid import uuid4

import pytest

from tests.conftest import Stack

pytestmark = pytest.mark.real

ORDER, PLAN, TITLE, ADDRESS = "请告诉我订单号", "请问换成哪个套餐", "请告诉我发票抬头", "请告诉我完整地址"
PRODUCT, NO_ANSWER, TIME, DROPPED = "请告诉我商品名称", "没有现成的答案", "不急，您慢慢来", "已经停止"


class Said(NamedTuple):
    """before: what led to the question; text: what is said to it; answer: holds this ..."""

    tenant: str
    before: list[str]
    text: str
    answer: str
    without: str = ""  # ... and not this


STORIES = {
    "个人 is a title, and no call for a person": Said("shop", ["开发票", "20231105"], "个人", "抬头“个人”"),
    "a question about it is none": Said("shop", ["开发票", "20231105"], "个人能开专票不", TITLE, "“个人能开"),
    "99吧 is a plan": Said("telecom", ["换套餐"], "99吧", "换成 畅享99"),
    "哪个划算 is a question, and a rule knows": Said("telecom", ["换套餐"], "哪个划算", "按流量挑"),
    "多少钱一个月 is one that the question itself answers": Said(
        "telecom", ["换套餐"], "多少钱一个月", "名字里的数字就是每月多少元"
    ),
    "a price in a question is no choice": Said("telecom", ["换套餐"], "99的那个有多少流量", PLAN, "确认换吗"),
    "an address is no wish for broadband": Said(
        "shop", ["改收货地址", "20231105"], "浙江省杭州市西湖区文三路88号2幢301室", "文三路88号2幢301室"
    ),
    "how long it takes is no address": Said("telecom", ["办宽带"], "要装多久啊", ADDRESS, "确认预约吗"),
    "那个多少钱 names no product": Said("shop", ["查库存"], "那个多少钱", PRODUCT, "“那个"),
    "还有货没 behind it names none either": Said("shop", ["查库存", "那个多少钱"], "还有货没", PRODUCT, "“还有货"),
    "电饭煲 names one": Said("shop", ["查库存"], "电饭煲", "电饭煲", PRODUCT),
    "where the number is, is in the question": Said("shop", ["查物流"], "单号搁哪儿看", "在“我的订单”里能看到", NO_ANSWER),
    "who looks for it has time": Said("shop", ["查物流"], "我去翻翻啊", TIME),
    "who has none is asked again, and told of no mistake": Said("shop", ["查物流"], "短信删了找不着了", ORDER, "不对"),
    "a change of mind in no word of a list": Said("shop", ["申请退款", "20231105"], "算球了我留着用吧", DROPPED),
    "time before a consent": Said("telecom", ["换套餐", "99吧"], "等我跟老婆商量下", TIME, "受理号"),
}


@pytest.mark.parametrize("story", STORIES)
def test_what_was_asked_says_what_is_meant(stack: Stack, story: str) -> None:
    said = STORIES[story]
    customer = stack.customer(said.tenant, f"context-{uuid4().hex}")
    for text in said.before:
        customer.ask(text)
    answer = customer.ask(said.text)["answer"]
    assert said.answer in answer
    assert not said.without or said.without not in answer


def test_of_two_matters_nginx_answers_none_by_itself(stack: Stack) -> None:
    asked = stack.customer().post("优惠券怎么用")
    assert asked.headers["X-Answered-By"] == "l3_hot"
    both = stack.customer().post("优惠券怎么用，顺便查下物流")
    assert both.headers["X-Answered-By"] == "l5_dialogue"
    assert "订单号" in both.json()["answer"]
    assert asked.json()["answer"].partition("\n")[0] in both.json()["answer"]
