"""python -m service import: an export that is not whole is imported, and named."""

import gzip
import json
import subprocess
from pathlib import Path

import pytest

from tests.client import Client
from tests.events import event, new_id
from tests.processes.harness import command, environment, run
from tests.resources.export.reading import export
from tests.resources.scores.made import score, send

EVENTS = 3


@pytest.fixture
def lines(client: Client) -> list[bytes]:
    """An export of one score, EVENTS events and its end."""
    one = new_id()
    client.send(*(event(one, seconds=n) for n in range(EVENTS)))
    send(client, score(one))
    found = export(client).content.splitlines(keepends=True)
    assert len(found) == 1 + EVENTS + 1
    return found


def imported(tmp_path: Path, url: str, *lines: bytes) -> tuple[int, str, str]:
    """The exit code, the counts and standard error of an import of these lines."""
    (tmp_path / "file").write_bytes(b"".join(lines))
    done = run(tmp_path, "import", "file", DATABASE_URL=url)
    return done.returncode, done.stdout, done.stderr


def counts(events: int, scores: int = 1) -> str:
    """What is printed of lines that are all stored already."""
    left = f", scores 0, scores left as stored {scores}" if scores else ""
    return f"inserted 0, duplicates {events}, failed 0{left}\n"


def test_a_cut_export_is_imported_and_the_way_to_the_rest_is_named(
    lines: list[bytes], database_url: str, tmp_path: Path
) -> None:
    code, said, warned = imported(tmp_path, database_url, *lines[:-2])
    last = json.loads(lines[-3])
    assert (code, said) == (1, counts(EVENTS - 1))
    assert warned == (
        "gati-backend: the export has no end, so it was cut short: export the rest with "
        f"after={last['run_id']}/{last['event_id']}. What came is imported.\n"
    )
    code, said, warned = imported(tmp_path, database_url, lines[0])
    assert (code, said) == (1, counts(0))
    assert warned == (
        "gati-backend: the export has no end, so it was cut short. What came is imported.\n"
    )


def test_an_export_that_lacks_lines_is_named(
    lines: list[bytes], database_url: str, tmp_path: Path
) -> None:
    code, said, warned = imported(tmp_path, database_url, *lines, *lines[:2], *lines[3:])
    assert (code, said) == (1, counts(2 * EVENTS - 1, 2))
    position = f"line {len(lines) + EVENTS + 1}"
    assert warned == (
        f"gati-backend: {position}: the export had events {EVENTS}, scores 1, but only events "
        f"{EVENTS - 1}, scores 1 came: export it again. What came is imported.\n"
    )


def test_whole_exports_and_other_lines_are_silent(
    lines: list[bytes], database_url: str, tmp_path: Path
) -> None:
    plain = json.dumps({"run_name": "r", **event(new_id())}).encode() + b"\n"
    assert imported(tmp_path, database_url, *lines, *lines) == (0, counts(2 * EVENTS, 2), "")
    begun = imported(tmp_path, database_url, plain, *lines)
    assert begun == (0, counts(EVENTS).replace("inserted 0", "inserted 1"), "")
    odd = b'{"export":{"events":"many"}}\n'
    code, _, warned = imported(tmp_path, database_url, *lines, odd, plain)
    assert (code, warned) == (0, "")


def test_a_cut_export_before_a_whole_one_is_named(
    lines: list[bytes], database_url: str, tmp_path: Path
) -> None:
    code, said, warned = imported(tmp_path, database_url, *lines[:2], *lines)
    assert (code, said) == (1, counts(EVENTS + 1, 2))
    assert warned == (
        f"gati-backend: line {len(lines) + 2}: the export had events {EVENTS}, scores 1; 2 more "
        "lines before it are of one that was cut short: export that again. What came is imported.\n"
    )


def test_a_cut_export_that_goes_on_is_silent(
    lines: list[bytes], client: Client, database_url: str, tmp_path: Path
) -> None:
    last = json.loads(lines[1])
    after = f"{last['run_id']}/{last['event_id']}"
    rest = export(client, after=after).content.splitlines(keepends=True)
    assert json.loads(rest[-1])["export"]["after"] == after
    assert imported(tmp_path, database_url, *lines[:2], *rest) == (0, counts(EVENTS), "")


def test_a_part_without_the_one_before_is_named_until_that_is_stored(
    lines: list[bytes],
    client: Client,
    database_url: str,
    empty_database_url: str,
    tmp_path: Path,
) -> None:
    def rest_after(line: bytes) -> tuple[str, list[bytes]]:
        last = json.loads(line)
        after = f"{last['run_id']}/{last['event_id']}"
        return after, export(client, after=after).content.splitlines(keepends=True)

    assert run(tmp_path, "migrate", "up", DATABASE_URL=empty_database_url).returncode == 0
    after_first, rest = rest_after(lines[1])
    after_second, end = rest_after(lines[2])

    def missing(position: int, after: str) -> str:
        return (
            f"gati-backend: line {position}: the export goes on after={after}, which is not "
            "stored: import the part before it, too. What came is imported.\n"
        )

    code, _, warned = imported(tmp_path, empty_database_url, *lines[:2], *end)
    assert (code, warned) == (1, missing(2 + len(end), after_second))
    code, _, warned = imported(tmp_path, empty_database_url, *end)
    assert (code, warned) == (1, missing(len(end), after_second))
    assert imported(tmp_path, empty_database_url, *rest)[::2] == (0, "")
    assert imported(tmp_path, empty_database_url, *end)[::2] == (0, "")
    assert after_first != after_second


def test_standard_input_is_told_like_a_file(
    lines: list[bytes], database_url: str, tmp_path: Path
) -> None:
    def given(*some: bytes) -> tuple[int, str, str]:
        done = subprocess.run(
            command("import", "-"),
            input=b"".join(some),
            cwd=tmp_path,
            env=environment(DATABASE_URL=database_url),
            capture_output=True,
            check=False,
            timeout=60,
        )
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    for some in (lines, lines[:-2], [*lines[:2], *lines], [gzip.compress(b"".join(lines[:-2]))]):
        assert given(*some) == imported(tmp_path, database_url, *some)
    code, _, warned = given(gzip.compress(b"".join(lines))[:-9])
    assert (code, warned.count("\n")) == (1, 1)
    assert "truncated" in warned
