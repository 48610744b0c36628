"""Does the plan's page work in a real browser, from a file?"""

from pathlib import Path

import pytest
from selenium import webdriver

from loadtest.capacity import outcome, season, sizing
from loadtest.capacity import page as written
from loadtest.capacity.order import Order
from tests.loadtest.capacity import costs
from tests.loadtest.test_report_page import DRAWN, WIDE, browser, complaints, show

__all__ = ["browser"]
pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    service, order = costs.service(), Order(turns_per_second=50_000, p99_ms=180)
    played, days = season.season(service, order, sizing.sized(service, order))
    file = tmp_path_factory.mktemp("plan") / "plan.html"
    return written.write(file, outcome.outcome(service, order, None), played, days)


@pytest.mark.parametrize("width", [390, 1440])
def test_every_plot_is_drawn_and_nothing_is_wider_than_the_page(browser: webdriver.Chrome, page: Path, width: int) -> None:
    complaints(browser)

    show(browser, page, width)

    drawn = browser.execute_script(DRAWN)
    assert len(drawn) == 8
    assert all(curve > 0 for plot in drawn for curve in plot["curves"])
    needed, there = browser.execute_script(WIDE)
    assert needed <= there == width
    assert complaints(browser) == []
