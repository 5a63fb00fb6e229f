"""The load generator as the bench calls it: each load runs in a process of its own.

That process is bench/generator.py: its CPU time is reported, and the bench's bookkeeping does not
disturb it. Both calls block; start them from threads to run two loads at once.
"""

import pickle
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class Result:
    """What the clients saw. `latencies` in seconds, one per request that was not refused."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0  # of the generator
    latencies: list[float] = field(default_factory=list)
    refusals: list[float] = field(default_factory=list)  # from sending to the 429 or 503
    statuses: Counter[int] = field(default_factory=Counter)
    acknowledged: int = 0  # events, as the answers to POST count them

    def accepted(self, events: int) -> "Result":
        """The result itself; raise RuntimeError unless so many events, all that were sent, are in.

        For loads that are not themselves what is measured: a fast refusal is no ingest.
        """
        if self.acknowledged != events:
            raise RuntimeError(
                f"{self.acknowledged:,} of {events:,} events were taken in: {dict(self.statuses)}"
            )
        return self

    @property
    def client_share(self) -> float:
        """The share of one core that the generator took."""
        return self.cpu_seconds / self.seconds if self.seconds else 0.0

    def percentile(self, share: float) -> float:
        """The latency in milliseconds that `share` (0 to 1) of the requests stayed below."""
        return percentile(self.latencies, share)


def percentile(seconds: list[float], share: float) -> float:
    """In milliseconds, what `share` (0 to 1) of the times stayed below; 0 of none."""
    ordered = sorted(seconds)
    return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


@dataclass
class Job:
    """What the generator's process is to do; `per_second` None means a closed loop."""

    host: str
    port: int
    clients: int
    per_second: float | None = None
    keep_alive: bool = True


def closed_loop(
    url: str, requests: Iterable[bytes], clients: int, keep_alive: bool = True
) -> Result:
    """Send every request once, `clients` at a time; a refused one (429, 503) is sent again.

    A client sends its next request when the last is answered. Without `keep_alive`, over a
    connection of its own, whose making counts as well.
    """
    if not keep_alive:
        requests = (r.replace(b"\r\n", b"\r\nConnection: close\r\n", 1) for r in requests)
    host, port = address_of(url)
    return generate(Job(host, port, clients, keep_alive=keep_alive), requests)


def offered(url: str, requests: Iterable[bytes], per_second: float, clients: int) -> Result:
    """Send so many requests per second, each when it is due, over at most `clients` connections.

    A latency counts from the moment at which the request was due, so what waits for a free
    connection is not forgotten (coordinated omission). Refused ones (429, 503) are counted in
    `statuses` and not sent again; those whose connection broke count as status 0.
    """
    host, port = address_of(url)
    return generate(Job(host, port, clients, per_second), requests)


def post(path: str, body: bytes, host: str) -> bytes:
    """The bytes of a POST request; `host` as in the header, with its port."""
    return (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def get(path: str, host: str) -> bytes:
    """The bytes of a GET request."""
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()


def address_of(url: str) -> tuple[str, int]:
    """Host and port of a URL. Raises SystemExit where there are none."""
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname is None:
        raise SystemExit(f"--url {url}: expected http://host:port")
    return parts.hostname, parts.port or 80


def host_of(url: str) -> str:
    """The Host header for a URL."""
    return urlsplit(url).netloc


def generate(job: Job, requests: Iterable[bytes]) -> Result:
    """Hand a job and its requests to a process of its own; return what it saw.

    It has read every request before it sends the first. Requests that an iterator makes are held
    there alone: a minute of 10,000 events per second is 0.8 GB.
    """
    command = [sys.executable, "-m", "bench.generator"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None  # noqa: S101 -- for the types
        assert process.stdout is not None  # noqa: S101
        pickle.dump(job, process.stdin)
        for request in requests:
            pickle.dump(request, process.stdin)
        process.stdin.close()
        found = process.stdout.read()
    if process.returncode:
        raise RuntimeError("the load generator failed; its own words are above")
    result: Result = pickle.loads(found)  # noqa: S301 -- of our own process
    return result
