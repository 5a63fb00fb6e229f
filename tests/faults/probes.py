"""Single requests that ask how the service is: what it answers, and how soon."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import requests

from tests.faults.accounting import Ledger
from tests.faults.clients import JSON

TIMEOUT_SECONDS = 35.0  # a hang guard: longer than any statement may run
TRY_SECONDS = 5.0
STREAK = 10  # on a connection each, so that every worker has its turn
PATIENCE_SECONDS = 90.0

Probe = tuple[str, int, float]  # what was asked, status (0: no answer), seconds


def refusals(url: str, ledger: Ledger, paths: Sequence[str]) -> list[Probe]:
    """Send an event and ask for these paths, all at once."""
    with ThreadPoolExecutor(1 + len(paths)) as pool:
        write = pool.submit(send, url, ledger, TIMEOUT_SECONDS)
        reads = [pool.submit(ask, url, path) for path in paths]
        return [write.result(), *[read.result() for read in reads]]


def send(url: str, ledger: Ledger, timeout: float) -> Probe:
    """Send one event that was never sent."""
    batch = ledger.probe(time.monotonic_ns())
    began = time.monotonic()
    try:
        answer = requests.post(f"{url}/api/events", batch.body, headers=JSON, timeout=timeout)
    except requests.RequestException:
        return "POST", 0, time.monotonic() - began
    if answer.status_code == 200:
        ledger.acknowledge(batch, answer.json())
    elif "Retry-After" not in answer.headers:
        ledger.complain(f"{answer.status_code} without Retry-After: {answer.text}")
    return "POST", answer.status_code, time.monotonic() - began


def ask(url: str, path: str, timeout: float = TIMEOUT_SECONDS) -> Probe:
    """GET a path."""
    began = time.monotonic()
    try:
        status = requests.get(url + path, timeout=timeout).status_code
    except requests.RequestException:
        status = 0
    return path, status, time.monotonic() - began


def recovery(url: str, ledger: Ledger, since: float) -> float:
    """Seconds from `since` until writes and reads are answered 200, and go on to be."""
    first, good = 0.0, 0
    while good < STREAK:
        if send(url, ledger, TRY_SECONDS)[1] == ask(url, "/api/agents", TRY_SECONDS)[1] == 200:
            first = first or time.monotonic()
            good += 1
        else:
            first, good = 0.0, 0
            if time.monotonic() > since + PATIENCE_SECONDS:
                ledger.complain(f"not back after {PATIENCE_SECONDS:.0f} s")
                return PATIENCE_SECONDS
    return max(0.0, first - since)
