"""gunicorn's settings, from the service's own (`python -m service --help`)."""

import os
import signal
import sys
from pathlib import Path
from typing import Any

from service.config import Config, ConfigError
from service.core.worker_process import process
from service.server.greeting import bracketed
from service.telemetry.multiprocess_dir import directory
from service.telemetry.worker_slot import worker_number

# gunicorn takes every name here that it knows for a setting, so not `config`.
try:
    chosen = Config.from_environment()
except ConfigError as error:
    sys.exit(f"gati-backend: {error}")

wsgi_app = "service.server.wsgi:build()"
pythonpath = str(Path(__file__).resolve().parent)
proc_name = "gati-backend"

bind = f"{bracketed(chosen.host)}:{chosen.port}"
workers = chosen.workers
threads = chosen.threads
# gevent and gthread may stand alone on a port: both pass every raw and slow client of tests/http
# and tests/faults. In batches of 10 gevent stores 13,500 events/s where gthread does 10,500
# (bench/decisions/worker-class). meinheld is crashed by a chunked body with a trailer and frozen by
# a client that reads slowly: it belongs behind the nginx of docker-compose.yml, as the start says.
worker_class = {
    "gevent": "service.server.gevent_worker.GeventWorker",
    "gthread": "service.server.gthread_worker.ThreadWorker",
    "meinheld": "egg:meinheld#gunicorn_worker",
}[chosen.worker_class]
# Of gevent workers: connections at once, each a greenlet of about 40 KB; others wait to be taken.
worker_connections = 2000
# The workers' heartbeat is a file touched every second: on a disk that is busy it can stall them.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108

# Two names of 255 four-byte characters, percent-encoded, are 6,120 bytes of path. The most that
# gunicorn knows, so no setting: less would make names that may be stored unreachable.
limit_request_line = 8190
limit_request_fields = 100  # browsers and proxies send about 20
limit_request_field_size = 8 * 1024
# A header named SCRIPT_NAME, which no proxy of ours sends, would be a 500 to every other path.
forwarder_headers = ""
# Load balancers and nginx keep idle connections for 60 s: whoever closes first must not be us, or
# a request that is on its way gets a reset. An idle connection costs a socket, no thread.
keepalive = 75
# Longer than any statement may run; it is the event loop that is watched, not the requests.
timeout = 60
graceful_timeout = 30

control_socket_disable = True  # one socket per home directory, which nobody here talks to
logger_class = "service.telemetry.logging.Log"
errorlog = "-"
loglevel = "info" if chosen.debug else "warning"
accesslog = None  # service/api/middleware/request_log.py knows the request's id and key

STOPPING = (signal.SIGTERM, signal.SIGQUIT, signal.SIGINT)


def hold_stopping() -> None:
    """Let signals to stop wait."""
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)


def let_stopping() -> None:
    """Let those through that waited, and any other."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)


# A new worker has the handlers of gunicorn's master, which do nothing there: a reload that met one
# so early waited for it for 30 s. So signals wait from before the fork until the worker has loaded.
# post_fork would be too late by a millisecond, which a test met.
os.register_at_fork(before=hold_stopping, after_in_parent=let_stopping)
let_stopping()  # a new master (USR2) is such a child, too


figures = directory.path  # made here, before the first worker, which takes a part of it


def post_fork(_arbiter: Any, worker: Any) -> None:
    """Tell the application which worker it is in. gevent has not patched anything yet."""
    process.become(worker)
    try:
        worker_number.claim(figures)
    except OSError as error:
        worker.log.warning("/metrics lacks this worker: %s", error.strerror)


def on_exit(_arbiter: Any) -> None:
    """Leave nothing behind."""
    directory.remove()


def post_worker_init(worker: Any) -> None:
    """Let signals in, and raise meinheld's limits.

    Those are 16 MB for a body, and above 500 kB a file, on a disk that may fill. They become 2 MB
    above the service's own limit, of which nginx lets 1 MB through: then it is the service that
    answers 413, in its own words; meinheld's answer is HTML on a connection it breaks.
    """
    let_stopping()
    if chosen.worker_class == "meinheld":
        from meinheld import server  # noqa: PLC0415 - installed only where it is used

        limit = (chosen.max_body_mb + 2) * 1024 * 1024
        server.set_max_content_length(limit)
        server.set_client_body_buffer_size(limit)
