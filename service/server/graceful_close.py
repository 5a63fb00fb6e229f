"""Lingering close of a connection whose client may still be sending.

Closing with unread data sends a reset, on which the client's system drops the response that it has
not read yet. gunicorn drains for 2 s, but at most 64 KB: nginx had sent more of a rejected 65 MB
body before it read the 413, and answered 503.
"""

import socket
from typing import Any

from gunicorn import util

SECONDS = 2.0
DRAINED_BYTES = 64 * 1024 * 1024
PIECE_BYTES = 64 * 1024


def close(sock: Any) -> None:
    """Shut down sending, drain until the client stops, then close; for a greenlet."""
    util.close_graceful(sock, timeout=SECONDS, max_drain=DRAINED_BYTES)


def begin(sock: Any) -> bool:
    """Shut down sending; False if the connection has ended."""
    try:
        sock.shutdown(socket.SHUT_WR)
    except OSError:
        return False
    return True


def drain(sock: Any) -> bool:
    """Discard a piece that has arrived on a non-blocking socket; False if it was the last."""
    try:
        return bool(sock.recv(PIECE_BYTES))
    except BlockingIOError:
        return True
    except OSError:
        return False
