"""A page in headless Chromium, and all that went wrong on it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

CHROMIUM, DRIVER = Path("/usr/bin/chromium"), Path("/usr/bin/chromedriver")
PATIENCE_SECONDS = 30
HTTP_ERROR = 400
MISSING = "/vite.svg"  # the icon that the released page names and does not have
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1400,1200",
)


@contextmanager
def browsing(profile: Path) -> Iterator["Page"]:
    """Run Chromium with an empty profile, for a block."""
    options = webdriver.ChromeOptions()
    for argument in (*ARGUMENTS, f"--user-data-dir={profile}"):
        options.add_argument(argument)
    options.binary_location = str(CHROMIUM)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    # Named, or selenium would look for a driver on the internet.
    with webdriver.Chrome(options, webdriver.ChromeService(str(DRIVER))) as browser:
        yield Page(browser)


class Page:
    """What a person sees, clicks and waits for."""

    def __init__(self, browser: webdriver.Chrome) -> None:
        self.browser = browser
        self._requests: dict[str, str] = {}  # id -> URL

    @property
    def text(self) -> str:
        """All that can be read."""
        return str(self.browser.find_element(By.TAG_NAME, "body").text)

    def open(self, url: str, *texts: str) -> None:
        """Go to a page and wait until it shows these."""
        self.browser.get(url)
        self.shows(*texts)

    def shows(self, *texts: str) -> None:
        """Wait until all of these can be read."""
        self._wait(lambda _: all(text in self.text for text in texts), f"{texts} in {{}}")

    def shows_no(self, text: str) -> None:
        """Wait until this can no longer be read."""
        self._wait(lambda _: text not in self.text, f"no {text} in {{}}")

    def waits_for_no(self, xpath: str) -> None:
        """Wait until an element is gone."""
        self._wait(lambda b: not b.find_elements(By.XPATH, xpath), f"no {xpath} in {{}}")

    def click(self, xpath: str) -> None:
        """Click on an element once it is there."""
        self._wait(lambda b: b.find_elements(By.XPATH, xpath), f"{xpath} in {{}}")
        self.browser.find_element(By.XPATH, xpath).click()

    def count(self, css: str) -> int:
        """How many elements there are of a kind."""
        return len(self.browser.find_elements(By.CSS_SELECTOR, css))

    def fetch(self, method: str, url: str, document: dict[str, Any]) -> int:
        """Do what the page's own script would; the status of the answer."""
        script = """
            const [method, url, body, done] = arguments;
            const headers = {"Content-Type": "application/json"};
            fetch(url, {method, headers, body}).then(a => done(a.status), e => done(0));
        """
        return int(self.browser.execute_async_script(script, method, url, json.dumps(document)))

    def problems(self) -> list[str]:
        """Errors of the console and requests that failed, since this was asked last."""
        logs: Any = self.browser.get_log  # without types in selenium
        console = [str(one["message"]) for one in logs("browser") if one["level"] == "SEVERE"]
        messages = [json.loads(one["message"])["message"] for one in logs("performance")]
        found = console + [problem for message in messages if (problem := self._failed(message))]
        return [problem for problem in found if MISSING not in problem]

    def _failed(self, message: dict[str, Any]) -> str | None:
        """What a message of the network says went wrong; a request that a new page ended did not.

        Only of requests that a page has made: Chromium has some of its own when it starts.
        """
        method, params = message["method"], message["params"]
        if method == "Network.requestWillBeSent":
            self._requests[params["requestId"]] = params["request"]["url"]
        url = self._requests.get(params.get("requestId", ""), "")
        if method == "Network.loadingFailed" and url and not params.get("canceled"):
            return f"{params['errorText']} {url}"
        if method == "Network.responseReceived" and params["response"]["status"] >= HTTP_ERROR:
            return f"{params['response']['status']} {params['response']['url']}"
        return None

    def _wait(self, condition: Any, what: str) -> None:
        try:
            WebDriverWait(self.browser, PATIENCE_SECONDS).until(condition)
        except Exception as error:
            error.add_note(what.format(self.text))
            raise
