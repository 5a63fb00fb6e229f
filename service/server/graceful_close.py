"""How a connection is closed whose client may still be sending.

Closed at once, with more to be read, the client's system throws away the answer that it has not yet
handed on. gunicorn reads on for 2 s, but no more than 64 KB: of a body of 65 MB that is refused by
its length, nginx had sent more before it read the 413, and told its client 503.
"""

from typing import Any

from gunicorn import util

DRAINED_BYTES = 64 * 1024 * 1024


def close(sock: Any) -> None:
    """Say that nothing more will come, read on until the client stops, then close."""
    util.close_graceful(sock, max_drain=DRAINED_BYTES)
