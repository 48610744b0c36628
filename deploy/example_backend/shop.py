"""What does the shop know about an order, and what can be asked for it?

Rules:

* Until it is shipped an order can be changed; cancelled too, unless a deposit was paid.
* Refund: whatever was paid in full. Exchange: after delivery. Both for 7 days, 15 if the quality is at fault.
* Price protection: within 15 days of payment. Invoice and reports: after delivery. Each of them once.
* Cancelling what was paid for files its refund, so that its progress can be asked for.
"""

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from . import verification
from .calls import Answer, Call, Details, Entry, Refusal

TODAY = date(2026, 11, 10)
REPLY_BY = "11 月 11 日 12:00"
PHONE_TAIL = "2046"

RETURN_DAYS = 7
QUALITY_RETURN_DAYS = 15
PROTECTED_DAYS = 15

CHANGEABLE = {"待付款", "待发货", "定金已付"}
CANCELLABLE = {"待付款", "待发货"}
REFUNDABLE = {"待发货", "运输中", "已签收", "已完成"}
EXCHANGEABLE = INVOICEABLE = {"已签收", "已完成"}
PROTECTED = {"待发货", "运输中", "已签收", "已完成"}

MOBILE = re.compile(r"1[3-9]\d{9}")
REGION = re.compile(r"省|市|(?<!小)区|县|州")
DOOR = re.compile(r"\d|[一二三四五六七八九十]+(?:号|栋|幢|弄|楼|层|室)")


@dataclass(frozen=True)
class Order:
    """An order as this user sees it: the demo's row, and what the user did to it since."""

    order_id: str
    item: str
    amount: str
    paid: str
    current: str
    paid_on: str | None
    status: str
    next_step: str
    eta: str
    delivered_on: str | None
    signed_at: str

    def allowed(self, statuses: set[str]) -> None:
        if self.status not in statuses:
            raise Refusal("not_allowed", status=self.status)

    def delivered(self) -> None:
        if not self.delivered_on:
            raise Refusal("not_allowed", status=self.status)

    def returnable(self, reason: str) -> None:
        days = QUALITY_RETURN_DAYS if "质量" in reason else RETURN_DAYS
        if self.delivered_on and older_than(days, self.delivered_on):
            raise Refusal("expired", delivered_at=day(self.delivered_on))


def day(iso: str) -> str:
    when = date.fromisoformat(iso)
    return f"{when.month} 月 {when.day} 日"


def older_than(days: int, iso: str) -> bool:
    return TODAY - date.fromisoformat(iso) > timedelta(days)


def number(call: Call, letters: str) -> str:
    return call.number(f"{letters}{TODAY:%Y%m%d}", 4)


def find(call: Call) -> Order:
    order_id = call.fields["order_id"]
    row = call.row("SELECT * FROM shop_orders WHERE order_id = ?", order_id)
    if not row:
        raise Refusal("not_found")
    order = Order(**dict(row))
    if cancellation := call.filed("cancellation", order_id):
        return replace(order, status="已取消", next_step=cancellation["next_step"])
    if exchange := call.filed("exchange", order_id):
        next_step = f"换货受理号 {exchange['exchange_id']}，24 小时内审核。"
        return replace(order, status="换货中", next_step=next_step)
    if refund := call.filed("refund", order_id):
        return replace(order, status="退款中", next_step=refund["next_step"])
    return order


def refund_of(call: Call, order: Order) -> Details | None:
    row = call.row("SELECT * FROM shop_refunds WHERE order_id = ?", order.order_id)
    return dict(row) if row else call.filed("refund", order.order_id)


def order_status(call: Call) -> Answer:
    order = find(call)
    return {
        "order_id": order.order_id,
        "item": order.item,
        "amount": order.amount,
        "status": order.status,
        "next_step": order.next_step,
    }


def parcel(call: Call) -> Answer:
    order = find(call)
    if order.delivered_on:
        raise Refusal("delivered", delivered_at=day(order.delivered_on), signed_at=order.signed_at)
    row = call.row("SELECT * FROM shop_parcels WHERE order_id = ?", order.order_id)
    if not row:
        raise Refusal("not_shipped", status=order.status)
    return {**dict(row), "eta": order.eta}


def logistics_track(call: Call) -> Answer:
    names = ["order_id", "carrier", "tracking_no", "updated_at", "status_text", "eta"]
    found = parcel(call)
    return {name: found[name] for name in names}


def delivery_late(call: Call) -> Answer:
    names = ["order_id", "late_text", "status_text", "eta", "courier_phone"]
    found = parcel(call)
    return {name: found[name] for name in names}


def refund_progress(call: Call) -> Answer:
    order = find(call)
    refund = refund_of(call, order)
    if not refund:
        raise Refusal("no_refund", status=order.status)
    names = ["refund_id", "amount", "status", "next_step"]
    return {"order_id": order.order_id} | {name: refund[name] for name in names}


def stock_query(call: Call) -> Answer:
    asked = call.fields["product"]
    sql = (
        "SELECT name AS item, stock_text, next_step FROM shop_products"
        " WHERE instr(?1, name) OR (instr(name, ?1) AND length(?1) > 1) ORDER BY length(name) DESC"
    )
    row = call.row(sql, asked)
    if not row:
        raise Refusal("not_found")
    return dict(row)


