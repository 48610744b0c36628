"""Which address does a customer mean, and is it whole?"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyshim.language.values import addresses
from pyshim.language.values.found import NoValue
from tests.language.readings import values


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("收货地址改成上海市浦东新区张江路88号", "上海市浦东新区张江路88号"),
        ("幸福小区5栋201", "幸福小区5栋201"),
        ("杭州市西湖区文三路 20 号 3 幢 502 室", "杭州市西湖区文三路20号3幢502室"),
        ("我想搬到杭州市西湖区文三路20号3幢502室，谢谢", "杭州市西湖区文三路20号3幢502室"),
        ("寄到浙江省杭州市西湖区，文三路20号，3幢502室", "浙江省杭州市西湖区，文三路20号，3幢502室"),
        ("地址是北京市朝阳区建国路8号院3号楼1201", "北京市朝阳区建国路8号院3号楼1201"),
        ("送到人民路12号吧", "人民路12号"),
        ("家在李家村3组12号", "李家村3组12号"),
        ("新家在幸福路5号3-2-501", "幸福路5号3-2-501"),
        ("地址改成張江路８８號", "张江路88号"),
    ],
)
def test_a_whole_address(text: str, value: str) -> None:
    assert values(addresses.read(text)) == [value]


@pytest.mark.parametrize(
    ("text", "part", "missing"),
    [
        ("杭州市西湖区", "杭州市西湖区", "路名或小区名和门牌号"),
        ("搬到杭州市西湖区文三路", "杭州市西湖区文三路", "门牌号"),
        ("文三路", "文三路", "门牌号"),
        ("改到北京", "北京", "路名或小区名和门牌号"),
    ],
)
def test_what_an_address_lacks_is_said(text: str, part: str, missing: str) -> None:
    assert addresses.read(text) == NoValue(addresses.Reason.INCOMPLETE, part, missing)


@pytest.mark.parametrize(
    ("before", "text", "value"),
    [
        ("杭州市西湖区", "文三路20号3幢502室", "杭州市西湖区文三路20号3幢502室"),
        ("杭州市西湖区", "西湖区文三路20号", "杭州市西湖区文三路20号"),
        ("杭州市西湖区文三路", "20号", "杭州市西湖区文三路20号"),
        ("杭州市西湖区文三路", "文三路20号", "杭州市西湖区文三路20号"),
        ("杭州市西湖区文三路", "20号3幢502，谢谢", "杭州市西湖区文三路20号3幢502"),
        ("杭州市西湖区", "上海市浦东新区张江路88号", "上海市浦东新区张江路88号"),
    ],
)
def test_the_message_that_completes_it_completes_it(before: str, text: str, value: str) -> None:
    assert values(addresses.read(text, before)) == [value]


def test_and_one_that_does_not_adds_what_it_says() -> None:
    assert addresses.read("文三路", "杭州市西湖区") == NoValue(addresses.Reason.INCOMPLETE, "杭州市西湖区文三路", "门牌号")
    assert addresses.read("忘了", "杭州市西湖区") == NoValue(addresses.Reason.FORGOTTEN)


@pytest.mark.parametrize(
    "text",
    [
        "我要退款",
        "你们什么公司",
        "我知道了",
        "宽带坏了",
        "忘了",
        "帮我查下订单20231105",
        "13800002046",
        "我家小区没信号",
        "怎么去你们营业厅",
        "装宽带要多少钱",
        "家里的网断了",
        "20231105",
        "改成明天送",
        "路由器坏了",
        "好的",
        "那就这样吧",
        "想装个宽带",
    ],
)
def test_talk_is_no_address(text: str) -> None:
    said = addresses.read(text)
    assert not values(said)
    assert not isinstance(said, NoValue) or said.reason != "incomplete"


PLACE = "杭州市西湖区文三路20号3幢502室"
NAMED = st.sampled_from(["张三", "欧阳娜娜", "李雷", "王先生", "收货人：张三", "张三（收）", "张三收"])
CALLED = st.sampled_from(["13800002046", "138 0000 2046", "+86 13800002046", "138-0000-2046"])


@settings(max_examples=200, deadline=None)
@given(
    order=st.permutations(["name", "phone", "place"]), name=NAMED, phone=CALLED, between=st.sampled_from([" ", "  ", "，", "\n"])
)
def test_an_address_is_the_address_alone_in_any_order(order: list[str], name: str, phone: str, between: str) -> None:
    said = between.join({"name": name, "phone": phone, "place": PLACE}[part] for part in order)
    assert values(addresses.read(said)) == [PLACE]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("杭州市西湖区文三路20号3幢502室张三13800002046", PLACE),
        ("张三杭州市西湖区文三路20号3幢502室13800002046", PLACE),
        ("13800002046杭州市西湖区文三路20号3幢502室张三", PLACE),
        ("杭州市西湖区 13800002046 文三路20号3幢502室 张三", PLACE),
        ("文三路20号3幢50213800002046张三", "文三路20号3幢502"),
        ("张三 杭州市西湖区文三路20号3幢502室", PLACE),
        ("高新 软件园3号楼502", "高新软件园3号楼502"),
        ("张家村3组12号", "张家村3组12号"),
        ("寄到李村路20号金店", "李村路20号金店"),
        ("寄到江苏省南京市 万达广场 3栋", "江苏省南京市万达广场3栋"),
    ],
)
def test_what_is_written_together_is_told_apart_and_places_named_as_people_stay(text: str, value: str) -> None:
    assert values(addresses.read(text)) == [value]
