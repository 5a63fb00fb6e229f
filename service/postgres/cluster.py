"""The cluster: the data directory, created once, where PostgreSQL's user can reach it."""

import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from service.core.failure import Failure
from service.postgres import gati_conf, unfinished
from service.postgres.account import Account
from service.postgres.binaries import REACHABLE, Binaries, make_reachable

SUPERUSER = "gati"
DATABASE = "gati"


def find_cluster(data_dir: Path) -> Path | None:
    """Return the real path of DATA_DIR/postgresql; None before the first start. Raises Failure."""
    link = data_dir / "postgresql"
    try:
        if not link.exists():
            if link.is_symlink():
                raise Failure(
                    f"{link} leads to {link.readlink()}, which is gone: restore it, or remove the "
                    "link to begin with an empty database"
                )
            return None
        if not (link / "PG_VERSION").exists():
            raise Failure(f"{link} holds no PostgreSQL data: move it away, or change DATA_DIR")
        return link.resolve()
    except PermissionError:
        owner = link.owner() if link.parent.exists() else "another user"
        raise Failure(
            f"{link} belongs to {owner}: start the service as that user or as root"
        ) from None


def ensure_cluster(data_dir: Path, account: Account, binaries: Binaries) -> Path:
    """Return the cluster's real path, after creating the cluster if there is none.

    Raises Failure if it cannot be created, has another major version, or is not accessible.
    """
    cluster = find_cluster(data_dir) or make_cluster(data_dir, account, binaries)
    check_version(cluster, binaries)
    if not account.can("w", cluster):
        raise Failure(f"user {account.name}, who runs PostgreSQL, cannot reach {cluster}")
    return cluster


def check_version(cluster: Path, binaries: Binaries) -> None:
    """Raise Failure for a cluster of another major version, which PostgreSQL would not open."""
    made_by = (cluster / "PG_VERSION").read_text().strip()
    if made_by != binaries.major:
        raise Failure(
            f"{cluster} was made by PostgreSQL {made_by}, this is {binaries.major}: dump it with "
            "the release that made it and load it into a new DATA_DIR, or move it away"
        )


def make_cluster(data_dir: Path, account: Account, binaries: Binaries) -> Path:
    """Run initdb and create the database; DATA_DIR/postgresql appears once all has succeeded."""
    fresh = make_directory(data_dir, account)
    try:
        initialise(fresh, account, binaries)
        link = data_dir / "postgresql"
        if fresh.parent == REACHABLE:
            link.symlink_to(fresh)
        else:
            fresh.rename(link)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    finally:
        unfinished.remove(data_dir / unfinished.NAME)
    return link.resolve()


def make_directory(data_dir: Path, account: Account) -> Path:
    """Create an empty directory for a new cluster, owned by the account.

    It lies in DATA_DIR if the account can reach that. Else (a project in a directory that only root
    can enter) it lies below REACHABLE, under a unique name.
    """
    fresh = unfinished.begin(data_dir.resolve())
    fresh.mkdir(mode=0o700)
    if not account.switch:
        return fresh
    os.chown(fresh, account.uid, account.gid)
    if account.can("w", fresh):
        return fresh
    fresh.rmdir()
    make_reachable()
    fresh = Path(tempfile.mkdtemp(prefix="data-", dir=REACHABLE))
    os.chown(fresh, account.uid, account.gid)
    return fresh


def initialise(fresh: Path, account: Account, binaries: Binaries) -> None:
    """Create a cluster in UTF-8 with checksums in an empty directory, and the database in it."""
    initdb: list[str | Path] = [
        binaries["initdb"],
        "-D",
        fresh,
        "-U",
        SUPERUSER,
        "--data-checksums",
    ]
    # The order of text must not depend on the machine's locale, nor on its version.
    initdb += ["--encoding=UTF8", "--locale=C"]
    # The socket (mode 0700) needs no password; TCP is rejected.
    initdb += ["--auth-local=trust", "--auth-host=reject"]
    succeed(account, initdb, "initdb")
    # In single-user mode, so that the database exists before the first start or not at all.
    single: list[str | Path] = [binaries["postgres"], "--single", "-D", fresh, "postgres"]
    succeed(account, single, "creating the database", text=f"CREATE DATABASE {DATABASE};\n")
    write(account, fresh / gati_conf.NAME, "")
    included = f"\n# Tuned by GATI Backend; what follows wins.\n{gati_conf.INCLUDE}\n"
    write(account, fresh / "postgresql.conf", included, append=True)


def write(account: Account, path: Path, text: str, *, append: bool = False) -> None:
    """Write a file in the cluster as its owner, never as root, because a link could redirect it."""
    command: list[str | Path] = ["tee", *(["-a"] if append else []), "--", path]
    succeed(account, command, f"writing {path}", text=text)


def succeed(account: Account, command: Sequence[str | Path], action: str, text: str = "") -> None:
    """Run a command as the account; raises Failure with its last lines if it fails."""
    try:
        result = account.run(command, text)
    except OSError as error:
        raise Failure(f"{action} failed: {error}") from None
    # Single-user PostgreSQL exits 0 after an error in a statement.
    if result.returncode != 0 or "ERROR:" in result.stdout:
        tail = " | ".join(result.stdout.strip().splitlines()[-3:])
        raise Failure(f"{action} failed: {tail}")
