"""What does the operator know about a number, and what can be asked for it?

Rules:

* A user without a number of their own in the demo data sees what u-1 sees; what they file is theirs.
* A number in arrears changes no plan and gets no broadband until it is paid up.
* A plan change is booked for the next month, one at a time; within a contract only upwards.
* The same address again gets the same broadband appointment.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from sqlite3 import Row

from . import verification
from .amounts import shortest, yuan
from .calls import Answer, Call, Entry, Refusal

NOBODY_IN_PARTICULAR = "u-1"

NOW = "11 月 20 日 9:30"
TODAY = "11 月 20 日"
NUMBERED = "261120"  # what stands between the letters and the count of a number
YEAR, MONTH, DAYS_LEFT = 2026, 11, 10
THIS_MONTH = f"{YEAR}-{MONTH:02d}"
BILL_READY = "12 月 1 日"
END_OF_MONTH, NEXT_MONTH = "11 月 30 日", "12 月 1 日"
EFFECTIVE = "2026 年 12 月 1 日"
KEPT_UNTIL = "2027 年 11 月 20 日"

DISPUTE_BY, PAYMENT_BY = "11 月 22 日 18:00", "11 月 21 日 12:00"
INSTALL_VISIT, FAULT_VISIT, MOVE_VISIT = (
    "11 月 22 日 14:00 至 16:00",
    "11 月 20 日 15:00 至 17:00",
    "11 月 23 日 9:00 至 11:00",
)
MAX_SPEED = "1000M"
EXTRA_GB_FEE = 5

EVERYTHING = "全部增值业务"
MONTHS_AGO = {"本月": 0, "上月": 1, "前月": 2}
HOME_CITY = "杭州市"  # of an address that names no city
CITY = re.compile(r"(?:^|省|自治区)([\u4e00-\u9fa5]{2,4}?)市|^(北京|上海|天津|重庆)")


def number(call: Call, letters: str) -> str:
    return call.number(letters + NUMBERED, 2)


def user_of(call: Call) -> Row:
    sql = "SELECT * FROM telecom_users WHERE user_id IN (?, ?) ORDER BY user_id = ? LIMIT 1"
    user = call.row(sql, call.user_id, NOBODY_IN_PARTICULAR, NOBODY_IN_PARTICULAR)
    assert user, "the demo data holds no u-1"
    return user


def with_number(call: Call) -> Row:
    user = user_of(call)
    if not user["phone"]:
        raise Refusal("no_number")
    return user


def paid_up(user: Row) -> None:
    if user["phone"] and Decimal(user["balance"]) < 0:
        raise Refusal("arrears", owed=shortest(-Decimal(user["balance"])))


def masked(phone: str) -> str:
    return f"{phone[:3]}****{phone[-4:]}"


def period_of(month: str) -> str:
    """As 2026-10; a bare month is the latest such month that is not in the future."""
    if month in MONTHS_AGO:
        return f"{YEAR}-{MONTH - MONTHS_AGO[month]:02d}"
    if re.fullmatch(r"20[0-9]{2}-(0[1-9]|1[0-2])", month):
        return month
    found = re.fullmatch(r"0?([1-9]|1[0-2])月", month)
    if not found:
        raise Refusal("not_found")
    asked = int(found[1])
    return f"{YEAR if asked <= MONTH else YEAR - 1}-{asked:02d}"


def period_text(period: str) -> str:
    year, month = period.split("-")
    return f"{year} 年 {int(month)} 月"


def charges(call: Call, user: Row, period: str) -> list[Row]:
    sql = "SELECT * FROM telecom_charges WHERE user_id = ? AND period = ?"
    return call.rows(sql, user["user_id"], period)


def sum_of(rows: Iterable[Row], part: str) -> Decimal:
    return sum((Decimal(row["amount"]) for row in rows if row["part"] == part), Decimal())


def total(rows: list[Row]) -> int | float:
    paid = sum((sum_of(rows, part) for part in ["plan", "extra", "service"]), Decimal())
    return shortest(paid - sum_of(rows, "discount"))


def bill_query(call: Call) -> Answer:
    user, period = with_number(call), period_of(call.fields["month"])
    rows = charges(call, user, period)
    if not rows:
        raise Refusal("not_found")
    if period == THIS_MONTH:
        raise Refusal("not_ready", period=period_text(period), ready_date=BILL_READY, total=total(rows))
    return {
        "period": period_text(period),
        "total": total(rows),
        "plan_fee": shortest(sum_of(rows, "plan")),
        "extra_fee": shortest(sum_of(rows, "extra")),
        "service_fee": shortest(sum_of(rows, "service")),
        "discount": shortest(sum_of(rows, "discount")),
        "status_text": "已从余额扣清。",
    }


def balance_query(call: Call) -> Answer:
    user = with_number(call)
    return {
        "phone": masked(user["phone"]),
        "balance": shortest(Decimal(user["balance"])),
        "as_of": NOW,
        "used": total(charges(call, user, THIS_MONTH)),
        "status_text": user["balance_text"],
    }


def plan_named(call: Call, name: str) -> Row:
    plan = call.row("SELECT * FROM telecom_plans WHERE plan = ?", name)
    if not plan:
        raise Refusal("not_found")
    return plan


def data_usage(call: Call) -> Answer:
    user = with_number(call)
    included, used = Decimal(plan_named(call, user["plan"])["data_gb"]), Decimal(user["used_gb"])
    left = included - used
    if left <= 0:
        over_text, over_fee = gigabytes(-left), shortest(-left * EXTRA_GB_FEE)
        raise Refusal("exhausted", total_text=gigabytes(included), over_text=over_text, over_fee=over_fee)
    return {
        "total_text": gigabytes(included),
        "used_text": gigabytes(used),
        "left_text": gigabytes(left),
        "as_of": NOW,
        "days_left": DAYS_LEFT,
        "per_day_text": gigabytes(left / DAYS_LEFT),
    }


def gigabytes(amount: Decimal) -> str:
    return f"{shortest(round(amount, 2))} GB"


def plan_query(call: Call) -> Answer:
    user = with_number(call)
    plan = plan_named(call, user["plan"])
    contract_text = "没有在期合约，可以随时更换。"
    if user["contract_until"]:
        contract_text = f"合约到 {user['contract_until']}，到期前可以升档，不能降档。"
    if pending := pending_plan(call, user):
        contract_text = f"已预约 {EFFECTIVE}换成 {pending}。"
    return {
        "plan": plan["plan"],
        "fee": shortest(Decimal(plan["fee"])),
        "data_text": plan["data_text"],
        "voice_text": plan["voice_text"],
        "since": user["since"],
        "contract_text": contract_text,
    }


def pending_plan(call: Call, user: Row) -> str | None:
    booked = call.filed("plan", user["phone"])
    return booked["plan"] if booked else user["pending_plan"]


def plan_change_quote(call: Call) -> Answer:
    """What the change will be, and whether it can be; nothing is booked."""
    user, plan = with_number(call), plan_named(call, call.fields["plan"])
    old, fee = plan_named(call, user["plan"]), Decimal(plan["fee"])
    paid_up(user)
    if pending := pending_plan(call, user):
        raise Refusal("pending", effective=EFFECTIVE, pending_plan=pending)
    if plan["plan"] == old["plan"]:
        raise Refusal("same_plan", fee=shortest(fee))
    if user["contract_until"] and fee < Decimal(old["fee"]):
        penalty = shortest(Decimal(user["penalty"]))
        raise Refusal("in_contract", old_plan=old["plan"], end_date=user["contract_until"], penalty=penalty)
    if user["age"] < plan["min_age"]:
        raise Refusal("not_eligible", reason_text=f"机主要满 {plan['min_age']} 岁才能办理")
    return {
        "plan": plan["plan"],
        "effective": EFFECTIVE,
        "old_plan": old["plan"],
        "old_fee": shortest(Decimal(old["fee"])),
        "fee": shortest(fee),
        "data_text": plan["data_text"],
        "voice_text": plan["voice_text"],
    }


def plan_change(call: Call) -> Answer:
    quoted, change_id = plan_change_quote(call), number(call, "TC")
    call.file("plan", with_number(call)["phone"], plan=call.fields["plan"], change_id=change_id)
    return {"change_id": change_id, **quoted}


@dataclass(frozen=True)
class Service:
    """A service as this user sees it: the demo's row, and whether the user cancelled it since."""

    service: str
    fee: str
    state: str
    contract_name: str
    cancelled_at: str
    end_date: str

    def shown(self) -> str:
        notes = {"contract": "（合约附带）", "trial": "（体验中）"}
        return self.service + notes.get(self.state, f" {self.fee} 元")

    def refusal(self) -> Refusal:
        if self.state == "contract":
            return Refusal("in_contract", contract_name=self.contract_name, end_date=self.end_date)
        if self.state == "trial":
            return Refusal("trial", end_date=self.end_date)
        return Refusal("already_cancelled", cancelled_at=self.cancelled_at, end_date=self.end_date)


