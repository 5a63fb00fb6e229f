"""Clients of a soak that write: batches, spans, refused bodies, runs that are deleted again."""

import json
import random
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import orjson

from bench import spans
from bench.data import EPOCH, LIVE, Event, run
from bench.live import fresh_bodies
from bench.otlp import MEDIA_TYPE, PATH, parse
from bench.soaking.connection import JSON, Connection, Request
from bench.soaking.ledger import Ledger

SPANS = 64
BATCHES_AT_ONCE = 20  # made together
AGAIN_SECONDS = 1.0
LAST_ATTEMPT_SECONDS = 60.0  # after the end: what is under way is to be answered
EVENTS = "/api/events"
DELETED_AGENT = "deleted"
DELETED = (200, 404)  # 404: an answer was lost
REFUSED = (400, 413, 415, 422)
BAD_BODIES = (
    (b"{", JSON),
    (b'{"events": 3}', JSON),
    (b'{"events": [' + b"{}," * 10_000 + b"{}]}", JSON),
    (b"x", "text/plain"),
    (b'{"events": [' + b'{"data": ' * 200 + b"1" + b"}" * 200 + b"]}", JSON),
)

Turn = Callable[[], None]


def batches(conn: Connection, ledger: Ledger, seed: int, size: int) -> Turn:
    """Send a batch of so many events that were never sent before."""
    kind = f"batch of {size:,}"
    made = unique_bodies(f"{kind} {time.time_ns()}", seed, size)

    def turn() -> None:
        send(conn, ledger, Request(kind, EVENTS, "POST", next(made)), size)

    return turn


def unique_bodies(name: str, seed: int, size: int) -> Iterator[bytes]:
    """Batches without end, of runs that began within the last hour."""
    number = 0
    while True:
        number += 1
        yield from fresh_bodies(seed, f"{name} {number}", BATCHES_AT_ONCE, size)


def otlp(conn: Connection, ledger: Ledger, seed: int) -> Turn:
    """Send spans that were never sent before."""
    made = spans.requests(random.Random(f"{seed} {time.time_ns()}").getrandbits(64), 2**62, SPANS)

    def turn() -> None:
        body = next(made)
        request = Request("spans", PATH, "POST", body, MEDIA_TYPE)
        send(conn, ledger, request, len(parse(body).rows))

    return turn


def bad_bodies(conn: Connection) -> Turn:
    """Send a body that is refused."""
    number = 0

    def turn() -> None:
        nonlocal number
        body, media_type = BAD_BODIES[number % len(BAD_BODIES)]
        number += 1
        conn.ask(Request("refused body", EVENTS, "POST", body, media_type, REFUSED))

    return turn


def deletes(conn: Connection, ledger: Ledger, seed: int) -> Turn:
    """Store a run, then delete it."""
    rng = random.Random(f"{seed} {time.time_ns()}")

    def turn() -> None:
        events = moved(list(run(rng, LIVE)))
        body = orjson.dumps({"events": events})
        if send(conn, ledger, Request("run to delete", EVENTS, "POST", body), len(events)):
            path = f"/api/runs/{events[0]['run_id']}"
            delete = Request("delete", path, "DELETE", expected=DELETED)
            if until(ledger, lambda: conn.ask(delete)[0] in DELETED):
                ledger.count(deleted=len(events))

    return turn


def moved(events: list[Event]) -> list[Event]:
    """Events of a run, at the present and of an agent whose runs nobody else reads."""
    by = datetime.now(UTC).replace(tzinfo=None) - LIVE - EPOCH
    for event in events:
        event["agent_name"] = DELETED_AGENT
        event["timestamp"] = (datetime.fromisoformat(event["timestamp"]) + by).isoformat()
    return events


def send(conn: Connection, ledger: Ledger, request: Request, events: int) -> bool:
    """Send a body until it is answered 200, and count its events; whether it was."""

    def attempt() -> bool:
        status, answer = conn.ask(request)
        if status != 200:
            return False
        is_json = request.media_type == JSON
        ledger.count(acknowledged=json.loads(answer)["count"] if is_json else events)
        return True

    return until(ledger, attempt)


def until(ledger: Ledger, attempt: Callable[[], bool]) -> bool:
    """Attempt until it succeeds; for a while only once the soak has ended."""
    last: float | None = None
    while not attempt():
        if ledger.stopped.is_set():
            last = last or time.monotonic() + LAST_ATTEMPT_SECONDS
            if time.monotonic() > last:
                return False
        time.sleep(AGAIN_SECONDS)
    return True
