"""A POST that carries a code is done for the right one, in time, and once."""

import pytest

from deploy.example_backend import verification

from .conftest import Customer

LOAN = {"amount": "10万"}
RIGHT, WRONG = verification.SENT, "135790"


def code_of(answer: tuple[int, dict[str, dict[str, str]]]) -> tuple[int, str]:
    return answer[0], answer[1]["error"]["code"]


def test_where_the_code_went(shop: Customer, telecom: Customer, bank: Customer) -> None:
    for customer in (shop, telecom, bank):
        assert customer.post("/verifications") == (200, {"phone_tail": "2046", "valid_minutes": 5})
    assert telecom.named("u-2").post("/verifications")[1]["phone_tail"] == "7731"
    assert code_of(telecom.named("u-6").post("/verifications")) == (409, "no_number")


def test_the_right_code_lets_the_call_through_once(bank: Customer) -> None:
    bank.post("/verifications")
    status, request = bank.post("/loans/early-repay", code=RIGHT, **LOAN)
    assert (status, request["principal"]) == (200, "100,000.00")
    assert code_of(bank.post("/installments", amount="全部", periods="3", code=RIGHT)) == (409, "code_expired")


def test_a_wrong_code_does_nothing_and_the_right_one_still_counts(bank: Customer) -> None:
    bank.post("/verifications")
    assert code_of(bank.post("/loans/early-repay", code=WRONG, **LOAN)) == (409, "wrong_code")
    assert bank.post("/loans/early-repay", code=RIGHT, **LOAN)[0] == 200


def test_a_code_that_nobody_sent_or_another_user_has_is_none(bank: Customer) -> None:
    bank.named("han-meimei").post("/verifications")
    assert code_of(bank.post("/loans/early-repay", code=RIGHT, **LOAN)) == (409, "code_expired")


def test_a_code_expires_and_a_new_one_counts(bank: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1_000_000.0]
    monkeypatch.setattr(verification, "now", lambda: clock[0])
    bank.post("/verifications")
    clock[0] += 5 * 60 + 1
    assert code_of(bank.post("/loans/early-repay", code=RIGHT, **LOAN)) == (409, "code_expired")
    bank.post("/verifications")
    clock[0] += 5 * 60 - 1
    assert bank.post("/loans/early-repay", code=RIGHT, **LOAN)[0] == 200


def test_the_same_key_again_does_not_use_a_second_code(bank: Customer) -> None:
    bank.post("/verifications")
    first = bank.post("/loans/early-repay", key="turn-7", code=RIGHT, **LOAN)
    assert bank.post("/loans/early-repay", key="turn-7", code=RIGHT, **LOAN) == first
    assert first[0] == 200


@pytest.mark.parametrize("code", ["", "   ", "9" * 201])
def test_a_code_that_is_none_breaks_the_contract(bank: Customer, code: str) -> None:
    assert code_of(bank.post("/loans/early-repay", code=code, **LOAN)) == (400, "bad_request")


def test_without_a_code_nobody_is_asked_for_one(bank: Customer) -> None:
    assert bank.post("/loans/early-repay", **LOAN)[0] == 200
