"""The way of a request through the code: calls, files, rooms, and changes of room.

Three requests are answered in this process, on a scratch PostgreSQL, under sys.setprofile. A room
is a name at the top of service/. A change of room is a call from one room into another; calls of
the writer's thread are not counted.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import orjson
from falcon import testing

import service
from bench.service import scratch_database
from service.app import create_app
from service.config import Config
from service.core.clock import today
from service.db import migrate, partitions
from service.db.database import Database
from service.db.database_settings import DatabaseSettings
from service.writer.group_commit import GroupCommitWriter

ROOT = str(Path(service.__file__).parent) + "/"
HOST = "falconframework.org"  # that of falcon's test client
JSON = {"Content-Type": "application/json"}
RUNS = ("8552f8ec-923d-432c-9bc4-802c92078534", "9552f8ec-923d-432c-9bc4-802c92078534")
EVENTS = 10


def main() -> int:
    """Print the table."""
    with scratch_database() as url:
        migrate.up(url)
        partitions.ensure_partitions(url)
        config = Config.from_environment({"DATABASE_URL": url, "ALLOWED_HOSTS": HOST})
        database = Database(DatabaseSettings(url, 5))
        writer = GroupCommitWriter(database.connect_writer, today, config.environment)
        database.open()
        try:
            app: Any = create_app(config, database, writer)
            found = measure_all(testing.TestClient(app))
        finally:
            writer.close()
            database.close()
    for name, figures in found.items():
        print(f"{name:46}" + "".join(f"{value:4} {what:9}" for what, value in figures.items()))
    return 0


def measure_all(client: testing.TestClient) -> dict[str, dict[str, int]]:
    """The figures of each request; everything that is only done once was done before."""
    post = client.simulate_post
    found: dict[str, dict[str, int]] = {}
    for number, run_id in enumerate(RUNS):
        requests: dict[str, Callable[[], testing.Result]] = {
            f"POST /api/events, {EVENTS} events": lambda r=run_id: post(  # type: ignore[misc]
                "/api/events", body=batch(r), headers=JSON
            ),
            f"GET /api/runs/…/trace, {EVENTS} events": lambda r=run_id: client.simulate_get(  # type: ignore[misc]
                f"/api/runs/{r}/trace"
            ),
            "POST /v1/traces, one span": lambda n=number: post(  # type: ignore[misc]
                "/v1/traces", body=spans(n), headers=JSON
            ),
        }
        for name, send in requests.items():
            profile = Profile()
            sys.setprofile(profile)
            try:
                answer = send()
            finally:
                sys.setprofile(None)
            if answer.status_code != 200:
                raise RuntimeError(f"{name}: {answer.text}")
            found[name] = profile.figures()
    return found


class Profile:
    """Counts the calls of functions of service/."""

    def __init__(self) -> None:
        self._calls = self._changes = 0
        self._files: set[str] = set()

    def __call__(self, frame: FrameType, event: str, _argument: Any) -> None:
        """Count a call, and whether it came from another room."""
        file = frame.f_code.co_filename
        if event != "call" or not file.startswith(ROOT):
            return
        self._calls += 1
        self._files.add(file)
        caller = frame.f_back
        while caller is not None and not caller.f_code.co_filename.startswith(ROOT):
            caller = caller.f_back
        if caller is not None and room_of(caller.f_code.co_filename) != room_of(file):
            self._changes += 1

    def figures(self) -> dict[str, int]:
        """What was counted."""
        rooms = {room_of(file) for file in self._files}
        return {
            "calls": self._calls,
            "files": len(self._files),
            "rooms": len(rooms),
            "changes": self._changes,
        }


def room_of(file: str) -> str:
    """The name at the top of service/ that a file belongs to."""
    return file.removeprefix(ROOT).partition("/")[0]


def batch(run_id: str) -> bytes:
    """A run of usual events, as the SDK sends them."""
    types = ["agent_start", *["llm_call"] * (EVENTS - 2), "agent_end"]
    return orjson.dumps(
        {
            "events": [
                {
                    "run_id": run_id,
                    "event_id": f"{run_id[:-2]}{number:02}",
                    "agent_name": "agent",
                    "event_type": event_type,
                    "timestamp": f"2026-11-22T10:30:00.{number:06}",
                    "data": {"model": "m", "tokens_in": 3, "cost": 0.1, "latency_ms": 4},
                }
                for number, event_type in enumerate(types)
            ]
        }
    )


def spans(number: int) -> bytes:
    """One span of a call of a model."""
    span = {
        "traceId": f"5b8efff798038103d269b633813fc60{number}",
        "spanId": "eee19b7ec3c1b174",
        "name": "chat",
        "startTimeUnixNano": "1764300000000000000",
        "endTimeUnixNano": "1764300001000000000",
        "attributes": [
            {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
            {"key": "gen_ai.request.model", "value": {"stringValue": "gpt-4o"}},
            {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "10"}},
        ],
    }
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "a"}}]}
    return orjson.dumps(
        {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": [span]}]}]}
    )
