"""What does a customer see on the page, and do there?

The page's own fetch is listened to (`sent`), and a story may decide what becomes of the next messages (`fates`): the rest of the
way stays real.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

PATIENCE_S = 20
OPTIONS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-gpu-compositing",  # and nobody paints in the place of the GPU that is not here
    "--disable-software-rasterizer",
    "--process-per-site",  # a tab is a tab: it needs no process of its own
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,820",
    # a customer's browser does not say that it is headless
    "--user-agent=Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36",
]
LISTEN = """
window.sent = [];
window.fates = [];
const real = window.fetch;
window.fetch = async (path, options) => {
  if (path !== "/v1/chat") return real(path, options);
  sent.push(JSON.parse(options.body));
  const fate = fates.shift();
  if (!fate) return real(path, options);
  if (fate.lost) {
    if (fate.lost === "answer") await real(path, options);
    throw new TypeError("the network is gone");
  }
  return new Response(JSON.stringify(fate.body), { status: fate.status, headers: fate.headers });
};
"""
# The lowest contrast of the text of the elements that match, each against what is painted under it.
CONTRAST = """
const ink = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const paint = (colours) => {
  for (const colour of colours) { ink.fillStyle = colour; ink.fillRect(0, 0, 1, 1); }
  return [...ink.getImageData(0, 0, 1, 1).data].slice(0, 3);
};
const light = (rgb) => rgb.map((part) => part / 255)
  .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
  .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
return Object.fromEntries(arguments[0].map((selector) => [selector, Math.min(...[...document.querySelectorAll(selector)]
  .map((element) => {
    const under = [];
    for (let at = element; at; at = at.parentElement) under.unshift(getComputedStyle(at).backgroundColor);
    const pair = [light(paint(under)), light(paint([...under, getComputedStyle(element).color]))];
    return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
  }))]));
"""


class Page:
    """What a customer sees and does."""

    def __init__(self, browser: webdriver.Chrome, url: str) -> None:
        self.browser, self.url = browser, url

    def until(self, condition: Callable[[], Any]) -> Any:
        redrawn = [NoSuchElementException, StaleElementReferenceException]
        return WebDriverWait(self.browser, PATIENCE_S, 0.05, redrawn).until(lambda _: condition())

    def all(self, selector: str) -> list[WebElement]:
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector: str) -> WebElement:
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def texts(self, selector: str) -> list[str]:
        script = "return [...document.querySelectorAll(arguments[0])].map((found) => found.lastChild.textContent)"
        return list(self.browser.execute_script(script, selector))

    def open(self, tenant: str) -> None:
        self.browser.get(f"{self.url}/#{tenant}")
        self.until(lambda: self.all(".starters .chip") or self.one("#gate").is_displayed())

    def reload(self) -> None:
        self.browser.refresh()
        self.until(lambda: self.all("#log[aria-busy=false]"))

    def say(self, text: str) -> None:
        self.one("#query").send_keys(text, Keys.ENTER)

    def see_answers(self, count: int) -> list[str]:
        self.until(lambda: len(self.all(".trace")) >= count and not self.all(".pending"))
        return self.texts(".turn:not(.welcome) .said:not(.mine)")

    def ask(self, text: str) -> str:
        before = len(self.all(".trace"))
        self.say(text)
        return self.see_answers(before + 1)[-1]

    def see_name(self, name: str) -> None:
        self.until(lambda: self.one("#name").text == name)

    def see_notice(self, part: str) -> None:
        self.until(lambda: part in self.one("#notice").text)

    @property
    def sent(self) -> list[dict[str, Any]]:
        return list(self.browser.execute_script("return sent"))

    def decide(self, *fates: dict[str, Any]) -> None:
        self.browser.execute_script("fates.push(...arguments)", *fates)

    def kept(self, tenant: str) -> dict[str, Any]:
        text = self.browser.execute_script("return sessionStorage[arguments[0]]", f"sluice.{tenant}")
        kept: dict[str, Any] = json.loads(text)
        return kept

    def complaints(self) -> list[str]:
        """What the browser's console said since the last call."""
        return [entry["message"] for entry in self.browser.get_log("browser")]  # type: ignore[no-untyped-call]

    def listen(self) -> None:
        self.browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": LISTEN})

    def media(self, **features: str) -> None:
        wanted = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": wanted})


def call(url: str, method: str, path: str, body: dict[str, Any] | None = None, token: str = "") -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with httpx.Client(base_url=url, headers=headers, timeout=PATIENCE_S, trust_env=False) as http:
        return http.request(method, path, json=body).raise_for_status().json()
