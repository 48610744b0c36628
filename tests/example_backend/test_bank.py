"""Stories of the bank's customers."""

from .conftest import Customer


def test_a_lost_card_is_reported_once(bank: Customer) -> None:
    status, loss = bank.post("/cards/loss", card_tail="1234")
    assert (status, loss["card_name"], loss["reported_at"]) == (200, "江海借记卡", "2026-11-05 09:30")
    assert loss["validity"].startswith("口头挂失有效至 2026-11-10 09:30")
    assert bank.post("/cards/loss", card_tail="1234")[1]["error"] == {
        "code": "already_lost",
        "card_tail": "1234",
        "reported_at": "2026-11-05 09:30",
        "loss_id": loss["loss_id"],
    }


def test_a_limit_is_raised_within_bounds_and_once(bank: Customer) -> None:
    assert bank.post("/cards/limit", amount="2万")[1]["error"]["code"] == "too_low"
    assert bank.post("/cards/limit", amount="6万")[1]["error"] == {
        "code": "too_high",
        "max_limit": "50,000.00",
        "old_limit": "20,000.00",
    }
    assert bank.post("/cards/limit", amount="3万")[1] == {
        "limit_id": "E2026110501",
        "old_limit": "20,000.00",
        "new_limit": "30,000.00",
        "valid_until": "2027-01-04",
    }
    assert bank.post("/cards/limit", amount="4万")[1]["error"]["retry_after"] == "2027-01-04"


def test_instalments_use_up_the_statement(bank: Customer) -> None:
    assert bank.post("/installments", amount="6000元", periods="12")[1] == {
        "installment_id": "I2026110501",
        "principal": "6,000.00",
        "periods": 12,
        "monthly_principal": "500.00",
        "monthly_fee": "37.20",
        "monthly_total": "537.20",
        "total_fee": "446.40",
        "first_date": "2026-12-05",
    }
    assert bank.post("/installments", amount="8000", periods="3")[1]["error"]["max_amount"] == "6,000.00"
    assert bank.post("/installments", amount="全部", periods="3")[1]["principal"] == "6,000.00"
    assert bank.post("/installments", amount="600", periods="3")[1]["error"]["code"] == "not_allowed"


def test_an_early_repayment_is_drawn_on_the_third_working_day(bank: Customer) -> None:
    status, request = bank.post("/loans/early-repay", amount="10万")
    assert (status, request["repay_date"], request["remaining"]) == (200, "2026-11-10", "386,420.15")
    assert request["saved_interest"] == "21,560.00"
    assert bank.post("/loans/early-repay", amount="5万")[1]["error"]["code"] == "pending"


def test_the_whole_loan_can_be_repaid(bank: Customer) -> None:
    repaid = bank.post("/loans/early-repay", amount="结清")[1]
    assert (repaid["principal"], repaid["remaining"]) == ("486,420.15", "0.00")


def test_a_loan_is_not_repaid_from_a_lost_account(bank: Customer) -> None:
    bank.post("/cards/loss", card_tail="1234")
    assert bank.post("/loans/early-repay", amount="10万")[1]["error"]["code"] == "not_allowed"


def test_where_is_my_transfer(bank: Customer) -> None:
    assert bank.get("/transfers/2026110301")[1]["status_text"] == "已到账"
    assert bank.get("/transfers/2026119999") == (
        404,
        {"error": {"code": "not_found", "transfer_id": "2026119999"}},
    )
