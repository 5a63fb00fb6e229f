"""`python -m service keys`, as a user has it, beside a service that runs."""

import time
from pathlib import Path

import pytest
import requests

from service.auth.key_cache import FRESH_SECONDS
from service.auth.key_format import KeyText
from service.cli.exit_codes import NO_KEY
from service.db.queries import Connection
from tests.processes.harness import run, type_into, until
from tests.service import Service, serving


def keys(tmp_path: Path, url: str, *arguments: str) -> tuple[int, str, str]:
    """Run a command; its exit code and what it printed."""
    done = run(tmp_path, "keys", *arguments, DATABASE_URL=url)
    return done.returncode, done.stdout, done.stderr


def create(tmp_path: Path, url: str, *arguments: str) -> str:
    """Make a key; standard output is the key alone."""
    code, printed, said = keys(tmp_path, url, "create", *arguments, "--yes")
    assert code == 0, said
    assert "shown this once" in said
    text = printed.removesuffix("\n")
    assert KeyText.parse(text) is not None, printed
    return text


def status(service: Service, key: str | None = None) -> int:
    """What a read with this key is answered."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return requests.get(f"{service.url}/api/agents", headers=headers, timeout=30).status_code


def test_a_first_key_closes_a_running_service_and_its_end_does_not_open_it(
    database_url: str, tmp_path: Path
) -> None:
    with serving(database_url, tmp_path) as service:
        assert keys(tmp_path, database_url, "list")[0] == NO_KEY
        assert status(service) == 200
        key = create(tmp_path, database_url, "laptop", "--scope", "read")
        until(lambda: status(service) == 401, "everybody is still let in")
        time.sleep(1)  # each worker looks for an unknown id once a second
        assert status(service, key) == 200
        code, printed, _ = keys(tmp_path, database_url, "revoke", "--yes", "laptop")
        assert (code, printed.splitlines()[-1].split()[0]) == (0, "revoked")
        until(lambda: status(service, key) == 401, "it is still good", FRESH_SECONDS + 10)
        assert status(service) == 401


def test_the_first_key_says_what_it_closes_and_asks(database_url: str, tmp_path: Path) -> None:
    arguments = ("create", "prometheus", "--scope", "read")
    code, printed, said = keys(tmp_path, database_url, *arguments)
    assert (code, printed) == (1, "")
    assert "every request without a key is answered 401" in said
    assert said.endswith("nothing was done: add --yes to confirm\n")
    asked = ("keys", *arguments)
    assert type_into(tmp_path, b"no\n", *asked, DATABASE_URL=database_url)[0] == 1
    assert keys(tmp_path, database_url, "list")[0] == NO_KEY
    code, shown = type_into(tmp_path, b"yes\n", *asked, DATABASE_URL=database_url)
    assert (code, "gati_read_" in shown) == (0, True)
    # The second closes nothing.
    assert keys(tmp_path, database_url, "create", "laptop", "--scope", "read")[0] == 0


def test_the_list_shows_everything_but_the_key(database_url: str, tmp_path: Path) -> None:
    made = [
        create(tmp_path, database_url, "laptop", "--scope", "ingest"),
        create(tmp_path, database_url, "ci", "--scope", "admin", "--expires", "90d"),
        create(tmp_path, database_url, "old", "--scope", "read"),
    ]
    keys(tmp_path, database_url, "revoke", "--yes", made[2].split("_")[2])
    code, printed, _ = keys(tmp_path, database_url, "list")
    first, second, third = printed.splitlines()
    assert code == 0
    assert first.split() == [made[0].split("_")[2], "ingest", "valid", *NEVER, "laptop"]
    assert second.split()[1:4] == ["admin", "valid", "until"]
    assert third.split()[1:3] == ["read", "revoked"]
    assert not [text for text in made if text.split("_")[3] in printed]


NEVER = ["last", "used", "never"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["create", "laptop", "--scope", "read"], "another key is named 'laptop'"),
        (["create", "", "--scope", "read"], "a key's name "),
        (["create", "x" * 101, "--scope", "read"], "a key's name "),
        (["revoke", "nobody"], "no valid key has the name or id 'nobody'"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    database_url: str, tmp_path: Path, arguments: list[str], said: str
) -> None:
    create(tmp_path, database_url, "laptop", "--scope", "read")
    code, printed, complaint = keys(tmp_path, database_url, *arguments)
    assert (code, printed) == (1, "")
    assert complaint.startswith(f"gati-backend: {said}")
    assert len(complaint.splitlines()) == 1


def test_a_key_is_shown_before_it_is_revoked(database_url: str, tmp_path: Path) -> None:
    create(tmp_path, database_url, "laptop", "--scope", "read")
    code, printed, complaint = keys(tmp_path, database_url, "revoke", "laptop")
    assert code == 1
    assert printed.startswith("would revoke ")
    assert printed.endswith("  last used never       laptop\n")
    assert complaint == "gati-backend: nothing was done: add --yes to confirm\n"
    arguments = ("keys", "revoke", "laptop")
    assert type_into(tmp_path, b"no\n", *arguments, DATABASE_URL=database_url)[0] == 1
    assert " valid " in keys(tmp_path, database_url, "list")[1]
    code, shown = type_into(tmp_path, b"yes\n", *arguments, DATABASE_URL=database_url)
    assert code == 0
    assert "revoked" in shown


def test_the_last_admin_key_is_not_revoked_in_silence(database_url: str, tmp_path: Path) -> None:
    for name in ("one", "two"):
        create(tmp_path, database_url, name, "--scope", "admin")
    create(tmp_path, database_url, "reader", "--scope", "read")
    assert keys(tmp_path, database_url, "revoke", "--yes", "one")[0] == 0
    code, printed, complaint = keys(tmp_path, database_url, "revoke", "--yes", "two")
    assert code == 1
    assert "it is the last valid admin key" in printed
    assert complaint == "gati-backend: nothing was done: add --lose last-admin to confirm\n"
    assert keys(tmp_path, database_url, "revoke", "--yes", "reader")[0] == 0
    last = ("revoke", "--yes", "--lose", "last-admin", "two")
    assert keys(tmp_path, database_url, *last)[0] == 0


def test_a_key_that_is_named_as_the_id_of_another_is_not_revoked_with_it(
    database_url: str, conn: Connection, tmp_path: Path
) -> None:
    first = create(tmp_path, database_url, "one", "--scope", "admin").split("_")[2]
    code, _, said = keys(tmp_path, database_url, "create", first, "--scope", "read", "--yes")
    assert (code, said) == (
        1,
        f"gati-backend: '{first}' is the id of a key: choose another name\n",
    )
    other = create(tmp_path, database_url, "two", "--scope", "admin").split("_")[2]
    conn.execute("UPDATE api_keys SET name = %s WHERE key_id = %s", (first, other))  # of before
    code, printed, said = keys(tmp_path, database_url, "revoke", first, "--yes")
    assert (code, printed) == (1, "")
    assert said == (
        f"gati-backend: '{first}' is the id of one key and the name of another, {first} (one) and "
        f"{other} ({first}): say the other word of it\n"
    )
    code, printed, _ = keys(tmp_path, database_url, "revoke", "one", "--yes")
    assert (code, printed.splitlines()[-1].split()[:3]) == (0, ["revoked", first, "one;"])
    assert [line.split()[2] for line in keys(tmp_path, database_url, "list")[1].splitlines()] == [
        "revoked",
        "valid",
    ]


def test_a_name_is_free_again_once_its_key_is_revoked(database_url: str, tmp_path: Path) -> None:
    for _ in range(2):
        create(tmp_path, database_url, "laptop", "--scope", "read")
        assert keys(tmp_path, database_url, "revoke", "--yes", "laptop")[0] == 0


def test_nothing_of_a_key_but_its_id_reaches_the_database(
    database_url: str, tmp_path: Path, conn: Connection
) -> None:
    key = create(tmp_path, database_url, "laptop", "--scope", "read")
    for table in ("api_keys", "audit_log"):
        assert key.split("_")[3] not in str(conn.execute(f"SELECT * FROM {table}").fetchall())
