"""Chromium, without a window: when something is on screen, and how long frames take."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium import webdriver

CHROMIUM, DRIVER = Path("/usr/bin/chromium"), Path("/usr/bin/chromedriver")
ARGUMENTS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking")
SIZE = (1400, 900)
LONGEST_SECONDS, POLL_SECONDS = 120, 0.05
FRAMES = 120  # of each thing that moves
# From the start of the navigation to the frame after which elements of each selector are there.
SEEN = """
    window.seen = {};
    (function look() {
        for (const css of %s) {
            const [at, text] = css.split(" = ");
            const found = document.querySelector(at);
            if (found?.getClientRects().length && (!text || found.textContent === text))
                window.seen[css] ??= performance.now();
        }
        requestAnimationFrame(look);
    })();
"""
MOVED = """
    const [step, count, done] = arguments;
    const move = new Function("frame", step);
    const times = [];
    let before = 0;
    requestAnimationFrame(function next(now) {
        if (before) times.push(now - before);
        before = now;
        if (times.length === count) return done(times);
        move(times.length);
        requestAnimationFrame(next);
    });
"""
OPENED = """
    const [css, open, done] = arguments;
    const begun = performance.now();
    new Function(open)();
    (function look() {
        const found = document.querySelector(css);
        const isThere = found && (found.tagName !== "IMG" || found.naturalWidth > 0);
        if (isThere) requestAnimationFrame(() => done(performance.now() - begun));
        else requestAnimationFrame(look);
    })();
"""


class Browser:
    """One tab."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self._driver = driver
        driver.set_script_timeout(LONGEST_SECONDS)
        driver.set_page_load_timeout(LONGEST_SECONDS)
        self._command("Performance.enable", timeDomain="threadTicks")  # CPU, whatever else runs
        self._command("Page.enable")

    def first_seen(self, url: str, *selectors: str) -> tuple[list[float], float]:
        """Open a page; ms until each selector is on screen, and ms of CPU of the page's thread.

        A selector `CSS = text` waits for an element of just that text.
        """
        self._driver.get("about:blank")
        source = {"source": SEEN % list(selectors)}
        noted = self._driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", source)
        begun = self._task_ms()
        try:
            self._driver.get(url)
            found = self._wait_for_all(selectors)
        finally:
            self._command("Page.removeScriptToEvaluateOnNewDocument", **noted)
        return [found[css] for css in selectors], self._task_ms() - begun

    def frames_ms(self, step: str) -> tuple[list[float], float]:
        """How long each frame takes while a script moves something, and ms of CPU of each.

        The script knows the `frame`.
        """
        begun = self._task_ms()
        times = list(self._driver.execute_async_script(MOVED, step, FRAMES))
        return times, (self._task_ms() - begun) / FRAMES

    def opened_ms(self, css: str, script: str) -> float:
        """How long after a script an element is there, a picture loaded."""
        return float(self._driver.execute_async_script(OPENED, css, script))

    def run(self, script: str) -> Any:
        """What a script on the page gives."""
        return self._driver.execute_script(script)

    def _wait_for_all(self, selectors: tuple[str, ...]) -> dict[str, float]:
        deadline = time.monotonic() + LONGEST_SECONDS
        while time.monotonic() < deadline:
            found: dict[str, float] = self.run("return window.seen ?? {}")
            if found.keys() >= set(selectors):
                return found
            time.sleep(POLL_SECONDS)
        raise RuntimeError(f"{self._driver.current_url} does not show {selectors}")

    def _task_ms(self) -> float:
        metrics = self._driver.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
        return 1000 * float(next(one["value"] for one in metrics if one["name"] == "TaskDuration"))

    def _command(self, name: str, **parameters: Any) -> None:
        self._driver.execute_cdp_cmd(name, parameters)


@contextmanager
def browsing(profile: Path) -> Iterator[Browser]:
    """Run Chromium with an empty profile, for a block."""
    if not CHROMIUM.exists():
        raise SystemExit(f"bench page needs Chromium and its driver: {CHROMIUM}, {DRIVER}")
    options = webdriver.ChromeOptions()
    size = f"--window-size={SIZE[0]},{SIZE[1]}"
    for argument in (*ARGUMENTS, size, f"--user-data-dir={profile}"):
        options.add_argument(argument)
    options.binary_location = str(CHROMIUM)
    # Named, or selenium would look for a driver on the internet.
    with webdriver.Chrome(options, webdriver.ChromeService(str(DRIVER))) as driver:
        yield Browser(driver)
