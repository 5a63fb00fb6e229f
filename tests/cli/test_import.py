"""python -m service import: of any file, what is good is stored once, and the rest is named."""

import gzip
import json
import os
import resource
import signal
import sqlite3
import subprocess
import termios
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from service.cli.importing.command import lending
from service.cli.importing.continuation import Continuations
from service.cli.importing.importer import BATCH_EVENTS, Importer
from service.cli.importing.source import Line
from service.cli.psql import listen_to_ctrl_c
from service.config import Config
from service.core.clock import today
from service.db.connections import connect
from service.db.queries import Connection
from service.db.session_settings import WRITE
from service.ingest.rows import EventRow
from service.metrics.verify import verify
from service.writer.group_commit import GroupCommitWriter
from service.writer.incoming import Counts
from service.writer.scores import ScoreWriter
from tests.client import Client
from tests.events import Event, differences, event, new_id
from tests.processes.harness import REPOSITORY, Service, command, environment, run, until
from tests.processes.postgres import ask
from tests.resources.export.reading import export, exported, filled, keys

LINE_BYTES = 50_000
LARGE_LINES = 8_000  # 400 MB
MOST_MORE_BYTES = 40_000_000


def lines_of(*events: Any) -> bytes:
    """NDJSON."""
    return b"".join(json.dumps(one).encode() + b"\n" for one in events)


def write(directory: Path, content: bytes, name: str = "events.ndjson") -> str:
    """A file; its name."""
    (directory / name).write_bytes(content)
    return name


def test_good_lines_are_stored_and_again_they_are_duplicates(
    tmp_path: Path, database_url: str, conn: Connection
) -> None:
    one, many = new_id(), [event(new_id(), seconds=n) for n in range(2 * BATCH_EVENTS)]
    file = write(tmp_path, lines_of(event(one, "agent_start"), *many, event(one, "agent_end", 1)))
    events = len(many) + 2
    for said in (f"inserted {events}, duplicates 0", f"inserted 0, duplicates {events}"):
        done = run(tmp_path, "import", file, DATABASE_URL=database_url)
        assert (done.returncode, done.stdout, done.stderr) == (0, f"{said}, failed 0\n", "")
    assert differences(conn) == []
    assert verify(database_url) == []


BAD: list[tuple[bytes, str]] = [
    (b"{", "invalid_json"),
    (b"text", "invalid_json"),
    (b'"text"', "not_an_object"),
    (b"7", "not_an_object"),
    (b"[]", "not_an_object"),
    (b"\xff", "invalid_json"),
    (b"{}", "missing"),
    (b"{} {}", "invalid_json"),
    (lines_of({**event(new_id()), "run_id": "x"}).strip(), "invalid_uuid"),
    (lines_of({**event(new_id()), "timestamp": "never"}).strip(), "invalid_timestamp"),
    (lines_of({**event(new_id()), "data": {"a": float("nan")}}).strip(), "invalid_number"),
    (lines_of({**event(new_id()), "data": {"a": "x" * 1_100_000}}).strip(), "event_too_large"),
    (lines_of(event(new_id())).strip() + b"," + lines_of(event(new_id())).strip(), "invalid_json"),
    (lines_of(event(new_id())).strip() + b'],"more":[', "invalid_json"),
    (lines_of(event(new_id())).strip()[:-9], "invalid_json"),  # an export that was cut short
    (b'{"export": {}, "more": 1}', "missing"),
    (b"x" * 2_200_000, "line_too_long"),
]


@pytest.mark.parametrize(("bad", "code"), BAD, ids=[str(n) for n in range(len(BAD))])
def test_a_bad_line_is_named_and_stops_no_other(
    tmp_path: Path, database_url: str, bad: bytes, code: str
) -> None:
    good = lines_of(event(new_id()), event(new_id()))
    file = write(tmp_path, good + b"\r\n" + bad + b"\n" + lines_of(event(new_id())).strip())
    done = run(tmp_path, "import", file, DATABASE_URL=database_url, MAX_BODY_MB=2)
    assert (done.returncode, done.stdout) == (1, "inserted 3, duplicates 0, failed 1\n")
    [said] = done.stderr.splitlines()
    assert said.startswith(f"line 4: {code}: "), said
    assert ask(database_url, "SELECT count(*) FROM events") == "3"