def services(call: Call, user: Row) -> list[Service]:
    names = "service, fee, state, contract_name, cancelled_at, end_date"
    rows = call.rows(f"SELECT {names} FROM telecom_services WHERE user_id = ?", user["user_id"])
    cancelled = call.filed_all("cancellation")
    change = {"state": "cancelled", "cancelled_at": TODAY, "end_date": END_OF_MONTH}
    return [Service(**dict(row) | (change if row["service"] in cancelled else {})) for row in rows]


def service_cancel(call: Call) -> Answer:
    user, asked = with_number(call), call.fields["service"]
    held = services(call, user)
    running = [each for each in held if each.state != "cancelled"]
    chosen = running if asked == EVERYTHING else [each for each in held if each.service == asked]
    if not chosen:
        if not running:
            raise Refusal("none_active")
        raise Refusal("not_found", active_text="、".join(each.shown() for each in running))
    active = [each for each in chosen if each.state == "active"]
    if not active:
        raise chosen[0].refusal()
    cancel_id = number(call, "TD")
    for each in active:
        call.file("cancellation", each.service, cancel_id=cancel_id)
    fee = shortest(sum((Decimal(each.fee) for each in active), Decimal()))
    return {"cancel_id": cancel_id, "fee": fee, "end_date": END_OF_MONTH, "stop_date": NEXT_MONTH}


