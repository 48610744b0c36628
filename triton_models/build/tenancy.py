"""What does a sentence mean to a given tenant?

All labels compete. What falls on an intent the tenant does not have is out_of_scope there, unless the tenant has one that
asks nearly the same: such pairs stand in TWINS, are not told apart in training, and such sentences are not measured.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from triton_models.build.corpus import GENERAL, OUT_OF_SCOPE, Corpus

# Each pair with the reason why one sentence may well mean either, depending on whom it is said to.
TWINS: tuple[tuple[str, str, str], ...] = (
    ("account_password", "password_reset", "both: I cannot get into my account"),
    ("account_password", "puk_unlock", "locked after wrong codes"),
    ("password_reset", "puk_unlock", "locked after wrong codes"),
    ("account_password", "sms_missing", "the login code does not arrive"),
    ("password_reset", "sms_missing", "the login code does not arrive"),
    ("payment_failed", "transfer_failed", "the payment did not go through"),
    ("payment_failed", "transfer_limit", "the payment was refused for its amount"),
    ("payment_failed", "recharge_missing", "the money left, nothing came of it"),
    ("payment_failed", "transfer_pending", "the money left, nothing came of it"),
    ("payment_failed", "charge_dispute", "money was taken that should not have been"),
    ("recharge_missing", "transfer_pending", "the money was sent and has not arrived"),
    ("recharge_missing", "transfer_failed", "the money was sent and has not arrived"),
    ("refund_progress", "transfer_pending", "where is my money"),
    ("refund_time", "transfer_pending", "when will the money arrive"),
    ("refund_progress", "recharge_missing", "where is my money"),
    ("refund_apply", "charge_dispute", "give me my money back"),
    ("charge_dispute", "fraud_report", "money is gone and I did not spend it"),
    ("charge_dispute", "interest_fee", "why was I charged this"),
    ("bill_query", "statement_download", "let me see my bill"),
    ("bill_query", "bill_date", "when does my bill come"),
    ("payment_methods", "recharge", "how can I pay"),
    ("payment_methods", "repayment", "how can I pay"),
    ("payment_methods", "installment", "can I pay in parts"),
    ("recharge", "repayment", "how can I pay"),
    ("promotion_rules", "plan_recommend", "what offers are there"),
    ("coupon_use", "plan_recommend", "what offers are there"),
    ("card_lost", "sim_replace", "my card is lost"),
    ("card_lost", "suspend_number", "report it lost"),
    ("card_activate", "sim_replace", "my new card does not work yet"),
    ("service_cancel", "cancel_order", "I no longer want what I ordered"),
    ("number_cancel", "account_password", "close what belongs to my number"),
    ("sim_replace", "exchange_apply", "it is worn, give me another"),
    ("service_cancel", "member_points", "about a membership"),
    ("contract_penalty", "loan_early_repay", "a penalty for ending early"),
    ("contract_penalty", "overdue", "how much is the penalty"),
    ("return_address", "branch_hours", "where are you"),
    ("broadband_move", "change_address", "I have moved, change my address"),
    ("cancel_order", "cancel_flow", "never mind, cancel it"),
    ("service_cancel", "cancel_flow", "never mind, cancel it"),
)


@dataclass(frozen=True)
class Tenancy:
    """owner_of: each intent's folder, in label order."""

    owner_of: dict[str, str]

    @classmethod
    def of(cls, corpus: Corpus) -> Tenancy:
        return cls(corpus.owner_of)

    @property
    def labels(self) -> list[str]:
        return list(self.owner_of)

    @property
    def tenants(self) -> list[str]:
        return sorted(set(self.owner_of.values()) - {GENERAL})

    @property
    def out_of_scope(self) -> int:
        return self.labels.index(OUT_OF_SCOPE)

    def columns(self, tenant: str) -> list[int]:
        """The label indices that mean something to a tenant: its own intents and the general ones."""
        return [i for i, owner in enumerate(self.owner_of.values()) if owner in (tenant, GENERAL)]

    def mine(self, intents: frozenset[str]) -> NDArray[np.bool_]:
        """bool [labels]: True where the label means something to a tenant that has these intents."""
        return np.array([label in intents or label == OUT_OF_SCOPE for label in self.labels])

    def seen(self, intents: frozenset[str]) -> NDArray[np.bool_]:
        """bool [labels]: what competes for a sentence said to that tenant: all labels, but for others' twins of its own."""
        twins = set().union(*(self.twins(intent) for intent in intents)) - intents
        return np.array([label not in twins for label in self.labels])

    def apart(self, intent: str) -> NDArray[np.bool_]:
        """bool [labels]: the labels a sentence of this intent is told apart from in training, itself among them."""
        return np.array([label not in self.twins(intent) for label in self.labels])

    @staticmethod
    def twins(intent: str) -> set[str]:
        return {a if b == intent else b for a, b, _ in TWINS if intent in (a, b)}

    def meaning(self, intent: str, intents: frozenset[str]) -> str | None:
        """The label of a sentence of this intent when said to that tenant; None where a twin makes it unsure."""
        if intent in intents:
            return intent
        return None if self.twins(intent) & intents else OUT_OF_SCOPE