def change_address(call: Call) -> Answer:
    order, address = find(call), call.fields["address"]
    order.allowed(CHANGEABLE)
    if missing := missing_in(address):
        raise Refusal("invalid_address", missing=missing)
    call.file("address", order.order_id, address=address)
    return {"order_id": order.order_id, "address": address, "eta": order.eta}


def missing_in(address: str) -> str:
    """A new mobile number alone is fine too."""
    if MOBILE.fullmatch(address):
        return ""
    parts = {"省、市、区": REGION, "门牌号": DOOR}
    return "和".join(part for part, pattern in parts.items() if not pattern.search(address))


def cancel_order(call: Call) -> Answer:
    order = find(call)
    order.allowed(CANCELLABLE)
    next_step = "您还没有付款，不用退款。"
    if Decimal(order.paid):
        next_step = "款项正按原支付方式退回。"
        refund = {"refund_id": number(call, "TK"), "amount": order.paid, "status": "退款处理中"}
        call.file("refund", order.order_id, next_step=next_step, **refund)
    call.file("cancellation", order.order_id, next_step=next_step)
    return {"order_id": order.order_id, "amount": order.paid}


def refund_apply(call: Call) -> Answer:
    order, reason = find(call), call.fields["reason"]
    if refund := refund_of(call, order):
        raise Refusal("already_applied", refund_id=refund["refund_id"], status=refund["status"])
    order.allowed(REFUNDABLE)
    order.returnable(reason)
    filed = {
        "refund_id": number(call, "TK"),
        "amount": order.paid,
        "status": "审核中",
        "next_step": "24 小时内审核，结果会发消息通知您。",
        "reason": reason,
    }
    call.file("refund", order.order_id, **filed)
    return {"refund_id": filed["refund_id"], "order_id": order.order_id, "amount": order.paid}


def exchange_apply(call: Call) -> Answer:
    order, reason = find(call), call.fields["reason"]
    if exchange := call.filed("exchange", order.order_id):
        raise Refusal("already_applied", exchange_id=exchange["exchange_id"], status=exchange["status"])
    order.allowed(EXCHANGEABLE)
    order.returnable(reason)
    exchange_id = number(call, "HH")
    call.file("exchange", order.order_id, exchange_id=exchange_id, status="审核中", reason=reason)
    deadline = day((TODAY + timedelta(RETURN_DAYS)).isoformat())
    return {"exchange_id": exchange_id, "order_id": order.order_id, "deadline": deadline}


def price_protection(call: Call) -> Answer:
    order = find(call)
    if call.filed("price_protection", order.order_id):
        raise Refusal("not_allowed", status="已价保过一次")
    order.allowed(PROTECTED)
    if order.paid_on and older_than(PROTECTED_DAYS, order.paid_on):
        raise Refusal("expired", paid_at=day(order.paid_on))
    difference = Decimal(order.paid) - Decimal(order.current)
    if difference <= 0:
        raise Refusal("no_difference", paid=order.paid, current=order.current)
    claim_id = number(call, "JB")
    call.file("price_protection", order.order_id, claim_id=claim_id, amount=str(difference))
    return {"claim_id": claim_id, "paid": order.paid, "current": order.current, "amount": str(difference)}


def invoice_apply(call: Call) -> Answer:
    order, title = find(call), call.fields["title"]
    row = call.row("SELECT * FROM shop_invoices WHERE order_id = ?", order.order_id)
    if issued := row or call.filed("invoice", order.order_id):
        raise Refusal("already_issued", issued_at=issued["issued_at"], invoice_title=issued["invoice_title"])
    order.allowed(INVOICEABLE)
    call.file("invoice", order.order_id, issued_at=day(TODAY.isoformat()), invoice_title=title)
    return {"invoice_id": number(call, "FP"), "order_id": order.order_id, "amount": order.paid}


def product_damaged(call: Call) -> Answer:
    return report(call, "damage", "PS")


def missing_item(call: Call) -> Answer:
    return report(call, "missing", "LF")


def report(call: Call, kind: str, letters: str) -> Answer:
    order = find(call)
    if ticket := call.filed(kind, order.order_id):
        raise Refusal("already_reported", **ticket)
    order.delivered()
    ticket = {"ticket_id": number(call, letters), "reply_by": REPLY_BY}
    call.file(kind, order.order_id, **ticket)
    return ticket


def verify(call: Call) -> Answer:
    return verification.send(call, PHONE_TAIL)


CALLS = [
    Entry("GET", "/orders/{order_id}", (), order_status),
    Entry("GET", "/orders/{order_id}/track", (), logistics_track),
    Entry("GET", "/orders/{order_id}/delivery", (), delivery_late),
    Entry("GET", "/orders/{order_id}/refund", (), refund_progress),
    Entry("GET", "/stock/{product:path}", (), stock_query),  # a product may be written with a slash
    Entry("POST", "/address-changes", ("order_id", "address"), change_address),
    Entry("POST", "/cancellations", ("order_id",), cancel_order),
    Entry("POST", "/refunds", ("order_id", "reason"), refund_apply),
    Entry("POST", "/exchanges", ("order_id", "reason"), exchange_apply),
    Entry("POST", "/price-protections", ("order_id",), price_protection),
    Entry("POST", "/invoices", ("order_id", "title"), invoice_apply),
    Entry("POST", "/damage-reports", ("order_id",), product_damaged),
    Entry("POST", "/missing-reports", ("order_id",), missing_item),
    Entry("POST", "/verifications", (), verify),
]
