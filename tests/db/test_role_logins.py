"""Whom the service connects as: the roles, or the owner where one is refused, as a line says."""

import json
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
import requests
from psycopg.conninfo import conninfo_to_dict

from service.db import migrate
from service.db.database import Database
from service.db.database_settings import DatabaseSettings
from service.db.queries import Connection, queries
from service.db.roles import logins
from service.db.roles.logins import Logins
from service.db.roles.names import BI, INGEST, READ, derived_password
from service.postgres.binaries import bundled_directory
from service.postgres.server import EmbeddedServer
from tests.client import Client
from tests.databases import janitor, url_of
from tests.events import event, new_id
from tests.processes.harness import run, until
from tests.processes.postgres import BIN_DIR, ask, do, started
from tests.service import Service, serving

WHERE = "docs/operations/roles.md"
PASSWORD = "a \"pass\" 'word' %s"  # noqa: S105
NEW, THEIRS, CHOSEN = "new", "theirs", "chosen"
CONNECTED = (
    "SELECT string_agg(DISTINCT usename, ' ' ORDER BY usename) FROM pg_stat_activity "
    "WHERE application_name = 'gati-backend {}'"
)


@contextmanager
def fresh(copy_dir: Path) -> Iterator[EmbeddedServer]:
    """A cluster that never had a database of the service."""
    with started(copy_dir / "data") as server:
        yield server


def url(server: EmbeddedServer, **parts: str) -> str:
    """The server's URL with other parts."""
    found = {**conninfo_to_dict(server.url), **parts}
    query = "&".join(f"{key}={quote(str(value), safe='')}" for key, value in found.items())
    return f"postgresql:///?{query}"


def database_of(server: EmbeddedServer, name: str) -> str:
    """The URL of a new role that may create none, on a new database that it owns."""
    do(server.url, f"CREATE ROLE {name} LOGIN")
    do(server.url, f"CREATE DATABASE {name} OWNER {name}")
    return url(server, user=name, dbname=name)


def use(service: Service) -> None:
    """Ingest, a read, and a change by hand."""
    run_id = new_id()
    sent = requests.post(f"{service.url}/api/events", json={"events": [event(run_id)]}, timeout=10)
    assert sent.status_code == 200, sent.text
    agent = service.ok(f"/api/runs/{run_id}")["agent_name"]
    described = requests.patch(
        f"{service.url}/api/agents/{agent}", json={"description": "x"}, timeout=10
    )
    assert described.status_code == 200, described.text


def users(at: str, *purposes: str) -> list[str]:
    """Who is connected for each purpose."""
    return [ask(at, CONNECTED.format(purpose)) for purpose in purposes]


def lines(service: Service) -> list[str]:
    """What the log says of the owner in a role's place."""
    return [json.loads(line)["message"] for line in service.output.splitlines() if WHERE in line]


def test_each_pool_connects_as_its_role(database_url: str, tmp_path: Path) -> None:
    with serving(database_url, tmp_path) as service:
        use(service)
        owner = str(conninfo_to_dict(database_url)["user"])
        assert users(database_url, "writer", "read", "change") == [INGEST, READ, owner]
        until(lambda: users(database_url, "refresh") == [owner], "nobody folds as the owner")
        assert lines(service) == []


def test_an_owner_who_may_create_no_role_serves_and_says_so_once(
    copy_dir: Path, tmp_path: Path
) -> None:
    with fresh(copy_dir) as server:
        plain = database_of(server, "plain")
        with serving(plain, tmp_path, WORKERS=2) as service:
            use(service)
            assert users(server.url, "writer", "read", "change") == ["plain"] * 3
            [line] = until(lambda: lines(service), "it says nothing")
            do(server.url, "ALTER ROLE plain CREATEROLE")
            assert run(tmp_path, "migrate", "up", DATABASE_URL=plain).returncode == 0
            before = service.workers
            service.process.send_signal(signal.SIGHUP)
            until(lambda: service.workers and not service.workers & before, "no reload")
            use(service)
            assert users(server.url, "writer", "read", "change") == [INGEST, READ, "plain"]
            assert lines(service) == [line]
        assert line.startswith(
            "ingest and reads run as plain, the owner, which has all privileges: "
        )
        assert f"there is no role {INGEST}; there is no role {READ}" in line


