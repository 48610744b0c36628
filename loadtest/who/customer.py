"""Who is the customer, and what does a customer say when asked for something?

What is said for a slot stands in SAID, with what it means: orders, numbers and cards of the demo data among it
(deploy/example_backend/*.sql). A flow with a slot that is not there is not played.
"""

import random
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field

from loadtest.verdict.checks import Answer, Checks
from loadtest.what.questions import Questions
from pyshim.tenants.edge import hot_intents
from pyshim.tenants.schema import Tenant
from pyshim.understanding.intents import SMALL_TALK

YES, NO, STOP, AGAIN, FIRST = "确认", "不是", "算了", "再说一遍", "第一个"
THANKS = ["谢谢", "好的谢谢", "你好"]

ORDERS = ["20231105", "20231106", "20231107", "20231108", "20231109", "20231110", "20231111", "20231001"]
SAID: Mapping[str, Mapping[str, list[tuple[str, str]]]] = {
    "shop": {
        "order_id": [(number, number) for number in ORDERS],
        "reason": [("尺码偏大了", "尺码不合适"), ("有色差", "颜色不合适"), ("发错了", "少发或错发"), ("质量问题", "质量问题")],
        "address": [
            ("浙江省杭州市西湖区文三路20号3幢502室", "浙江省杭州市西湖区文三路20号3幢502室"),
            ("13800002046", "138 0000 2046"),
        ],
        "title": [("个人", "个人"), ("杭州云帆科技有限公司", "杭州云帆科技有限公司")],
        "product": [("空气炸锅", "空气炸锅"), ("保温杯", "保温杯"), ("加厚羽绒服", "加厚羽绒服")],
    },
    "telecom": {
        "month": [("上个月", "2026 年 10 月"), ("9月", "2026 年 9 月")],
        "amount": [("6元", "6.00"), ("100元", "100.00"), ("15元", "15.00")],
        "plan": [("畅享99", "畅享99"), ("换成畅享29", "畅享29"), ("畅享139", "畅享139")],
        "service": [("视频彩铃", "视频彩铃"), ("视频会员", "视频会员"), ("云盘会员", "云盘会员")],
        "address": [("杭州市西湖区文三路88号2幢301室", "杭州市西湖区文三路88号2幢301室")],
        "account": [("KD20260318", "KD20260318"), ("KD20250509", "KD20250509")],
        "phone": [("13800002046", "138 0000 2046"), ("13900007731", "139 0000 7731")],
    },
    "bank": {
        "card_tail": [(number, number) for number in ("1234", "8866", "5678", "4321")],
        "amount": [("8000元", "8,000.00"), ("30000元", "30,000.00")],
        "periods": [("12期", "12"), ("6期", "6"), ("24期", "24")],
        "transfer_id": [("T2026110402", "2026110402"), ("T2026110301", "2026110301")],
    },
}
UNKNOWN_ORDER = "77{:010d}"  # nobody has it: what comes back of it is this conversation's own


@dataclass(frozen=True, slots=True)
class Say:
    """One turn of a customer. kind: a share of the mix, follow_up for what belongs to a conversation."""

    query: str
    kind: str = "follow_up"


Talk = Generator[Say, Answer, None]
Part = Generator[Say, Answer, Answer]


@dataclass
class Customer:
    """Who talks. told: values of slots, as they are known by now."""

    tenant: Tenant
    questions: Questions
    chance: random.Random
    told: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.checks = Checks(self.tenant)

    def value(self, slot: str) -> tuple[str, str]:
        return self.chance.choice(SAID[self.tenant.id][slot])

    def playable(self, flow: bool) -> list[str]:
        """Tasks with slots that all can be told; flow: those that want a confirmation, else those that do not."""
        known = SAID.get(self.tenant.id, {})
        tasks = [intent for intent, task in self.tenant.tasks.items() if all(slot in known for slot in task.slots)]
        return sorted(intent for intent in tasks if self.tenant.is_flow(intent) == flow)

    def sharing(self, flow: bool) -> list[tuple[str, str]]:
        """Such tasks with one slot that the tenant remembers, and that slot."""
        found = [(intent, slot) for intent in self.playable(flow) for slot in self.tenant.tasks[intent].slots[:1]]
        return [(intent, slot) for intent, slot in found if self.tenant.slots[slot].remember]

    def button(self) -> str:
        """An intent that the edge answers by a rule when its title is said; a question, no small talk."""
        return self.chance.choice([intent for intent in hot_intents(self.tenant) if intent not in SMALL_TALK] or ["greet"])
