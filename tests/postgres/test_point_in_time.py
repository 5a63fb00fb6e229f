"""Point-in-time recovery as docs/operations/backup.md describes it: back to before a mistake."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from service.postgres.account import choose_account
from tests.events import event, new_id
from tests.http.wire import batch
from tests.processes.harness import REPOSITORY, run, until
from tests.processes.postgres import ask, do
from tests.processes.replication import Server, replicating
from tests.service import serving

PAGE = (REPOSITORY / "docs" / "operations" / "backup.md").read_text()
COUNT = "SELECT count(*) FROM events"


class Archive:
    """A directory of WAL files, and a base backup beside it."""

    def __init__(self, primary: Server) -> None:
        """Make the directories and let the primary archive into them, from its next start on."""
        self.primary = primary
        self.account = choose_account(primary.data_dir / "postgresql")
        self.wal, self.base = (self._make(name) for name in ("archive", "base"))
        file = f"{self.wal}/%f"
        command = f"test ! -f {file} && cp %p {file}.part && mv {file}.part {file}"
        assert f"'{command}'".replace(str(self.wal), "/archive") in PAGE
        do(primary.url, "ALTER SYSTEM SET archive_mode = on")
        do(primary.url, f"ALTER SYSTEM SET archive_command = '{command}'")
        primary.stop()
        primary.start()

    def _make(self, name: str) -> Path:
        path = self.primary.data_dir.parent / name
        path.mkdir(mode=0o700)
        shutil.chown(path, self.account.uid, self.account.gid)
        return path

    def back_up(self) -> None:
        """Take a base backup."""
        assert "pg_basebackup -D /backup/base -X none -c fast" in PAGE
        program = self.primary.binaries["pg_basebackup"]
        command: list[str | Path] = [
            program,
            "-d",
            self.primary.url,
            "-D",
            self.base,
            "-X",
            "none",
            "-c",
            "fast",
        ]
        done = self.account.run(command)
        assert done.returncode == 0, done.stdout

    def complete(self) -> None:
        """Archive the file that the primary writes to at the moment."""
        name = ask(self.primary.url, "SELECT pg_walfile_name(pg_switch_wal())")
        until((self.wal / name).exists, f"{name} is not archived")

    def restore(self, moment: str) -> Path:
        """Make a data directory of the backup that goes on to a moment."""
        data_dir = self._make("restored")
        data_dir.chmod(0o755)
        cluster = data_dir / "postgresql"
        self.base.rename(cluster)
        for lock in cluster.glob(".s.PGSQL.*.lock"):  # of the socket, which was in the directory
            lock.unlink()
        with (cluster / "postgresql.conf").open("a") as file:
            file.write(f"restore_command = 'cp {self.wal}/%f %p'\n")
            file.write(f"recovery_target_time = '{moment}'\narchive_mode = off\n")
        (cluster / "postgresql.auto.conf").write_text("")
        (cluster / "recovery.signal").touch()
        return data_dir


@contextmanager
def started(data_dir: Path) -> Iterator[Server]:
    """A server on a data directory, for a block."""
    server = Server(data_dir)
    try:
        yield server
    finally:
        server.stop()


@pytest.mark.slow
def test_it_goes_back_to_before_a_mistake(cluster: Path, tmp_path: Path) -> None:
    with replicating(cluster, 0) as [primary]:
        archive = Archive(primary)
        with serving(primary.url, tmp_path) as service:
            for _ in range(3):
                assert service.post(batch(event(new_id()))).status_code == 200
            archive.back_up()
            for _ in range(4):
                assert service.post(batch(event(new_id()))).status_code == 200
            moment = ask(primary.url, "SELECT clock_timestamp()")
        do(primary.url, "DELETE FROM events")
        archive.complete()
        primary.kill()
        with started(archive.restore(moment)) as restored:
            assert ask(restored.url, COUNT) == "7"
            do(restored.url, "SELECT pg_wal_replay_resume()")
            until(lambda: ask(restored.url, "SELECT pg_is_in_recovery()") == "False", "it waits")
            done = run(tmp_path, "verify", DATABASE_URL=restored.url)
            assert done.returncode == 0, done.stdout + done.stderr