def test_what_the_docs_tell_a_dba_is_all_it_takes(copy_dir: Path, tmp_path: Path) -> None:
    told = (Path(migrate.__file__).parents[2] / "docs/operations/roles.md").read_text()
    made, tool = (part.split("```")[0] for part in told.split("```sql\n")[1:])
    with fresh(copy_dir) as server:
        plain = database_of(server, "plain")
        assert run(tmp_path, "migrate", "up", DATABASE_URL=plain).returncode == 0
        for statement in [*made.split(";\n"), *tool.split(";\n")]:
            if statement.strip():
                do(server.url, statement)
        assert run(tmp_path, "migrate", "up", DATABASE_URL=plain).returncode == 0
        urls: dict[str, Any] = {
            f"DATABASE_{task}_URL": url(server, user=role, dbname="plain")
            for task, role in (("INGEST", INGEST), ("READ", READ))
        }
        with serving(plain, tmp_path, **urls) as service:
            use(service)
            assert users(server.url, "writer", "read", "change") == [INGEST, READ, "plain"]
            assert lines(service) == []
        metabase = url(server, user="metabase", dbname="plain")
        assert ask(metabase, "SELECT sum(events) FROM agent_totals_live") == "1"
        assert ask(metabase, "SHOW default_transaction_read_only") == "on"
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            ask(metabase, "SELECT data FROM events")


@pytest.fixture
def guarded(copy_dir: Path) -> Iterator[EmbeddedServer]:
    """A server that lets nobody in without a password."""
    with fresh(copy_dir) as server:
        with psycopg.connect(server.url, autocommit=True) as conn:
            conn.execute(psycopg.sql.SQL("ALTER ROLE gati PASSWORD {}").format(PASSWORD))
            conn.execute("ALTER SYSTEM SET log_statement = 'all'")
            (hba,) = conn.execute("SHOW hba_file").fetchone() or ("",)
            Path(hba).write_text("local all all scram-sha-256\n")
            conn.execute("SELECT pg_reload_conf()")
        yield server


def passfile(directory: Path, password: str) -> str:
    """A passfile for every server and user."""
    path = directory / "passfile"
    path.write_text("*:*:*:*:" + password.replace("\\", "\\\\").replace(":", "\\:") + "\n")
    path.chmod(0o600)
    return str(path)


@pytest.mark.parametrize("where", ["url", "PGPASSWORD", "passfile"])
def test_passwords_follow_from_the_owners_wherever_that_is(
    guarded: EmbeddedServer, copy_dir: Path, tmp_path: Path, where: str
) -> None:
    variables: dict[str, Any] = {}
    at = complete = url(guarded, password=PASSWORD)
    if where == "PGPASSWORD":
        at, variables = guarded.url, {"PGPASSWORD": PASSWORD}
    elif where == "passfile":
        at, variables = guarded.url, {"PGPASSFILE": passfile(tmp_path, PASSWORD)}
    with serving(at, tmp_path, **variables) as service:
        use(service)
        assert users(complete, "writer", "read", "change") == [INGEST, READ, "gati"]
        assert lines(service) == []
    log = (copy_dir / "data" / "postgresql.log").read_text()
    assert 'ALTER ROLE "gati_read" PASSWORD \'SCRAM-SHA-256$' in log
    assert derived_password(PASSWORD, READ) not in log
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        ask(url(guarded, user=READ, password=PASSWORD), "SELECT 1")


def test_an_owner_who_may_create_roles_needs_to_be_no_superuser(
    guarded: EmbeddedServer, tmp_path: Path
) -> None:
    """As with a managed PostgreSQL."""
    at = url(guarded, password=PASSWORD)
    do(at, f"CREATE ROLE manager LOGIN CREATEROLE PASSWORD '{CHOSEN}'")
    do(at, "CREATE DATABASE managed OWNER manager")
    managed = url(guarded, user="manager", password=CHOSEN, dbname="managed")
    assert run(tmp_path, "migrate", "up", DATABASE_URL=managed).returncode == 0
    assert refusals(managed) == {INGEST: "", READ: ""}
    with psycopg.connect(Logins(managed).read()) as conn:
        assert conn.execute("SHOW default_transaction_read_only").fetchone() == ("on",)
    assert run(tmp_path, "migrate", "down", "1", "--yes", DATABASE_URL=managed).returncode == 0


