"""gunicorn's gthread worker, in which slow clients block neither threads nor the event loop.

gunicorn gives each new connection a thread for 5 s, even if it sends nothing: 200 silent clients
took all threads of two workers for 15 s. A head that arrived byte by byte held a thread until it
was whole: 150 such clients took all of them. It drains each connection it closes for up to 2 s, in
the only thread that accepts connections. And it waits without limit for the rest of a request and
for the client to read the response.

Here the event loop receives requests (gthread_connection.py) and drains connections. A thread gets
a request that is whole. The event loop receives bodies as far as body_room.py lets it. Others are
read by threads, as far as body_turns.py lets them: large ones, and those whose length only a reader
can tell. A body that takes too long goes to a thread that waits for no more of it, and the
application answers it.

connection_table.py closes connections that send no request, before the worker is full. The event
loop alone uses the table, the turns and the poller.
"""

import selectors
import time
from contextlib import suppress
from functools import partial
from typing import Any

from gunicorn.workers import gthread

from service.config import held_config
from service.server import error_pages, graceful_close, strict_http
from service.server.body_room import BodyRoom
from service.server.body_turns import BodyTurns
from service.server.connection_table import CLOSED, ConnectionTable
from service.server.gthread_connection import Connection

error_pages.install()
strict_http.install()

gthread.TConn = Connection  # ThreadWorker.accept uses this name

LOOK_SECONDS = 1.0  # between two looks for bodies that take too long


