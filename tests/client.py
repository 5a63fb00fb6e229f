"""The service in this process: the real application and writer, on a real database."""

import gzip
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, cast

import orjson
from falcon import testing

from service.api.ingest_shares import IngestShares
from service.api.load_shedding import LoadShedder
from service.api.middleware.token_buckets import Clock
from service.app import create_app
from service.config import Config
from service.core.clock import Today, today
from service.db.database import Database
from service.db.database_settings import DatabaseSettings
from service.db.roles.logins import Logins
from service.db.roles.names import given_urls
from service.postgres.storage import Storage
from service.writer.group_commit import GroupCommitWriter
from tests import pgbouncer
from tests.events import Event
from tests.leaks import look_through_answer, look_through_headers

CONNECTIONS = 5


class Client(testing.TestClient):
    """falcon's test client with the few calls that the tests are made of."""

    @classmethod
    @contextmanager
    def of(
        cls,
        url: str,
        today: Today = today,
        clock: Clock = time.monotonic_ns,
        storage: Storage | None = None,
        **variables: str,
    ) -> Iterator["Client"]:
        """A client of a service with these environment variables."""
        config = Config.from_environment(
            {
                "DATABASE_URL": url,
                "ALLOWED_HOSTS": testing.DEFAULT_HOST,
                **pgbouncer.variables(url),
                **variables,
            }
        )
        logins = Logins(url, given_urls(config))
        logins.check()  # as at the start of a worker: else the writer and the pool both do
        settings = DatabaseSettings.from_config(config, url, logins)
        database = Database(replace(settings, connections=CONNECTIONS))
        writer = GroupCommitWriter(database.connect_writer, today, config.environment, storage)
        database.open()
        writer.open()
        try:
            yield cls(create_app(config, database, writer, clock, storage))
        finally:
            writer.close()
            database.close()

    def crowded(self, key_id: str | None = None) -> LoadShedder:
        """The application while its writer has no room; with `key_id` each request has this key."""
        app = cast(LoadShedder, self.app).app
        return LoadShedder(app, lambda: False, lambda sent: key_id, IngestShares())

    def simulate_request(self, *arguments: Any, **options: Any) -> testing.Result:
        """Send any request; its answer must tell no secret."""
        result: testing.Result = super().simulate_request(*arguments, **options)
        look_through_answer(result.status_code, str(result.headers), text_of(result))
        look_through_headers(result.headers)
        return result

    def send(self, *events: Event, **options: Any) -> testing.Result:
        """POST a batch."""
        return self.simulate_post("/api/events", json={"events": list(events)}, **options)

    def send_bytes(self, body: bytes, **headers: str) -> testing.Result:
        """POST a body as it is."""
        headers = {"Content-Type": "application/json"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        return self.simulate_post("/api/events", body=body, headers=headers)

    def ok(self, path: str, method: str = "GET", **options: Any) -> Any:
        """The parsed answer of a request that must be 200."""
        result = self.simulate_request(method, path, **options)
        assert result.status_code == 200, result.text
        return orjson.loads(result.content)

    def run(self, run_id: str) -> Any:
        """One run."""
        return self.ok(f"/api/runs/{run_id}")


def text_of(result: testing.Result) -> str:
    """What an answer says, packed or not."""
    packed = result.headers.get("Content-Encoding") == "gzip"
    return (gzip.decompress(result.content) if packed else result.content).decode(errors="replace")
