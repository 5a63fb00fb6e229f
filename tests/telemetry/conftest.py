"""A scrape of a service that has worked."""

import pytest

from service.core.clock import today
from service.db.database import Database
from service.db.database_settings import DatabaseSettings
from service.server.sampler import Sampler
from service.writer.group_commit import GroupCommitWriter
from tests.client import Client
from tests.events import event, new_id
from tests.telemetry.scraped import Scrape


@pytest.fixture(scope="module")
def told(service_database_url: str) -> dict[str, set[str]]:
    """The labels of each figure of a service that has answered, stored and exported."""
    database = Database(DatabaseSettings(service_database_url, 5))
    sampler = Sampler(database, GroupCommitWriter(database.connect_writer, today, "test"))
    with Client.of(service_database_url) as client:
        client.send(event(new_id()))
        client.ok("/api/agents")
        assert client.simulate_get("/api/export/runs.csv").status_code == 200
        sampler.close()  # after a look
        return Scrape(client.simulate_get("/metrics").text).labels()
