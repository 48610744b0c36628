"""Is each of several values heard, and none taken for another? Is a value that is said in pieces put together?"""

import pytest

from pyshim.dialogue import lists, slots
from pyshim.tenants.schema import Tenant
from pyshim.turns.turn import Sent
from tests.shim.conftest import Talk

BLOCKED = (None, {"card": "金卡", "at": "9:30", "request_id": "L1"})


@pytest.mark.parametrize(
    ("tenant", "slot", "text", "values"),
    [
        ("bank", "card_tail", "8866和1234都丢了", ["8866", "1234"]),
        ("bank", "card_tail", "尾号8866、1234的卡都丢了", ["8866", "1234"]),
        ("telecom", "service", "把彩铃、来电提醒退掉", ["音乐彩铃", "来电提醒"]),
        ("telecom", "phone", "13800002046和13800002047都停了", ["13800002046", "13800002047"]),
        ("shop", "order_id", "20231105 20231106", ["20231105", "20231106"]),
    ],
)
def test_a_list_is_heard_whole(request: pytest.FixtureRequest, tenant: str, slot: str, text: str, values: list[str]) -> None:
    several = lists.read(request.getfixturevalue(tenant).slots[slot], text)
    assert several is not None
    assert several.values == values


@pytest.mark.parametrize(
    ("tenant", "slot", "text"),
    [
        ("bank", "card_tail", "8866还是1234"),
        ("bank", "card_tail", "不是8866是1234"),
        ("shop", "order_id", "不是20231105是20231106"),
        ("shop", "order_id", "20231105，写错了，20231106"),
        ("telecom", "plan", "畅享59比畅享99便宜多少"),
        ("bank", "amount", "先还3000和2000"),
        ("bank", "card_tail", "挂失1234,8866不要挂失"),
        ("bank", "card_tail", "挂失8866,1234没丢"),
    ],
)
def test_what_is_no_list(request: pytest.FixtureRequest, tenant: str, slot: str, text: str) -> None:
    assert lists.read(request.getfixturevalue(tenant).slots[slot], text) is None


@pytest.mark.parametrize("text", ["除了彩铃都退", "除视频会员以外全退", "视频会员留着，别的都退", "手机报不退", "不退彩铃"])
def test_what_is_to_stay_is_never_what_goes(telecom: Tenant, text: str) -> None:
    assert slots.find(telecom.slots["service"], text) is None


async def test_two_cards_are_blocked_one_after_the_other(bank: Tenant) -> None:
    talk = Talk(bank)
    talk.backend.answers = [BLOCKED, BLOCKED]
    reply = await talk.say("8866和1234都丢了", "card_lost")
    assert reply and "8866" in reply.answer and "1234" in reply.answer and reply.confirm
    reply = await talk.say("确认", "affirm")
    assert reply and "1234" in reply.answer and reply.confirm
    await talk.say("确认", "affirm")
    assert [values["card_tail"] for _, values, _ in talk.backend.calls] == ["8866", "1234"]


@pytest.mark.parametrize("text", ["1234也丢了", "还有1234", "8866和1234都丢了"])
async def test_another_card_takes_nothing_from_the_one_that_is_shown(bank: Tenant, text: str) -> None:
    talk = Talk(bank)
    await talk.say("挂失8866", "card_lost")
    reply = await talk.say(text, "card_lost", 0.6)
    assert talk.values == {"card_tail": "8866"}
    assert [(later.intent, later.words) for later in talk.state.later] == [("card_lost", "1234")]
    assert reply and "1234" in reply.answer and reply.confirm


@pytest.mark.parametrize("text", ["先办8866", "确认挂失8866"])
async def test_the_one_that_was_to_come_next_comes_first_and_none_is_lost(bank: Tenant, text: str) -> None:
    talk = Talk(bank)
    await talk.say("1234和8866都丢了", "card_lost")
    await talk.say(text, "cancel_flow", 0.9)
    assert talk.values == {"card_tail": "8866"}
    assert [later.words for later in talk.state.later] == ["1234"]
    assert talk.backend.calls == []


