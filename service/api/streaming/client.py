"""The client of a streaming response (an export, a live tail), and how such a response ends."""

import select
from collections.abc import Callable
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
    """Why a stream ended."""

    COMPLETE = "complete"
    LEFT = "left"
    STALLED = "stalled"
    REVOKED = "revoked"
    FAILED = "failed"
    STOPPED = "stopped"


class StreamClient:
    """A client that reads a stream chunk by chunk, and may pause for `stall_seconds`.

    Longer than the normal timeout: clients that write to disk pause, and a stalled stream holds
    only one chunk and one slot.
    """

    def __init__(
        self, access: Authorization, stall_seconds: int, req: falcon.Request, resp: falcon.Response
    ) -> None:
        self._req = req
        self._access = access
        self._sock = req.env.get("gunicorn.socket")
        if isinstance(self._sock, MinimumRate):
            self._sock.limit(stall_seconds)
        # The log's fields of this response. No query: it may hold what an agent said.
        self.log_fields = {"request_id": identify(req, resp), "path": req.path}

    def end_reason(self) -> EndReason | None:
        """Why the stream must end; None while the client is connected and its key is valid."""
        if has_left(self._sock):
            return EndReason.LEFT
        return None if self._access.still_admits(self._req) else EndReason.REVOKED

    def write_end_reason(self) -> EndReason:
        """Why the server reads no more chunks: the client stalled or left, or the worker stops."""
        if getattr(self._sock, "is_timed_out", False):
            return EndReason.STALLED
        return EndReason.STOPPED if process.is_stopping else EndReason.LEFT


ClientOf = Callable[[falcon.Request, falcon.Response], StreamClient]


def has_left(sock: Any) -> bool:
    """Whether the client has closed the connection. The first write after that still succeeds."""
    if sock is None:
        return False
    poll = poll_now()
    try:
        poll.register(sock, select.POLLIN)
        return bool(poll.poll(0)) and not sock.recv(1, MSG_PEEK)
    except (OSError, ValueError):  # closed on our side
        return True
