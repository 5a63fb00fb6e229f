"""PostgreSQL's roles by direct SQL: what each may do with everything there is, and no more."""

import re
from collections.abc import Callable, Iterator
from datetime import date

import psycopg
import pytest

from service.db import migrate, schema_version
from service.db.partitions import ensure_partitions
from service.db.queries import Connection
from service.db.roles import grants
from service.db.roles.grants import ensure_roles
from service.db.roles.names import BI, INGEST, READ, url_of
from tests.client import Client
from tests.events import event, new_id
from tests.processes.harness import REPOSITORY

TOOLS = (REPOSITORY / "docs/operations/tools.md").read_text()
REFUSED = psycopg.errors.InsufficientPrivilege.sqlstate
TOOL = "metabase_of_a_test"
OWNERS_ALONE = ("", "", "")
READS = ("", "r", "")
LIVE = ("", "r", "r")

# Everything in the schema, with what gati_ingest, gati_read and gati_bi may do: r reads, a adds, w
# changes some columns of it. A new table has to be entered here, and in sql/roles/lacking.sql where
# a role needs it.
EXPECTED = {
    "_yoyo_log": OWNERS_ALONE,
    "_yoyo_migration": READS,
    "_yoyo_version": OWNERS_ALONE,
    "agent_totals": OWNERS_ALONE,
    "agent_totals_live": LIVE,
    "agents": ("raw", "r", ""),
    "api_keys": READS,
    "audit_log": OWNERS_ALONE,
    "audit_log_audit_id_seq": OWNERS_ALONE,
    "counted_metrics": OWNERS_ALONE,
    "daily_agent_totals_live": ("", "", "r"),
    "daily_event_type_totals_live": ("", "", "r"),
    "daily_latency": OWNERS_ALONE,
    "daily_latency_live": LIVE,
    "daily_latency_parts": READS,
    "daily_latency_rollups": OWNERS_ALONE,
    "daily_latency_rollups_live": READS,
    "daily_latency_rollups_parts": READS,
    "daily_metrics": OWNERS_ALONE,
    "daily_metrics_live": LIVE,
    "daily_metrics_parts": READS,
    "daily_model_totals_live": ("", "", "r"),
    "daily_rollups": OWNERS_ALONE,
    "daily_rollups_live": READS,
    "daily_rollups_parts": READS,
    "daily_totals_live": LIVE,
    "event_type_totals_live": ("", "", "r"),
    "error_texts": READS,
    "event_details": READS,
    "event_errors": OWNERS_ALONE,
    "event_fields": OWNERS_ALONE,
    "event_times": OWNERS_ALONE,
    "events": ("raw", "r", ""),
    "events_*": OWNERS_ALONE,  # reached through events
    "expired_runs": ("r", "r", ""),
    "exported_runs": READS,
    "fold_gate": OWNERS_ALONE,
    "fold_state": READS,
    "latency_buckets": LIVE,
    "latency_rollups": OWNERS_ALONE,
    "latency_rollups_live": READS,
    "listed_runs": READS,
    "metric_deltas": ("a", "r", ""),
    "metric_deltas_delta_id_seq": OWNERS_ALONE,
    "metric_names": ("ra", "", ""),
    "model_prices": ("r", "r", ""),
    "model_totals": OWNERS_ALONE,
    "model_totals_live": LIVE,
    "paged_runs": READS,
    "price_patterns": ("r", "r", ""),
    "price_providers": ("r", "r", ""),
    "priced_events": READS,
    "quarter_hour_latency": OWNERS_ALONE,
    "quarter_hour_latency_live": LIVE,
    "quarter_hour_latency_parts": READS,
    "quarter_hour_metrics": OWNERS_ALONE,
    "quarter_hour_metrics_live": LIVE,
    "quarter_hour_metrics_parts": READS,
    "refresh_leader": READS,
    "retired_metrics": OWNERS_ALONE,
    "retired_metrics_retired_id_seq": OWNERS_ALONE,
    "retired_scores": READS,
    "retired_scores_retired_id_seq": OWNERS_ALONE,
    "retired_versions": READS,
    "retired_versions_retired_id_seq": OWNERS_ALONE,
    "run_details": READS,
    "run_fields": ("r", "", ""),
    "run_facts": OWNERS_ALONE,
    "run_metrics": ("r", "", ""),
    "runs": ("raw", "r", ""),
    "score_details": READS,
    "scores": ("raw", "r", ""),
    "span_messages": ("ra", "", ""),
    "shown_runs": READS,
    "waiting_latency_rollups": OWNERS_ALONE,
    "waiting_rollups": OWNERS_ALONE,
    "written_runs": READS,
    "yoyo_lock": OWNERS_ALONE,
}
LETTERS = {"SELECT": "r", "INSERT": "a", "UPDATE": "w"}
MORE = ("DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")

