"""gunicorn's gthread worker, but no client holds a thread for nothing, nor the loop.

gunicorn's own gives each new connection a thread for 5 s, whether it sends anything or not: with
200 that say nothing, all threads of two workers were taken for 15 s. It waits for the rest of a
request, and for an answer to be taken, without limit. And it lingers for up to 2 s over each
connection it closes, in the one thread that accepts all others.
"""

import selectors
import time
from functools import partial
from typing import Any

from gunicorn import util
from gunicorn.workers import gthread

from service.config import Config
from service.core.socket_deadline import MinimumRateSocket
from service.server import error_pages, graceful_close

error_pages.install()


class Connection(gthread.TConn):  # type: ignore[misc]  # gunicorn has no types
    """A client, waited for with patience, closed by the thread that served it."""

    def __init__(self, cfg: Any, sock: Any, client: Any, server: Any) -> None:
        patient = MinimumRateSocket(sock.family, sock.type, sock.proto, fileno=sock.detach())
        super().__init__(cfg, patient, client, server)

    def close(self, graceful: bool = False) -> None:
        """Close now: who was to be lingered over has been (ThreadWorker.handle)."""
        util.close(self.sock)


gthread.TConn = Connection  # ThreadWorker.accept makes it by this name


class ThreadWorker(gthread.ThreadWorker):  # type: ignore[misc]
    """A worker whose requests are threads."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._patience = Config.from_environment().body_timeout_seconds

    def enqueue_req(self, conn: Connection) -> None:
        """Give a connection a thread, a new one once it sends something."""
        if conn.initialized or conn.data_ready:
            super().enqueue_req(conn)
            return
        conn.timeout = time.monotonic() + self.cfg.keepalive
        self.pending_conns.append(conn)
        waiting = partial(self.on_pending_socket_readable, conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, waiting)

    def handle(self, conn: Connection) -> Any:
        """Answer one request, waiting no longer than its client deserves."""
        conn.sock.limit(self._patience)
        kept = super().handle(conn)
        if not kept:
            conn.sock.limit(None)
            graceful_close.close(conn.sock)
        return kept
