"""A cluster's database that is migrated and not distributed yet."""

import os
from collections.abc import Iterator

import pytest

from service.db import migrate, partitions
from tests.databases import janitor, url_of


@pytest.fixture
def gathered_url(server_url: str) -> Iterator[str]:
    """All of it on the coordinator, as the service has made it."""
    name = f"gati_test_gathered_{os.getpid()}"
    with janitor(server_url, name):
        migrate.up(url_of(server_url, name))
        partitions.ensure_partitions(url_of(server_url, name))
        yield url_of(server_url, name)