def test_another_password_of_the_owners_gives_them_another(
    guarded: EmbeddedServer, tmp_path: Path
) -> None:
    before = url(guarded, password=PASSWORD)
    assert run(tmp_path, "migrate", "up", DATABASE_URL=before).returncode == 0
    do(before, f"ALTER ROLE gati PASSWORD '{NEW}'")
    after = url(guarded, password=NEW)
    assert f"{READ} cannot connect" in refusals(after)[READ]
    assert run(tmp_path, "migrate", "up", DATABASE_URL=after).returncode == 0
    assert refusals(after) == {INGEST: "", READ: ""}


def test_a_password_that_somebody_else_has_set_stays(
    guarded: EmbeddedServer, tmp_path: Path
) -> None:
    """Another owner's, of another database in the cluster, or a DBA's."""
    at = url(guarded, password=PASSWORD)
    do(at, f"CREATE ROLE {READ} LOGIN PASSWORD '{THEIRS}'")
    assert run(tmp_path, "migrate", "up", DATABASE_URL=at).returncode == 0
    theirs = url(guarded, user=READ, password=THEIRS)
    assert ask(theirs, "SELECT current_user") == READ
    assert refusals(at)[INGEST] == ""
    assert "password authentication failed" in refusals(at)[READ]
    with serving(at, tmp_path, DATABASE_READ_URL=theirs) as service:
        use(service)
        assert users(at, "writer", "read") == [INGEST, READ]
        assert lines(service) == []


def test_a_url_that_was_given_is_not_set_a_password_for(
    guarded: EmbeddedServer, tmp_path: Path
) -> None:
    at = url(guarded, password=PASSWORD)
    assert run(tmp_path, "migrate", "up", DATABASE_URL=at).returncode == 0
    do(at, f"ALTER ROLE {READ} PASSWORD '{CHOSEN}'")
    chosen = url(guarded, user=READ, password=CHOSEN)
    up = run(tmp_path, "migrate", "up", DATABASE_URL=at, DATABASE_READ_URL=chosen)
    assert up.returncode == 0
    assert ask(chosen, "SELECT current_user") == READ


def refusals(at: str, given: dict[str, str | None] | None = None) -> dict[str, str]:
    """Why each role is not used; empty where it is."""
    logins = Logins(at, given)
    logins.check()
    return {role: login.refusal for role, login in logins._found.items()}


@pytest.mark.parametrize(
    ("statement", "refused"),
    [
        (f"REVOKE SELECT ON runs FROM {READ}", f"{READ} has no SELECT on runs"),
        (
            f"REVOKE UPDATE (status) ON runs FROM {INGEST}",
            f"{INGEST} has no UPDATE on runs",
        ),
        (f"ALTER ROLE {INGEST} NOLOGIN", f"{INGEST} cannot connect"),
        ("REVOKE CONNECT ON DATABASE {} FROM PUBLIC", f"{READ} cannot connect"),
    ],
)
def test_a_role_that_cannot_do_its_work_is_not_used(
    database_url: str, conn: Connection, statement: str, refused: str
) -> None:
    role = READ if READ in refused else INGEST
    name = str(conninfo_to_dict(database_url)["dbname"])
    try:
        do(database_url, statement.format(f'"{name}"'))
        assert refused in refusals(database_url)[role]
        with Client.of(database_url) as client:
            assert client.send(event(new_id())).status_code == 200
            assert client.simulate_get("/api/agents").status_code == 200
        migrate.up(database_url)
        after = refusals(database_url)
        assert after == {INGEST: "", READ: ""} or "NOLOGIN" in statement
    finally:
        do(database_url, f"ALTER ROLE {INGEST} LOGIN")


