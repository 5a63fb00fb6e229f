"""A page in headless Chromium, and all that went wrong on it."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

CHROMIUM, DRIVER = Path("/usr/bin/chromium"), Path("/usr/bin/chromedriver")
PATIENCE_SECONDS, POLL_SECONDS = 30, 0.1
NOT_YET = (NoSuchElementException, StaleElementReferenceException)
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
        self.until(lambda: all(text in self.text for text in texts), f"{texts}")

    def shows_no(self, text: str) -> None:
        """Wait until this can no longer be read."""
        self.until(lambda: text not in self.text, f"no {text}")

    def waits_for(self, css: str, count: int) -> None:
        """Wait until there are so many elements."""
        self.until(
            lambda: len(self.browser.find_elements(By.CSS_SELECTOR, css)) == count,
            f"{count} of {css}",
        )

    def waits_for_no(self, xpath: str) -> None:
        """Wait until an element is gone."""
        self.until(lambda: not self.browser.find_elements(By.XPATH, xpath), f"no {xpath}")

    def click(self, xpath: str) -> None:
        """Click on an element once it is there."""
        self.until(lambda: self.browser.find_elements(By.XPATH, xpath), xpath)
        self.browser.find_element(By.XPATH, xpath).click()

    def value(self, title: str, inside: str = "") -> str:
        """The figure below this title, which may be on a card of its own."""
        found = self.browser.find_element(
            By.XPATH, f"{inside}//p[text()='{title}']/following-sibling::p"
        )
        return str(found.text)

    def table(self, title: str) -> list[list[str]]:
        """The rows of the table below this title."""
        rows = f"//h2[text()='{title}']/following-sibling::div//tbody/tr"
        return [
            [cell.text for cell in row.find_elements(By.TAG_NAME, "td")]
            for row in self.browser.find_elements(By.XPATH, rows)
        ]

    def call(self, function: str, *arguments: Any) -> Any:
        """Call a function of the page's own client of the service, as its buttons do."""
        script = """
            const [name, values, done] = arguments;
            import(document.querySelector("script[type=module]").src)
                .then(page => Object.values(page).find(one => one?.[name])[name](...values))
                .then(answer => done([answer, null]), error => done([null, String(error)]));
        """
        answer, error = self.browser.execute_async_script(script, function, arguments)
        assert error is None, error
        return answer

    def run(self, script: str) -> None:
        """Run a script on the page."""
        self.browser.execute_script(script)

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

    def until(self, condition: Callable[[], Any], what: str) -> None:
        """Wait until a condition holds; `what` tells of it when it does not.

        A condition whose element is missing, or was just made again, does not hold yet.
        """
        wait = WebDriverWait(self.browser, PATIENCE_SECONDS, POLL_SECONDS, NOT_YET)
        try:
            wait.until(lambda _: condition())
        except Exception as error:
            error.add_note(f"{what}, in {self.text}")
            raise
