"""Is a faulty tenant refused whole, with the file and what was wanted?"""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pyshim.dialogue.people import reached
from pyshim.errors import BadTenant
from pyshim.settings import ROOT, Settings, read_settings
from pyshim.tenants import source
from pyshim.tenants.checks.advice import advice
from pyshim.tenants.compile import compile_all, new_compiler, pack
from pyshim.tenants.edge import edge_part


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The shipped shop alone, in a folder that may be spoilt."""
    shutil.copytree(ROOT / "gateway" / "tenants" / "shop", tmp_path / "tenants" / "shop")
    return read_settings({"SLUICE_TENANTS": str(tmp_path / "tenants"), "SLUICE_VAR": str(tmp_path / "var")})


def spoil(settings: Settings, name: str, change: Callable[[str], str]) -> None:
    path = settings.tenants / "shop" / name
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    after = change(before)
    assert after != before
    path.parent.mkdir(exist_ok=True)
    path.write_text(after, encoding="utf-8")


def test_the_shipped_tenants_compile() -> None:
    compiled = compile_all(read_settings({}))
    assert set(compiled.tenants) == {"shop", "telecom", "bank"}


def test_the_same_files_make_the_same_version_and_others_another(settings: Settings) -> None:
    first, again = compile_all(settings), compile_all(settings)
    spoil(settings, "replies.yaml", lambda text: text.replace("您好", "你好"))
    assert first.digest == again.digest != compile_all(settings).digest


def grown(times: int, lines: int = 10) -> str:
    """Each line is a list of the line before, so many times."""
    more = "".join(f"a{line}: &a{line} [{', '.join([f'*a{line - 1}'] * times)}]\n" for line in range(1, lines))
    return f"a0: &a0 [x]\n{more}"


def called(old: str, new: str) -> Callable[[str], str]:
    """Another call, quote, check or code of the task that cancels an order."""

    def change(text: str) -> str:
        before, task = text.split("  cancel_order:\n")
        cancel, behind = task.split("  refund_apply:\n", 1)
        assert old in cancel
        return f"{before}  cancel_order:\n{cancel.replace(old, new)}  refund_apply:\n{behind}"

    return change


CHECK = "    check: {method: GET, path: '/requests/{key}'}\n    idempotent: 24h\n"
CANCEL = "    call: {method: POST, path: /cancellations, body: [order_id]}\n"
QUOTE = "    quote: {method: GET, path: '/fees?order={order_id}'}\n"


def coded(slot: str, body: str = "[order_id, code]", send: str = "{method: POST, path: /verifications}") -> Callable[[str], str]:
    """The task that cancels an order asks for a code, which is this slot."""
    call = CANCEL.replace("[order_id]", body)
    verify = f"    verify: {{send: {send}, ask: '验证码发到尾号 {{phone_tail}} 的手机了。', slot: code}}\n"

    def change(text: str) -> str:
        text = called(CANCEL, call + verify)(text)
        return text.replace("slots:\n", f"slots:\n  code: {slot}\n" if slot else "slots:\n", 1)

    return change


ONE = "{ask: 哪个, type: choice, choices: {全部: []}, everything: 全部}"
CODE = "{ask: 验证码是多少, patterns: ['^(\\d{6})$']}"


def with_people(text: str) -> Callable[[str], str]:
    return lambda about: about[: about.index("people:")] + text


FAULTS: list[tuple[str, Callable[[str], str], str]] = [
    ("tenant.yaml", lambda text: text + "colour: red\n", "tenant.yaml:24: Object contains unknown field `colour`"),
    (
        "tenant.yaml",
        lambda text: text.replace("burst: 10}", "burst: many}"),
        "tenant.yaml:7: Expected `int`, got `str` - at `$.limits.user.burst`",
    ),
    (
        "tenant.yaml",
        lambda text: text.replace("guests: true", "guests: true\nguests: false"),
        "tenant.yaml:4: 'guests' is said twice",
    ),
    ("tenant.yaml", lambda text: f"{text}examples: {'[' * 100_000}", "tenant.yaml:24: nested deeper than 40"),
    ("tenant.yaml", lambda text: f"{text}examples: &all [*all]", "tenant.yaml:24: this contains itself"),
    ("tenant.yaml", lambda text: text + grown(9), "tenant.yaml:30: more than 1,000,000 values once its aliases are followed"),
    ("tenant.yaml", lambda text: text + grown(1, 50), "tenant.yaml:63: nested deeper than 40 once its aliases are followed"),
    (
        "tenant.yaml",
        lambda text: text.replace("intents: [promotion_rules,", "intents: [promotion_rule,"),
        "campaign: this tenant has no intent 'promotion_rule'",
    ),
    ("tenant.yaml", lambda text: text.replace("until: 2027", "until: 2025"), "tenant.yaml:11: until must be after from"),
    (
        "tenant.yaml",
        lambda text: text.replace("rate_per_s: 2,", "rate_per_s: 0,"),
        "tenant.yaml:7: Expected `float` >= 1e-06",
    ),
    *(
        (
            "tenant.yaml",
            lambda text, value=value: text.replace("rate_per_s: 2,", f"rate_per_s: {value},"),  # type: ignore[misc]
            f"tenant.yaml:7: Expected `float` {wanted}",
        )
        for value, wanted in (
            (".inf", "<= 10000000.0"),
            (".nan", ">= 1e-06"),
            ("-.inf", ">= 1e-06"),
            ("1.0e+300", "<= 10000000.0"),
        )
    ),
    ("tenant.yaml", lambda text: text.replace("burst: 10}", "burst: 100000000}"), "tenant.yaml:7: Expected `int` <= 10000000"),
    ("tenant.yaml", lambda text: text + "thresholds: {recall: .nan}\n", "tenant.yaml:24: Expected `float` >= 0.0"),
    (
        "tenant.yaml",
        lambda text: text + "credential: {header: X-Key, file: /no/such.key}\n",
        "tenant.yaml:24: credential: /no/such.key: No such file or directory",
    ),
    (
        "tenant.yaml",
        lambda text: text + "credential: {header: X-User-Id, file: LICENSE}\n",
        "tenant.yaml:24: credential: X-User-Id is a header of every call already",
    ),
    (
        "tenant.yaml",
        lambda text: text + "credential: {header: X-Key, file: LICENSE}\n",
        "LICENSE: a file that only its owner can read is wanted (chmod 600)",
    ),
    ("tenant.yaml", lambda text: text + "credential: {header: 'X Key', file: a}\n", "tenant.yaml:24: Expected `str` matching"),
    ("tenant.yaml", lambda text: text + "today: 0001-01-01\n", "tenant.yaml:24: a day from 1902 to 2098 is wanted"),
    *(
        ("tenant.yaml", lambda text, base=base: text.replace("backend: $", f"backend: {base} # $"), "tenant.yaml:4: http:// or")  # type: ignore[misc]
        for base in ("'http://[::1'", "http://shop:99999", "http://:80", "'http://shop?a=1'")
    ),
    (
        "flows.yaml",
        lambda text: text.replace("slots:\n", "slots:\n  slow: {ask: 多少, patterns: ['^订单(?:\\d|\\d\\d)+号$']}\n", 1),
        "flows.yaml:2: slot slow: pattern '^订单(?:\\\\d|\\\\d\\\\d)+号$' is too slow: it may look at 2000 characters like ",
    ),
    (
        "flows.yaml",
        lambda text: text.replace("slots:\n", "slots:\n  odd: {ask: 多少, patterns: ['(?<name']}\n", 1),
        "flows.yaml:2: slot odd: bad pattern '(?<name': ",
    ),
    (
        "flows.yaml",
        lambda text: text.replace(
            "slots:\n", "slots:\n  one: {ask: 哪个, type: choice, choices: {全部: []}, everything: 全部}\n", 1
        ),
        "flows.yaml:2: slot one: '全部' stands for no other choice",
    ),
    (
        "flows.yaml",
        lambda text: text.replace("slots:\n", "slots:\n  one: {ask: 谁, type: name, names: ['']}\n", 1),
        "flows.yaml:2: Expected `str` of length >= 1",
    ),
    ("flows.yaml", called("确认取消吗", "{order_id 确认取消吗"), "cancel_order: { stands alone: {name} is wanted"),
    ("replies.yaml", lambda text: text.replace("flow_cancelled: ", "flow_cancelled: title} "), "flow_cancelled: } stands alone"),
    ("tenant.yaml", lambda text: text.replace("burst: 10}", "burst: 0}"), "tenant.yaml:7: Expected `int` >= 1"),
    (
        "tenant.yaml",
        lambda text: text.replace("campaign:", "  routes: {histories: {rate_per_s: 1, burst: 1}}\ncampaign:"),
        "Invalid enum value 'histories'",
    ),
    ("tenant.yaml", lambda text: text.replace("backend: $", "backend: www.shop.cn # $"), "tenant.yaml:4: http:// or https://"),
    ("tenant.yaml", lambda text: text + "thresholds: {router: 7}\n", "Expected `float` <= 1.0"),
    ("tenant.yaml", with_people("people: {phone: '', hours: 每天}\n"), "tenant.yaml:20: people: phone is wanted"),
    (
        "tenant.yaml",
        lambda text: text.replace("until: '24:00'", "until: '08:00'"),
        "tenant.yaml:23: people: open never: until must be after from, or on the next day",
    ),
    (
        "tenant.yaml",
        lambda text: text.replace("until: '24:00'", "until: 24:00"),  # to YAML 1.1 that is a number in base 60
        "tenant.yaml:23: Expected `str`, got `int` - at `$.people.open.until`",
    ),
    ("tenant.yaml", lambda text: text.replace("zone: '+08:00'", "zone: CST"), "tenant.yaml:23: Expected `str` matching regex"),
    ("tenant.yaml", lambda text: text.replace("zone: ", "days: [], zone: "), "tenant.yaml:23: people: open never: 1 is Monday"),
    ("tenant.yaml", lambda text: text.replace("zone: ", "days: [0], zone: "), "tenant.yaml:23: Expected `int` >= 1"),
    ("replies.yaml", lambda text: text.replace("replies:", "replies: ["), "replies.yaml:3: "),
    (
        "replies.yaml",
        lambda text: text.replace("  greet:", "  greet_everybody:"),
        "replies.yaml:2: the model (version 1) does not know",
    ),
    ("replies.yaml", lambda text: text.replace("title: 打招呼", "title: 道谢"), "thanks has the same title as greet"),
    (
        "replies.yaml",
        lambda text: text.replace("[查物流,", "[查火星,"),
        "replies.yaml:6: greet: suggestion '查火星' is no intent's title",
    ),
    ("replies.yaml", lambda text: text.replace("    title: 打招呼", "    titel: 打招呼"), "at `$.replies.greet`"),
    ("replies.yaml", lambda text: text.replace("  affirm:", "  greet_again:"), "a reply is missing for affirm"),
    (
        "replies.yaml",
        lambda text: text.replace("answer: 不客气，", "answer: 不客气，{people}，"),
        "replies.yaml:9: thanks: nobody fills in {people} here, only in replies with `handover: true` and the phrases handover, ",
    ),
    (
        "replies.yaml",
        lambda text: text.replace("unavailable: 抱歉，", "unavailable: 抱歉，{people}，"),
        "replies.yaml:140: unavailable: nobody fills in {people} here",
    ),
    (
        "flows.yaml",
        called("say: 没有找到订单 {order_id}，", "say: 没有找到订单 {order_id}，{people}，"),
        "cancel_order: nobody fills in {people} here",
    ),
    (
        "flows.yaml",
        lambda text: text.replace("slots: [order_id, reason]", "slots: [order_id, why]"),
        "'why' is not one of its slots",
    ),
    ("flows.yaml", lambda text: text.replace("(个人)(?=", "(个人(?="), "slot title: bad pattern"),
    ("flows.yaml", lambda text: text.replace("    shapes: [{digits: [8, 20]}]\n", ""), "slot order_id: a number has `shapes`"),
    ("flows.yaml", lambda text: text.replace("[8, 20]", "[20, 8]"), "slot order_id: digits [20, 8]: at least, then at most"),
    ("flows.yaml", lambda text: text.replace("[8, 20]", "[8, 20, 30]"), "flows.yaml:7: Expected `array` of length <= 2"),
    ("flows.yaml", lambda text: text.replace("type: address", "type: adress"), "flows.yaml:27: Invalid enum value"),
    ("flows.yaml", lambda text: text.replace("patterns:", "pattern:", 1), "unknown field `pattern`"),
    (
        "flows.yaml",
        lambda text: text.replace("slots:\n", "slots:\n  hollow: {ask: 什么}\n", 1),
        "flows.yaml:2: slot hollow can never be filled",
    ),
    (
        "flows.yaml",
        lambda text: text.replace("slots:\n", "slots:\n  any: {ask: 什么, patterns: ['x*']}\n", 1),
        "it must not match nothing",
    ),
    (
        "flows.yaml",
        lambda text: text.replace("call: {method: GET, path: '/orders/{order_id}'}", "call: {method: POST, path: /orders}"),
        "a POST changes something: `confirm` is wanted, or GET",
    ),
    (
        "flows.yaml",
        called("check: {method: GET,", "check: {method: POST,"),
        "flows.yaml:78: cancel_order: check only asks: GET is wanted",
    ),
    ("flows.yaml", called("/requests/{key}", "/requests/{id}"), "flows.yaml:78: cancel_order: 'id' is not one of its slots"),
    ("flows.yaml", called("/requests/{key}", "requests/{key}"), "cancel_order: a path begins with /, not 'requests/{key}'"),
    ("flows.yaml", called("/requests/{key}", "/requests/{key"), "cancel_order: bad path '/requests/{key': expected '}'"),
    ("flows.yaml", called("/requests/{key}", "/requests/{key!r}"), "nothing but a name is wanted between braces"),
    ("flows.yaml", called("'/requests/{key}'}", "'/requests/{key}', body: [order_id]}"), "a GET sends no body: put"),
    ("flows.yaml", called("idempotent: 24h", "idempotent: one day"), "flows.yaml:79: Expected `str` matching regex"),
    ("flows.yaml", called("path: /cancellations", "path: '/cancellations/{key}'"), "cancel_order: 'key' is not one of its slots"),
    ("flows.yaml", called("确认取消吗", "退 {amount} 元，确认取消吗"), "cancel_order: 'amount' is not one of its slots"),
    ("flows.yaml", called("body: [order_id]", "body: [order_id, fee]"), "cancel_order: 'fee' is not one of its slots"),
    ("flows.yaml", called(CHECK, CHECK + QUOTE.replace("GET", "POST")), "cancel_order: quote only asks: GET is wanted"),
    ("flows.yaml", called(CHECK, CHECK + QUOTE.replace("{order_id}", "{key}")), "cancel_order: 'key' is not one of its slots"),
    (
        "flows.yaml",
        lambda text: text.replace("  order_status:\n", "  order_status:\n" + QUOTE),
        "order_status: `quote` belongs to what is confirmed, and there is no `confirm`",
    ),
    (
        "flows.yaml",
        lambda text: text.replace("  order_status:\n", "  order_status:\n    idempotent: 1d\n"),
        "order_status: `idempotent` belongs to what is confirmed, and there is no `confirm`",
    ),
    ("flows.yaml", coded(""), "cancel_order: 'code' is none of `slots`"),
    ("flows.yaml", coded("{ask: 多少, default: '1'}"), "cancel_order: 'code' is asked for, but no answer can fill it"),
    ("flows.yaml", coded("{ask: 多少, free: true, remember: true}"), "'code' is a code, which is good once: no `remember`"),
    ("flows.yaml", coded(CODE, body="[order_id]"), "cancel_order: the code is asked for, but 'code' is not in `body`"),
    ("flows.yaml", coded(CODE, send="{method: GET, path: /verifications}"), "verify.send makes a code go out: POST is wanted"),
    (
        "flows.yaml",
        lambda text: coded(CODE)(called("slots: [order_id]", "slots: [order_id, code]")(text)),
        "cancel_order: 'code' is asked for behind the consent, so it may be none of the task's own slots",
    ),
    (
        "replies.yaml",
        lambda text: text.replace("    title: 发货时间\n", "    title: 发货时间\n    words: [着急]\n", 1),
        "shipping_time: words are enough for an urgent rule only: `urgent: true` is wanted",
    ),
    (
        "tenant.yaml",
        lambda text: text + "\ntoday: 2026-02-30\n",
        "'2026-02-30' is none: day is out of range for month",
    ),
    (
        "replies.yaml",
        lambda text: text.replace("{people}", "{peopel}", 1),
        "nobody fills in {peopel} here",
    ),
    ("faq.tsv", lambda text: text + "只有问题\n", "faq.tsv:32: question, tab, answer is wanted"),
    (
        "lists/addresses_refused.txt",
        lambda text: "10.0.0.0/8\n10.0.0.300 # a typo\n",
        "addresses_refused.txt:2: '10.0.0.300' does not",
    ),
    ("words/blocked.txt", lambda text: "刷单\n退  # would refuse every refund\n", "blocked.txt:2: '退' would refuse too much"),
    ("reply.yaml", lambda text: "a: 1\n", "reply.yaml: not a file that is read; those are tenant.yaml, "),
]


@pytest.mark.parametrize(("name", "change", "says"), FAULTS, ids=[says for _, _, says in FAULTS])
def test_a_fault_names_file_line_and_what_was_wanted(
    settings: Settings, name: str, change: Callable[[str], str], says: str
) -> None:
    spoil(settings, name, change)
    with pytest.raises(BadTenant, match=re.escape(says)) as error:
        compile_all(settings)
    assert all(fault.startswith(str(settings.tenants)) for fault in error.value.faults)


def test_a_quote_and_a_code_may_be_asked_for(settings: Settings) -> None:
    spoil(settings, "flows.yaml", called("确认取消吗", "手续费 {fee.total} 元。确认取消吗"))
    spoil(settings, "flows.yaml", coded(CODE, body="[order_id, fee.id, code]"))
    spoil(settings, "flows.yaml", called(CHECK, CHECK + QUOTE))
    spoil(settings, "flows.yaml", called("    errors:\n", "    errors:\n      wrong_code: {say: 验证码不对, ask_again: code}\n"))
    assert compile_all(settings).tenants["shop"].tasks["cancel_order"].quote


def test_a_tenant_that_asks_how_many_people_come_may_say_so(settings: Settings) -> None:
    spoil(settings, "flows.yaml", called("slots: [order_id]", "slots: [order_id, people]"))
    spoil(settings, "flows.yaml", called("确认取消吗", "一共 {people} 位，确认取消吗"))
    spoil(settings, "flows.yaml", lambda text: text.replace("slots:\n", "slots:\n  people: {ask: 几位, free: true}\n", 1))
    assert compile_all(settings)


def test_all_faults_of_all_files_are_told_at_once(settings: Settings) -> None:
    shutil.copytree(settings.tenants / "shop", settings.tenants / "other")
    spoil(settings, "faq.tsv", lambda text: text + "只有问题\n又只有问题\n")
    spoil(settings, "replies.yaml", lambda text: text.replace("    title: 打招呼", "    titel: 打招呼"))
    (settings.tenants / "other" / "flows.yaml").write_text("slots: 7\n", encoding="utf-8")
    with pytest.raises(BadTenant) as error:
        compile_all(settings)
    files = sorted(Path(fault.split(":")[0]).relative_to(settings.tenants).as_posix() for fault in error.value.faults)
    assert files == ["other/flows.yaml", "shop/faq.tsv", "shop/faq.tsv", "shop/replies.yaml"]


def test_what_did_not_change_is_not_made_again(settings: Settings) -> None:
    shutil.copytree(settings.tenants / "shop", settings.tenants / "other")
    compiler = new_compiler(settings)
    first = compiler.compile(source.of_settings(settings), 1)
    spoil(settings, "replies.yaml", lambda text: text.replace("您好", "你好"))
    second = compiler.compile(source.of_settings(settings), 2, like=first)
    assert second.served["other"] is first.served["other"]
    assert second.served["shop"] is not first.served["shop"]
    assert (first.number, second.number) == (1, 2)


def test_a_tenant_travels_and_arrives_as_it_was(settings: Settings) -> None:
    compiler = new_compiler(settings)
    sent = compiler.compile(source.of_settings(settings)).served["shop"]
    arrived = compiler.unpack(pack(sent))
    assert (arrived.tenant, arrived.keys) == (sent.tenant, sent.keys)
    with pytest.raises(BadTenant, match="cannot be read"):
        compiler.unpack(b"\x80")


def test_a_missing_file_and_an_empty_folder_are_named(settings: Settings, tmp_path: Path) -> None:
    (settings.tenants / "shop" / "flows.yaml").unlink()
    with pytest.raises(BadTenant, match=r"flows\.yaml"):
        compile_all(settings)
    with pytest.raises(BadTenant, match="no tenant's folder"):
        compile_all(read_settings({"SLUICE_TENANTS": str(tmp_path / "nothing")}))


def test_the_edge_answers_rules_but_no_flow_no_handover_and_nothing_that_needs_a_dialogue() -> None:
    compiled = compile_all(read_settings({}))
    shop = json.loads(edge_part(compiled.settings, compiled.served["shop"]))["tenant"]
    assert {"greet", "shipping_time", "return_policy"} <= set(shop["hot"])
    assert not {"ask_human", "complain", "affirm", "refund_apply", "logistics_track"} & set(shop["hot"])


def test_pages_learn_nothing_secret() -> None:
    part = json.loads(edge_part(read_settings({}), compile_all(read_settings({})).served["shop"]))
    assert set(part["page"]) == {"id", "name", "greeting", "examples", "guests"}


def test_the_edge_reads_the_limits_a_tenant_has_and_no_others(settings: Settings) -> None:
    def limits() -> dict[str, object]:
        part = edge_part(settings, compile_all(settings).served["shop"])
        return dict(json.loads(part)["tenant"]["limits"])

    assert set(limits()) == {"tenant", "user"}
    more = "  address: {rate_per_s: 5, burst: 9, shadow: true}\n  concurrency: {turns: 7}\ncampaign:"
    spoil(settings, "tenant.yaml", lambda text: text.replace("campaign:", more))
    assert limits()["address"] == {"rate_per_s": 5.0, "burst": 9, "shadow": True}
    assert limits()["concurrency"] == {"turns": 7, "shadow": False}


def test_what_was_good_for_an_earlier_sluice_serves_and_is_advised(settings: Settings) -> None:
    spoil(settings, "tenant.yaml", with_people(""))
    spoil(settings, "flows.yaml", lambda text: text.replace(CANCEL + CHECK, CANCEL))
    tenant = compile_all(settings).tenants["shop"]
    assert reached(tenant) == tenant.phrases.people_none
    advised = advice(tenant)
    assert advised[0].startswith("shop: tenant.yaml: no `people`")
    assert [line for line in advised[1:] if "cancel_order" in line]


def test_the_shipped_tenants_need_no_advice(settings: Settings) -> None:
    assert [line for tenant in compile_all(settings).tenants.values() for line in advice(tenant)] == []
