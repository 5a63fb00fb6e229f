"""Lingering close of a connection whose client may still be sending.

Closing with unread data sends a reset, on which the client's system drops the response that it has
not read yet. gunicorn drains for 2 s, but at most 64 KB: nginx had sent more of a rejected 65 MB
body before it read the 413, and answered 503.
"""

from typing import Any

from gunicorn import util

DRAINED_BYTES = 64 * 1024 * 1024


def close(sock: Any) -> None:
    """Shut down sending, drain until the client stops, then close."""
    util.close_graceful(sock, max_drain=DRAINED_BYTES)
