"""A database with settings of its own, from before the first start, counts as any other."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from service.core.failure import Failure
from service.db import migrate
from service.metrics.leader import fold_once
from service.metrics.verify import verify
from tests.client import Client
from tests.databases import janitor, url_of
from tests.events import event, new_id
from tests.processes.harness import run

NAME = "gati_test_odd"
SETTINGS = (
    "quote_all_identifiers = on",
    "extra_float_digits = -15",
    "array_nulls = off",
    "standard_conforming_strings = off",
    "client_encoding = LATIN1",
)
CREATE = "CREATE DATABASE {} ENCODING '{}' TEMPLATE template0 LOCALE 'C'"
WINDOW = "from=2026-11-22T00:00:00Z&to=2026-11-23T00:00:00Z"


@pytest.fixture
def odd_url(server_url: str) -> Iterator[str]:
    """A database with all of SETTINGS."""
    with janitor(server_url, NAME):
        url = url_of(server_url, NAME)
        with psycopg.connect(url, autocommit=True) as conn:
            for setting in SETTINGS:
                conn.execute(f"ALTER DATABASE {NAME} SET {setting}")
        yield url


def latencies(url: str) -> Any:
    """The latencies of calls of 700 and 1,480 ms, after a fold."""
    run_id = new_id()
    with Client.of(url) as client:
        client.send(
            *(event(run_id, seconds=n, data={"latency_ms": 700, "note": "ś"}) for n in range(9)),
            event(run_id, seconds=9, data={"latency_ms": 1480}),
        )
        fold_once(url)
        found = client.ok("/api/metrics/latency", query_string=WINDOW)
    assert verify(url) == []
    return found


def test_its_figures_are_those_of_a_plain_one(odd_url: str, database_url: str) -> None:
    migrate.up(odd_url)
    assert latencies(odd_url) == latencies(database_url)


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_one_that_is_not_utf8_is_refused_in_one_line(
    server_url: str, tmp_path: Any, encoding: str
) -> None:
    with psycopg.connect(server_url, autocommit=True) as conn:
        conn.execute(CREATE.format(NAME, encoding))
        try:
            url = url_of(server_url, NAME)
            with pytest.raises(Failure, match=f"is {encoding}: create one with ENCODING 'UTF8'"):
                migrate.up(url)
            refused = run(tmp_path, "migrate", "up", "--yes", DATABASE_URL=url)
            assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
        finally:
            conn.execute(f"DROP DATABASE {NAME} WITH (FORCE)")