def asked_amount(call: Call) -> Decimal:
    amount = yuan(call.fields["amount"])
    if amount is None:
        raise Refusal("invalid_amount")
    return amount


def charge_dispute(call: Call) -> Answer:
    user, period, amount = with_number(call), period_of(call.fields["month"]), asked_amount(call)
    rows = [row for row in charges(call, user, period) if row["part"] != "discount"]
    if not rows:
        raise Refusal("not_found")
    near = min(rows, key=lambda row: abs(Decimal(row["amount"]) - amount))
    near_amount = shortest(Decimal(near["amount"]))
    if near_amount != shortest(amount):
        shown = period_text(period)
        raise Refusal("no_such_charge", period=shown, near_item=near["item"], near_amount=near_amount)
    subject = f"{period} {near['item']}"
    if dispute := call.filed("dispute", subject):
        raise Refusal("duplicate", **dispute)
    dispute = {"dispute_id": number(call, "HC"), "status": "核查中", "deadline": DISPUTE_BY}
    call.file("dispute", subject, **dispute)
    return {
        "dispute_id": dispute["dispute_id"],
        "period": period_text(period),
        "amount": f"{amount:,.2f}",
        "item_text": near["item"],
        "deadline": DISPUTE_BY,
    }


def recharge_missing(call: Call) -> Answer:
    user, amount = with_number(call), asked_amount(call)
    payments = call.rows("SELECT * FROM telecom_payments WHERE user_id = ?", user["user_id"])
    payment = next((row for row in payments if Decimal(row["amount"]) == amount), None)
    if not payment:
        raise Refusal("not_found")
    paid_at = payment["paid_at"]
    if payment["state"] == "credited":
        credited_at, balance = payment["credited_at"], shortest(Decimal(user["balance"]))
        raise Refusal("already_credited", paid_at=paid_at, credited_at=credited_at, balance=balance)
    if payment["state"] == "processing":
        raise Refusal("processing", paid_at=paid_at, eta=payment["eta"])
    if payment["state"] == "other_number":
        raise Refusal("other_number", paid_at=paid_at, other_phone=payment["other_phone"])
    if check := call.filed("payment", paid_at):
        raise Refusal("duplicate", **check)
    check = {"check_id": number(call, "CZ"), "deadline": PAYMENT_BY}
    call.file("payment", paid_at, **check)
    return {**check, "amount": f"{amount:,.2f}", "paid_at": paid_at, "channel": payment["channel"]}


def asked_address(call: Call) -> str:
    address = re.sub(r"\s", "", call.fields["address"])
    if not re.search(r"\d", address):
        raise Refusal("address_incomplete")
    return address


def city_of(address: str) -> str:
    found = CITY.search(address)
    return f"{found[1] or found[2]}市" if found else HOME_CITY


def uncovered(call: Call, address: str) -> str | None:
    """When the line will be there, where there is none."""
    row = call.row("SELECT eta FROM telecom_uncovered WHERE instr(?, place)", address)
    return str(row["eta"]) if row else None


