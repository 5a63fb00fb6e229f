"""What exports hold, read as their users read them."""

import csv
import io
from typing import Any

import orjson
from falcon import testing

from tests.client import Client
from tests.events import Event, event, new_id

Line = dict[str, Any]


def read_ndjson(text: str) -> list[Line]:
    """The events, after a look at the last line. str.splitlines() would split at U+2028, too."""
    assert text.endswith("\n")
    *events, last = [orjson.loads(line) for line in text[:-1].split("\n")]
    last["export"].pop("after", None)
    assert last == {"export": {"complete": True, "events": len(events)}}
    return events


def read_csv(text: str) -> list[dict[str, str]]:
    """The rows by their header."""
    return list(csv.DictReader(io.StringIO(text, newline="")))


def export(client: Client, name: str = "events.ndjson", **params: str) -> testing.Result:
    """One export."""
    return client.simulate_get(f"/api/export/{name}", params=params)


def exported(client: Client, **params: str) -> list[Line]:
    """The events of an export that must succeed."""
    answer = export(client, **params)
    assert answer.status_code == 200, answer.text
    return read_ndjson(answer.text)


def keys(events: list[Line]) -> list[tuple[str, str]]:
    """Their keys, in their order."""
    return [(one["run_id"], one["event_id"]) for one in events]


def filled(client: Client, runs: int = 5, events: int = 4) -> list[Event]:
    """Stored events of some runs, of two agents by turns, sorted by key."""
    sent: list[Event] = []
    for number in range(runs):
        run = new_id()
        sent += [
            event(run, f"type {n % 2}", 100 * number + n, agent_name=f"agent {number % 2}")
            for n in range(events)
        ]
    assert client.send(*sent).json["inserted"] == len(sent)
    return sorted(sent, key=lambda one: (one["run_id"], one["event_id"]))
