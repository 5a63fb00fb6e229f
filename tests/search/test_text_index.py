"""The index for `q` that a DBA may make: made beside what goes on, and nothing else is found."""

import random
import subprocess

import pytest

from service.embedded.binaries import bundled_directory
from service.queries import SQL_DIRECTORY, Connection, queries
from tests.client import Client
from tests.search.world import TEXTS, send_runs


def test_with_the_index_the_same_is_found(
    client: Client, conn: Connection, database_url: str
) -> None:
    known = "SELECT FROM pg_available_extensions WHERE name = 'pg_trgm'"
    if conn.execute(known).fetchone() is None:
        pytest.skip("this server has no pg_trgm")
    send_runs(client, random.Random(6), 30)
    before = [client.ok("/api/events", params={"q": text}) for text in TEXTS]
    assert all(page["events"] for page in before)
    file = SQL_DIRECTORY / "optional" / "search_text.sql"
    command = [str(bundled_directory() / "psql"), "-Xq", "-v", "ON_ERROR_STOP=1"]
    subprocess.run([*command, "-d", database_url, "-f", str(file)], check=True)
    assert [client.ok("/api/events", params={"q": text}) for text in TEXTS] == before
    state = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'events_data_text_idx'::regclass"
    assert conn.execute(state).fetchone() == {"indisvalid": True}
    queries.events.create_partition(
        conn, partition="events_20991228", monday="2099-12-28", next="2100-01-04"
    )
    assert parts_of(conn, "events_data_text_idx") == parts_of(conn, "events") > 1


def parts_of(conn: Connection, parent: str) -> int:
    """How many partitions a table or index has."""
    counted = "SELECT count(*) AS n FROM pg_inherits WHERE inhparent = %s::regclass"
    return int(conn.execute(counted, [parent]).fetchall()[0]["n"])