# What nobody but the owner may do to anything, whatever kind of thing it is.
DESTROYING = {
    "table": (
        "DELETE FROM {}",
        "TRUNCATE {}",
        "DROP TABLE {} CASCADE",
        "ALTER TABLE {} RENAME TO x",
        "ALTER TABLE {} ADD COLUMN x integer",
        "CREATE INDEX ON {} (({}))",
        "LOCK TABLE {} IN ACCESS EXCLUSIVE MODE",
    ),
    "view": ("DROP VIEW {} CASCADE", "ALTER VIEW {} RENAME TO x"),
    "materialized view": (
        "DROP MATERIALIZED VIEW {} CASCADE",
        "ALTER MATERIALIZED VIEW {} RENAME TO x",
        "REFRESH MATERIALIZED VIEW {}",
    ),
    "sequence": ("DROP SEQUENCE {} CASCADE", "SELECT setval('{}', 1)", "SELECT nextval('{}')"),
}
CHANGING = ("INSERT INTO {} DEFAULT VALUES", 'UPDATE {} SET "{}" = "{}"')
MAKING = (
    "CREATE TABLE x ()",
    "CREATE TEMPORARY TABLE x ()",
    "CREATE VIEW x AS SELECT 1 AS n",
    "CREATE FUNCTION x() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    "CREATE SEQUENCE x",
    "CREATE TYPE x AS (n integer)",
    "CREATE SCHEMA x",
    "CREATE ROLE x",
    "ALTER ROLE gati_ingest SUPERUSER",
    "COPY (SELECT 1) TO PROGRAM 'true'",
)
RELATIONS = """
SELECT c.relname AS name,
       CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view'
                      WHEN 'S' THEN 'sequence' ELSE 'table' END AS kind,
       (SELECT a.attname FROM pg_attribute AS a WHERE a.attrelid = c.oid AND NOT a.attisdropped
         ORDER BY a.attnum DESC LIMIT 1) AS last
  FROM pg_class AS c
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind NOT IN ('i', 'I', 't', 'c')
 ORDER BY 1
"""


@pytest.fixture
def owner(database_url: str) -> Iterator[Connection]:
    """The owner, after a `migrate up`: what PUBLIC may do in a database is not copied with it."""
    with migrate.reach(database_url) as conn:
        ensure_roles(conn)
        grants.set_passwords(conn, database_url, (INGEST, READ))
        yield conn


@pytest.fixture
def login(owner: Connection, database_url: str) -> Iterator[Callable[[str], Connection]]:
    """Connects as a role, with nothing of the service's own settings; a tool stands for gati_bi."""
    opened = []

    def connect(role: str) -> Connection:
        conn = migrate.reach(url_of(role, database_url, owner.info))
        opened.append(conn)
        return conn

    owner.execute(f"CREATE ROLE {TOOL} LOGIN IN ROLE {BI}".encode())
    try:
        yield connect
    finally:
        for conn in opened:
            conn.close()
        owner.execute(f"DROP ROLE {TOOL}".encode())


def entry(name: str) -> str:
    """The entry of EXPECTED: one for all partitions."""
    return re.sub(r"^events_(\d{8}|default)$", "events_*", name)


def is_refused(conn: Connection, statement: str) -> bool:
    """Whether the statement fails for want of a privilege, and of nothing else."""
    try:
        with conn.transaction(force_rollback=True):
            conn.execute(statement.encode())
    except psycopg.errors.InsufficientPrivilege:
        return True
    return False


def statements(owner: Connection, *, changing: bool = False) -> list[str]:
    """What destroys, and what changes, for each thing there is."""
    found = []
    for row in owner.execute(RELATIONS.encode()):
        templates = DESTROYING[row["kind"]]
        if changing and row["kind"] == "table":
            templates += CHANGING
        found += [template.format(row["name"], row["last"], row["last"]) for template in templates]
    return found


def test_everything_in_the_schema_has_its_entry(owner: Connection) -> None:
    names = {entry(row["name"]) for row in owner.execute(RELATIONS.encode())}
    assert names == set(EXPECTED)


@pytest.mark.parametrize("role", [INGEST, READ, BI])
def test_each_role_has_what_its_entry_says(owner: Connection, role: str) -> None:
    place = (INGEST, READ, BI).index(role)
    found = {}
    for row in owner.execute(RELATIONS.encode()).fetchall():
        letters = "".join(
            letter
            for privilege, letter in LETTERS.items()
            if may(owner, role, row["name"], privilege)
        )
        assert not [more for more in MORE if may(owner, role, row["name"], more)], row
        found[row["name"]] = letters
    assert found == {name: EXPECTED[entry(name)][place] for name in found}


def may(owner: Connection, role: str, name: str, privilege: str) -> bool:
    """Whether a role has a privilege on a relation, or on some of its columns."""
    by_column = privilege in {*LETTERS, "REFERENCES"}
    kind = "any_column" if by_column and not name.endswith("_seq") else "table"
    row = owner.execute(
        f"SELECT has_{kind}_privilege(%s, %s, %s) AS may".encode(), [role, name, privilege]
    ).fetchone()
    return bool(row and row["may"])


