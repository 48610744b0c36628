"""Does the page's 确认 do what stands above it, once, whatever happens? A real browser, the real stack and its database."""

from __future__ import annotations

import jwt
import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from tests.conftest import Stack
from tests.http.test_once import actions
from tests.web.page import CONTRAST, Page, call

ORDER, OTHER = "20231106", "20231110"
YES, NO = "确认", "不办了"
OUTDATED = "这个确认已经失效，这次点击没有提交任何操作"
ERROR = {"error": {"code": "unavailable", "message": "no shim", "turn_id": "1" * 32}, "answer": "请稍等再发一次。"}


def asked(page: Page, order: str = ORDER) -> None:
    """The talk until the page asks for consent."""
    assert order in page.ask(f"取消订单{order}")
    page.until(lambda: live(page) == [YES, NO])


def live(page: Page) -> list[str]:
    """The buttons of confirmations that can be pressed."""
    found = page.all(".confirm button")
    return [str(one.get_property("textContent")) for one in found if one.is_enabled()]  # .text is "" while one is faded in


def button(page: Page, text: str) -> WebElement:
    """Of the newest confirmation."""
    return next(found for found in reversed(page.all(".confirm button")) if found.get_property("textContent") == text)


def done(page: Page, stack: Stack) -> int:
    """How many changes this guest asked the back end for."""
    claims = jwt.decode(page.kept("shop")["token"], options={"verify_signature": False})
    return actions(stack, claims["user_id"])


def other_tab(page: Page, same_session: bool) -> str:
    """Copies this tab and goes there; same_session: as where a sleeping tab is copied. Returns this one's handle."""
    here, kept = page.browser.current_window_handle, page.browser.execute_script("return sessionStorage['sluice.shop']")
    page.browser.execute_script("window.open(location.href)")
    page.browser.switch_to.window(page.browser.window_handles[-1])
    page.until(lambda: page.all("#log[aria-busy=false]"))
    if same_session:
        page.browser.execute_script("sessionStorage['sluice.shop'] = arguments[0]", kept)
        page.reload()
    return here


# ---- yes and no ----


def test_yes_is_shown_as_what_was_said_and_submits_once_however_often_it_is_clicked(page: Page, stack: Stack) -> None:
    page.open("shop")
    asked(page)
    ActionChains(page.browser).double_click(button(page, YES)).perform()
    page.browser.execute_script("const [yes] = document.querySelectorAll('.confirm button'); yes.click(); yes.click()")
    assert f"订单 {ORDER} 已取消" in page.see_answers(2)[-1]
    assert page.texts(".mine") == [f"取消订单{ORDER}", YES]
    first, press = page.sent
    assert press.keys() == {"confirm", "session_id", "seq"}
    assert (press["confirm"]["answer"], press["session_id"], press["seq"]) == ("yes", first["session_id"], first["seq"] + 1)
    assert live(page) == []
    assert done(page, stack) == 1


def test_no_submits_nothing(page: Page, stack: Stack) -> None:
    page.open("shop")
    asked(page)
    button(page, NO).click()
    page.see_answers(2)
    assert page.texts(".mine")[-1] == NO
    assert page.sent[-1]["confirm"]["answer"] == "no"
    assert live(page) == []
    assert done(page, stack) == 0


def test_only_the_newest_replys_buttons_live(page: Page, stack: Stack) -> None:
    page.open("shop")
    asked(page)
    page.ask(f"不对，是{OTHER}")
    assert len(page.all(".confirm")) == 2
    assert [found.is_enabled() for found in page.all(".confirm button")] == [False, False, True, True]
    page.all(".confirm button")[0].click()  # which a disabled one does not hear
    page.ask("一般下单后多久发货")  # comes back to the question
    assert live(page) == [YES, NO]
    button(page, YES).click()
    assert f"订单 {OTHER} 已取消" in page.see_answers(4)[-1]
    assert done(page, stack) == 1


def test_while_a_message_is_on_its_way_nothing_can_be_pressed(page: Page) -> None:
    page.open("shop")
    asked(page)
    page.decide({"status": 503, "headers": {"Retry-After": "1"}, "body": ERROR})
    page.say("等一下")
    page.see_notice("重新发送")
    assert live(page) == []
    page.all("#notice-actions button")[1].click()
    assert live(page) == [YES, NO]


# ---- coming back ----


def test_after_a_reload_the_newest_replys_buttons_live_again(page: Page, stack: Stack) -> None:
    page.open("shop")
    asked(page)
    page.reload()
    page.until(lambda: live(page) == [YES, NO])
    button(page, YES).click()
    assert "已取消" in page.see_answers(2)[-1]
    page.reload()
    page.see_answers(2)
    assert page.texts(".mine")[-1] == YES
    assert live(page) == []
    assert done(page, stack) == 1


def test_those_of_an_earlier_session_do_not(page: Page) -> None:
    page.open("shop")
    asked(page)
    page.one("#restart").click()
    page.until(lambda: page.all(".earlier"))
    page.one(".earlier").click()
    assert page.all(".confirm") and live(page) == []


# ---- what may go wrong ----


def test_a_lost_answer_is_asked_for_again_with_the_same_seq(page: Page, stack: Stack) -> None:
    page.open("shop")
    asked(page)
    page.decide({"lost": "answer"}, {"lost": "message"})
    button(page, YES).click()
    page.see_notice("重新连接")
    page.browser.execute_script("document.querySelector('#notice-actions button')?.click()")
    assert "已取消" in page.see_answers(2)[-1]
    assert page.sent[1] == page.sent[2] == page.sent[3]
    assert done(page, stack) == 1


