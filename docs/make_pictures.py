"""Makes docs/run.png and docs/overview.png: the page with a run that failed, and with weeks.

Needs Debian's chromium and chromium-driver, and the group dev of pyproject.toml. PORT is read
as by the service.

    make run  # in another shell, on an empty DATA_DIR
    .venv/bin/python -m docs.make_pictures
"""

import json
import os
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from selenium.webdriver.common.by import By

from docs import failing_agent, weeks
from tests.dashboard.browser import Page, browsing

SERVICE = f"http://127.0.0.1:{os.environ.get('PORT', '8000')}"
BATCH = 5_000


def main() -> None:
    """Send what agents might do in weeks, let one fail; take a picture of each."""
    events = list(weeks.events())
    for first in range(0, len(events), BATCH):
        ask("/api/events", {"events": events[first : first + BATCH]})
    failing_agent.main(SERVICE)
    run = ask("/api/runs?status=failed&limit=1")["runs"][0]
    with tempfile.TemporaryDirectory() as profile, browsing(Path(profile)) as page:
        page.browser.set_window_size(1400, 1000)
        page.open(f"{SERVICE}/ui/", "What changed", "support triage")
        take(page, "overview")
        page.browser.set_window_size(1400, 760)
        page.open(f"{SERVICE}/ui/runs/{run['run_id']}?detail=1", "could not convert", "refund")
        page.browser.find_element(By.XPATH, "//*[contains(text(), 'refund')]").click()
        page.shows("could not convert string to float: '24,90'")
        take(page, "run")


def ask(path: str, body: object = None) -> Any:
    """GET, or POST what is given."""
    headers = {"Content-Type": "application/json"}
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(SERVICE + path, content, headers)  # noqa: S310
    with urllib.request.urlopen(request) as answer:  # noqa: S310 -- our own address
        return json.load(answer)


def take(page: Page, name: str) -> None:
    """Take a picture once nothing moves any more, and tell of problems."""
    time.sleep(1)
    page.browser.save_screenshot(f"docs/{name}.png")
    print(name, page.problems() or "has no problems")


if __name__ == "__main__":
    main()
