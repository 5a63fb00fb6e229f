"""A browser on the page of a real service; nothing may go wrong in it while a test runs.

What the page's Content-Security-Policy refuses stands in the console as an error, and so fails the
test that did it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from tests.dashboard.browser import Page, browsing

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
needs_axe = pytest.mark.skipif(not AXE.exists(), reason="needs axe-core: make check")
RUN_AXE = """
    const done = arguments[0];
    axe.run(document, {resultTypes: ["violations"]}).then(found => done(found.violations
        .map(one => `${one.impact} ${one.id}: ${one.nodes[0].html.slice(0, 200)}`)));
"""
WIDE, PHONE = (1400, 900), (390, 844)

CUT_OFF = """
    const scrolls = one => one && (one.scrollWidth > one.clientWidth
        && ["auto", "scroll"].includes(getComputedStyle(one).overflowX)
        || scrolls(one.parentElement));
    return [...document.querySelectorAll("body *")]
        .filter(one => one.getClientRects().length && !one.closest(".off-screen, .skip, svg"))
        .filter(one => one.getBoundingClientRect().right > innerWidth + 1 && !scrolls(one))
        .map(one => `${one.tagName}.${one.className}: ${one.textContent.slice(0, 60)}`);
"""


class Ui(Page):
    """The page with what its tests look at."""

    def find(self, css: str) -> WebElement:
        """The first element of a selector, once it is there."""
        self.until(lambda: self.browser.find_elements(By.CSS_SELECTOR, css), css)
        return self.browser.find_element(By.CSS_SELECTOR, css)

    def texts(self, css: str) -> list[str]:
        """The texts of all elements of a selector, as they stand in the document."""
        script = "return [...document.querySelectorAll(arguments[0])].map(one => one.textContent)"
        return list(self.browser.execute_script(script, css))

    def press(self, *keys: str) -> None:
        """Press keys, one after another, wherever the focus is."""
        for key in keys:
            ActionChains(self.browser).send_keys(key).perform()

    def pick(self, css: str) -> None:
        """Click on the first element of a selector, once it is there."""
        self._click(By.CSS_SELECTOR, css)

    def click(self, xpath: str) -> None:
        """Click on an element, once it is there."""
        self._click(By.XPATH, xpath)

    def _click(self, by: str, selector: str) -> None:
        def clicked() -> bool:
            self.browser.find_element(by, selector).click()
            return True

        self.until(clicked, selector)

    def has_address(self, part: str) -> None:
        """Wait until the address holds this."""
        self.until(lambda: part in self.browser.current_url, part)

    def lacks_address(self, part: str) -> None:
        """Wait until the address no longer holds this."""
        self.until(lambda: part not in self.browser.current_url, f"no {part}")

    def run_script(self, script: str) -> object:
        """What a script on the page gives."""
        return self.browser.execute_script(script)

    def look(self, size: tuple[int, int] = WIDE, scheme: str = "light") -> None:
        """Take a size of the window and a colour scheme."""
        width, height = size
        self.command(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=size == PHONE,
        )  # fmt: skip
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.command("Emulation.setEmulatedMedia", features=features)

    def cut_off(self) -> list[str]:
        """What reaches beyond the sides of the window and cannot be scrolled to."""
        return list(self.browser.execute_script(CUT_OFF))

    def violations(self) -> list[str]:
        """What axe-core finds that keeps people from using the page, or makes it hard."""
        # Not by a script of the page, which its policy would refuse.
        self.command("Runtime.evaluate", expression=AXE.read_text())
        return list(self.browser.execute_async_script(RUN_AXE))

    def command(self, name: str, **parameters: object) -> None:
        """Send a command of the DevTools protocol."""
        self.browser.execute_cdp_cmd(name, parameters)

    @contextmanager
    def without_answers(self, pattern: str) -> Iterator[None]:
        """Let no request to these addresses through, for a block."""
        self.command("Network.enable")
        self.command("Network.setBlockedURLs", urls=[pattern])
        try:
            yield
        finally:
            self.command("Network.setBlockedURLs", urls=[])
            self.problems()


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ui]:
    """One browser for all tests of a process."""
    with browsing(tmp_path_factory.mktemp("profile")) as page:
        yield Ui(page.browser)


@pytest.fixture
def ui(browser: Ui) -> Iterator[Ui]:
    """The browser, wide and light, without a key; what went wrong in it fails the test."""
    browser.browser.get("about:blank")
    browser.look()
    browser.problems()
    yield browser
    assert browser.problems() == []
    if browser.browser.current_url.startswith("http"):
        browser.run_script("sessionStorage.clear()")
