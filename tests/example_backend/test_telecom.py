"""Stories of the operator's customers."""

from .conftest import Customer


def test_a_bill_adds_up(telecom: Customer) -> None:
    status, bill = telecom.get("/bills/上月")
    assert status == 200
    assert bill["period"] == "2026 年 10 月"
    assert bill["total"] == 84
    assert bill["plan_fee"] + bill["extra_fee"] + bill["service_fee"] - bill["discount"] == 84
    assert telecom.get("/bills/10月")[1] == bill


def test_this_month_is_not_billed_yet(telecom: Customer) -> None:
    status, refused = telecom.get("/bills/本月")
    assert (status, refused["error"]["code"]) == (409, "not_ready")
    assert refused["error"]["total"] == telecom.get("/balance")[1]["used"]


def test_months_that_are_no_longer_or_never_there(telecom: Customer) -> None:
    for month in ["12月", "5月", "13月", "去年"]:
        assert telecom.get(f"/bills/{month}") == (404, {"error": {"code": "not_found"}})


def test_a_plan_change_is_booked_once(telecom: Customer) -> None:
    status, booked = telecom.post("/plan-changes", plan="畅享99")
    assert (status, booked["old_plan"], booked["fee"]) == (200, "畅享59", 99)
    assert telecom.get("/plan")[1]["contract_text"] == "已预约 2026 年 12 月 1 日换成 畅享99。"
    assert telecom.post("/plan-changes", plan="畅享29")[1]["error"] == {
        "code": "pending",
        "effective": "2026 年 12 月 1 日",
        "pending_plan": "畅享99",
    }


def test_a_contract_allows_only_upwards(telecom: Customer) -> None:
    bound = telecom.named("u-3")
    assert bound.post("/plan-changes", plan="畅享29")[1]["error"]["penalty"] == 148.5
    assert bound.post("/plan-changes", plan="畅享139")[0] == 200


def test_all_services_are_cancelled_at_once(telecom: Customer) -> None:
    status, cancelled = telecom.post("/service-cancellations", service="全部增值业务")
    assert (status, cancelled["fee"]) == (200, 21)
    for service, code in [("视频彩铃", "already_cancelled"), ("云盘会员", "none_active")]:
        assert telecom.post("/service-cancellations", service=service)[1]["error"]["code"] == code


def test_an_amount_may_be_said_in_words(telecom: Customer) -> None:
    assert telecom.post("/recharge-checks", amount="一百块")[1]["amount"] == "100.00"
    assert telecom.post("/disputes", month="上月", amount="十五元")[1]["item_text"] == "视频会员自动续费"
    assert telecom.post("/disputes", month="上月", amount="好多钱")[1]["error"]["code"] == "invalid_amount"


def test_the_same_address_again_is_the_same_appointment(telecom: Customer) -> None:
    booked = telecom.post("/broadband/installs", address="杭州市西湖区文一路1号")
    assert booked == telecom.post("/broadband/installs", address="杭州市 西湖区 文一路 1 号")


def test_a_line_is_found_by_account_or_phone(telecom: Customer) -> None:
    assert telecom.post("/broadband/faults", account="kd 20260318")[0] == 200
    assert telecom.post("/broadband/faults", account="13800002046")[1]["error"]["code"] == "duplicate"


def test_only_your_own_number_can_be_stopped(telecom: Customer) -> None:
    assert telecom.post("/suspensions", phone="13900007731")[1]["error"]["code"] == "not_owner"
    assert telecom.post("/suspensions", phone="138 0000 2046")[0] == 200
    assert telecom.post("/suspensions", phone="13800002046")[1]["error"]["code"] == "already_suspended"
