"""What must hold of any body: it is refused by 4xx, or stored and read back as it was sent."""

import json
import uuid
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from service.db.queries import queries
from service.ingest.json.batch import BadBatch, Batch, BatchTooLarge, parse_batch
from service.ingest.rows import EventRow
from tests.client import Client
from tests.fuzz.values import exact, loose, same_number
from tests.ingest.json.test_batch import check_reading

MAX_EVENTS, MAX_EVENT_KB = 20, 8
MAX_EVENT_BYTES = MAX_EVENT_KB * 1024
MAX_BODY_BYTES = 2 * MAX_EVENT_BYTES
# Between the columns of events/copy from run_id on, the second.
TABS = queries.events.copy.text.partition("(")[2].partition(")")[0].count(",") - 1
SAME_NAMES = ("agent_name", "event_type", "model", "tokens_in", "tokens_out", "is_error")
SAME_IDS = ("run_id", "event_id", "parent_event_id", "previous_event_id")


@contextmanager
def small_service(database_url: str) -> Iterator[Client]:
    """The service in this process, with limits that small bodies reach."""
    with Client.of(
        database_url, MAX_BATCH_SIZE=str(MAX_EVENTS), MAX_EVENT_KB=str(MAX_EVENT_KB)
    ) as client:
        yield client


def check_parsing(body: bytes) -> Batch | None:
    """Read a body, and hold that to the standard library's reading; None where it is no batch."""
    batch = read_batch(body)
    if batch is None and is_too_large(body):
        assert body.count(b",") >= MAX_EVENTS, body
        return None
    check_reading(body, batch, read_batch)
    for row in batch.rows if batch else []:
        line = row.copy_columns()
        assert (line.count(b"\t"), line.count(b"\n"), line.count(b"\r")) == (TABS, 1, 0), line
    return batch


def read_batch(body: bytes) -> Batch | None:
    """The batch, or None."""
    try:
        return parse_batch(body, MAX_EVENTS, MAX_EVENT_BYTES)
    except (BadBatch, BatchTooLarge):
        return None


def is_too_large(body: bytes) -> bool:
    """Whether a body is refused for the number of its events alone."""
    try:
        parse_batch(body, MAX_EVENTS, MAX_EVENT_BYTES)
    except BatchTooLarge:
        return True
    except BadBatch:
        return False
    return False


def check_storing(client: Client, body: bytes, batch: Batch | None) -> None:
    """Send a body, read back what it holds, and delete that."""
    answer = client.send_bytes(body)
    if batch is None or not batch.rows:
        assert answer.status_code in ((400, 413) if batch is None else (422,)), answer.text
        return
    assert answer.status_code == 200, answer.text
    runs = first_of_each(batch.rows)
    assert answer.json["inserted"] == sum(len(rows) for rows in runs.values()), answer.text
    assert (answer.json["count"], answer.json["failed"]) == (len(batch.rows), batch.failed)
    check_sent(body, batch)
    for run_id, rows in runs.items():
        check_run(client, run_id, rows)
        assert client.simulate_delete(f"/api/runs/{run_id}").status_code == 200


def first_of_each(rows: list[EventRow]) -> dict[str, dict[str, EventRow]]:
    """The rows of each run by their event; of equals the first, which stays."""
    runs: dict[str, dict[str, EventRow]] = defaultdict(dict)
    for row in rows:
        runs[row.run_id].setdefault(row.event_id, row)
    return runs


def check_sent(body: bytes, batch: Batch) -> None:
    """Compare the rows with what another parser reads in the body, where it reads all of it."""
    try:
        document, events = json.loads(body.decode()), loose(body.decode())["events"]
    except (ValueError, RecursionError):
        return  # one of the events is no JSON at all
    refused = {error["index"] for error in batch.errors}
    repaired = {warning["index"] for warning in batch.warnings}
    for index, row in zip(
        (n for n in range(len(events)) if n not in refused), batch.rows, strict=True
    ):
        sent = document["events"][index]
        if index not in repaired:
            assert (sent["agent_name"], sent["event_type"]) == (row.agent_name, row.event_type)
        assert uuid.UUID(sent["run_id"]) == uuid.UUID(row.run_id)
        moment = datetime.fromisoformat(sent["timestamp"])
        assert (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) == row.timestamp
        if index not in repaired:
            assert (events[index].get("data") or {}) == loose(row.data)
        data = sent.get("data") or {}
        check_numbers(data if isinstance(data, dict) else {}, row)


def check_numbers(data: dict[str, Any], row: EventRow) -> None:
    """Compare what is read out of `data` with what stands there."""
    assert (None if row.cost is None else float(row.cost)) == within(data.get("cost"), 1e9)
    for name in ("tokens_in", "tokens_out"):
        count = within(data.get(name), 2**40)
        assert getattr(row, name) == (None if count is None or count % 1 else count), name


def within(value: Any, limit: float) -> float | None:
    """A number from 0 to the limit; None for anything else."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return value if is_number and 0 <= value <= limit else None


def check_run(client: Client, run_id: str, rows: dict[str, EventRow]) -> None:
    """Compare a run, as three paths tell it, with the rows it was made of."""
    told = read(client, f"/api/runs/{run_id}/timeline")
    run = json.loads(told)
    assert {event["event_id"] for event in run["events"]} == set(rows)
    for event, written in zip(run["events"], exact(told)["events"], strict=True):
        check_event(event, rows[event["event_id"]])
        assert written["data"] == exact(rows[event["event_id"]].data)
    assert run["event_count"] == len(rows)
    for name in ("tokens_in", "tokens_out"):
        assert run[name] == sum(getattr(row, name) or 0 for row in rows.values())
    trace = json.loads(read(client, f"/api/runs/{run_id}/trace"))["events"]
    assert sorted(event["event_id"] for event in trace) == sorted(rows)
    path = "/".join(quote(run[name], safe="") for name in ("agent_name", "run_name"))
    assert json.loads(read(client, f"/api/runs/{path}"))["run_id"] == run_id


def read(client: Client, path: str) -> bytes:
    """The answer of a GET that must be 200; a whole number in it may be larger than any float."""
    answer = client.simulate_get(path)
    assert answer.status_code == 200, answer.text
    return answer.content


def check_event(event: dict[str, Any], row: EventRow) -> None:
    """Compare an event as it is told with the row it was made of, but for its data."""
    for name in (*SAME_NAMES, *SAME_IDS):
        assert event[name] == getattr(row, name), name
    assert datetime.fromisoformat(event["timestamp"]) == row.timestamp
    assert same_number(row.cost, event["cost"])
    latency = None if row.latency_us is None else row.latency_us / 1000
    assert event["latency_ms"] == latency
