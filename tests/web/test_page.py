"""Can a customer talk on the page, whatever happens on the way? A real browser on the real stack."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys

from tests.conftest import Stack
from tests.web.page import CONTRAST, Page, call

ROOT = Path(__file__).resolve().parents[2]


# ---- who to talk to ----


def test_each_tenant_greets_in_its_own_words(page: Page) -> None:
    tenants = call(page.url, "GET", "/v1/tenants")["tenants"]
    page.open(tenants[0]["id"])
    assert [label.split("\n")[0] for label in (found.text for found in page.all("#tenants label"))] == [
        tenant["name"] for tenant in tenants
    ]
    for tenant in tenants:
        page.one(f"#tenants input[value={tenant['id']}]").click()
        page.see_name(tenant["name"])
        page.until(lambda greeting=tenant["greeting"]: greeting in page.one(".welcome").text)
        assert page.browser.current_url.endswith("#" + tenant["id"])


def test_a_tenant_without_guests_asks_for_a_token(page: Page) -> None:
    page.open("bank")
    assert "sluice token --tenant bank --user " in page.one("#gate-command").text
    assert not page.one("#composer").is_displayed()

    page.one("#token").send_keys("nonsense", Keys.ENTER)
    page.until(lambda: "不像一个令牌" in page.one("#gate-error").text)

    foreign = call(page.url, "POST", "/v1/session", {"tenant": "shop"})["token"]
    page.one("#token").clear()
    page.one("#token").send_keys(foreign, Keys.ENTER)
    page.until(lambda: "shop" in page.one("#gate-error").text)


def test_a_forged_token_is_refused_kindly(page: Page) -> None:
    page.open("bank")
    page.one("#token").send_keys("e30.eyJ0ZW5hbnRfaWQiOiJiYW5rIiwidXNlcl9pZCI6Im1lIn0.AAAA", Keys.ENTER)
    page.until(lambda: "登录已失效" in page.one("#gate-error").text)


def test_a_customer_with_a_token_talks(page: Page, stack: Stack) -> None:
    page.open("bank")
    page.one("#token").send_keys(stack.token("bank", "me"), Keys.ENTER)
    page.until(lambda: page.one("#composer").is_displayed() and page.all("#log[aria-busy=false]"))
    assert page.ask("信用卡怎么还款")
    assert "me" in page.one("#identity").text


# ---- asking ----


def test_a_starter_is_answered_and_the_layer_is_named(page: Page) -> None:
    page.open("shop")
    starter = next(chip for chip in page.all(".starters .chip") if "发货" in chip.text)
    text = starter.text
    starter.click()

    assert "发货" in page.see_answers(1)[0]
    assert page.texts(".mine") == [text]
    assert not page.all(".starters")
    quiet = page.one(".trace summary")
    assert re.fullmatch(r"l[3567] \S+ (< )?[\d.]+ ms (意图 \S+|意图未定) 把握 \d+%", " ".join(quiet.text.split()))

    quiet.click()
    layers = [row.get_attribute("data-layer") for row in page.all(".bars li")]
    assert layers[:2] == ["l1_screen", "l2_meter"]
    assert re.search(r"编号 [0-9a-f]{32}", page.one(".facts").text)
    assert page.one("#funnel .answered").get_attribute("title") == page.one(".trace").get_attribute("data-layer")


def test_a_suggestion_is_sent_by_a_click(page: Page) -> None:
    page.open("shop")
    page.ask("一般下单后多久发货")
    suggestion = page.one(".suggestions .chip")
    text = suggestion.text
    suggestion.click()
    page.see_answers(2)
    assert page.texts(".mine")[-1] == text
    assert page.browser.switch_to.active_element.get_attribute("id") == "query"


def test_a_degraded_answer_says_so(page: Page) -> None:
    page.open("shop")
    body = {"seq": 1, "session_id": "s", "turn_id": "0" * 32, "answer": "好的。", "intent": None, "confidence": 0.5}
    page.decide({"status": 200, "body": body | {"answered_by": "l3_hot", "suggestions": [], "degraded": True}})
    page.ask("你好")
    assert page.one(".degraded").text == "降级"


def test_markup_in_a_message_stays_text(page: Page) -> None:
    page.open("shop")
    page.ask("<img src=x onerror=alert(1)>你好")
    assert page.texts(".mine") == ["<img src=x onerror=alert(1)>你好"]
    assert not page.all("#log img")


# ---- the keyboard ----


def test_enter_sends_and_shift_enter_breaks_the_line(page: Page) -> None:
    page.open("shop")
    page.one("#query").send_keys("你好", Keys.SHIFT, Keys.ENTER, Keys.NULL, "在吗")
    assert page.one("#query").get_property("value") == "你好\n在吗"
    assert page.sent == []
    page.one("#query").send_keys(Keys.ENTER)
    page.see_answers(1)
    assert page.sent[0]["query"] == "你好\n在吗"
    assert page.one("#query").get_property("value") == ""


def test_the_enter_that_ends_a_composition_does_not_send(page: Page) -> None:
    page.open("shop")
    page.one("#query").click()
    composition = {"text": "ni hao", "selectionStart": 6, "selectionEnd": 6}
    enter = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"}
    page.browser.execute_script("query.addEventListener('keydown', (event) => { window.heard = event.isComposing })")
    page.browser.execute_cdp_cmd("Input.imeSetComposition", composition)
    page.browser.execute_cdp_cmd("Input.dispatchKeyEvent", {"type": "keyDown", **enter})
    page.browser.execute_cdp_cmd("Input.dispatchKeyEvent", {"type": "keyUp", **enter})
    page.until(lambda: page.browser.execute_script("return window.heard") is True)
    assert page.sent == []

    page.browser.execute_cdp_cmd("Input.insertText", {"text": "你好"})
    page.one("#query").send_keys(Keys.ENTER)
    page.see_answers(1)
    assert [message["query"] for message in page.sent] == ["你好"]


def test_blank_and_far_too_long_messages_stay(page: Page) -> None:
    page.open("shop")
    page.say("   ")
    page.browser.execute_script("query.value = '字'.repeat(2001); query.dispatchEvent(new Event('input'))")
    page.say("")
    assert page.one("#count").text == "超出 1 字"
    assert page.sent == []


# ---- coming back ----


def test_a_reload_restores_the_conversation_and_its_count(page: Page) -> None:
    page.open("shop")
    answers = [page.ask("一般下单后多久发货"), page.ask("优惠券怎么用")]
    session, last = page.sent[-1]["session_id"], page.sent[-1]["seq"]
    page.one("#query").send_keys("还没写完")

    page.reload()
    assert page.see_answers(2) == answers
    assert page.texts(".mine") == ["一般下单后多久发货", "优惠券怎么用"]
    assert page.one("#query").get_property("value") == "还没写完"

    page.one("#query").clear()
    page.ask("谢谢")
    assert (page.sent[-1]["session_id"], page.sent[-1]["seq"]) == (session, last + 1)


def test_a_message_on_its_way_survives_a_reload(page: Page) -> None:
    page.open("shop")
    page.decide({"lost": "answer"})
    page.say("一般下单后多久发货")
    page.see_notice("网络断开")
    page.reload()
    assert len(page.see_answers(1)) == 1
    assert page.texts(".mine") == ["一般下单后多久发货"]


def test_a_new_conversation_begins_at_one_and_the_old_one_can_be_read(page: Page) -> None:
    page.open("shop")
    page.ask("一般下单后多久发货")
    page.one("#restart").click()
    page.until(lambda: page.all(".starters") and page.all(".earlier"))
    assert not page.all(".mine")

    page.ask("优惠券怎么用")
    first, second = page.sent
    assert second["seq"] == 1 and second["session_id"] != first["session_id"]
    page.one(".earlier").click()
    assert page.texts(".mine") == ["一般下单后多久发货", "优惠券怎么用"]


def test_a_copied_tab_has_a_session_of_its_own(page: Page) -> None:
    page.open("shop")
    page.ask("一般下单后多久发货")
    first = page.kept("shop")
    page.browser.execute_script("window.open(location.href)")
    page.browser.switch_to.window(page.browser.window_handles[-1])
    page.until(lambda: page.all("#log[aria-busy=false]"))
    copied = page.kept("shop")
    assert copied["token"] == first["token"] and copied["session"] != first["session"]


# ---- what may go wrong ----


def test_too_fast_waits_and_sends_by_itself(page: Page) -> None:
    page.open("shop")
    error = {"error": {"code": "rate_limited", "message": "too many requests", "turn_id": "0" * 32}}
    page.decide({"status": 429, "headers": {"Retry-After": "1"}, "body": error})
    page.say("一般下单后多久发货")
    page.see_notice("自动发送")
    page.see_answers(1)
    assert page.sent[0] == page.sent[1]
    assert not page.one("#notice").is_displayed()


def test_a_lost_answer_is_asked_for_again_with_the_same_seq_and_counted_once(page: Page) -> None:
    page.open("shop")
    page.decide({"lost": "answer"}, {"lost": "message"})
    page.say("一般下单后多久发货")
    page.see_notice("您的话已经留好")
    # in the browser, because the button is gone the moment the wait ends by itself
    page.browser.execute_script("document.querySelector('#notice-actions button')?.click()")
    page.see_answers(1)
    assert len(page.sent) == 3 and page.sent[0] == page.sent[1] == page.sent[2]
    turns = call(page.url, "GET", "/v1/history", token=page.kept("shop")["token"])["turns"]
    assert [turn["query"] for turn in turns] == ["一般下单后多久发货"]


def test_a_refused_token_is_replaced_once(page: Page) -> None:
    page.open("shop")
    refused = page.kept("shop")["token"]
    page.browser.execute_script(
        "const kept = JSON.parse(sessionStorage['sluice.shop']); kept.token = kept.token.slice(0, -8) + 'AAAAAAAA';"
        "sessionStorage['sluice.shop'] = JSON.stringify(kept)"
    )
    page.reload()
    assert page.ask("一般下单后多久发货")
    assert page.kept("shop")["token"] not in (refused, refused[:-8] + "AAAAAAAA")


def test_an_unavailable_service_says_the_tenants_sentence_and_can_be_asked_again(page: Page) -> None:
    page.open("shop")
    error = {"error": {"code": "unavailable", "message": "no shim", "turn_id": "1" * 32}, "answer": "请稍等再发一次。"}
    page.decide({"status": 503, "headers": {"Retry-After": "1"}, "body": error})
    page.say("一般下单后多久发货")
    page.see_notice("11111111")
    assert page.texts(".sorry") == ["请稍等再发一次。"]
    page.one("#notice-actions button").click()
    page.see_answers(1)
    assert page.sent[0] == page.sent[1]
    assert not page.all(".sorry")


def test_a_message_that_is_refused_comes_back_to_be_changed(page: Page) -> None:
    page.open("shop")
    error = {"error": {"code": "query_too_long", "message": "at most 2000", "turn_id": "2" * 32}}
    page.decide({"status": 400, "body": error})
    page.say("太长太长")
    page.see_notice("太长了")
    assert page.one("#query").get_property("value") == "太长太长"
    assert not page.all(".mine")


def test_a_code_that_the_history_hides_is_still_known_for_this_pages_own(page: Page) -> None:
    page.open("shop")
    page.ask("一般下单后多久发货")
    page.decide({"lost": "message"})
    page.say("482913")
    page.see_notice("重新连接")
    kept = page.kept("shop")
    hidden = {"query": "······", "session_id": kept["session"], "seq": 2}  # as a code is kept (pyshim/turns/stored.py)
    answer = call(page.url, "POST", "/v1/chat", hidden, kept["token"])["answer"]
    assert page.see_answers(2)[-1] == answer
    assert [message["seq"] for message in page.sent] == [1, 2, 2]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("密码1234，手机13800002046", "密码••••，手机13800002046"),
        ("我的卡号是六二二二零二一二三四五六七八九零一二八", "我的卡号是************0128"),
    ],
)
def test_what_the_history_keeps_masked_is_not_sent_as_another_turn(page: Page, typed: str, kept: str) -> None:
    page.open("shop")
    page.ask("一般下单后多久发货")
    page.decide({"lost": "answer"})
    page.say(typed)
    page.see_answers(2)
    assert [message["seq"] for message in page.sent] == [1, 2, 2]
    turns = call(page.url, "GET", "/v1/history", token=page.kept("shop")["token"])["turns"]
    assert [turn["query"] for turn in turns] == [kept, "一般下单后多久发货"]


def test_what_another_tab_said_masked_is_not_taken_for_ours(page: Page) -> None:
    page.open("shop")
    page.ask("一般下单后多久发货")
    kept = page.kept("shop")
    call(page.url, "POST", "/v1/chat", {"query": "密码1234", "session_id": kept["session"], "seq": 2}, kept["token"])
    page.ask("我忘了密码")
    assert [message["seq"] for message in page.sent] == [1, 2, 3]


def test_what_another_tab_said_under_the_same_seq_is_not_taken_for_ours(page: Page) -> None:
    page.open("shop")
    page.ask("一般下单后多久发货")
    kept = page.kept("shop")
    elsewhere = {"query": "我要申请退款", "session_id": kept["session"], "seq": 2}
    theirs = call(page.url, "POST", "/v1/chat", elsewhere, kept["token"])["answer"]
    assert page.ask("我那个事情怎么样了") != theirs
    assert [message["seq"] for message in page.sent] == [1, 2, 3]


def test_a_session_that_went_on_elsewhere_is_caught_up_with(page: Page) -> None:
    page.open("shop")
    page.ask("一般下单后多久发货")
    kept = page.kept("shop")
    elsewhere = {"query": "优惠券怎么用", "session_id": kept["session"], "seq": 5}
    call(page.url, "POST", "/v1/chat", elsewhere, kept["token"])
    assert page.ask("谢谢")
    assert [message["seq"] for message in page.sent] == [1, 2, 6]


# ---- for everyone ----


def test_nothing_is_inline_and_nothing_comes_from_elsewhere() -> None:
    html = (ROOT / "gateway/web/index.html").read_text()
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:|<script(?![^>]*\ssrc=)", html)
    for file in (ROOT / "gateway/web").glob("*.*"):
        if file.suffix != ".json":
            assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", file.read_text()), file.name


def test_the_browser_has_nothing_to_complain_about(page: Page) -> None:
    page.open("shop")
    page.ask("一般下单后多久发货")
    page.reload()
    assert page.complaints() == []


def test_the_talk_is_read_out_and_everything_has_a_name(page: Page) -> None:
    page.open("shop")
    page.ask("一般下单后多久发货")
    log = page.one("#log")
    assert (log.aria_role, log.get_attribute("aria-live"), log.accessible_name) == ("log", "polite", "对话内容")
    for control in page.all("button, input, textarea, summary"):
        if control.is_displayed():
            assert control.accessible_name, control.get_attribute("outerHTML")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("tenant", ["shop", "telecom"])
def test_text_stands_out(page: Page, scheme: str, tenant: str) -> None:
    page.media(prefers_color_scheme=scheme, prefers_reduced_motion="reduce")
    page.open(tenant)
    chips = page.browser.execute_script(CONTRAST, [".chip", ".welcome .said", ".face", "#query"])
    page.ask("你好")
    page.one(".trace summary").click()
    turn = [".mine", ".turn:not(.welcome) .said:not(.mine)", ".trace summary span", ".bars .ms", ".facts"]
    around = [".funnel li", ".keys", ".top p", ".tenants small", "#restart"]
    found = page.browser.execute_script(CONTRAST, turn + around)
    assert {name: ratio for name, ratio in (chips | found).items() if ratio < 4.5} == {}


def test_a_phone_has_room_for_it_all(page: Page) -> None:
    phone = {"width": 360, "height": 640, "deviceScaleFactor": 2, "mobile": True}
    page.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    page.open("shop")
    page.ask("一般下单后多久发货")
    page.one(".trace summary").click()
    wider = "const box = document.querySelector(arguments[0]); return box.scrollWidth - box.clientWidth"
    assert [page.browser.execute_script(wider, name) for name in ("html", "#log")] == [0, 0]
    box = page.one("#composer").rect
    assert box["y"] + box["height"] <= 640 and box["width"] > 300
