"""Stories of the shop's customers."""

from .conftest import Customer


def refusal(code: str, **fields: str) -> tuple[int, dict[str, dict[str, str]]]:
    return (404 if code == "not_found" else 409), {"error": {"code": code, **fields}}


def test_where_is_my_parcel(shop: Customer) -> None:
    status, track = shop.get("/orders/20231105/track")
    assert status == 200
    assert track == {
        "order_id": "20231105",
        "carrier": "迅达快递",
        "tracking_no": "XD7700123456",
        "updated_at": "11 月 10 日 08:20",
        "status_text": "已到达杭州转运中心，正发往上海",
        "eta": "11 月 12 日",
    }
    assert shop.get("/orders/20231106/track") == refusal("not_shipped", status="待发货")


def test_a_refund_is_filed_once_and_can_be_followed(shop: Customer) -> None:
    order = {"order_id": "20231107"}
    assert shop.get("/orders/20231107/refund") == refusal("no_refund", status="已签收")

    status, refund = shop.post("/refunds", reason="不想要了", **order)
    assert (status, refund) == (200, {"refund_id": "TK202611100001", "amount": "89.90", **order})

    assert shop.get("/orders/20231107/refund")[1]["refund_id"] == refund["refund_id"]
    assert shop.get("/orders/20231107")[1]["status"] == "退款中"
    again = shop.post("/refunds", reason="不想要了", **order)
    assert again == refusal("already_applied", refund_id="TK202611100001", status="审核中")


def test_what_one_customer_files_another_does_not_see(shop: Customer) -> None:
    neighbour = shop.named("han-meimei")
    shop.post("/cancellations", order_id="20231106")
    assert shop.get("/orders/20231106")[1]["status"] == "已取消"
    assert neighbour.get("/orders/20231106")[1]["status"] == "待发货"
    assert neighbour.post("/cancellations", order_id="20231106")[0] == 200


def test_cancelling_what_was_paid_for_can_be_followed_as_a_refund(shop: Customer) -> None:
    assert shop.post("/cancellations", order_id="20231106") == (
        200,
        {"order_id": "20231106", "amount": "259.00"},
    )
    assert shop.get("/orders/20231106/refund")[1]["status"] == "退款处理中"
    assert shop.post("/cancellations", order_id="20231106") == refusal("not_allowed", status="已取消")


def test_cancelling_what_was_not_paid_for_refunds_nothing(shop: Customer) -> None:
    assert shop.post("/cancellations", order_id="20231110") == (
        200,
        {"order_id": "20231110", "amount": "0.00"},
    )
    assert shop.get("/orders/20231110/refund") == refusal("no_refund", status="已取消")


def test_a_new_address_must_be_complete(shop: Customer) -> None:
    change = {"order_id": "20231106"}
    for address, missing in [
        ("阳光小区3栋", "省、市、区"),
        ("上海市浦东新区", "门牌号"),
        ("上海", "省、市、区和门牌号"),
    ]:
        refused = shop.post("/address-changes", address=address, **change)
        assert refused == refusal("invalid_address", missing=missing)
    full = "上海市浦东新区张江路88号"
    changed = shop.post("/address-changes", address=full, **change)
    assert changed == (200, {**change, "address": full, "eta": "11 月 13 日"})
    assert shop.post("/address-changes", address="13800001234", **change)[0] == 200


def test_the_price_difference_is_paid_once(shop: Customer) -> None:
    status, claim = shop.post("/price-protections", order_id="20231105")
    assert (status, claim["amount"]) == (200, "30.00")
    assert shop.post("/price-protections", order_id="20231105")[1]["error"]["code"] == "not_allowed"


def test_a_product_is_found_by_a_part_or_within_a_sentence(shop: Customer) -> None:
    for asked in ["加厚羽绒服 黑色 L 码", "羽绒服", "加厚羽绒服/黑色"]:
        assert shop.get(f"/stock/{asked}")[1]["item"] == "加厚羽绒服"
    assert shop.get("/stock/服") == refusal("not_found")
