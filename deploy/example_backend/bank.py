"""What does the bank know about cards, a loan and transfers, and what can be asked for?

Rules:

* Money is counted in Decimal and shown with thousands separators and two decimals.
* A card that is reported lost is lost at once: a lost credit card has no limit to raise and no bill to split,
  and a loan can't be repaid from a lost account.
* One raised limit at a time, one early repayment at a time; instalments until the statement is used up.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal
from sqlite3 import Row

from . import verification
from .amounts import CENT, yuan
from .calls import Answer, Call, Details, Entry, Refusal

NOW = datetime(2026, 11, 5, 9, 30)
MINUTE = "%Y-%m-%d %H:%M"

LOSS_DAYS = 5  # how long a loss reported by word of mouth holds for a debit card
RAISED_DAYS = 60
REPAY_WORKING_DAYS = 3
FREE_AFTER_PERIODS = 12  # before, early repayment costs EARLY_FEE of the principal
EARLY_FEE = Decimal("0.01")
PHONE_TAIL = "2046"
FEES = {"3": Decimal("0.0075"), "6": Decimal("0.0068"), "12": Decimal("0.0062"), "24": Decimal("0.0060")}

ALL_OF_STATEMENT = {"全部"}
ALL_OF_LOAN = {"全部", "结清", "还清"}


def money(amount: Decimal) -> str:
    return f"{amount.quantize(CENT):,}"


def number(call: Call, letter: str) -> str:
    return call.number(f"{letter}{NOW:%Y%m%d}", 2)


def asked_amount(call: Call, words: set[str], everything: Decimal) -> Decimal:
    """words are those that mean everything."""
    text = call.fields["amount"]
    amount = everything if text in words else yuan(text)
    if amount is None:
        raise Refusal("bad_amount", amount=text)
    return amount


def loss_of(call: Call, card_tail: str) -> Details | None:
    sql = "SELECT lost_at AS reported_at, loss_id FROM bank_cards WHERE card_tail = ? AND lost_at IS NOT NULL"
    row = call.row(sql, card_tail)
    return dict(row) if row else call.filed("loss", card_tail)


def card_lost(call: Call) -> Answer:
    card_tail = call.fields["card_tail"]
    card = call.row("SELECT * FROM bank_cards WHERE card_tail = ?", card_tail)
    if not card:
        raise Refusal("not_found", card_tail=card_tail)
    if card["closed_at"]:
        raise Refusal("closed", card_tail=card_tail, closed_at=card["closed_at"])
    if loss := loss_of(call, card_tail):
        raise Refusal("already_lost", card_tail=card_tail, **loss)
    loss = {"loss_id": number(call, "L"), "reported_at": NOW.strftime(MINUTE)}
    call.file("loss", card_tail, **loss)
    return {
        **loss,
        "card_tail": card_tail,
        "card_name": card["card_name"],
        "validity": validity(card["kind"]),
    }


def validity(kind: str) -> str:
    if kind == "credit":
        return "本次挂失长期有效，挂失前的失卡保障按章程办理"
    until = NOW + timedelta(LOSS_DAYS)
    return f"口头挂失有效至 {until.strftime(MINUTE)}，请在此之前带身份证到网点办理正式挂失或补卡"


def credit_card(call: Call) -> Row:
    card = call.row("SELECT * FROM bank_credit")
    if not card or loss_of(call, card["card_tail"]):
        raise Refusal("not_found")
    return card


def card_limit(call: Call) -> Answer:
    card = credit_card(call)
    if raised := call.filed("limit", card["card_tail"]):
        reason = f"已有临时额度 {raised['new_limit']} 元在用"
        raise Refusal("not_allowed", reason=reason, retry_after=raised["valid_until"])
    old, most = Decimal(card["credit_limit"]), Decimal(card["max_limit"])
    new = asked_amount(call, set(), most)
    if new > most:
        raise Refusal("too_high", max_limit=money(most), old_limit=money(old))
    if new <= old:
        raise Refusal("too_low", old_limit=money(old))
    valid_until = (NOW + timedelta(RAISED_DAYS)).date().isoformat()
    granted = {"limit_id": number(call, "E"), "new_limit": money(new), "valid_until": valid_until}
    call.file("limit", card["card_tail"], **granted)
    return {**granted, "old_limit": money(old)}


def installment_quote(call: Call) -> Answer:
    """What the instalments will be, and whether they can be; nothing is booked."""
    card, periods = credit_card(call), call.fields["periods"]
    least = Decimal(card["min_installment"])
    taken = sum((Decimal(plan["principal"]) for plan in call.filed_all("installment").values()), Decimal())
    most = Decimal(card["max_installment"]) - taken
    if most < least:
        raise Refusal("not_allowed", reason="本期账单可分期的部分已全部办理")
    principal = asked_amount(call, ALL_OF_STATEMENT, most)
    if periods not in FEES:
        raise Refusal("bad_periods", periods=periods)
    if principal < least:
        raise Refusal("below_min", min_amount=money(least))
    if principal > most:
        raise Refusal("too_high", max_amount=money(most))
    part, fee = (principal / int(periods)).quantize(CENT), (principal * FEES[periods]).quantize(CENT)
    return {
        "principal": money(principal),
        "periods": int(periods),
        "monthly_principal": money(part),
        "monthly_fee": money(fee),
        "monthly_total": money(part + fee),
        "total_fee": money(fee * int(periods)),
        "first_date": card["first_date"],
    }


def installment(call: Call) -> Answer:
    quoted, installment_id = installment_quote(call), number(call, "I")
    principal = str(quoted["principal"]).replace(",", "")
    call.file("installment", installment_id, principal=principal, periods=call.fields["periods"])
    return {"installment_id": installment_id, **quoted}


def loan_early_repay_quote(call: Call) -> Answer:
    """What the repayment will be, and whether it can be; nothing is booked."""
    loan = call.row("SELECT * FROM bank_loans")
    if not loan:
        raise Refusal("not_found")
    if pending := call.filed("repayment", loan["loan_name"]):
        raise Refusal("pending", **pending)
    tail = loan["account_tail"]
    if loss_of(call, tail):
        raise Refusal("not_allowed", reason=f"还款账户（尾号 {tail}）已挂失，请先更换还款账户")
    principal = repaid(call, loan)
    free = loan["periods_paid"] >= FREE_AFTER_PERIODS
    return {
        "loan_name": loan["loan_name"],
        "repay_date": working_day(REPAY_WORKING_DAYS).isoformat(),
        "principal": money(principal),
        "fee": money(Decimal() if free else principal * EARLY_FEE),
        "remaining": money(Decimal(loan["outstanding"]) - principal),
        "saved_interest": money(principal * Decimal(loan["saved_interest"])),
        "account_tail": tail,
    }


def loan_early_repay(call: Call) -> Answer:
    quoted, request_id = loan_early_repay_quote(call), number(call, "P")
    call.file("repayment", str(quoted["loan_name"]), request_id=request_id, repay_date=str(quoted["repay_date"]))
    return {"request_id": request_id, **quoted}


def repaid(call: Call, loan: Row) -> Decimal:
    outstanding, least = Decimal(loan["outstanding"]), Decimal(loan["min_amount"])
    principal = asked_amount(call, ALL_OF_LOAN, outstanding)
    if principal > outstanding:
        raise Refusal("too_high", outstanding=money(outstanding))
    if principal < min(least, outstanding):
        raise Refusal("below_min", min_amount=money(least))
    return principal


def working_day(count: int) -> date:
    when = NOW.date()
    while count:
        when += timedelta(1)
        count -= when.weekday() < 5
    return when


def transfer_pending(call: Call) -> Answer:
    transfer_id = call.fields["transfer_id"]
    row = call.row("SELECT * FROM bank_transfers WHERE transfer_id = ?", transfer_id)
    if not row:
        raise Refusal("not_found", transfer_id=transfer_id)
    return dict(row)


def verify(call: Call) -> Answer:
    return verification.send(call, PHONE_TAIL)


CALLS = [
    Entry("POST", "/cards/loss", ("card_tail",), card_lost),
    Entry("POST", "/cards/limit", ("amount",), card_limit),
    Entry("POST", "/installments", ("amount", "periods"), installment),
    Entry("GET", "/installments/quote", ("amount", "periods"), installment_quote),
    Entry("POST", "/loans/early-repay", ("amount",), loan_early_repay),
    Entry("GET", "/loans/early-repay/quote", ("amount",), loan_early_repay_quote),
    Entry("GET", "/transfers/{transfer_id}", (), transfer_pending),
    Entry("POST", "/verifications", (), verify),
]
