"""Who takes an answer that lasts, an export or a live tail, and how such an answer ends."""

import select
from enum import StrEnum
from socket import MSG_PEEK
from typing import Any

import falcon

from service.api.middleware.authorization import Authorization
from service.api.middleware.basics import identify
from service.core.cooperative import poll_now
from service.core.socket_deadline import MinimumRate
from service.core.worker_process import process


class EndReason(StrEnum):
    """Why nothing more comes."""

    COMPLETE = "complete"
    LEFT = "left"
    STALLED = "stalled"
    REVOKED = "revoked"
    FAILED = "failed"
    STOPPED = "stopped"


class StreamClient:
    """A client that takes what is made for it, piece by piece, and may take a pause.

    Between two pieces it may take nothing for `stall_seconds`: longer than another answer is waited
    for, since who writes to a disk or asks a user pauses, and what waits is one piece and a place.
    """

    def __init__(
        self, req: falcon.Request, resp: falcon.Response, access: Authorization, stall_seconds: int
    ) -> None:
        self._req = req
        self._access = access
        self._sock = req.env.get("gunicorn.socket")
        if isinstance(self._sock, MinimumRate):
            self._sock.limit(stall_seconds)
        # For the log: of which answer it tells. The query may be what an agent said.
        self.about = {"request_id": identify(req, resp), "path": req.path}

    def ending(self) -> EndReason | None:
        """Why the answer is to end; None while the client is there and may read."""
        if has_left(self._sock):
            return EndReason.LEFT
        return None if self._access.still_admits(self._req) else EndReason.REVOKED

    def write_end_reason(self) -> EndReason:
        """Why the server asks for no more: it could not write, or may not be that long any more."""
        if getattr(self._sock, "is_timed_out", False):
            return EndReason.STALLED
        return EndReason.STOPPED if process.is_stopping else EndReason.LEFT


class StreamClients:
    """Makes them."""

    def __init__(self, access: Authorization, stall_seconds: int) -> None:
        self._access = access
        self._stall_seconds = stall_seconds

    def of(self, req: falcon.Request, resp: falcon.Response) -> StreamClient:
        """Whoever sent a request."""
        return StreamClient(req, resp, self._access, self._stall_seconds)


def has_left(sock: Any) -> bool:
    """Whether the client has closed the connection. A write would not tell before the second."""
    if sock is None:
        return False
    poll = poll_now()
    try:
        poll.register(sock, select.POLLIN)
        return bool(poll.poll(0)) and not sock.recv(1, MSG_PEEK)
    except (OSError, ValueError):  # closed on our side
        return True
