"""The latency buckets: the same in Python and SQL, without gaps, each as narrow as is promised."""

from itertools import pairwise

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.rows import dict_row

from service.db.queries import SQL_DIRECTORY, Connection
from service.metrics.latency_buckets import EDGES_US, ERROR_BOUND, latency_bucket

LONGEST_US = 10**15  # what ingest takes: 1e12 ms
STATED_IN_THE_COMMENT = 0.096


def buckets_in_sql(conn: Connection, latencies_us: list[int]) -> list[int]:
    """What the database's function says."""
    rows = conn.execute(
        "SELECT latency_bucket(l.us) AS bucket"
        "  FROM unnest(%s::bigint[]) WITH ORDINALITY AS l (us, place) ORDER BY l.place",
        [latencies_us],
    )
    return [row["bucket"] for row in rows]


def test_python_and_sql_agree_around_every_edge(conn: Connection) -> None:
    around = [0, LONGEST_US - 1, LONGEST_US]
    for edge in EDGES_US:
        around += [edge - 1, edge, edge + 1]
    assert [latency_bucket(us) for us in around] == buckets_in_sql(conn, around)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(latencies_us=st.lists(st.integers(0, LONGEST_US), min_size=1, max_size=50))
def test_python_and_sql_agree_on_any_latency(conn: Connection, latencies_us: list[int]) -> None:
    assert [latency_bucket(us) for us in latencies_us] == buckets_in_sql(conn, latencies_us)


def test_the_table_covers_every_latency_without_a_gap(conn: Connection) -> None:
    rows = conn.execute("SELECT * FROM latency_buckets ORDER BY latency_bucket").fetchall()
    assert [row["latency_bucket"] for row in rows] == list(range(len(rows)))
    assert rows[0]["from_us"] == 0
    for row, following in pairwise(rows):
        assert row["to_us"] + 1 == following["from_us"]
    assert rows[-1]["to_us"] >= LONGEST_US
    for row in rows:
        for us in (row["from_us"], row["to_us"]):
            assert latency_bucket(us) == row["latency_bucket"]


def test_the_middle_of_a_bucket_is_within_the_bound_of_both_its_ends(conn: Connection) -> None:
    for row in conn.execute("SELECT * FROM latency_buckets"):
        for us in (row["from_us"], row["to_us"]):
            assert abs(row["middle_us"] - us) <= STATED_IN_THE_COMMENT * us
    assert STATED_IN_THE_COMMENT <= ERROR_BOUND


def test_a_middle_has_no_more_digits_than_its_bucket_supports(conn: Connection) -> None:
    for row in conn.execute("SELECT middle_us, middle_us / 1000 AS ms FROM latency_buckets"):
        assert row["middle_us"] == int(row["middle_us"])
        for shown in (repr(row["middle_us"]), repr(row["ms"])):
            digits = shown.partition("e")[0].removesuffix(".0").replace(".", "").strip("0")
            assert len(digits) <= 3, shown


def test_the_migrations_fill_the_table_as_the_schema_file_does(
    conn: Connection, empty_database_url: str
) -> None:
    shown = "SELECT * FROM latency_buckets ORDER BY latency_bucket"
    with psycopg.connect(empty_database_url, row_factory=dict_row) as empty:
        empty.execute((SQL_DIRECTORY / "schema" / "latency_buckets.sql").read_bytes())
        assert conn.execute(shown).fetchall() == empty.execute(shown).fetchall()