class SpoilingWriter(GroupCommitWriter):
    """A writer that gets rows which it cannot store, as from a reader with a fault."""

    def store(self, rows: list[EventRow]) -> Counts:
        """Store the rows, of which those of the model `json` and `data` have no JSON."""
        for row in rows:
            if row.model == "json":
                row.data = b'{"gen_ai.request.model":'
            if row.model == "data":
                row.data = b"{,}"
        return super().store(rows)


def test_a_line_that_cannot_be_stored_is_named_and_stops_no_other(
    database_url: str, conn: Connection
) -> None:
    models = ["m"] * 20
    models[3], models[17] = "json", "data"
    lines = [
        Line(f"line {n}", lines_of(event(new_id(), data={"model": m, "tokens_in": 1})).strip(), n)
        for n, m in enumerate(models)
    ]
    named: list[str] = []
    said: list[int] = []
    with closing(
        SpoilingWriter(lambda: connect(database_url, WRITE, "test"), today, "test")
    ) as writer:
        importer = Importer(
            writer,
            ScoreWriter(partial(lending, database_url)),
            Config.from_environment({}),
            lambda position, error: named.append(f"{position}: {error.code}: {error}"),
            said.append,
            continuations=Continuations(partial(lending, database_url)),
        )
        importer.run(lines)
    assert str(importer.result) == "inserted 18, duplicates 0, failed 2"
    assert named == [
        "line 3: internal: The event cannot be stored (DecodeError). Report this.",
        "line 17: internal: The event cannot be stored (22P02). Report this.",
    ]
    assert said == [19]
    assert differences(conn) == []


def test_stop_on_error_ends_at_the_first_bad_line_with_what_stood_before_it(
    tmp_path: Path, database_url: str
) -> None:
    good = [event(new_id()) for _ in range(BATCH_EVENTS + 5)]
    content = lines_of(*good) + b"{\n" + lines_of(event(new_id())) + b"{\n"
    file = write(tmp_path, content)
    done = run(tmp_path, "import", "--stop-on-error", file, DATABASE_URL=database_url)
    assert (done.returncode, done.stdout) == (
        1,
        f"inserted {len(good)}, duplicates 0, failed 1\n",
    )
    assert done.stderr.startswith(f"line {len(good) + 1}: invalid_json: ")


def test_a_hundred_bad_lines_are_named_and_all_are_counted(
    tmp_path: Path, database_url: str
) -> None:
    file = write(tmp_path, b"{\n" * 150 + lines_of(event(new_id())))
    done = run(tmp_path, "import", file, DATABASE_URL=database_url)
    assert (done.returncode, done.stdout) == (1, "inserted 1, duplicates 0, failed 150\n")
    assert len(done.stderr.splitlines()) == 101
    assert done.stderr.endswith("and 50 more\n")


