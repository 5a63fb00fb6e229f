"""Makes docs/dashboard.png and docs/metrics.png: the released dashboard on this service.

Needs Debian's chromium and chromium-driver, and the group dev of pyproject.toml. PORT is read
as by the service.

    make run        # in one shell, on an empty DATA_DIR
    make dashboard  # in another
    .venv/bin/python -m docs.make_picture tests/sdk/data/sdk-decorators.jsonl
"""

import json
import os
import sys
import tempfile
import urllib.request
from pathlib import Path

from docs import weeks
from tests.dashboard.browser import Page, browsing

SERVICE = f"http://127.0.0.1:{os.environ.get('PORT', '8000')}"
DASHBOARD = "http://localhost:3000"
BATCH = 5_000


def main(recorded: str) -> None:
    """Send what agents might do in weeks, and what the SDK sent once; take a picture of each."""
    events = list(weeks.events())
    for first in range(0, len(events), BATCH):
        send({"events": events[first : first + BATCH]})
    with tempfile.TemporaryDirectory() as profile, browsing(Path(profile)) as page:
        page.browser.set_window_size(1400, 1370)  # the cards and all four charts
        page.open(f"{DASHBOARD}/metrics", "Cost Over Time", "Agent Comparison")
        take(page, "metrics")
        for line in Path(recorded).read_text().splitlines():
            send(json.loads(line)["body"])
        page.browser.set_window_size(1600, 1150)  # narrower, and the graph hides the tree's names
        page.open(f"{DASHBOARD}/agents/Researcher", "Total Runs")
        page.click("//button[text()='Runs']")
        page.shows("Close Graph View", "search", "Edge Types")
        take(page, "dashboard")


def send(body: object) -> None:
    """POST a batch."""
    headers = {"Content-Type": "application/json"}
    content = json.dumps(body).encode()
    request = urllib.request.Request(f"{SERVICE}/api/events", content, headers)  # noqa: S310
    urllib.request.urlopen(request).close()  # noqa: S310 -- our own address


def take(page: Page, name: str) -> None:
    """Take a picture once nothing moves any more, and tell of problems."""
    page.browser.execute_async_script("setTimeout(arguments[0], 2000)")  # the graph fits itself in
    page.browser.save_screenshot(f"docs/{name}.png")
    print(name, page.problems() or "has no problems")


if __name__ == "__main__":
    main(sys.argv[1])
