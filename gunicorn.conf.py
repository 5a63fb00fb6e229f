"""gunicorn's settings, from the service's own (`python -m service --help`)."""

import gc
import os
import signal
import sys
from pathlib import Path
from typing import Any

import service
from service.config import Config, ConfigError, held_config
from service.core.worker_process import process
from service.db.query_texts import held
from service.server import descriptors, edited_queries, meinheld_worker, rolling_arbiter
from service.server.greeting import bracketed
from service.telemetry.multiprocess_dir import directory
from service.telemetry.worker_slot import worker_number

# Not named `config`: gunicorn takes each name here that it knows for a setting.
try:
    chosen = Config.from_environment()
except ConfigError as error:
    sys.exit(f"gati-backend: {error}")

wsgi_app = "service.server.wsgi:build()"
pythonpath = str(Path(service.__file__).resolve().parents[1])
proc_name = "gati-backend"

bind = f"{bracketed(chosen.host)}:{chosen.port}"
workers = chosen.workers
threads = chosen.threads
# gevent and gthread need no proxy: both pass every raw and slow client of tests/http and
# tests/faults. In batches of 10, gevent stores 13,500 events/s and gthread 10,500
# (bench/decisions/worker-class).
worker_class = {
    "gevent": "service.server.gevent_worker.GeventWorker",
    "gthread": "service.server.gthread_worker.ThreadWorker",
    "meinheld": meinheld_worker.WORKER_CLASS,
}[chosen.worker_class]
# Connections at once; for gevent each is a greenlet of about 40 KB. Before there are more, those
# that send no request are closed (service/server/connection_table.py).
worker_connections = descriptors.connections(2000)
# The heartbeat is a file touched every second, which can stall workers on a busy disk.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108

# gunicorn's maximum, and no setting, because a lower limit would make stored names unreachable: two
# names of 255 four-byte characters, percent-encoded, are 6,120 bytes of path.
limit_request_line = 8190
limit_request_fields = 100  # browsers and proxies send about 20
limit_request_field_size = 8 * 1024
# No proxy here sends a header named SCRIPT_NAME, which would be a 500 for every other path.
forwarder_headers = ""
# Longer than the 60 s of load balancers and nginx: if the service closed first, a request on its
# way would get a reset. An idle connection costs a socket, no thread.
keepalive = 75
# Longer than any statement may run. It limits the event loop's silence, not requests.
timeout = 60
graceful_timeout = 30

control_socket_disable = True  # one socket per home directory, unused here
logger_class = "service.telemetry.logging.Log"
errorlog = "-"
loglevel = "info" if chosen.debug else "warning"
accesslog = None  # service/api/middleware/request_log.py logs requests, with id and key

STOPPING = (signal.SIGTERM, signal.SIGQUIT, signal.SIGINT)


def block_stop_signals() -> None:
    """Keep signals to stop pending."""
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)


def unblock_stop_signals() -> None:
    """Deliver pending and further signals to stop."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)


# A new worker has the signal handlers of gunicorn's master, which do nothing there: a reload at
# that moment waited for the worker for 30 s. So signals are blocked from before the fork until the
# worker has loaded. post_fork would be a millisecond too late, as a test showed.
os.register_at_fork(before=block_stop_signals, after_in_parent=unblock_stop_signals)
unblock_stop_signals()  # a new master (USR2) is forked, too


rolling_arbiter.install()
# What workers run until a reload, however they are replaced.
held.hold()
held_config.hold(chosen)
metrics_dir = directory.path  # created here, before the first worker claims its part


def post_fork(_arbiter: Any, worker: Any) -> None:
    """Register the worker with the application. gevent has not patched anything yet."""
    process.become(worker)
    try:
        worker_number.claim(metrics_dir)
    except OSError as error:
        worker.log.warning("/metrics lacks this worker: %s", error.strerror)


def on_reload(arbiter: Any) -> None:
    """Let new workers run the edited files of sql/ that PostgreSQL understands."""
    edited_queries.take_edits(arbiter.log)


def on_exit(_arbiter: Any) -> None:
    """Remove the directory of the metrics."""
    directory.remove()


def post_worker_init(_worker: Any) -> None:
    """Accept signals again once the worker has loaded, and raise meinheld's limits.

    Modules and SQL files are never garbage. The collector looked at all of them again for every
    hundred thousand lists of a body: 0.5 s of CPU for each MB of `[]`.
    """
    unblock_stop_signals()
    gc.collect()
    gc.freeze()
    if chosen.worker_class == "meinheld":
        meinheld_worker.raise_limits(chosen.max_body_mb)
