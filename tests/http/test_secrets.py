"""Does a sluice that runs keep nothing secret, whoever answers? All it wrote is searched, what Redis keeps on disk included."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Customer, Stack, copy_tenants, wait_until

pytestmark = pytest.mark.real

CARD, PERSON, PASSWORD, CODE = "6222021234567890128", "11010519491231002X", "739201", "517263"
HOT = "一般下单后多久发货"


def told(customer: Customer, query: str) -> tuple[str, str, str]:
    """Who answered, what, and what is kept of the question."""
    answer = customer.ask(query)
    return str(answer["answered_by"]), str(answer["answer"]), str(customer.history(1)[0]["query"])


def written(stack: Stack) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(stack.var.rglob("*")) if path.is_file())


@pytest.fixture(scope="module")
def private(stacks: Callable[..., Stack], tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """The shop's history keeps nothing personal."""

    def change(name: str, about: dict[str, object]) -> None:
        about["history"] = {"personal": "masked" if name == "shop" else "kept"}

    tenants = copy_tenants(tmp_path_factory.mktemp("private") / "all", change)
    return stacks(TENANTS=str(tenants), SCORE_SLOWED="1e9", SCORE_REFUSED="1e9")


@pytest.mark.parametrize(
    "query", [f"{HOT}？卡号{CARD}", f"密码是{PASSWORD}，{HOT}", f"身份证{PERSON}", f"验证码{CODE}", f"申请退款，密码{PASSWORD}"]
)
def test_whoever_says_a_secret_is_warned_and_it_is_not_kept(private: Stack, query: str) -> None:
    customer = private.customer("shop")
    _, answer, kept = told(customer, query)
    assert answer.startswith("提醒您：密码")
    assert "••••" in kept or "************0128" in kept
    for secret in (CARD, PERSON, PASSWORD, CODE):
        assert secret.encode() not in written(private)


def test_the_edge_answers_and_warns_by_itself(private: Stack) -> None:
    plain = told(private.customer("shop"), HOT)
    by, answer, kept = told(private.customer("shop"), f"{HOT} 密码{PASSWORD}")
    assert (plain[0], by, kept) == ("l3_hot", "l3_hot", f"{HOT} 密码••••")
    assert answer.partition("\n")[2] == plain[1]


def test_a_phone_and_an_address_are_masked_where_the_tenant_says_so(private: Stack) -> None:
    for query, kept in (
        (f"{HOT} 13800002046", f"{HOT} 138****2046"),
        (f"{HOT}，寄到杭州市西湖区文三路20号3幢502室", f"{HOT}，寄到••••"),
    ):
        assert told(private.customer("shop"), query)[2] == kept
        assert told(private.customer("telecom"), query)[2] == query


def test_no_log_holds_a_phone_or_an_address_of_any_tenant(private: Stack) -> None:
    customer = private.customer("telecom")
    customer.ask("我的电话13912345678，地址杭州市西湖区文三路20号3幢502室")
    last = customer.ask("你好")["turn_id"]
    wait_until(lambda: last in (private.settings.log / "access.log").read_text())
    logs = b"".join(path.read_bytes() for path in Path(private.settings.log).iterdir())
    assert b"13912345678" not in logs
    assert "文三路20号".encode() not in logs
