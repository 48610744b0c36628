"""Does recall find other words for a question, and never its twin's answer, on the real stack?"""

import pytest

from pyshim.settings import ROOT, read_settings
from pyshim.tenants import source
from pyshim.tenants.reader import load
from tests.conftest import Stack

pytestmark = pytest.mark.real

TWINS = [
    ("bank", "取5万元以上现金要预约吗", "取5万元以内现金要预约吗"),
    ("bank", "存款50万以内有保障吗", "存款超过50万怎么保障"),
    ("bank", "一类户能做什么", "二类户能做什么"),
    ("shop", "满100减多少", "满300减多少"),
    ("telecom", "怎么设置呼叫转移", "怎么取消呼叫转移"),
    ("telecom", "100积分能换多少话费", "1000积分能换多少话费"),
]


def answers(tenant: str) -> dict[str, str]:
    """Each wording of the shipped FAQ, and its answer."""
    return dict(load(source.of_folder(ROOT / "gateway/tenants" / tenant), read_settings({})).wordings)


@pytest.mark.parametrize(("tenant", "one", "other"), TWINS)
def test_twins_never_answer_each_other(stack: Stack, tenant: str, one: str, other: str) -> None:
    answer_of = answers(tenant)
    assert answer_of[one] != answer_of[other]
    for asked, twin in ((one, other), (other, one)):
        said = stack.customer(tenant).ask(f"请问{asked}")["answer"]
        assert answer_of[twin] not in said