POISONED = {
    "search_path": "nowhere",
    "datestyle": "SQL, DMY",
    "timezone": "Asia/Tokyo",
    "client_encoding": "LATIN1",
    "idle_session_timeout": "1ms",
}


@pytest.mark.parametrize("setting", POISONED)
def test_what_a_role_sets_for_itself_changes_nothing(database_url: str, setting: str) -> None:
    found = Logins(database_url)
    try:
        for role, at in ((INGEST, found.ingest()), (READ, found.read())):
            with psycopg.connect(at, autocommit=True) as conn:
                conn.execute("SET default_transaction_read_only = off")
                conn.execute(f"ALTER ROLE CURRENT_USER SET {setting} = '{POISONED[setting]}'")
            assert ask(database_url, f"SELECT rolconfig FROM pg_roles WHERE rolname = '{role}'")
        assert refusals(database_url) == {INGEST: "", READ: ""}
        with Client.of(database_url) as client:
            sent = event(new_id(), data={"text": "\N{SNOWMAN} \\' x"})
            assert client.send(sent).json["inserted"] == 1
            timeline = client.ok(f"/api/runs/{sent['run_id']}/timeline")["events"]
            assert timeline[0]["data"] == sent["data"]
            stored = ask(database_url, "SELECT data ->> 'text' FROM events")
            assert stored == sent["data"]["text"]
            assert timeline[0]["timestamp"].startswith(sent["timestamp"][:19])
    finally:
        for role in (INGEST, READ):
            do(database_url, f"ALTER ROLE {role} RESET {setting}")


def test_what_a_commit_waits_for_is_for_the_owner_to_choose(database_url: str) -> None:
    name = conninfo_to_dict(database_url)["dbname"]

    def in_force() -> Any:
        logins = Logins(database_url)
        with closing(Database(DatabaseSettings(database_url, 5, logins)).connect_writer()) as conn:
            assert conn.info.user == INGEST
            return conn.execute("SHOW synchronous_commit").fetchall()[0]["synchronous_commit"]

    try:
        with psycopg.connect(Logins(database_url).ingest(), autocommit=True) as conn:
            conn.execute("ALTER ROLE CURRENT_USER SET synchronous_commit = off")
        chosen = ask(database_url, "SHOW synchronous_commit")
        assert in_force() == chosen != "off"
        do(database_url, f'ALTER DATABASE "{name}" SET synchronous_commit = remote_apply')
        assert in_force() == "remote_apply"
    finally:
        do(database_url, f"ALTER ROLE {INGEST} RESET synchronous_commit")


