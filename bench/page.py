"""The page in Chromium: how soon something is on screen, and whether it moves without a jerk.

Each figure is the median of --looks, over a filled store. Frames are those of the largest run.
"""

import argparse
import re
import statistics
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urljoin

from tqdm import tqdm

from bench import results
from bench.browser import Browser, browsing
from bench.measured import stored_events
from bench.page_runs import SIZES, post_large_events, post_runs
from bench.reads import filled_service
from bench.results import Row

LARGE = 1_000_000  # events stored, of which the promise is
ROW = ".trace-row"
LIST = "document.querySelector('.waterfall virtual-list')"
MOVES = {
    "scrolling": f"{LIST}.scrollTop += 90",
    "zooming": f"""{LIST}.dispatchEvent(new WheelEvent("wheel", {{bubbles: true, cancelable: true,
        ctrlKey: true, clientX: 900, deltaY: frame % 60 < 30 ? -20 : 20}}))""",
    "collapsing": """document.dispatchEvent(new KeyboardEvent("keydown", {bubbles: true,
        key: frame % 2 ? "ArrowRight" : "ArrowLeft"}))""",
}
EVENTS = {"text of 1 MB": ".text", "picture": "img"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The section's own flags."""
    parser.add_argument(
        "--stored", type=int, default=1_000_000, help="events in the store that is looked at"
    )
    parser.add_argument("--looks", type=int, default=5, help="medians of so many")


def run(options: argparse.Namespace) -> list[Row]:
    """Measure everything that the page promises."""
    with (
        filled_service(options) as url,
        tempfile.TemporaryDirectory() as profile,
        browsing(Path(profile)) as browser,
    ):
        if options.url:
            options.stored = stored_events(url)
        runs, large = post_runs(url, options.seed), post_large_events(url, options.seed)
        rows = []
        with tqdm(total=1 + len(SIZES) + len(MOVES) + len(EVENTS), disable=None) as bar:
            for row in measured(browser, url, options, runs, large):
                tqdm.write(" ".join(f"{name} {value}" for name, value in row.items()))
                rows.append(row)
                bar.update()
    results.store("page", rows)
    return rows


def measured(
    browser: Browser, url: str, options: argparse.Namespace, runs: dict[int, str], large: str
) -> Iterator[Row]:
    """The rows, one after the other."""
    looks = options.looks
    yield {"what": "weight", "kb": round(weight_bytes(url) / 1024, 1)}
    browser.first_seen(f"{url}/ui/runs", "a.run-row")  # warm: its files are in the cache
    found = looked(browser, f"{url}/ui/runs", looks, "a.run-row")
    stored = options.stored
    yield {"what": "list of runs", "stored": stored, "is_large": int(stored >= LARGE), **found}
    for size, run_id in runs.items():
        whole = f".shown-count = {size:,} events"
        found = looked(browser, f"{url}/ui/runs/{run_id}", looks, ROW, whole)
        yield {"what": "run", "events": size, **found}
    for what, step in MOVES.items():
        yield {"what": what, "events": SIZES[-1], **moved(browser, step, looks)}
    browser.first_seen(f"{url}/ui/runs/{large}", ROW)
    for what, css in EVENTS.items():
        yield {"what": what, "ms": median(looks, lambda: opened_ms(browser, what, css))}  # noqa: B023


def looked(browser: Browser, url: str, looks: int, *selectors: str) -> Row:
    """How soon the first rows are there, and the last; the CPU that the page took until then."""
    found = [browser.first_seen(url, *selectors) for _ in range(looks)]
    return {
        "first_ms": round(statistics.median(times[0] for times, _ in found)),
        "whole_ms": round(statistics.median(times[-1] for times, _ in found)),
        "cpu_ms": round(statistics.median(cpu for _, cpu in found)),
    }


def moved(browser: Browser, step: str, looks: int) -> Row:
    """Frames while something moves: their p95 and their CPU; and how many elements there are."""
    browser.run(f"{LIST}.scrollTop = 0; document.querySelector('{ROW}').click()")
    found = [browser.frames_ms(step) for _ in range(looks)]
    count = browser.run("return document.querySelectorAll('*').length")
    return {
        "p95_ms": round(statistics.median(p95(times) for times, _ in found), 1),
        "cpu_ms": round(statistics.median(cpu for _, cpu in found), 1),
        "elements": int(count),
    }


def p95(times: list[float]) -> float:
    """The 95th percentile."""
    return statistics.quantiles(times, n=20)[-1]


def opened_ms(browser: Browser, what: str, css: str) -> float:
    """How soon an event is there; another one was before, and nothing of it is kept."""
    name = what.split(maxsplit=1)[0]
    url = browser.run("return location.href.split('?')[0]")
    browser.first_seen(url, ROW)
    click = f"""[...document.querySelectorAll("{ROW}")]
        .find(row => row.querySelector(".name").textContent === "{name}").click()"""
    return browser.opened_ms(f".detail-body {css}", click)


def median(looks: int, measure: Callable[[], float]) -> float:
    """The median of so many measurements."""
    return round(statistics.median(measure() for _ in range(looks)), 1)


def weight_bytes(url: str) -> int:
    """The bytes of the page and all its files, uncompressed."""
    address = f"{url}/ui/"
    html = read(address)
    links = re.findall(r'(?:src|href)="([^"]*)"', html.decode())
    return len(html) + sum(len(read(urljoin(address, link))) for link in set(links))


def read(url: str) -> bytes:
    """What is served there, for a client that reads no gzip."""
    with urllib.request.urlopen(url) as answer:  # noqa: S310 -- our own address
        content: bytes = answer.read()
        return content
