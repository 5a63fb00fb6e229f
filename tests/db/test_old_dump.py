"""A database of the versions before 0.1.0: refused with the way on, which is a dump and a restore.

data/before-0.1.0.dump was written by `dump` of the last commit with the first 14 migrations: three
agents, runs that were named, moved and retired, prices, a key, deltas folded and waiting.
data/before-0.1.0.json is what that version answered, with what later migrations add.
"""

import json
import subprocess
from pathlib import Path

import pytest

from service.auth import key_admin
from service.auth.scopes import Scope
from service.metrics.leader import fold_once
from service.metrics.verify import verify
from service.postgres.binaries import bundled_directory
from tests.client import Client
from tests.events import event, new_id
from tests.processes.harness import command, environment, run
from tests.processes.postgres import ask

DATA = Path(__file__).with_name("data")
DUMP = DATA / "before-0.1.0.dump"
ANSWERS = json.loads((DATA / "before-0.1.0.json").read_text())

# PostgreSQL 18 wrote the dump, and pg_restore of 18 sets what 15 does not know.
pytestmark = [
    pytest.mark.one_server("restore makes an undistributed database"),
    pytest.mark.any_postgres,
]


@pytest.fixture
def restored_url(empty_database_url: str, tmp_path: Path) -> str:
    """A database of this version with the rows of the old dump."""
    done = run(tmp_path, "restore", str(DUMP), DATABASE_URL=empty_database_url)
    assert (done.returncode, done.stderr) == (0, "")
    return empty_database_url


def test_an_old_dump_answers_what_the_old_version_answered(restored_url: str) -> None:
    assert verify(restored_url) == []
    key = key_admin.create(restored_url, "reader", Scope.READ, None)
    with Client.of(restored_url) as client:
        assert client.simulate_get("/agents").status_code == 401  # a revoked key closes, too
        headers = {"Authorization": f"Bearer {key}"}
        found = {path: client.ok(path, headers=headers) for path in ANSWERS}
        assert found["/metrics/latency"].pop("tools")  # which that version did not have
    assert found == ANSWERS


def test_an_old_dump_goes_on_as_any_database(restored_url: str, tmp_path: Path) -> None:
    key = key_admin.create(restored_url, "writer", Scope.ADMIN, None)
    headers = {"Authorization": f"Bearer {key}"}
    with Client.of(restored_url) as client:
        assert client.send(event(new_id(), agent_name="one"), headers=headers).status_code == 200
        client.ok("/agents/older", "DELETE", headers=headers)
    assert fold_once(restored_url).deltas > 0
    assert verify(restored_url) == []
    assert run(tmp_path, "migrate", "status", DATABASE_URL=restored_url).returncode == 0
    assert ask(restored_url, "SELECT max(audit_id) = count(*) FROM audit_log") == "True"


def test_an_old_dump_comes_through_a_pipe(empty_database_url: str, tmp_path: Path) -> None:
    done = subprocess.run(
        command("restore", "-"),
        input=DUMP.read_bytes(),
        cwd=tmp_path,
        env=environment(DATABASE_URL=empty_database_url),
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert ask(empty_database_url, "SELECT count(*) FROM events") == "29"


def test_an_old_database_is_refused_with_the_way_on(
    empty_database_url: str, tmp_path: Path
) -> None:
    program = str(bundled_directory() / "pg_restore")
    options = ["--no-owner", "--no-privileges", "--dbname", empty_database_url, str(DUMP)]
    subprocess.run([program, *options], check=True, capture_output=True)
    line = (
        "gati-backend: the database was made by a version before 0.1.0: run python -m service "
        "dump FILE with that version, then python -m service restore FILE with this one, into a "
        "new database\n"
    )
    for arguments in (["serve"], ["migrate", "up"], ["migrate", "down", "1"]):
        refused = run(tmp_path, *arguments, DATABASE_URL=empty_database_url)
        assert (refused.returncode, refused.stderr) == (1, line), arguments
