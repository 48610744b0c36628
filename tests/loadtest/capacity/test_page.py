"""Does the plan's page work in a real browser, from a file?"""

from pathlib import Path

import pytest
from selenium import webdriver

from loadtest.capacity import outcome, page, season, sizing
from loadtest.capacity.order import Order
from tests.loadtest.capacity import costs
from tests.loadtest.test_report_page import DRAWN, WIDE, browser, complaints, show

__all__ = ["browser"]
pytestmark = pytest.mark.real


@pytest.mark.parametrize("width", [390, 1440])
def test_every_plot_is_drawn_and_nothing_is_wider_than_the_page(browser: webdriver.Chrome, tmp_path: Path, width: int) -> None:
    service, order = costs.service(), Order(turns_per_second=50_000, p99_ms=180)
    played, days = season.season(service, order, sizing.sized(service, order))
    file = page.write(tmp_path / "plan.html", outcome.outcome(service, order, None), played, days)
    complaints(browser)

    show(browser, file, width)

    drawn = browser.execute_script(DRAWN)
    assert len(drawn) == 8
    assert all(curve > 0 for plot in drawn for curve in plot["curves"])
    needed, there = browser.execute_script(WIDE)
    assert needed <= there == width
    assert complaints(browser) == []
