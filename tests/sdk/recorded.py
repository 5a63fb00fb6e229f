"""What a program sent, and the same as it must be stored."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from psycopg.rows import dict_row

from service.db.connections import connect
from service.db.session_settings import DIRECT
from tests.events import Event, differences
from tests.service import Service

STORED = """
SELECT run_id::text, event_id::text, agent_name, event_type, timestamp,
       parent_event_id::text, previous_event_id::text, data
  FROM events
"""
AS_SENT = (
    "run_id",
    "event_id",
    "agent_name",
    "event_type",
    "parent_event_id",
    "previous_event_id",
    "data",
)


@dataclass(frozen=True)
class Recording:
    """The requests of one program, {url, headers, events, status, answer} each, and its output."""

    requests: list[dict[str, Any]]
    printed: str

    @property
    def events(self) -> list[Event]:
        """Every event, in the order in which the answers came."""
        return [event for request in self.requests for event in request["events"]]

    @property
    def runs(self) -> dict[str, list[Event]]:
        """The events of each run, oldest first, by run_id."""
        runs = defaultdict(list)
        for event in sorted(self.events, key=lambda event: str(event["timestamp"])):
            runs[str(event["run_id"])].append(event)
        return dict(runs)

    def runs_of(self, agent_name: str) -> list[str]:
        """The runs with an agent_start of this name, oldest first."""
        return [
            run_id
            for run_id, events in self.runs.items()
            if ("agent_start", agent_name) in {(e["event_type"], e["agent_name"]) for e in events}
        ]


def assert_stored_once(service: Service, events: list[Event]) -> None:
    """Assert that the database holds these events, each once and as it was sent, and no other."""
    with connect(service.database_url, DIRECT, "test") as conn:
        rows = [dict(row) for row in conn.cursor(row_factory=dict_row).execute(STORED)]
        assert differences(conn) == []
    assert sorted(rows, key=by_id) == sorted(map(as_stored, events), key=by_id)


def as_stored(event: Event) -> dict[str, Any]:
    """An event as a row: times are UTC, and LangChain's own id may stand for the parent."""
    row = {name: event[name] for name in AS_SENT}
    row["parent_event_id"] = row["parent_event_id"] or event["data"].get("parent_run_id") or None
    return {**row, "timestamp": datetime.fromisoformat(event["timestamp"]).replace(tzinfo=UTC)}


def by_id(row: dict[str, Any]) -> tuple[str, str]:
    """A run's events together."""
    return row["run_id"], row["event_id"]
