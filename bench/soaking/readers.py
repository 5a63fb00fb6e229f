"""Clients of a soak that read: the main paths, searches, exports, tails, wrong keys, slow ones."""

import http.client
import json
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from itertools import cycle
from urllib.parse import quote

from bench.load import address_of, get, host_of, post
from bench.soaking.connection import Connection, Request
from bench.soaking.ledger import Ledger
from bench.soaking.writers import DELETED_AGENT

RECENT = timedelta(seconds=10)
TAIL_SECONDS = 10.0
LEFT_BYTES = 262_144  # of an export, then its client leaves
SLOW_SECONDS = 20.0
HEADS, BODIES, READERS = 5, 2, 2  # slow clients at a time
ANNOUNCED_BYTES = 500_000

Turn = Callable[[], None]


def main_paths(conn: Connection) -> Turn:
    """Read one path after the other, of the newest runs."""
    kinds = cycle(
        ("runs", "run", "timeline", "trace", "agents", "runs of an agent", "summary", "by hour")
    )
    newest: dict[str, str] = {}

    def turn() -> None:
        kind = next(kinds)
        if kind == "runs":
            status, body = conn.ask(Request(kind, "/api/runs?limit=20"))
            for run in json.loads(body)["runs"] if status == 200 else ():
                if run["agent_name"] != DELETED_AGENT:
                    newest.update(run)
        elif newest:
            conn.ask(Request(kind, path_of(kind, newest)))

    return turn


def path_of(kind: str, run: dict[str, str]) -> str:
    """The path of a kind of read, of this run or its agent."""
    by_id = f"/api/runs/{run['run_id']}"
    return {
        "run": by_id,
        "timeline": f"{by_id}/timeline",
        "trace": f"{by_id}/trace",
        "agents": "/api/agents",
        "runs of an agent": f"/api/agents/{quote(run['agent_name'])}/runs?limit=20",
        "summary": "/api/metrics/summary",
        "by hour": "/api/metrics/timeseries?metric=events&interval=hour",
    }[kind]


def searches(conn: Connection) -> Turn:
    """Search what is recent, so that it stays as much while the store grows."""
    paths = cycle(("/api/events?q=there-is-none", "/api/runs?status=failed"))

    def turn() -> None:
        conn.ask(Request("search", f"{next(paths)}&from={recent()}"))

    return turn


def exports(conn: Connection) -> Turn:
    """Export what is recent; every other time begin with everything, and leave."""
    wholes = cycle((True, False))

    def turn() -> None:
        if next(wholes):
            conn.ask(Request("export", f"/api/export/events.ndjson?from={recent()}"))
            return
        answer = conn.begin("export, left", "/api/export/events.csv")
        if answer:
            with suppress(OSError, http.client.HTTPException):
                answer.read(LEFT_BYTES)
            conn.close()

    return turn


def tails(conn: Connection, ledger: Ledger) -> Turn:
    """Open a live tail, read it for a while, and leave."""

    def turn() -> None:
        answer = conn.begin("tail", "/api/events/stream")
        until = time.monotonic() + TAIL_SECONDS
        while answer and time.monotonic() < until and not ledger.stopped.is_set():
            try:
                ended = not answer.readline()
            except (OSError, http.client.HTTPException):
                ended = True
            if ended:
                ledger.note("tail", TAIL_SECONDS, 0, ())
                break
        conn.close()

    return turn


def wrong_keys(conn: Connection) -> Turn:
    """Ask with a key that nobody has."""
    request = Request("wrong key", "/api/agents", expected=(401,))

    def turn() -> None:
        conn.ask(request)

    return turn


def slow(url: str, key: str, ledger: Ledger) -> Turn:
    """Hold connections whose head, body or answer stands still, then leave."""
    host, authorized = host_of(url), f"Authorization: Bearer {key}\r\n".encode()
    body = post("/api/events", b"{", host).replace(b"\r\n", b"\r\n" + authorized, 1)
    body = body.replace(b"Content-Length: 1", f"Content-Length: {ANNOUNCED_BYTES}".encode())
    export = get("/api/export/events.ndjson", host).replace(b"\r\n", b"\r\n" + authorized, 1)

    def turn() -> None:
        with ExitStack() as stack, suppress(OSError):
            for sent in [b"GET / HT"] * HEADS + [body] * BODIES + [export] * READERS:
                conn = stack.enter_context(socket.create_connection(address_of(url), 30))
                conn.sendall(sent)
            ledger.stopped.wait(SLOW_SECONDS)

    return turn


def recent() -> str:
    """The moment from which on events are recent."""
    return quote((datetime.now(UTC) - RECENT).isoformat())
