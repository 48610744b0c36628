"""Does an answer leave the house clean?"""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from pyshim.tenants.compile import composer
from pyshim.tenants.schema import Campaign, Tenant
from pyshim.words.compose import Composer


def composing(shop: Tenant, **changes: object) -> Composer:
    about = msgspec.structs.replace(shop.about, campaign=changes.pop("campaign", None))
    return composer(msgspec.structs.replace(shop, about=about, **changes))


@pytest.mark.parametrize(
    ("text", "masked"),
    [("你妈的破店", "你＊＊破店"), ("妈妈的衣服", "妈妈的衣服"), ("妈妈的，妈的", "妈妈的，＊＊"), ("没有坏话", "没有坏话")],
)
def test_sensitive_words_are_masked_unless_they_lie_inside_an_allowed_phrase(shop: Tenant, text: str, masked: str) -> None:
    assert composing(shop, mask=["妈的"], allow=["妈妈的"]).masked(text) == masked


def test_no_shipped_answer_is_masked(shop: Tenant, bank: Tenant) -> None:
    for tenant in (shop, bank):
        kept = composer(tenant)
        assert [text for reply in tenant.replies.values() if kept.masked(text := reply.answer) != text] == []


@pytest.mark.parametrize(("starts_in_h", "ends_in_h", "there"), [(-1, 1, True), (1, 2, False), (-2, -1, False)])
def test_a_campaigns_text_is_there_inside_its_window_and_for_its_intents(
    shop: Tenant, starts_in_h: int, ends_in_h: int, there: bool
) -> None:
    now = datetime.now(UTC)
    campaign = Campaign("全场八折", now + timedelta(hours=starts_in_h), now + timedelta(hours=ends_in_h), ["greet"])
    exit_ = composing(shop, campaign=campaign)
    assert exit_.compose("您好", "greet") == ("您好\n全场八折" if there else "您好")
    assert exit_.compose("再见", "bye") == "再见"
