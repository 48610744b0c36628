"""Does the edge leave every sentence with an address to a shim?"""

from typing import Any

import pytest

from pyshim.language.values import addresses
from pyshim.settings import ROOT
from tests.language.hidden import ADDRESSES

PLACES = [
    *ADDRESSES,
    *(
        "住在文三路",
        "搬到浙江省杭州市",
        "幸福小区5栋201",
        "寄張村3號",
        "收货地址改成北京海淀区中关村大街27号",
        "送到人民医院住院部2楼",
        "城南花城3幢",
    ),
]


def may(lua: Any, text: str) -> bool:
    places = lua.eval(b"require 'edge.places'")
    return bool(places[b"stands_in"](places, text.encode()))


@pytest.mark.parametrize("text", PLACES)
def test_an_address_may_be_one(lua: Any, text: str) -> None:
    assert addresses.place(text) is None or may(lua, text)


@pytest.mark.long
def test_none_of_the_sentences_that_customers_say_slips_through(lua: Any) -> None:
    said = {
        line
        for path in (ROOT / "triton_models" / "data").rglob("*.txt")
        for line in path.read_text(encoding="utf-8").splitlines()
    }
    found = [line for line in said if addresses.place(line) is not None]
    assert len(found) > 20
    assert [line for line in found if not may(lua, line)] == []


def test_a_common_question_is_none(lua: Any) -> None:
    assert not any(may(lua, text) for text in ("一般下单后多久发货", "我的快递到哪了", "怎么退货", "订单20231105"))
