"""python -m service restore: keys that were revoked after the dump are valid again, and named."""

from pathlib import Path

from tests.processes.harness import run


def create(tmp_path: Path, url: str, *names: str) -> None:
    """Create keys."""
    for name in names:
        made = run(tmp_path, "keys", "create", name, "--scope", "admin", "--yes", DATABASE_URL=url)
        assert made.returncode == 0


def revoke(tmp_path: Path, url: str, name: str) -> None:
    """Revoke a key."""
    words = ("keys", "revoke", name, "--yes", "--lose", "last-admin")
    assert run(tmp_path, *words, DATABASE_URL=url).returncode == 0


def test_keys_revoked_after_the_dump_are_named(
    database_url: str, empty_database_url: str, tmp_path: Path
) -> None:
    create(tmp_path, database_url, "gone", "lost", "kept")
    revoke(tmp_path, database_url, "gone")
    assert run(tmp_path, "dump", "gati.dump", DATABASE_URL=database_url).returncode == 0
    revoke(tmp_path, database_url, "lost")
    restored = run(tmp_path, "restore", "gati.dump", DATABASE_URL=empty_database_url)
    assert (restored.returncode, restored.stdout) == (0, "")
    assert restored.stderr == (
        "gati-backend: keys that are valid, as they were in the dump: 2: lost, kept. Revoke again "
        "what was revoked since: python -m service keys revoke NAME\n"
    )
    revoke(tmp_path, empty_database_url, "lost")