def test_equal_events_without_an_id_are_as_many_as_in_one_batch(
    tmp_path: Path, database_url: str
) -> None:
    nameless = {name: value for name, value in event(new_id()).items() if name != "event_id"}
    file = write(tmp_path, lines_of(nameless, nameless))
    for said in ("inserted 2, duplicates 0", "inserted 0, duplicates 2"):
        done = run(tmp_path, "import", file, DATABASE_URL=database_url)
        assert done.stdout == f"{said}, failed 0\n"


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_standard_input_and_packed_files_will_do(
    tmp_path: Path, database_url: str, pack: Callable[[bytes], bytes]
) -> None:
    content = pack(lines_of(*[event(new_id()) for _ in range(50)]))
    piped = subprocess.run(
        command("import", "-"),
        input=content,
        cwd=tmp_path,
        env=environment(DATABASE_URL=database_url),
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert (piped.returncode, piped.stdout) == (0, b"inserted 50, duplicates 0, failed 0\n")
    done = run(tmp_path, "import", write(tmp_path, content), DATABASE_URL=database_url)
    assert (done.returncode, done.stdout) == (0, "inserted 0, duplicates 50, failed 0\n")


def test_what_cannot_be_read_is_said_in_one_line(tmp_path: Path, database_url: str) -> None:
    packed = gzip.compress(lines_of(*[event(new_id()) for _ in range(5_000)]))
    sqlite3.connect(tmp_path / "other.db").execute("CREATE TABLE t (a)").connection.close()
    for file, said in (
        ("nowhere", "nowhere: No such file or directory"),
        (".", ".: Is a directory"),
        (
            write(tmp_path, packed[:-2000], "cut.gz"),
            "cut.gz: the gzip file is truncated or invalid",
        ),
        (write(tmp_path, packed[:50_000] + b"x" * 99, "bad.gz"), "bad.gz: the gzip "),
        ("other.db", "this is no GATI database that can be read: no such table: events"),
        (write(tmp_path, b"SQLite format 3\0x", "bad.db"), "this is no GATI database"),
    ):
        failed = run(tmp_path, "import", file, DATABASE_URL=database_url)
        assert failed.returncode == 1
        assert failed.stderr.splitlines()[-1].startswith(f"gati-backend: {said}"), failed.stderr


def test_on_a_terminal_a_bar_shows_how_far_it_is(tmp_path: Path, database_url: str) -> None:
    content = lines_of(*[event(new_id()) for _ in range(BATCH_EVENTS)]) + b"{\n"
    file = write(tmp_path, content)
    ours, terminal = os.openpty()
    termios.tcsetwinsize(terminal, (24, 80))
    with subprocess.Popen(
        command("import", file),
        cwd=tmp_path,
        env=environment(DATABASE_URL=database_url, TERM="xterm"),
        stdout=subprocess.PIPE,
        stderr=terminal,
    ) as process:
        os.close(terminal)
        stdout, _ = process.communicate(timeout=60)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert stdout == f"inserted {BATCH_EVENTS}, duplicates 0, failed 1\n".encode()
    assert "import:   0%" in shown
    assert f"line {BATCH_EVENTS + 1}: invalid_json" in shown


def test_a_database_that_was_never_migrated_is_refused(
    tmp_path: Path, empty_database_url: str
) -> None:
    file = write(tmp_path, lines_of(event(new_id())))
    failed = run(tmp_path, "import", file, DATABASE_URL=empty_database_url)
    assert failed.returncode == 1
    assert "run python -m service migrate up" in failed.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_interrupted_and_run_again_it_ends_as_if_it_had_not_been(
    tmp_path: Path, database_url: str, conn: Connection, number: signal.Signals
) -> None:
    """It waits for its input in the middle, so that it is there that it is interrupted."""
    run_id = new_id()
    content = lines_of(*[event(run_id, seconds=n) for n in range(5 * BATCH_EVENTS)])
    half = content[: len(content) // 2]
    with subprocess.Popen(
        command("import", "-"),
        cwd=tmp_path,
        env=environment(DATABASE_URL=database_url),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=listen_to_ctrl_c,  # noqa: PLW1509 - a suite in the background ignores it
    ) as process:
        assert process.stdin
        process.stdin.write(half)
        process.stdin.flush()
        until(lambda: ask(database_url, "SELECT count(*) FROM events") != "0", "none is stored")
        process.send_signal(number)
        stdout, stderr = process.communicate(timeout=30)
    stored = int(ask(database_url, "SELECT count(*) FROM events"))
    assert 0 < stored < 5 * BATCH_EVENTS
    if number == signal.SIGINT:
        assert (process.returncode, stderr) == (130, b"")
        assert stdout == f"inserted {stored}, duplicates 0, failed 0\n".encode()
    assert differences(conn) == []
    done = run(tmp_path, "import", write(tmp_path, content), DATABASE_URL=database_url)
    left = 5 * BATCH_EVENTS - stored
    assert done.stdout == f"inserted {left}, duplicates {stored}, failed 0\n"
    assert differences(conn) == []
    assert verify(database_url) == []


def an_endless_view(directory: Path) -> str:
    """A database of GATI whose events are never all counted."""
    with closing(sqlite3.connect(directory / "endless.db")) as conn:
        conn.executescript(
            SCHEMA.format(**COLUMNS)
            + "DROP TABLE events; CREATE VIEW events AS WITH RECURSIVE n (i) AS "
            "(SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS event_id FROM n;"
        )
    return str(directory / "endless.db")


def a_line_without_an_end(_: Path) -> str:
    """A device that goes on and on."""
    return "/dev/zero"


@pytest.mark.parametrize("made", [an_endless_view, a_line_without_an_end])
def test_a_file_without_an_end_is_left_with_ctrl_c(
    tmp_path: Path, database_url: str, made: Callable[[Path], str]
) -> None:
    """SQLite counted on, and only SIGKILL ended it."""
    file = made(tmp_path)
    with subprocess.Popen(
        command("import", file),
        cwd=tmp_path,
        env=environment(DATABASE_URL=database_url),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=listen_to_ctrl_c,  # noqa: PLW1509 - a suite in the background ignores it
    ) as process:
        until(lambda: is_reading(process.pid, file), "the file is not opened")
        process.send_signal(signal.SIGINT)
        try:
            _, stderr = process.communicate(timeout=30)
        finally:
            process.kill()
    assert (process.returncode, stderr) == (130, b"")


def is_reading(pid: int, file: str) -> bool:
    """Whether a process has a file open."""
    with suppress(OSError):  # another file was closed meanwhile
        return file in [os.readlink(found) for found in Path(f"/proc/{pid}/fd").iterdir()]
    return False


def test_a_lock_that_passes_is_waited_for(tmp_path: Path, database_url: str) -> None:
    file = write(tmp_path, lines_of(event(new_id())))
    with psycopg.connect(database_url) as locker:
        locker.execute("LOCK TABLE runs IN ACCESS EXCLUSIVE MODE")
        with subprocess.Popen(
            command("import", file),
            cwd=tmp_path,
            env=environment(DATABASE_URL=database_url),
            stdout=subprocess.PIPE,
        ) as process:
            waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            until(lambda: ask(database_url, waits) != "0", "it does not wait for the lock")
            locker.rollback()
            stdout, _ = process.communicate(timeout=60)
    assert stdout == b"inserted 1, duplicates 0, failed 0\n"


def peak_bytes(directory: Path, file: str, url: str) -> int:
    """The most memory that the import of a file took."""
    with subprocess.Popen(
        command("import", file),
        cwd=directory,
        env=environment(DATABASE_URL=url),
        stdout=subprocess.DEVNULL,
    ) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    assert isinstance(usage, resource.struct_rusage)
    return usage.ru_maxrss * 1024


def test_memory_does_not_grow_with_the_file(tmp_path: Path, database_url: str) -> None:
    """400 MB, ten times what it may take more than for one line; all of them the same event."""
    line = lines_of(event(new_id(), data={"text": "x" * LINE_BYTES}))
    write(tmp_path, line, "small")
    with gzip.open(tmp_path / "large", "wb", compresslevel=1) as large:
        for _ in range(LARGE_LINES):
            large.write(line)
    small = peak_bytes(tmp_path, "small", database_url)
    assert peak_bytes(tmp_path, "large", database_url) < small + MOST_MORE_BYTES


SCHEMA = """
CREATE TABLE agents (name VARCHAR(255) NOT NULL PRIMARY KEY, description VARCHAR(1000),
    created_at DATETIME, updated_at DATETIME);
CREATE TABLE runs (run_id VARCHAR(36) NOT NULL PRIMARY KEY, agent_name VARCHAR(255) NOT NULL,
    {run_name} environment VARCHAR(50), status VARCHAR(20), metadata JSON,
    created_at DATETIME, updated_at DATETIME);
CREATE TABLE events (event_id VARCHAR(36) NOT NULL PRIMARY KEY, run_id VARCHAR(36) NOT NULL,
    agent_name VARCHAR(255) NOT NULL, event_type VARCHAR(50) NOT NULL, timestamp DATETIME NOT NULL,
    {parents} data JSON NOT NULL, created_at DATETIME, updated_at DATETIME);
"""
COLUMNS = {
    "run_name": "run_name VARCHAR(255) NOT NULL,",
    "parents": "parent_event_id VARCHAR(36), previous_event_id VARCHAR(36),",
}


def test_bad_lines_are_named_before_many_more_are_read(database_url: str) -> None:
    """A file that was not meant: of two million short lines each error was kept, 3 GB of them."""
    named: list[str] = []
    ahead: list[int] = []

    def lines() -> Iterator[Line]:
        for number in range(10 * BATCH_EVENTS):
            ahead.append(number - len(named))
            yield Line(f"line {number}", b"x", number)

    with closing(
        GroupCommitWriter(lambda: connect(database_url, WRITE, "test"), today, "test")
    ) as writer:
        importer = Importer(
            writer,
            ScoreWriter(partial(lending, database_url)),
            Config.from_environment({}),
            lambda position, _error: named.append(position),
            lambda _done: None,
            continuations=Continuations(partial(lending, database_url)),
        )
        importer.run(lines())
    assert len(named) == importer.result.failed == 10 * BATCH_EVENTS
    assert max(ahead) <= 2 * BATCH_EVENTS


def gati_database(path: Path, events: list[Event], names: dict[str, str], **columns: str) -> None:
    """A database as GATI's own backend keeps it; `names` are its runs, in their order."""
    with closing(sqlite3.connect(path)) as conn:
        conn.executescript(SCHEMA.format(**columns))
        for run_id, name in names.items():  # it keeps times to the second
            row = {"run_id": run_id, "agent_name": "agent", "created_at": "2026-11-22 12:00:00"}
            insert(conn, "runs", {**row, **({"run_name": name} if columns["run_name"] else {})})
        for one in events:
            row = {**one, "timestamp": one["timestamp"].replace("T", " ")[:19] + ".250000"}
            if not columns["parents"]:
                row.pop("parent_event_id", None)
            insert(conn, "events", {**row, "data": json.dumps(one["data"])})
        conn.commit()


def insert(conn: sqlite3.Connection, table: str, row: dict[str, Any]) -> None:
    """Add a row."""
    marks = ", ".join("?" for _ in row)
    conn.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", list(row.values()))


@pytest.mark.parametrize("columns", [COLUMNS, {"run_name": "", "parents": ""}], ids=["new", "old"])
def test_the_database_of_gati_s_own_backend(
    tmp_path: Path, database_url: str, conn: Connection, columns: dict[str, str]
) -> None:
    first, second, named = "ffffffff" + new_id()[8:], "00000000" + new_id()[8:], new_id()
    root = event(first, "agent_start", data={"text": "naïve \U0001f600", "n": 1})
    child = event(first, "llm_call", 1, data={"cost": 0.5}, parent_event_id=root["event_id"])
    others = [event(second, seconds=2), event(named, seconds=3)]
    names = {first: "run 1", second: "run 2", named: "mine"}
    gati_database(tmp_path / "gati.db", [child, *others, root], names, **columns)
    done = run(tmp_path, "import", "gati.db", DATABASE_URL=database_url)
    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        "inserted 4, duplicates 0, failed 0\n",
        "",
    )
    with Client.of(database_url) as client:
        found = client.run(first)
        assert (found["event_count"], found["total_cost"]) == (2, 0.5)
        given = {run_id: client.run(run_id)["run_name"] for run_id in names}
        if columns["run_name"]:
            assert given == names
        else:
            assert set(given.values()) == {"run 1", "run 2", "run 3"}
        stored = {one["event_id"]: one for one in exported(client)}
    assert stored[root["event_id"]]["data"] == root["data"]
    assert stored[root["event_id"]]["timestamp"] == "2026-11-22T12:00:00.250000+00:00"
    parent = root["event_id"] if columns["parents"] else None
    assert stored[child["event_id"]]["parent_event_id"] == parent
    assert differences(conn) == []


def test_gati_s_own_run_names_stay_over_many_batches(tmp_path: Path, database_url: str) -> None:
    names = {new_id(): f"run {number}" for number in range(1, 2 * BATCH_EVENTS + 2)}
    gati_database(tmp_path / "gati.db", [event(one) for one in names], names, **COLUMNS)
    assert run(tmp_path, "import", "gati.db", DATABASE_URL=database_url).returncode == 0
    stored = ask(database_url, "SELECT json_object_agg(run_id, run_name)::text FROM runs")
    assert json.loads(stored) == names


def test_a_bad_event_of_gati_s_own_backend_is_named_by_its_place(
    tmp_path: Path, database_url: str
) -> None:
    run_id = new_id()
    events = [event(run_id), event("nobody", seconds=1), event(run_id, seconds=2)]
    events += [event(run_id, seconds=3)]
    gati_database(tmp_path / "gati.db", events, {run_id: "run 1"}, **COLUMNS)
    with closing(sqlite3.connect(tmp_path / "gati.db")) as conn:
        conn.execute(
            "UPDATE events SET data = 'no JSON' WHERE event_id = ?", [events[2]["event_id"]]
        )
        conn.execute("UPDATE events SET data = 5 WHERE event_id = ?", [events[3]["event_id"]])
        conn.commit()
    done = run(tmp_path, "import", "gati.db", DATABASE_URL=database_url)
    assert (done.returncode, done.stdout) == (1, "inserted 1, duplicates 0, failed 3\n")
    said = [line.rsplit(": ", 1)[0] for line in done.stderr.splitlines()]
    assert "event 1: invalid_uuid" in said
    assert any(line.startswith("event 3: invalid_json") for line in done.stderr.splitlines())


def test_an_export_over_a_service_goes_in_beside_one_that_runs(
    standalone: Service, tmp_path: Path, database_url: str
) -> None:
    """The embedded PostgreSQL is the running service's."""
    with Client.of(database_url) as client:
        sent = filled(client)
        file = write(tmp_path, export(client).content)
    done = run(tmp_path, "import", file, DATA_DIR=standalone.data_dir, PYTHONPATH=REPOSITORY)
    assert (done.returncode, done.stdout) == (0, f"inserted {len(sent)}, duplicates 0, failed 0\n")
    text = subprocess.run(
        ["curl", "-sf", f"{standalone.url}/api/export/events.ndjson"],
        capture_output=True,
        check=True,
    ).stdout
    assert text == (tmp_path / file).read_bytes()
    assert len(keys(sent)) == len(text.splitlines()) - 1


def test_late_events_of_runs_that_retention_removed_are_named(
    tmp_path: Path, database_url: str, conn: Connection
) -> None:
    gone = event(new_id())
    conn.execute("INSERT INTO expired_runs (run_id) VALUES (%s)", [gone["run_id"]])
    file = write(tmp_path, lines_of(event(new_id()), gone))
    done = run(tmp_path, "import", file, DATABASE_URL=database_url)
    assert (done.returncode, done.stdout) == (1, "inserted 1, duplicates 0, failed 1\n")
    assert done.stderr.startswith("line 2: expired: ")
