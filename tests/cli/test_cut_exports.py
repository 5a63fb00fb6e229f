"""python -m service import: an export that is not whole is imported, and named."""

import json
from pathlib import Path

import pytest

from tests.client import Client
from tests.events import event, new_id
from tests.processes.harness import run
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
    return f"inserted 0, duplicates {events}, failed 0, scores {scores}\n"


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
    assert (code, said) == (1, "inserted 0, duplicates 0, failed 0, scores 1\n")
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
    assert imported(tmp_path, database_url, *lines[:2], *lines) == (0, counts(EVENTS + 1, 2), "")
    odd = b'{"export":{"events":"many"}}\n'
    code, _, warned = imported(tmp_path, database_url, *lines, odd, plain)
    assert (code, warned) == (0, "")
