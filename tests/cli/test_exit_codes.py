"""Every documented exit code, by one case each; and what --json prints with it."""

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from service.cli.exit_codes import FAILED, INTERRUPTED, NO_KEY, OK, WRONG_VALUE
from service.db.migrate import down
from service.db.queries import Connection
from service.db.schema_version import known_names
from tests.client import Client
from tests.db.old import LONG_AGO, name_of, receive, run_on
from tests.events import event, new_id
from tests.processes.harness import command, environment, free_port, run
from tests.service import Service, serving


def printed(cwd: Path, url: str, *arguments: str) -> tuple[int, Any]:
    """The exit code of a command with --json, and the value that it prints."""
    done = run(cwd, *arguments, "--json", DATABASE_URL=url)
    return done.returncode, json.loads(done.stdout)


def test_a_wrong_setting_and_a_wrong_argument_are_2(tmp_path: Path) -> None:
    assert run(tmp_path, "keys", "list", PORT="0").returncode == WRONG_VALUE
    assert run(tmp_path, "keys", "list", "--nonsense").returncode == WRONG_VALUE


def test_a_failure_is_1_and_one_line(tmp_path: Path) -> None:
    url = f"postgresql://127.0.0.1:{free_port()}/none"
    for arguments in (("keys", "list"), ("migrate", "status"), ("verify",)):
        failed = run(tmp_path, *arguments, DATABASE_URL=url)
        assert failed.returncode == FAILED, failed.stderr
        assert len(failed.stderr.splitlines()) == 1, failed.stderr


def test_keys_list_is_3_while_there_is_none(database_url: str, tmp_path: Path) -> None:
    assert printed(tmp_path, database_url, "keys", "list") == (NO_KEY, [])
    for name in ("laptop", "old"):
        run(tmp_path, "keys", "create", name, "--scope", "read", "--yes", DATABASE_URL=database_url)
    run(tmp_path, "keys", "revoke", "--yes", "old", DATABASE_URL=database_url)
    code, [laptop, old] = printed(tmp_path, database_url, "keys", "list")
    assert code == OK
    assert (laptop["name"], laptop["scope"], laptop["state"]) == ("laptop", "read", "valid")
    assert (laptop["expires_at"], laptop["revoked_at"], laptop["last_used_on"]) == (None,) * 3
    assert (old["state"], old["revoked_at"] > old["created_at"]) == ("revoked", True)


@pytest.mark.one_server("rolls back")
def test_migrate_status_is_1_while_a_migration_is_pending(
    database_url: str, tmp_path: Path
) -> None:
    names = sorted(known_names())
    everything = [{"name": name, "applied": True} for name in names]
    assert printed(tmp_path, database_url, "migrate", "status") == (OK, everything)
    down(database_url, 1)
    everything[-1]["applied"] = False
    assert printed(tmp_path, database_url, "migrate", "status") == (FAILED, everything)


def test_verify_is_1_until_it_is_repaired(
    client: Client, database_url: str, conn: Connection, tmp_path: Path
) -> None:
    client.send(event(new_id()))
    assert printed(tmp_path, database_url, "verify") == (OK, {"differences": [], "remaining": []})
    conn.execute("UPDATE runs SET total_cost = 5")
    code, found = printed(tmp_path, database_url, "verify")
    assert code == FAILED
    assert found["remaining"] == found["differences"]
    [difference] = [each for each in found["differences"] if each["field"] == "total_cost"]
    assert (difference["relation"], float(difference["stored"])) == ("runs", 5)
    code, repaired = printed(tmp_path, database_url, "verify", "--repair")
    assert (code, repaired) == (OK, {"differences": found["differences"], "remaining": []})


def test_retention_says_what_would_go(database_url: str, tmp_path: Path) -> None:
    receive(database_url, LONG_AGO, *run_on(LONG_AGO))
    arguments = ("retention", "--keep", "90d", "--dry-run")
    code, found = printed(tmp_path, database_url, *arguments)
    [old] = [each for each in found["partitions"] if each["runs"]]
    assert code == OK
    assert (old["name"], old["outcome"], old["runs"]) == (name_of(LONG_AGO), "would drop", 1)


def test_import_is_1_when_an_event_is_rejected(database_url: str, tmp_path: Path) -> None:
    (tmp_path / "bad").write_text("{}\n")
    assert run(tmp_path, "import", "bad", DATABASE_URL=database_url).returncode == FAILED


def test_health_is_0_and_then_1(database_url: str, tmp_path: Path) -> None:
    with serving(database_url, tmp_path) as service:
        code, found = health(tmp_path, service)
        assert (code, found["status"], found["database"]) == (OK, "healthy", "connected")
        text = run(tmp_path, "health", "--url", service.url)
        assert (text.returncode, text.stdout.splitlines()[0]) == (OK, f"healthy: {service.url}")
    code, found = health(tmp_path, service)
    [reason] = found["reasons"]
    assert (code, found["status"], reason["code"]) == (FAILED, "unhealthy", "unreachable")


def health(tmp_path: Path, service: Service) -> tuple[int, Any]:
    """What the command says of a service that listens at HOST and PORT."""
    done = run(tmp_path, "health", "--json", PORT=service.port)
    return done.returncode, json.loads(done.stdout)


def test_health_of_another_server_is_1(service: Service, tmp_path: Path) -> None:
    failed = run(tmp_path, "health", "--url", f"{service.url}/docs")
    assert (failed.returncode, "no_report: " in failed.stdout) == (FAILED, True)


def test_ctrl_c_is_130(tmp_path: Path) -> None:
    url = f"postgresql://127.0.0.1:{free_port()}/none"
    with subprocess.Popen(
        command("migrate", "up", "--wait", "60"),
        cwd=tmp_path,
        env=environment(DATABASE_URL=url),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        # Whoever runs the tests in the background lets them ignore the signal, and the child too.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    ) as waiting:
        assert waiting.stdout is not None
        waiting.stdout.readline()  # it waits for the database
        waiting.send_signal(signal.SIGINT)
        assert waiting.wait(30) == INTERRUPTED
