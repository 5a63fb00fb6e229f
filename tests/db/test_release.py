"""Databases of released versions: this version takes them over, and answers what they answered.

data/VERSION.dump.gz and data/VERSION.json were written by that version: see release.py.
"""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from service.db import migrate
from service.metrics.leader import fold_once
from service.metrics.verify import verify
from tests.db.release import DATA, answers, file_of
from tests.processes.harness import run

RELEASES = ["0.1.0"]
LARGEST_BYTES = 200_000
# Rolled back, no later migration takes along what these answers are made of, which is in events,
# runs and metrics; versions of retired runs are lost, and scores.
KEPT_SINCE = "0003.retention"
KEPT = ("/agents", "/metrics/", "/api/runs", "/api/errors", "/api/sessions", "/api/users")
LOST = ("version", "scores")

# PostgreSQL 18 wrote the dumps, and pg_restore of 18 sets what 15 does not know.
pytestmark = [
    pytest.mark.one_server("restore makes an undistributed database"),
    pytest.mark.any_postgres,
]


def kept(version: str) -> Any:
    """What the version answered, by path."""
    return json.loads((DATA / f"{version}.json").read_text())


def has(found: Any, wanted: Any) -> bool:
    """Whether all that was answered is in an answer, which may have more fields now."""
    if isinstance(wanted, dict):
        return all(name in found and has(found[name], value) for name, value in wanted.items())
    if isinstance(wanted, list):
        return len(found) == len(wanted) and all(map(has, found, wanted))
    return bool(found == wanted)


def differing(found: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """The answers that lack something."""
    return {path: found[path] for path, answer in wanted.items() if not has(found[path], answer)}


def restore(url: str, directory: Path, version: str) -> None:
    """Fill an empty database with what the version stored, and migrate it."""
    dump = directory / "dump"
    dump.write_bytes(gzip.decompress(file_of(version).read_bytes()))
    done = run(directory, "restore", str(dump), DATABASE_URL=url)
    assert done.returncode == 0
    assert done.stderr.startswith(
        "gati-backend: keys that are valid, as they were in the dump: 1: "
    )


@pytest.mark.parametrize("version", RELEASES)
def test_a_database_of_a_release_answers_as_before(
    empty_database_url: str, tmp_path: Path, version: str
) -> None:
    assert file_of(version).stat().st_size < LARGEST_BYTES
    restore(empty_database_url, tmp_path, version)
    for command in (["migrate", "up"], ["migrate", "status"], ["verify"]):
        done = run(tmp_path, *command, DATABASE_URL=empty_database_url)
        assert (done.returncode, done.stderr) == (0, ""), command
    wanted = kept(version)
    assert differing(answers(empty_database_url, wanted), wanted) == {}
    assert fold_once(empty_database_url).deltas > 0
    assert differing(answers(empty_database_url, wanted), wanted) == {}
    assert verify(empty_database_url) == []


@pytest.mark.slow
def test_each_migration_takes_over_what_is_stored(empty_database_url: str, tmp_path: Path) -> None:
    version = RELEASES[0]
    restore(empty_database_url, tmp_path, version)
    names = [migration.id for migration in migrate.known_migrations()]
    later = [name for name in names if name > KEPT_SINCE]
    wanted = {
        path: said
        for path, said in kept(version).items()
        if path.startswith(KEPT) and not any(lost in path for lost in LOST)
    }
    assert len(wanted) > 10
    assert migrate.down(empty_database_url, len(later)) == later[::-1]
    for name in later:
        assert migrate.up(empty_database_url, name) == [name]
    assert verify(empty_database_url) == []
    assert differing(answers(empty_database_url, wanted), wanted) == {}