async def test_a_piece_that_came_with_the_wish_is_not_forgotten_over_another_question(shop: Tenant) -> None:
    talk = Talk(shop)
    await talk.say("收货地址改到上海市浦东新区", "change_address")
    await talk.say("20231105", "change_address", 0.5)
    await talk.say("世纪大道100号", "change_address", 0.5)
    assert talk.values["address"] == "上海市浦东新区世纪大道100号"


async def test_another_value_instead_is_still_another_value(bank: Tenant) -> None:
    talk = Talk(bank)
    await talk.say("挂失8866", "card_lost")
    await talk.say("不是8866，是1234", "card_lost", 0.6)
    assert (talk.values, talk.state.later) == ({"card_tail": "1234"}, [])


async def test_several_are_told_where_one_was_asked_for(telecom: Tenant) -> None:
    talk = Talk(telecom)
    await talk.say("退订", "service_cancel")
    reply = await talk.say("彩铃和来电提醒", "service_cancel", 0.6)
    assert talk.values == {"service": "音乐彩铃"}
    assert reply and "来电提醒" in reply.answer


async def test_more_than_can_be_kept_is_said(bank: Tenant) -> None:
    talk = Talk(bank)
    reply = await talk.say("尾号8866、1234、5678、9012的卡都丢了", "card_lost")
    assert reply and "5678" in reply.answer and bank.phrases.later_more in reply.answer


@pytest.mark.parametrize("text", ["办好了吗", "提交了没有", "成功了吗？", "现在办得怎么样了", "好了没"])
async def test_whether_it_is_done_is_answered(bank: Tenant, text: str) -> None:
    talk = Talk(bank)
    await talk.say("挂失8866", "card_lost")
    reply = await talk.say(text, "affirm", 0.9)
    assert reply and reply.answer.startswith("还没有提交") and reply.confirm
    doubt = Sent("k", "t", "card_lost", {"card_tail": "8866"}, 1)
    reply = await Talk(bank).say(text, "affirm", 0.9, sent=[doubt])
    assert reply and "还没有结果" in reply.answer


async def test_whether_it_was_done_is_answered_behind_it_too(bank: Tenant) -> None:
    asked = '{"seq":1,"session_id":"s","turn_id":"t","answer":"挂失成功","intent":"card_lost","query":"x","at":1'
    done = f'{asked},"consent":{{"task":"card_lost"}}}}'.encode()
    reply = await Talk(bank).say("办好了吗", "card_apply", 0.5, newest=done)
    assert reply and reply.answer == "挂失成功"
    talked = f"{asked}}}".encode()
    assert await Talk(bank).say("办好了吗", "card_apply", 0.3, newest=talked) is None


# -- in pieces ----------------------------------------------------------------------------------------------------------------


async def test_an_address_is_said_in_pieces(shop: Tenant) -> None:
    talk = Talk(shop)
    await talk.say("改地址20231105", "change_address")
    lacks = []
    for text in ("杭州市西湖区", "文三路", "1号3幢"):
        reply = await talk.say(text, "change_address", 0.5)
        assert reply
        lacks.append(reply.answer)
    assert "路名或小区名和门牌号" in lacks[0]
    assert "门牌号" in lacks[1]
    assert talk.values["address"] == "杭州市西湖区文三路1号3幢"


async def test_the_first_piece_may_be_in_the_wish(shop: Tenant) -> None:
    talk = Talk(shop)
    reply = await talk.say("把20231105的地址改到杭州市西湖区", "change_address")
    assert reply and "还缺" in reply.answer
    await talk.say("文三路20号", "change_address", 0.5)
    assert talk.values["address"] == "杭州市西湖区文三路20号"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("门牌号是2号", "杭州市西湖区文三路2号3幢"),
        ("不对，是5幢", "杭州市西湖区文三路1号5幢"),
        ("2号5幢才对", "杭州市西湖区文三路2号5幢"),
        ("房号错了", "杭州市西湖区文三路1号3幢"),
        ("1号不对,是2号", "杭州市西湖区文三路2号3幢"),
    ],
)
async def test_a_number_of_it_is_mended_where_it_is_shown(shop: Tenant, text: str, address: str) -> None:
    talk = Talk(shop)
    await talk.say("改地址20231105", "change_address")
    await talk.say("杭州市西湖区文三路1号3幢", "change_address", 0.5)
    await talk.say(text, "change_address", 0.5)
    assert talk.values.get("address", address) == address
    assert talk.backend.calls == []
