"""The index for `q` that a DBA may make: made beside what goes on, and nothing else is found."""

import random
import subprocess

from service.db.queries import SQL_DIRECTORY, Connection, queries
from service.postgres.binaries import bundled_directory
from tests.client import Client
from tests.resources.search.world import TEXTS, send_runs

INDEX = "events_data_text_idx"


def test_with_the_index_the_same_is_found(
    client: Client, conn: Connection, database_url: str
) -> None:
    send_runs(client, random.Random(6), 30)
    before = [client.ok("/api/events", params={"q": text}) for text in TEXTS]
    assert all(page["events"] for page in before)
    made = make_index(database_url)
    if offers_trigrams(conn):
        assert made.returncode == 0, made.stderr
        state = "SELECT indisvalid FROM pg_index WHERE indexrelid = %s::regclass"
        assert conn.execute(state, [INDEX]).fetchone() == {"indisvalid": True}
    else:  # the embedded server brings no extension: it is told of, and nothing is half made
        assert "pg_trgm" in made.stderr
        assert conn.execute("SELECT to_regclass(%s) AS made", [INDEX]).fetchone() == {"made": None}
    assert [client.ok("/api/events", params={"q": text}) for text in TEXTS] == before
    queries.events.create_partition(
        conn, partition="events_20991228", monday="2099-12-28", next="2100-01-04"
    )
    indexed = parts_of(conn, "events") if offers_trigrams(conn) else 0
    assert parts_of(conn, INDEX) == indexed
    assert parts_of(conn, "events") > 1


def offers_trigrams(conn: Connection) -> bool:
    """Whether the extension that the index is made with comes with this server."""
    known = "SELECT FROM pg_available_extensions WHERE name = 'pg_trgm'"
    return conn.execute(known).fetchone() is not None


def make_index(database_url: str) -> "subprocess.CompletedProcess[str]":
    """Make it as docs/guides/search.md says."""
    file = SQL_DIRECTORY / "optional" / "search_text.sql"
    command = [str(bundled_directory() / "psql"), "-Xq", "-v", "ON_ERROR_STOP=1"]
    return subprocess.run(
        [*command, "-d", database_url, "-f", str(file)], capture_output=True, text=True, check=False
    )


def parts_of(conn: Connection, parent: str) -> int:
    """How many partitions a table or index has."""
    counted = "SELECT count(*) AS n FROM pg_inherits WHERE inhparent = to_regclass(%s)"
    return int(conn.execute(counted, [parent]).fetchall()[0]["n"])
