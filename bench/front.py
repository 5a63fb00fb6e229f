"""What may stand before and behind the service: nginx with the shipped configuration, PgBouncer."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import psycopg

from bench.service import free_port, wait_for
from service.postgres.account import choose_account

TEMPLATE = Path(__file__).parents[1] / "deploy" / "nginx" / "templates" / "backend.conf.template"
# As deploy/nginx/10-limits.envsh makes them.
LIMITS = {
    "BODY_LIMIT_MB": "65",
    "BODY_BUFFERING": "off",
    "LARGE_BODIES": "384",
    "ALL_LARGE_BODIES": "8192",
    "ANSWER_FILE": "1m",
}
START_SECONDS = 20.0
PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))

# What the image's nginx.conf gives around conf.d, with every file in one directory.
AROUND_NGINX = """
{user}
worker_processes auto;
pid {directory}/nginx.pid;
error_log {directory}/error.log;
events {{ worker_connections 1024; }}
http {{
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    scgi_temp_path {directory}/scgi;
    uwsgi_temp_path {directory}/uwsgi;
    include {directory}/backend.conf;
}}
"""

# As docs/operations/replicas.md says that it stands before reads.
PGBOUNCER = """
[databases]
gati = host={host} port={port} dbname={database} user={user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen}
unix_socket_dir =
auth_type = any
pool_mode = transaction
logfile = {directory}/pgbouncer.log
pidfile = {directory}/pgbouncer.pid
"""


def nginx_program() -> str | None:
    """Where nginx is; Debian puts it where only root's PATH leads."""
    return shutil.which("nginx", path=PATH)


def pgbouncer_program() -> str | None:
    """Where PgBouncer is."""
    return shutil.which("pgbouncer", path=PATH)


@contextmanager
def nginx(backend_url: str, directory: Path) -> Iterator[str]:
    """Run nginx before the service, for a block; give its URL."""
    url = f"http://127.0.0.1:{free_port()}"
    variables = {
        "LISTEN": urlsplit(url).netloc,
        "BACKEND": urlsplit(backend_url).netloc,
        **LIMITS,
    }
    text = TEMPLATE.read_text()
    for name, value in variables.items():
        text = text.replace("${" + name + "}", value)
    (directory / "backend.conf").write_text(text)
    # Workers of a root's nginx become nobody, who may not write into the directory.
    user = "user root;" if os.geteuid() == 0 else ""
    main = directory / "nginx.conf"
    main.write_text(AROUND_NGINX.format(directory=directory, user=user))
    command = [nginx_program() or "", "-p", str(directory), "-c", str(main), "-g", "daemon off;"]
    with (directory / "nginx.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        wait_for(url, process)
        yield url
    finally:
        process.terminate()
        process.wait()


@contextmanager
def pgbouncer(database_url: str, directory: Path) -> Iterator[dict[str, str]]:
    """Run PgBouncer before the database, for a block; give what a service is told for its reads."""
    address = urlsplit(database_url)
    query = parse_qs(address.query)
    listen = free_port()
    configuration = directory / "pgbouncer.ini"
    configuration.write_text(
        PGBOUNCER.format(
            host=query["host"][0],
            port=query["port"][0],
            database=address.path.lstrip("/"),
            user=address.username,
            listen=listen,
            directory=directory,
        )
    )
    directory.chmod(0o777)  # PgBouncer refuses to run as root, and writes its log here
    account = choose_account(None)
    command = [pgbouncer_program() or "", "-q", str(configuration)]
    with (directory / "pgbouncer.out").open("wb") as log:
        process = account.spawn(command, log)
    url = f"postgresql://{quote(address.username or '')}@127.0.0.1:{listen}/gati"
    try:
        wait_for_database(url)
        yield {"DATABASE_READ_URL": url, "DATABASE_READ_PGBOUNCER": "true"}
    finally:
        process.terminate()
        process.wait()


def wait_for_database(url: str) -> None:
    """Return once the database answers. Raises OperationalError when it does not in time."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return
