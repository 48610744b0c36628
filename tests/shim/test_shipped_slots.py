"""What is an amount to the operator, and what is none?"""

import pytest

from deploy.example_backend.amounts import yuan
from pyshim.dialogue import slots
from pyshim.tenants.schema import Tenant

AMOUNTS = [
    ("50", "50"),
    ("100.5", "100.5"),
    ("50块", "50"),
    ("30 元", "30"),
    ("100.5元", "100.5"),
    ("￥29.9", "29.9"),
    ("100元整", "100"),
    ("大概50左右", "50"),
    ("就50吧", "50"),
    ("一百", "一百"),
    ("一百二", "一百二"),
    ("五十块", "五十"),
    ("二十九块", "二十九"),
    ("充了50", "50"),
    ("用微信充的50", "50"),
    ("微信充了一百", "一百"),
    ("充了两百块还没到", "两百"),
    ("上个月扣了15", "15"),
    ("充值200没到账", "200"),
]


@pytest.mark.parametrize(("text", "value"), AMOUNTS)
def test_an_amount_is_found_and_the_back_end_can_read_it(telecom: Tenant, text: str, value: str) -> None:
    assert slots.accept(telecom.slots["amount"], text) == value
    assert yuan(value)


@pytest.mark.parametrize(
    "text",
    [
        "用微信充的",
        "忘了",
        "返回上一步",
        "不记得了",
        "扣了三次",
        "扣了两个月",
        "付了一千多",
        "多收了十几块",
        "扣了三十一号的",
        "8月",
        "29块9",  # it is not 29
        "扣了29块9",
        "二十九块九",
    ],
)
def test_anything_else_is_asked_for_once_more(telecom: Tenant, text: str) -> None:
    assert slots.accept(telecom.slots["amount"], text) is None


def test_shipped_slots_are_free_only_where_no_pattern_can_know_all(bank: Tenant, shop: Tenant, telecom: Tenant) -> None:
    free = {(tenant.id, name) for tenant in (bank, shop, telecom) for name, slot in tenant.slots.items() if slot.free}
    assert free == {("shop", "reason"), ("shop", "address"), ("shop", "title"), ("shop", "product"), ("telecom", "address")}