class ThreadWorker(strict_http.StrictAnswers, gthread.ThreadWorker):  # type: ignore[misc]
    """A worker whose requests are threads."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        config = held_config.read()
        # One less than gunicorn's limit, at which it accepts no more.
        capacity = max(1, self.worker_connections - 1)
        self._table: ConnectionTable[Connection] = ConnectionTable(capacity, config.trusted_proxies)
        self._body_timeout = config.body_timeout_seconds
        # When their time is over, on the monotonic clock; each in the order of time.
        self._heads: dict[Connection, float] = {}
        self._drained: dict[Connection, float] = {}
        self._bodies: set[Connection] = set()  # that the event loop receives
        self._room = BodyRoom(config.max_in_flight_mb)
        self._turns: BodyTurns[Connection] = BodyTurns(config.threads)
        self._next_look = 0.0

    def enqueue_req(self, conn: Connection) -> None:
        """Give the connection a thread once it has sent a whole request."""
        if conn not in self._table and not self._admit(conn):
            return
        if conn.has_head():
            conn.body_until = time.monotonic() + self._body_timeout
            self._take_body(conn)
        elif conn.has_begun():
            self._watch(conn, self._on_head)
            self._heads[conn] = time.monotonic() + self._body_timeout
        else:
            conn.timeout = time.monotonic() + self.cfg.keepalive
            self.pending_conns.append(conn)
            self._watch(conn, self.on_pending_socket_readable)

    def on_pending_socket_readable(self, conn: Connection, client: Any) -> None:
        """Receive the first bytes of a new connection."""
        if conn in self._table:
            self.pending_conns.remove(conn)
            self._receive(conn)

    def on_client_socket_readable(self, conn: Connection, client: Any) -> None:
        """Receive the first bytes of a kept connection's next request."""
        if conn in self._table:
            self.keepalived_conns.remove(conn)
            self._receive(conn)

    def finish_request(self, conn: Connection, fs: Any) -> None:
        """Keep the connection, or drain it and close it."""
        self._turns.leave(conn)
        while (waiting := self._turns.next()) is not None:
            self._give_thread(waiting)
        if fs.cancelled() or fs.exception() or fs.result():
            self._table.wait(conn)
            super().finish_request(conn, fs)
            return
        if not graceful_close.begin(conn.sock):
            self._end(conn)
            return
        conn.sock.limit(None)  # what a late client still sends is drained, too
        self._table.wait(conn)
        self._drained[conn] = time.monotonic() + graceful_close.SECONDS
        self._watch(conn, self._on_rest)

    def murder_pending(self) -> None:
        """Close connections whose time for a head, or for the rest of a request, is over."""
        super().murder_pending()
        now = time.monotonic()
        for waiting in (self._heads, self._drained):
            while waiting and (first := next(iter(waiting))) and waiting[first] <= now:
                self._close_waiting(first)
        if now > self._next_look:
            self._next_look = now + LOOK_SECONDS
            self._end_late_bodies(now)

    def _cap_keepalive(self, deadline: float) -> None:
        """Close idle connections by `deadline`, because the worker stops."""
        super()._cap_keepalive(deadline)
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, deadline)

    def handle(self, conn: Connection) -> Any:
        """Answer one request at a minimum transfer rate; runs in a thread."""
        conn.sock.limit(self._body_timeout)
        if conn.is_late:
            conn.sock.give_up()
        return super().handle(conn)

    def _admit(self, conn: Connection) -> bool:
        """Add a new connection, and close the one that is too many; False if it is this one."""
        peer = conn.client[0] if conn.client else ""
        surplus = self._table.open(conn, peer)
        conn.on_close = self._table.close
        conn.address = self._table.address_of(conn)
        self._table.wait(conn)
        if surplus is not None:
            self.log.warning(CLOSED.format(ip=peer))
            self._close_waiting(surplus)
        return surplus is not conn

    def _watch(self, conn: Connection, on_readable: Any) -> None:
        conn.sock.setblocking(False)
        on_readable = partial(on_readable, conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, on_readable)

    def _on_head(self, conn: Connection, client: Any) -> None:
        if conn in self._heads:
            self._receive(conn)

    def _receive(self, conn: Connection) -> None:
        """Receive what has arrived of a head."""
        if not conn.receive():
            self._close_waiting(conn)
        elif conn not in self._heads or conn.has_head():
            self._heads.pop(conn, None)
            self.poller.unregister(conn.sock)
            self.enqueue_req(conn)

    def _take_body(self, conn: Connection) -> None:
        """Give the connection a thread, if its body is there or it has a turn, or wait."""
        if conn.is_whole:
            self._give_thread(conn)
        elif self._room.keep(conn):
            self._bodies.add(conn)
            self._watch(conn, self._on_body)
        elif self._turns.take(conn, conn.address, conn.body_until):
            self._give_thread(conn)

    def _give_thread(self, conn: Connection) -> None:
        self._room.release(conn)
        self._table.proceed(conn)
        super().enqueue_req(conn)

    def _on_body(self, conn: Connection, client: Any) -> None:
        """Receive what has arrived of a body; one that has ended too soon is judged by a thread."""
        if conn not in self._bodies:
            return
        is_open = conn.receive_body(time.monotonic(), self._body_timeout)
        if is_open and not conn.is_whole and self._room.keep(conn):
            return
        self._stop_receiving(conn)
        if is_open:
            self._take_body(conn)
        else:
            self._give_thread(conn)

    def _end_late_bodies(self, now: float) -> None:
        """Let threads answer those whose body takes too long, without waiting for more of it."""
        late = [conn for conn in self._bodies if conn.body_until <= now]
        for conn in late:
            self._stop_receiving(conn)
        for conn in late + self._turns.late(now):
            conn.is_late = True
            self._give_thread(conn)

    def _stop_receiving(self, conn: Connection) -> None:
        self._bodies.remove(conn)
        self.poller.unregister(conn.sock)

    def _on_rest(self, conn: Connection, client: Any) -> None:
        """Discard what a client sends after the last answer."""
        if conn in self._drained and not graceful_close.drain(conn.sock):
            self._close_waiting(conn)

    def _close_waiting(self, conn: Connection) -> None:
        """Close a connection that has no thread, whatever it waits for."""
        for waiting in (self.pending_conns, self.keepalived_conns):
            with suppress(ValueError):
                waiting.remove(conn)
        self._heads.pop(conn, None)
        self._drained.pop(conn, None)
        self._bodies.discard(conn)
        self._room.release(conn)
        self._turns.leave(conn)
        with suppress(KeyError, ValueError):
            self.poller.unregister(conn.sock)
        self._end(conn)

    def _end(self, conn: Connection) -> None:
        self.nr_conns -= 1
        conn.close()