def test_the_read_role_writes_nothing_even_when_it_says_it_will(
    owner: Connection, login: Callable[[str], Connection]
) -> None:
    conn = login(READ)
    assert conn.execute("SHOW default_transaction_read_only").fetchone() == {
        "default_transaction_read_only": "on"
    }
    conn.execute("SET default_transaction_read_only = off")
    tried = [*statements(owner, changing=True), *MAKING]
    assert len(tried) > 200
    assert [statement for statement in tried if not is_refused(conn, statement)] == []


def test_its_sessions_begin_read_only_and_with_bounded_temporary_files(
    login: Callable[[str], Connection],
) -> None:
    conn = login(READ)
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        conn.execute("CREATE TEMPORARY TABLE x ()")
    assert conn.execute("SHOW temp_file_limit").fetchone() == {"temp_file_limit": "2GB"}


def test_the_ingest_role_removes_nothing_and_makes_nothing(
    owner: Connection, login: Callable[[str], Connection]
) -> None:
    conn = login(INGEST)
    tried = [*statements(owner), *MAKING]
    assert [statement for statement in tried if not is_refused(conn, statement)] == []


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT key_id FROM api_keys",
        "SELECT 1 FROM audit_log",
        "INSERT INTO audit_log (actor, action, subject) VALUES ('a', 'b', 'c')",
        "INSERT INTO api_keys (key_id, name, scope, sha256) VALUES ('a', 'b', 'admin', '')",
        "UPDATE agents SET description = 'x'",
        "UPDATE agents SET name = 'x'",
        "UPDATE runs SET run_id = gen_random_uuid()",
        "UPDATE runs SET received_on = current_date",
        "UPDATE runs SET created_at = now()",
        "UPDATE runs SET renamed = true",
        "UPDATE events SET timestamp = now()",
        "UPDATE events SET run_id = gen_random_uuid()",
        "INSERT INTO events_default SELECT FROM events",
    ],
)
def test_the_ingest_role_has_no_business_elsewhere(
    login: Callable[[str], Connection], owner: Connection, statement: str
) -> None:
    assert is_refused(login(INGEST), statement)


def test_the_owner_may_do_all_that_is_refused_to_them(owner: Connection) -> None:
    """Else the statements of these tests might be refused whoever runs them."""
    tried = [*statements(owner, changing=True), *MAKING]
    refused = {statement for statement in tried if sqlstate(owner, statement) == REFUSED}
    assert {statement for statement in refused if "audit_log" not in statement} == set()


def sqlstate(conn: Connection, statement: str) -> str | None:
    """What a statement fails with, if it does."""
    try:
        with conn.transaction(force_rollback=True):
            conn.execute(statement.encode())
    except psycopg.Error as error:
        return error.sqlstate
    return None


def test_a_tool_reads_the_views_that_the_docs_name_and_nothing_else(
    owner: Connection, login: Callable[[str], Connection]
) -> None:
    conn = login(TOOL)
    names = {row["name"]: row["kind"] for row in owner.execute(RELATIONS.encode())}
    read = {name for name in names if not is_refused(conn, f"SELECT count(*) FROM {name}")}
    assert read == set(re.findall(r"`(\w+_live|latency_buckets)`", TOOLS))
    tried = [*statements(owner, changing=True), *MAKING]
    assert [statement for statement in tried if not is_refused(conn, statement)] == []


def test_a_partition_that_is_made_later_needs_no_grant(
    database_url: str, login: Callable[[str], Connection]
) -> None:
    ensure_partitions(database_url, date(2031, 3, 5))
    with Client.of(database_url, today=lambda: date(2031, 3, 5)) as client:
        assert client.send(event(new_id())).json["inserted"] == 1
    found = login(READ).execute("SELECT tableoid::regclass::text AS name FROM events").fetchall()
    assert found == [{"name": "events_20310303"}]


def test_a_migration_down_leaves_them_nothing_here_and_another_database_its_own(
    owner: Connection, database_url: str, login: Callable[[str], Connection]
) -> None:
    """The database that this one was copied from has granted them the same."""
    steps = sorted(schema_version.known_names(), reverse=True)
    migrate.down(database_url, steps.index("0006.roles") + 1)
    assert {role for role in (INGEST, READ, BI) if may(owner, role, "runs", "SELECT")} == set()
    held = owner.execute(
        "SELECT 1 FROM pg_shdepend WHERE deptype = 'a' AND refobjid = ANY (%s::regrole[]) AND "
        "dbid = (SELECT oid FROM pg_database WHERE datname = current_database())",
        [[INGEST, READ, BI]],
    )
    assert held.fetchall() == []
    assert not is_refused(owner, "CREATE TEMPORARY TABLE x ()")
    migrate.up(database_url)
    assert {role for role in (INGEST, READ, BI) if may(owner, role, "runs", "SELECT")} == {
        INGEST,
        READ,
    }


def test_a_migrate_up_that_finds_nothing_lacking_writes_nothing(
    owner: Connection, database_url: str
) -> None:
    """Catalogs that each start would write make running services plan anew."""
    grants = "SELECT xmin::text, relname FROM pg_class ORDER BY relname"
    before = owner.execute(grants).fetchall()
    migrate.up(database_url)
    assert owner.execute(grants).fetchall() == before
