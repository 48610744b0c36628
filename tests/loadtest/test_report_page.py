"""Does the page work in a real browser, from a file, with no network?"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from loadtest import report
from loadtest.report import versus
from loadtest.report.compare import compared
from loadtest.seen import record as records
from tests.loadtest.records import SECONDS, spike

pytestmark = pytest.mark.real

PLOTS = 12
OPTIONS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-sync",
]
OPTIONS += ["--disable-component-update", "--hide-scrollbars"]
# Of each plot: is something of every curve within the plane, and how large is the plane?
DRAWN = """return [...document.querySelectorAll('[data-plot]')].map((plane) => ({
  name: plane.dataset.plot, width: plane.clientWidth, height: plane.clientHeight,
  curves: [...plane.querySelectorAll('path.line, path.area')].map((path) => path.getBBox().width),
}))"""
LEGENDS = "return Object.fromEntries([...document.querySelectorAll('figure.plot')].map((figure) => "
LEGENDS += "[figure.id, [...figure.querySelectorAll('.legend b')].map((told) => told.textContent)]))"
# Text that is wider than the page, or stands outside it.
WIDE = "return [document.documentElement.scrollWidth, document.documentElement.clientWidth]"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for option in [*OPTIONS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"]:
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService("/usr/bin/chromedriver"))
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    records.write(folder, spike())
    return report.write(folder)


def show(browser: webdriver.Chrome, page: Path, width: int = 1440, **media: str) -> None:
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    features = [{"name": name.replace("_", "-"), "value": value} for name, value in media.items()]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    browser.get(page.as_uri())


def complaints(browser: webdriver.Chrome) -> list[dict[str, Any]]:
    return list(browser.get_log("browser"))  # type: ignore[no-untyped-call]


def test_every_plot_is_drawn_and_the_console_is_silent(browser: webdriver.Chrome, page: Path) -> None:
    complaints(browser)
    show(browser, page)
    drawn = browser.execute_script(DRAWN)
    assert len(drawn) == PLOTS
    for plot in drawn:
        assert plot["width"] > 300 and plot["height"] > 100, plot
        assert plot["curves"] and all(width > 0 for width in plot["curves"]), plot
    assert complaints(browser) == []


@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_is_wider_than_the_page(browser: webdriver.Chrome, page: Path, width: int) -> None:
    show(browser, page, width)
    needed, there = browser.execute_script(WIDE)
    assert needed <= there == width


def test_one_moment_is_read_on_all_plots_and_let_go(browser: webdriver.Chrome, page: Path) -> None:
    show(browser, page)
    before = browser.execute_script(LEGENDS)
    plane = browser.find_element(By.CSS_SELECTOR, "[data-plot=latency]")
    plane.send_keys(Keys.END, *[Keys.ARROW_LEFT] * 5)
    second = spike().series[SECONDS - 5]
    told = browser.execute_script(LEGENDS)
    assert told["load"] == [f"{second.offered} turns/s", f"{second.answered} turns/s"]
    assert told["latency"][0] == f"{second.p50:.3g} ms"
    cursors = browser.execute_script(
        "return [...document.querySelectorAll('.cursor')].map((one) => [one.hidden, one.dataset.at])"
    )
    assert cursors == [[False, "2:55"]] * PLOTS
    plane.send_keys(Keys.ESCAPE)
    assert browser.execute_script(LEGENDS) == before


def test_the_cursor_says_where_nothing_was_measured(browser: webdriver.Chrome, page: Path) -> None:
    """At 1:15 Triton was dead."""
    show(browser, page)
    plane = browser.find_element(By.CSS_SELECTOR, "[data-plot=batches]")
    away = round((75 / SECONDS - 0.5) * plane.rect["width"])  # from the middle, px
    ActionChains(browser).move_to_element_with_offset(plane, away, 0).perform()
    told = browser.execute_script(LEGENDS)
    assert told["batches"] == ["no data"]
    assert "no data" not in told["load"]


def test_dark_and_light_are_different(browser: webdriver.Chrome, page: Path) -> None:
    colours = set()
    for scheme in ("light", "dark"):
        show(browser, page, prefers_color_scheme=scheme)
        colours.add(browser.execute_script("return getComputedStyle(document.documentElement).backgroundColor"))
    assert len(colours) == 2


def test_a_hostile_record_runs_nothing(browser: webdriver.Chrome, tmp_path: Path) -> None:
    text = "</script><script>window.won = 1</script><img src=x onerror='window.won = 1'>"
    hostile = msgspec.structs.replace(spike(), scenario=text, command=text, errors={text: 1}, layers={text: spike().total})
    hostile.series[0].layers[text] = 5
    records.write(tmp_path, hostile)
    show(browser, report.write(tmp_path))
    assert browser.execute_script("return [typeof window.won, document.images.length]") == ["undefined", 0]
    assert text in browser.find_element(By.CSS_SELECTOR, "pre").text


def test_two_runs_stand_on_one_axis(browser: webdriver.Chrome, tmp_path: Path) -> None:
    complaints(browser)
    page = versus.write(tmp_path / "compare.html", compared([spike(1)], [spike(2, slower=1.2)]))
    show(browser, page, 390)
    drawn = browser.execute_script(DRAWN)
    assert [plot["name"] for plot in drawn][:5] == ["load", "p50", "p95", "p99", "errors"]
    assert all(len(plot["curves"]) == 2 for plot in drawn)
    assert browser.find_element(By.CSS_SELECTOR, "h1").text.replace("\xa0", " ").startswith("B is worse: p50 +")
    needed, there = browser.execute_script(WIDE)
    assert needed <= there
    assert complaints(browser) == []
