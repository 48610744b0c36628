"""What do the tests of the page stand on? One real browser for each file, a tab for each story."""

from collections.abc import Iterator

import pytest
from selenium import webdriver

from tests.conftest import Stack
from tests.web.page import OPTIONS, Page


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for option in OPTIONS:
        options.add_argument(option)
    options.add_argument(f"--user-data-dir={tmp_path_factory.mktemp('profile')}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService("/usr/bin/chromedriver"))
    yield driver
    driver.quit()


@pytest.fixture
def page(browser: webdriver.Chrome, stack: Stack) -> Iterator[Page]:
    """A tab of its own: a guest nobody has seen before."""
    home = browser.current_window_handle
    browser.switch_to.new_window("tab")
    page = Page(browser, stack.url)
    page.listen()
    page.media(prefers_reduced_motion="reduce")
    page.complaints()
    yield page
    for handle in browser.window_handles:
        if handle != home:
            browser.switch_to.window(handle)
            browser.close()
    browser.switch_to.window(home)