def test_a_press_whose_answer_came_never_is_told_what_it_did_when_its_dialogue_is_over(page: Page, stack: Stack) -> None:
    page.open("shop")
    asked(page)
    page.decide({"lost": "answer"})
    button(page, YES).click()
    page.see_notice("重新连接")
    kept = page.kept("shop")
    call(page.url, "POST", "/v1/chat", {"query": "你好", "session_id": "elsewhere"}, kept["token"])
    assert "已取消" in page.see_answers(2)[-1]
    assert done(page, stack) == 1


def test_a_press_on_its_way_survives_a_reload(page: Page, stack: Stack) -> None:
    page.open("shop")
    asked(page)
    page.decide({"lost": "message"})
    button(page, YES).click()
    page.see_notice("重新连接")
    page.reload()
    assert "已取消" in page.see_answers(2)[-1]
    assert page.texts(".mine")[-1] == YES
    assert done(page, stack) == 1


def test_a_press_that_is_taken_back_becomes_no_sentence(page: Page, stack: Stack) -> None:
    """Sent as one it would agree to whatever is asked by then."""
    page.open("shop")
    asked(page)
    page.decide({"status": 503, "headers": {"Retry-After": "1"}, "body": ERROR})
    button(page, YES).click()
    page.see_notice("重新发送")
    page.all("#notice-actions button")[1].click()
    assert page.one("#query").get_property("value") == ""
    assert page.texts(".mine") == [f"取消订单{ORDER}"]
    assert live(page) == [YES, NO]
    button(page, YES).click()
    page.see_answers(2)
    assert done(page, stack) == 1


def test_nor_does_one_that_waits_where_its_tab_is_copied(page: Page) -> None:
    page.open("shop")
    asked(page)
    error = {"error": {"code": "rate_limited", "message": "too many requests", "turn_id": "0" * 32}}
    page.decide({"status": 429, "headers": {"Retry-After": "600"}, "body": error})
    button(page, YES).click()
    page.see_notice("自动发送")
    other_tab(page, same_session=False)
    assert page.one("#query").get_property("value") == ""
    assert page.kept("shop")["outbox"] is None


# ---- an old tab ----


def test_an_old_tabs_button_submits_nothing_and_the_page_says_so(page: Page, stack: Stack) -> None:
    page.open("shop")
    asked(page)
    old = other_tab(page, same_session=False)
    new = page.browser.current_window_handle
    asked(page, OTHER)

    page.browser.switch_to.window(old)
    button(page, YES).click()
    page.see_notice(OUTDATED)
    assert "再说一遍" in page.one("#notice").text
    assert page.texts(".mine") == [f"取消订单{ORDER}"]
    assert (page.one("#query").get_property("value"), live(page)) == ("", [])
    assert done(page, stack) == 0
    page.reload()
    page.see_answers(1)
    assert live(page) == []

    page.browser.switch_to.window(new)
    button(page, YES).click()
    assert f"订单 {OTHER} 已取消" in page.see_answers(2)[-1]
    assert done(page, stack) == 1


def test_an_old_tab_of_the_same_session_shows_what_waits_now(page: Page, stack: Stack) -> None:
    """Its press has a seq that the other tab's message has already: that answer is not taken for its own."""
    page.open("shop")
    asked(page)
    old = other_tab(page, same_session=True)
    assert live(page) == [YES, NO]
    assert OTHER in page.ask(f"不对，是{OTHER}")

    page.browser.switch_to.window(old)
    button(page, YES).click()
    page.see_notice(OUTDATED)
    assert [message["seq"] for message in page.sent] == [1, 2, 3]
    assert page.texts(".mine") == [f"取消订单{ORDER}", f"不对，是{OTHER}"]
    assert "最新的这一条" in page.one("#notice").text
    assert done(page, stack) == 0

    assert live(page) == [YES, NO]
    button(page, YES).click()
    assert f"订单 {OTHER} 已取消" in page.see_answers(3)[-1]
    assert done(page, stack) == 1


# ---- for everyone ----


def test_the_keyboard_reaches_the_buttons_and_they_say_what_they_are(page: Page, stack: Stack) -> None:
    page.open("shop")
    asked(page)
    group = page.one(".confirm")
    assert (group.aria_role, group.accessible_name) == ("group", "请确认上面的内容")
    assert [(found.aria_role, found.accessible_name) for found in page.all(".confirm button")] == [
        ("button", YES),
        ("button", NO),
    ]
    page.one("#query").click()
    for _ in range(3):  # the quiet line under the answer, 不办了, 确认
        ActionChains(page.browser).key_down(Keys.SHIFT).send_keys(Keys.TAB).key_up(Keys.SHIFT).perform()
    assert page.browser.switch_to.active_element.text == YES
    page.browser.switch_to.active_element.send_keys(Keys.SPACE)
    assert "已取消" in page.see_answers(2)[-1]
    assert page.browser.switch_to.active_element.get_attribute("id") == "query"
    assert done(page, stack) == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_their_text_stands_out_before_and_after(page: Page, scheme: str) -> None:
    page.media(prefers_color_scheme=scheme, prefers_reduced_motion="reduce")
    page.open("shop")
    asked(page)
    texts = [".confirm .solid", ".confirm .plain"]
    found = page.browser.execute_script(CONTRAST, texts)
    button(page, NO).click()
    page.see_answers(2)
    after = page.browser.execute_script(CONTRAST, texts)
    assert min(*found.values(), *after.values()) >= 4.5


def test_a_finger_finds_them_on_a_phone(page: Page) -> None:
    phone = {"width": 320, "height": 640, "deviceScaleFactor": 2, "mobile": True}
    page.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    page.open("shop")
    asked(page)
    for found in page.all(".confirm button"):
        assert found.rect["height"] >= 44 and found.rect["width"] >= 44
        assert found.rect["x"] >= 0 and found.rect["x"] + found.rect["width"] <= 320
