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

        def shown(link: str, selector: str) -> str:
            browser.switch_to.new_window("tab")
            browser.get(f"http://127.0.0.1:{opened.port}/{link}")
            return str(WebDriverWait(browser, 20).until(lambda _: browser.find_element(By.CSS_SELECTOR, selector).text))

        assert shown("#bank", "#name") == "江海银行"
        assert len(browser.find_elements(By.CSS_SELECTOR, "#tenants label")) == 1
        assert "请从您的商家给的链接打开这个页面" in shown("", "#notice")
        assert "请从您的商家给的链接打开这个页面" in shown("#nobody", "#notice")
