"""Makes docs/dashboard.png and docs/metrics.png: the released dashboard on this service.

Needs Debian's chromium and chromium-driver, and the packages of requirements-dev.txt:

    make run        # in one shell, on an empty DATA_DIR
    make dashboard  # in another
    python -m docs.make_picture tests/sdk/data/sdk-decorators.jsonl
"""

import json
import sys
import tempfile
import urllib.request
from pathlib import Path

from bench.data import batches
from tests.dashboard.browser import Page, browsing

SERVICE, DASHBOARD = "http://127.0.0.1:8000", "http://localhost:3000"
SEED, BATCHES, EVENTS = 7, 20, 500


def main(recorded: str) -> None:
    """Send what the SDK sent once, and what agents might do in weeks; take the pictures."""
    for line in Path(recorded).read_text().splitlines():
        send(json.dumps(json.loads(line)["body"]).encode())
    for body in batches(SEED, BATCHES, EVENTS):
        send(body)
    with tempfile.TemporaryDirectory() as profile, browsing(Path(profile)) as page:
        page.open(f"{DASHBOARD}/agents/Researcher", "Total Runs")
        page.click("//button[text()='Runs']")
        page.shows("Close Graph View", "search")
        take(page, "dashboard")
        page.open(f"{DASHBOARD}/metrics", "Cost Over Time", "Cost Per Agent")
        take(page, "metrics")


def send(body: bytes) -> None:
    """POST a batch."""
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{SERVICE}/api/events", body, headers)  # noqa: S310
    urllib.request.urlopen(request).close()  # noqa: S310 -- our own address


def take(page: Page, name: str) -> None:
    """Take a picture once nothing moves any more, and tell of problems."""
    page.browser.execute_async_script("setTimeout(arguments[0], 2000)")  # the charts' animation
    page.browser.save_screenshot(f"docs/{name}.png")
    print(name, page.problems() or "has no problems")


if __name__ == "__main__":
    main(sys.argv[1])
