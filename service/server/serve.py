"""The serve command: migrate the database, then run gunicorn on it."""

import errno
import os
import socket
import subprocess
import sys
import time

from service.config import Config, ConfigError
from service.core.failure import Failure
from service.core.shipped import shipped
from service.postgres.lock import hold
from service.postgres.server import EmbeddedServer
from service.server.behind_nginx import nginx_warning
from service.server.greeting import greeting, redacted
from service.server.signals import Signals, Stop
from service.server.supervisor import Supervisor

SETTINGS = shipped("gunicorn.conf.py")
# The workers of a killed gunicorn notice within a second that it is gone.
PORT_WAIT_SECONDS = 2.0
# The gunicorn of a killed supervisor first answers its last requests.
LEFT_PORT_WAIT_SECONDS = 10.0
DATABASE_WAIT_SECONDS = 30


def serve(config: Config) -> int:
    """Run the service until a signal stops it; return the exit code.

    Raises Failure, ConfigError, or Busy when another service uses DATA_DIR.
    """
    if warning := nginx_warning(config):
        print(f"gati-backend: {warning}", file=sys.stderr, flush=True)
    if config.database_url:
        return serve_on(config, config.database_url)
    with hold(config.data_dir, "serve"):
        return serve_embedded(config)


def serve_on(config: Config, url: str) -> int:
    """Become gunicorn on an external database; return only if that fails, with the exit code."""
    wait_for_port(config.host, config.port, PORT_WAIT_SECONDS)
    code = migrate(url, wait=DATABASE_WAIT_SECONDS) or check_start(url)
    if code == 0:
        print(greeting(config, redacted(url)), flush=True)
        os.execve(sys.executable, gunicorn(), {**os.environ, "DATABASE_URL": url})  # noqa: S606
    return code


def serve_embedded(config: Config) -> int:
    """Run the embedded PostgreSQL and gunicorn, and stop both together.

    A port that another program has is reported before the database starts.
    """
    server = EmbeddedServer(config.data_dir)
    signals = Signals()
    seconds = LEFT_PORT_WAIT_SECONDS if server.was_left() else PORT_WAIT_SECONDS
    try:
        wait_for_port(config.host, config.port, seconds)
        server.start()
        code = migrate(server.url) or check_start(server.url)
        return code or Supervisor(config, server, signals, gunicorn()).run()
    except Stop:
        return 0
    finally:
        signals.ignore()  # PostgreSQL's clean stop must not be interrupted
        server.stop()


def migrate(url: str, wait: int = 0) -> int:
    """Run `python -m service migrate up` and return its exit code.

    In a separate process, because yoyo, sqlparse and psycopg would stay in this one's memory. It
    can ask nobody: beside older processes, what these do not survive is not applied.
    """
    return run(url, "service", "migrate", "up", "--quiet", "--wait", str(wait))


def check_start(url: str) -> int:
    """Run the checks before a start, which print their lines; return their exit code."""
    return run(url, "service.server.startup_check")


def run(url: str, module: str, *arguments: str) -> int:
    """Run a module of the service on a database; return its exit code."""
    command = [sys.executable, "-m", module, *arguments]
    variables = {**os.environ, "DATABASE_URL": url}
    return subprocess.run(command, stdin=subprocess.DEVNULL, env=variables, check=False).returncode


def gunicorn() -> list[str]:
    """Return the command that runs gunicorn with this Python."""
    return [sys.executable, "-m", "gunicorn", "--config", str(SETTINGS)]


def wait_for_port(host: str, port: int, seconds: float) -> None:
    """Wait until the address is free to listen on. Raises ConfigError, or Failure if in use."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return try_address(host, port)
        except OSError as error:
            if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
                raise ConfigError(f"HOST={host!r}: {error.strerror}") from None
            if error.errno == errno.EACCES:
                raise ConfigError(f"PORT='{port}': {error.strerror}") from None
            if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                raise Failure(f"{host}:{port} cannot be listened on: {error.strerror}") from None
        time.sleep(0.1)


def try_address(host: str, port: int) -> None:
    """Bind a socket to the address, as gunicorn will, and close it. Raises OSError."""
    family, kind, protocol, _, target = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(target)
