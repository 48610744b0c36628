"""What is an amount to the operator, and what is none?"""

import pytest

from deploy.example_backend.amounts import yuan
from pyshim.dialogue import slots
from pyshim.tenants.schema import Tenant
from tests.shim.conftest import Talk

AMOUNTS = [
    ("50", "50.00"),
    ("100.5", "100.50"),
    ("50块", "50.00"),
    ("30 元", "30.00"),
    ("100.5元", "100.50"),
    ("￥29.9", "29.90"),
    ("100元整", "100.00"),
    ("大概50左右", "50.00"),
    ("就50吧", "50.00"),
    ("一百", "100.00"),
    ("一百二", "120.00"),
    ("五十块", "50.00"),
    ("二十九块", "29.00"),
    ("充了50", "50.00"),
    ("用微信充的50", "50.00"),
    ("微信充了一百", "100.00"),
    ("充了两百块还没到", "200.00"),
    ("上个月扣了15", "15.00"),
    ("充值200没到账", "200.00"),
    ("29块9", "29.90"),
    ("扣了29块9", "29.90"),
    ("二十九块九", "29.90"),
]


@pytest.mark.parametrize(("text", "value"), AMOUNTS)
def test_an_amount_is_found_and_the_back_end_can_read_it(telecom: Tenant, text: str, value: str) -> None:
    assert slots.accept(telecom.slots["amount"], text) == value
    assert f"{yuan(value):.2f}" == value


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
    ],
)
def test_anything_else_is_asked_for_once_more(telecom: Tenant, text: str) -> None:
    assert slots.accept(telecom.slots["amount"], text) is None


def test_shipped_slots_are_free_only_where_no_reader_can_know_all(bank: Tenant, shop: Tenant, telecom: Tenant) -> None:
    free = {(tenant.id, name) for tenant in (bank, shop, telecom) for name, slot in tenant.slots.items() if slot.free}
    assert free == {("shop", "reason"), ("shop", "address"), ("shop", "title"), ("shop", "product"), ("telecom", "address")}


def test_who_writes_a_tenant_needs_hardly_a_regular_expression(bank: Tenant, shop: Tenant, telecom: Tenant) -> None:
    assert sum(len(slot.patterns) for tenant in (bank, shop, telecom) for slot in tenant.slots.values()) <= 5


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("plan", "换成29的", "畅享29"),
        ("plan", "还是59吧", "畅享59"),
        ("plan", "保号8", "保号8"),
        ("plan", "降到8块", "保号8"),
        ("service", "全部退订", "全部增值业务"),
        ("service", "音乐VIP", "音乐会员"),
        ("month", "上个月", "2026-10"),
        ("month", "10月份", "2026-10"),
        ("month", "腊月", "2026-02"),
        ("account", "KD 2045-7731", "KD20457731"),
        ("account", "138 0000 2046", "13800002046"),
        ("phone", "幺三八零零零零二零四六", "13800002046"),
        ("address", "新家在常州市武进区延政路22号", "常州市武进区延政路22号"),
    ],
)
def test_the_operators_slots(telecom: Tenant, name: str, text: str, value: str) -> None:
    assert slots.accept(telecom.slots[name], text, telecom.today) == value


@pytest.mark.parametrize(("name", "text"), [("plan", "第二个"), ("plan", "最便宜的"), ("service", "第二个")])
def test_what_points_at_a_choice_answers_only_its_own_question(telecom: Tenant, name: str, text: str) -> None:
    assert slots.find(telecom.slots[name], text) is None
    assert slots.numbered(telecom.slots[name], text) in telecom.slots[name].choices


def test_values_are_shown_in_one_form(bank: Tenant, telecom: Tenant) -> None:
    assert slots.shown(bank.slots, {"amount": "12000.00", "periods": "12"}) == {"amount": "12,000.00", "periods": "12"}
    assert slots.shown(bank.slots, {"amount": "全部", "fee": "1"}) == {"amount": "全部", "fee": "1"}
    assert slots.shown(telecom.slots, {"phone": "13800002046", "month": "2026-10", "account": "KD20457731"}) == {
        "phone": "138 0000 2046",
        "month": "2026 年 10 月",
        "account": "KD20457731",
    }
    assert slots.shown(telecom.slots, {"month": "本月"}) == {"month": "本月"}


def test_an_address_without_street_and_number_is_not_taken(telecom: Tenant) -> None:
    assert slots.accept(telecom.slots["address"], "杭州市西湖区") is None


def test_of_a_whole_card_number_that_was_masked_the_tail_serves(bank: Tenant) -> None:
    found = slots.find(bank.slots["card_tail"], "卡号6222021234567890128丢了")
    masked = slots.find(bank.slots["card_tail"], "卡号************0128丢了")
    assert found and masked
    assert found.value == masked.value == "0128"


async def test_another_currency_is_no_amount_and_that_is_said(bank: Tenant) -> None:
    talk = Talk(bank)
    await talk.say("我要提额", "card_limit")
    for text in ("3000美元", "US$3000", "3000 dollars", "三千加币"):
        reply = await talk.say(text)
        assert reply is not None and reply.answer.startswith("只能按人民币办理。"), text
    await talk.say("3000元")
    for text in ("金额改成5000美元", "5000美元"):
        reply = await talk.say(text)
        assert (
            reply is not None
            and reply.answer.startswith("只能按人民币办理。")
            and "3,000.00 元" in reply.answer
            and reply.confirm
        )
    assert talk.values == {"amount": "3000.00"}


@pytest.mark.parametrize("text", ["公司", "公司的", "开公司抬头", "单位", "开企业的", "学校"])
async def test_what_kind_of_a_name_it_is_is_no_name(shop: Tenant, text: str) -> None:
    talk = Talk(shop)
    await talk.say("开发票，订单20231105", "invoice_apply")
    reply = await talk.say(text)
    assert reply is not None and reply.answer.startswith("需要完整的名称。")
    await talk.say("云集科技有限公司")
    assert talk.values["title"] == "云集科技有限公司"


@pytest.mark.parametrize("intent", ["broadband_fault", "broadband_move"])
async def test_who_gives_the_line_up_wants_no_repair_and_no_move(telecom: Tenant, intent: str) -> None:
    for before in ([], [(telecom.title(intent), intent)]):
        talk = Talk(telecom)
        for text, meant in before:
            await talk.say(text, meant)
        reply = await talk.say("KD12345678的宽带拆机", intent)
        assert reply is not None and reply.confirm is None and reply.answer.startswith("拆机（退掉宽带）要本人核验")
        assert talk.state.flow is None


@pytest.mark.parametrize("before", [[], ["我的卡丢了"], ["我的卡5678丢了"]])
async def test_a_card_that_is_somebody_elses_is_asked_about_and_not_denied(bank: Tenant, before: list[str]) -> None:
    talk = Talk(bank)
    for text in [*before, "不是我的卡,是我妈的1234丢了"]:
        reply = await talk.say(text, "card_lost")
    assert reply is not None and reply.confirm is not None and "尾号 1234" in reply.answer
    assert talk.values == {"card_tail": "1234"}
    assert talk.backend.calls == []


async def test_a_recipient_is_no_part_of_an_address(shop: Tenant) -> None:
    talk = Talk(shop)
    await talk.say("改地址，订单20231105", "change_address")
    reply = await talk.say("张三 13800002046 杭州市西湖区文三路20号3幢502室")
    assert reply is not None and "改为“杭州市西湖区文三路20号3幢502室”" in reply.answer