def broadband_install(call: Call) -> Answer:
    user, address = user_of(call), asked_address(call)
    paid_up(user)
    if line := call.row("SELECT account FROM telecom_broadband WHERE address = ?", address):
        raise Refusal("exists", account=line["account"])
    if eta := uncovered(call, address):
        call.file("wish", address, eta=eta)
        raise Refusal("no_coverage", eta=eta)
    if booked := call.filed("install", address):
        return booked
    booked = {"install_id": number(call, "KZ"), "max_speed": MAX_SPEED, "visit_time": INSTALL_VISIT}
    call.file("install", address, **booked)
    return booked


def broadband_fault(call: Call) -> Answer:
    account = re.sub(r"[\s-]", "", call.fields["account"]).upper()
    line = call.row("SELECT * FROM telecom_broadband WHERE ? IN (account, phone)", account)
    if not line:
        raise Refusal("not_found")
    if line["outage_area"]:
        raise Refusal("outage", area=line["outage_area"], eta=line["outage_eta"])
    owner = call.row("SELECT * FROM telecom_users WHERE phone = ?", line["phone"])
    if owner:
        paid_up(owner)
    if line["fault_id"]:
        status, visit_time = line["fault_status"], line["fault_visit"]
        raise Refusal("duplicate", ticket_id=line["fault_id"], status=status, visit_time=visit_time)
    if ticket := call.filed("fault", line["account"]):
        raise Refusal("duplicate", **ticket)
    ticket = {"ticket_id": number(call, "KX"), "status": "已派单", "visit_time": FAULT_VISIT}
    call.file("fault", line["account"], **ticket)
    return {
        "ticket_id": ticket["ticket_id"],
        "diagnosis_text": "光猫收不到光信号，多半是入户光纤松动",
        "next_text": f"师傅 {FAULT_VISIT} 上门，",
    }


def broadband_move(call: Call) -> Answer:
    user = user_of(call)
    line = call.row("SELECT * FROM telecom_broadband WHERE phone = ?", user["phone"] or "")
    if not line:
        raise Refusal("not_found")
    address = asked_address(call)
    paid_up(user)
    city = city_of(address)
    if city != line["city"]:
        raise Refusal("other_city", city=city, old_city=line["city"], months_left=line["months_left"])
    if uncovered(call, address):
        raise Refusal("no_coverage")
    if booked := call.filed("move", address):
        return booked
    booked = {"move_id": number(call, "KY"), "account": line["account"], "visit_time": MOVE_VISIT}
    call.file("move", address, **booked)
    return booked


def suspend_number(call: Call) -> Answer:
    user, phone = user_of(call), re.sub(r"[\s-]", "", call.fields["phone"])
    if not call.row("SELECT 1 FROM telecom_users WHERE phone = ?", phone):
        raise Refusal("not_found")
    if phone != user["phone"]:
        raise Refusal("not_owner")
    paid_up(user)
    if user["stopped_on"]:
        raise Refusal("already_suspended", since=user["stopped_on"], reason_text=user["stopped_because"])
    if call.filed("suspension", phone):
        raise Refusal("already_suspended", since=TODAY, reason_text="您申请的停机")
    stopped = {"suspend_id": number(call, "TJ"), "suspended_at": NOW, "keep_until": KEPT_UNTIL}
    call.file("suspension", phone, **stopped)
    return stopped


def verify(call: Call) -> Answer:
    return verification.send(call, with_number(call)["phone"][-4:])


CALLS = [
    Entry("GET", "/bills/{month}", (), bill_query),
    Entry("GET", "/balance", (), balance_query),
    Entry("GET", "/data-usage", (), data_usage),
    Entry("GET", "/plan", (), plan_query),
    Entry("POST", "/plan-changes", ("plan",), plan_change),
    Entry("GET", "/plan-changes/quote", ("plan",), plan_change_quote),
    Entry("POST", "/service-cancellations", ("service",), service_cancel),
    Entry("POST", "/disputes", ("month", "amount"), charge_dispute),
    Entry("POST", "/recharge-checks", ("amount",), recharge_missing),
    Entry("POST", "/broadband/installs", ("address",), broadband_install),
    Entry("POST", "/broadband/faults", ("account",), broadband_fault),
    Entry("POST", "/broadband/moves", ("address",), broadband_move),
    Entry("POST", "/suspensions", ("phone",), suspend_number),
    Entry("POST", "/verifications", (), verify),
]
