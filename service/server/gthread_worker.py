"""gunicorn's gthread worker, in which slow clients block neither threads nor the event loop.

gunicorn gives each new connection a thread for 5 s, even if it sends nothing: 200 silent clients
took all threads of two workers for 15 s. It waits without limit for the rest of a request and for
the client to read the response. And it drains each connection it closes for up to 2 s, in the only
thread that accepts connections.
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
    """A client with a minimum transfer rate, drained and closed by the thread that served it."""

    def __init__(self, cfg: Any, sock: Any, client: Any, server: Any) -> None:
        limited = MinimumRateSocket(sock.family, sock.type, sock.proto, fileno=sock.detach())
        super().__init__(cfg, limited, client, server)

    def close(self, graceful: bool = False) -> None:
        """Close at once: ThreadWorker.handle has drained the connection."""
        util.close(self.sock)


gthread.TConn = Connection  # ThreadWorker.accept uses this name


class ThreadWorker(gthread.ThreadWorker):  # type: ignore[misc]
    """A worker whose requests are threads."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._body_timeout = Config.from_environment().body_timeout_seconds

    def enqueue_req(self, conn: Connection) -> None:
        """Give a connection a thread, but a new connection only once it sends something."""
        if conn.initialized or conn.data_ready:
            super().enqueue_req(conn)
            return
        conn.timeout = time.monotonic() + self.cfg.keepalive
        self.pending_conns.append(conn)
        on_readable = partial(self.on_pending_socket_readable, conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, on_readable)

    def handle(self, conn: Connection) -> Any:
        """Answer one request at a minimum transfer rate; then keep the connection or close it."""
        conn.sock.limit(self._body_timeout)
        kept = super().handle(conn)
        if not kept:
            conn.sock.limit(None)
            graceful_close.close(conn.sock)
        return kept
