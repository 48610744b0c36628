"""Does the page work where tenants are not listed?"""

from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from tests.http.door import door

pytestmark = pytest.mark.real


def test_a_page_is_the_one_of_the_tenant_its_link_names(browser: webdriver.Chrome, tmp_path: Path) -> None:
    with door(tmp_path / "door") as opened:

        def shows(link: str, selector: str, text: str) -> None:
            """Once it has asked: until then it says that it opens."""
            browser.switch_to.new_window("tab")
            browser.get(f"http://127.0.0.1:{opened.port}/{link}")
            WebDriverWait(browser, 20).until(lambda _: text in browser.find_element(By.CSS_SELECTOR, selector).text, text)

        shows("#bank", "#name", "江海银行")
        assert len(browser.find_elements(By.CSS_SELECTOR, "#tenants label")) == 1
        shows("", "#notice", "请从您的商家给的链接打开这个页面")
        shows("#nobody", "#notice", "请从您的商家给的链接打开这个页面")