@pytest.mark.parametrize("role", [INGEST, READ])
def test_the_owner_never_takes_the_place_of_a_role_that_has_worked(
    database_url: str, role: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(logins, "RETRY_SECONDS", 0.1)

    def ask_once(client: Client) -> int:
        if role == READ:
            return client.simulate_get("/api/agents").status_code
        return client.send(event(new_id())).status_code

    with Client.of(database_url) as client:
        assert ask_once(client) == 200
    at = Logins(database_url).ingest() if role == INGEST else Logins(database_url).read()
    try:
        with psycopg.connect(at, autocommit=True) as conn:
            conn.execute("SET default_transaction_read_only = off")
            conn.execute("ALTER ROLE CURRENT_USER SET local_preload_libraries = 'not_there'")
        migrate.up(database_url)
        with Client.of(database_url) as client:  # as after a restart
            assert ask_once(client) == 503
            assert f"{role} cannot connect" in caplog.text
            do(database_url, f"ALTER ROLE {role} RESET local_preload_libraries")
            until(lambda: ask_once(client) == 200, "it is not used again")
    finally:
        do(database_url, f"ALTER ROLE {role} RESET local_preload_libraries")


def test_a_role_that_could_not_connect_for_a_while_is_used_again(
    database_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(logins, "RETRY_SECONDS", 0.2)
    found = Logins(database_url)
    try:
        do(database_url, f"ALTER ROLE {READ} CONNECTION LIMIT 0")
        assert conninfo_to_dict(found.read())["user"] != READ
        do(database_url, f"ALTER ROLE {READ} CONNECTION LIMIT -1")
        until(lambda: conninfo_to_dict(found.read())["user"] == READ, "the owner stays for good")
    finally:
        do(database_url, f"ALTER ROLE {READ} CONNECTION LIMIT -1")
    said = [record.getMessage() for record in caplog.records]
    assert ["too many connections" in line for line in said] == [True, False]
    assert f"reads as {READ} from now on" in said[1]


def test_while_postgresql_is_away_nothing_is_concluded(copy_dir: Path) -> None:
    data = copy_dir / "data"
    with started(data) as server:
        migrate.up(server.url)
        at = server.url
    logins = Logins(at)
    logins.check()
    with pytest.raises(psycopg.OperationalError):
        logins.ingest()
    server = EmbeddedServer(data, BIN_DIR)
    server.start()
    try:
        assert server.url == at
        found = [conninfo_to_dict(found)["user"] for found in (logins.ingest(), logins.read())]
    finally:
        server.stop()
    assert found == [INGEST, READ]


def test_two_databases_of_a_cluster_make_the_roles_at_once(copy_dir: Path) -> None:
    with fresh(copy_dir) as server:
        do(server.url, "CREATE DATABASE other")
        others = url(server, dbname="other")
        with migrate.reach(server.url) as first:
            first.autocommit = False
            queries.roles.create(first)  # not yet committed: the other one waits, and finds them
            failed: list[BaseException] = []
            second = threading.Thread(target=attempt, args=(others, failed))
            second.start()
            waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            while ask(server.url, waiting) == "0":
                assert second.is_alive()
            first.commit()
            second.join()
        assert failed == []
        assert refusals(others) == {INGEST: "", READ: ""}


def attempt(at: str, failed: list[BaseException]) -> None:
    """Migrate, from a thread."""
    try:
        migrate.up(at)
    except BaseException as error:
        failed.append(error)


def test_another_owner_s_roles_get_nothing_of_a_database(copy_dir: Path) -> None:
    with fresh(copy_dir) as server:
        first, second = database_of(server, "first"), database_of(server, "second")
        do(server.url, "ALTER ROLE first CREATEROLE")
        migrate.up(first)
        migrate.up(second)
        assert refusals(first) == {INGEST: "", READ: ""}
        assert all("has no" in refusal for refusal in refusals(second).values())
        for role in (INGEST, READ, BI):
            for table in ("events", "api_keys", "daily_totals_live"):
                allowed = f"SELECT has_table_privilege('{role}', '{table}', 'SELECT')"
                assert ask(second, allowed) == "False", (role, table)


def test_a_dump_restored_in_another_cluster_has_its_roles_there(
    copy_dir: Path, database_url: str, tmp_path: Path
) -> None:
    file = str(tmp_path / "dump")
    assert run(tmp_path, "dump", file, DATABASE_URL=database_url).returncode == 0
    with fresh(copy_dir) as server:
        restored = run(tmp_path, "restore", file, DATABASE_URL=server.url)
        assert (restored.returncode, restored.stderr) == (0, "")
        assert refusals(server.url) == {INGEST: "", READ: ""}
        plain = database_of(server, "plain")  # who owns what is restored, and grants it
        for role in (INGEST, READ, BI):  # a DBA says that they are no one owner's
            do(server.url, f"COMMENT ON ROLE {role} IS 'shared'")
        assert run(tmp_path, "restore", file, DATABASE_URL=plain).returncode == 0
        assert refusals(plain) == {INGEST: "", READ: ""}


def test_a_dump_that_pg_restore_has_restored_catches_up_with_migrate_up(
    database_url: str, server_url: str, tmp_path: Path
) -> None:
    file = str(tmp_path / "dump")
    assert run(tmp_path, "dump", file, DATABASE_URL=database_url).returncode == 0
    with janitor(server_url, "gati_test_by_hand"):
        at = url_of(server_url, "gati_test_by_hand")
        program = str(bundled_directory() / "pg_restore")
        subprocess.run([program, "--no-owner", "-d", at, file], check=False, capture_output=True)
        assert "has no" in refusals(at)[READ]
        assert run(tmp_path, "migrate", "up", DATABASE_URL=at).returncode == 0
        assert refusals(at) == {INGEST: "", READ: ""}
