"""Makes docs/dashboard.png: the released dashboard on this service, showing a run as a tree.

Needs Debian's chromium and chromium-driver, and the packages of requirements-dev.txt:

    make run        # in one shell, on an empty DATA_DIR
    make dashboard  # in another
    python docs/make_picture.py tests/sdk/data/sdk-decorators.jsonl
"""

import json
import sys
import urllib.request
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

SERVICE, DASHBOARD = "http://127.0.0.1:8000", "http://localhost:3000"
SECONDS = 20


def main(recorded: str) -> None:
    """Send what the SDK sent once, open the run in the dashboard, and take the picture."""
    for line in Path(recorded).read_text().splitlines():
        body = json.dumps(json.loads(line)["body"]).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{SERVICE}/api/events", body, headers)  # noqa: S310
        urllib.request.urlopen(request).close()  # noqa: S310 -- our own address
    options = webdriver.ChromeOptions()
    for argument in ("--headless", "--no-sandbox", "--disable-gpu", "--window-size=1400,1000"):
        options.add_argument(argument)
    options.add_argument("--disable-background-networking")
    options.binary_location = "/usr/bin/chromium"
    # Named, or selenium would look for a driver on the internet.
    driver = webdriver.ChromeService("/usr/bin/chromedriver")
    with webdriver.Chrome(options, driver) as browser:
        browser.get(f"{DASHBOARD}/agents/Researcher")
        wait = WebDriverWait(browser, SECONDS)
        wait.until(lambda b: b.find_element(By.XPATH, "//button[text()='Runs']")).click()
        wait.until(lambda b: b.find_element(By.XPATH, "//button[contains(., 'Graph View')]"))
        wait.until(lambda b: "search" in b.find_element(By.TAG_NAME, "body").text)
        browser.save_screenshot("docs/dashboard.png")
        print([entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"])


if __name__ == "__main__":
    main(sys.argv[1])
