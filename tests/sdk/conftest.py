"""Runs a program that uses the SDK, and compares what it sent with what is stored."""

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.events import Event
from tests.operations.harness import REPOSITORY, environment
from tests.sdk.programs.recording import RECORD_VARIABLE
from tests.service import Service

PROGRAM_SECONDS = 60
STORED = """
SELECT run_id::text, event_id::text, agent_name, event_type, timestamp, previous_event_id::text, data
  FROM events
"""


@dataclass(frozen=True)
class Recording:
    """What one program sent: {url, headers, events, status, answer} of each request."""

    requests: list[dict[str, Any]]
    printed: str

    @property
    def events(self) -> list[Event]:
        """Every event, in the order in which the answers came."""
        return [event for request in self.requests for event in request["events"]]

    @property
    def runs(self) -> dict[str, list[Event]]:
        """The events of each run, oldest first."""
        runs = defaultdict(list)
        for event in sorted(self.events, key=lambda event: str(event["timestamp"])):
            runs[event["run_id"]].append(event)
        return dict(runs)

    def runs_begun_by(self, agent_name: str) -> list[str]:
        """The runs with an agent_start of this name, oldest first."""
        return [
            run_id
            for run_id, events in self.runs.items()
            if any(e["event_type"] == "agent_start" and e["agent_name"] == agent_name for e in events)
        ]


RunProgram = Callable[[str, Service], Recording]


@pytest.fixture(scope="session")
def run_program(tmp_path_factory: pytest.TempPathFactory) -> RunProgram:
    """Run tests/sdk/programs/<name>.py against a service, to its good end."""

    def run(name: str, service: Service) -> Recording:
        record: Path = tmp_path_factory.mktemp("sdk") / "requests"
        done = subprocess.run(
            [sys.executable, "-m", f"tests.sdk.programs.{name}"],
            cwd=REPOSITORY,
            env=environment(GATI_BACKEND_URL=service.url, **{RECORD_VARIABLE: record}),
            capture_output=True,
            text=True,
            check=False,
            timeout=PROGRAM_SECONDS,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        requests = [json.loads(line) for line in record.read_text().splitlines()]
        return Recording(requests, done.stdout)

    return run


def stored(service: Service) -> list[dict[str, Any]]:
    """Every event in the service's database, by run and event."""
    with psycopg.connect(service.database_url, row_factory=dict_row) as conn:
        return sorted(conn.execute(STORED).fetchall(), key=key_of)


def as_stored(events: list[Event]) -> list[dict[str, Any]]:
    """Events as the SDK sent them, in the form that stored() gives."""
    return sorted(
        (
            {
                **{name: event[name] for name in ("run_id", "event_id", "agent_name", "event_type")},
                "timestamp": utc(event["timestamp"]),
                "previous_event_id": event["previous_event_id"],
                "data": event["data"],
            }
            for event in events
        ),
        key=key_of,
    )
