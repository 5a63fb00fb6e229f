"""PGBOUNCER=1: the reads of every service in the tests pass through a real PgBouncer.

It stands before the session's PostgreSQL, in transaction mode, and takes another session for each
transaction, so that nothing of one can serve the next. Writers and all else connect directly.
"""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlencode

from psycopg.conninfo import conninfo_to_dict

from service.db.roles.names import READ
from service.postgres.account import Account, choose_account
from tests.processes.harness import until

PROGRAM = "/usr/sbin/pgbouncer"
IS_WANTED = bool(os.environ.get("PGBOUNCER"))
PORT = 6432  # the name of a socket in a directory of its own
SETTINGS = """
[databases]
* = host={host} port={port}
[pgbouncer]
listen_port = {own_port}
unix_socket_dir = {directory}
auth_type = trust
auth_file = {directory}/users
logfile = {directory}/log
pool_mode = transaction
server_round_robin = 1
server_login_retry = 1
"""

Server = tuple[str, str]
in_front_of: dict[Server, Path] = {}  # of which server, the directory with its socket


def server_of(url: str) -> Server:
    """Where the server of a URL listens."""
    parts = conninfo_to_dict(url)
    return str(parts.get("host") or "localhost"), str(parts.get("port") or "5432")


def url_through(directory: Path, url: str) -> str:
    """The URL of the same database, as the role that reads, through PgBouncer."""
    parts = {
        "host": str(directory),
        "port": PORT,
        "user": READ,
        "dbname": conninfo_to_dict(url)["dbname"],
    }
    return "postgresql:///?" + urlencode(parts, quote_via=quote)


def variables(url: str) -> dict[str, str]:
    """What a service on this database is told; nothing where no PgBouncer is in front of it."""
    directory = in_front_of.get(server_of(url))
    if directory is None:
        return {}
    return {"DATABASE_READ_URL": url_through(directory, url), "DATABASE_READ_PGBOUNCER": "true"}


@contextmanager
def running(url: str) -> Iterator[Path]:
    """Run one in front of the server of `url`, by the same account; give its directory."""
    account: Account = choose_account(None)
    directory = Path(tempfile.mkdtemp(prefix="gati-pgbouncer-"))
    host, port = server_of(url)
    settings = SETTINGS.format(host=host, port=port, own_port=PORT, directory=directory)
    (directory / "settings.ini").write_text(settings)
    (directory / "users").write_text(f'"{READ}" ""\n')
    for path in (directory, *directory.iterdir()):
        os.chown(path, account.uid, account.gid)
    with (directory / "output").open("wb") as output:
        process = account.spawn([PROGRAM, directory / "settings.ini"], output)
    try:
        until(lambda: is_ready(process, directory), "PgBouncer does not start")
        yield directory
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()
        shutil.rmtree(directory)


def is_ready(process: "subprocess.Popen[bytes]", directory: Path) -> bool:
    """Whether it listens; it may have ended instead."""
    assert process.poll() is None, (directory / "output").read_text()
    return (directory / f".s.PGSQL.{PORT}").exists()


@contextmanager
def in_front(url: str) -> Iterator[None]:
    """Let the reads of services on this server pass through one, if that is wanted."""
    if not IS_WANTED:
        yield
        return
    with running(url) as directory:
        in_front_of[server_of(url)] = directory
        try:
            yield
        finally:
            del in_front_of[server_of(url)]
