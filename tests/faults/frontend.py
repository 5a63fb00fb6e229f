"""What a client says to PostgreSQL, message by message: where a transaction with events commits.

psycopg sends COMMIT as a simple query, or within a pipeline as Parse, Bind, Describe, Execute and,
at the end of the pipeline, Sync.
"""

import struct

QUERY, PARSE, SYNC, COPY_DATA, TERMINATE = b"Q", b"P", b"S", b"d", b"X"
NAMED = b"/* transactions.commit */ "
PROTOCOL = 3  # the major version, in the upper half of the first message's code


class Frontend:
    """Follows one connection. Before the start-up message, messages have no type."""

    def __init__(self) -> None:
        self.said_farewell = False
        self._unread = bytearray()
        self._started = False
        self._copied = False  # events, in the transaction that is open
        self._committing = False

    def commits(self, data: bytes) -> bool:
        """Whether with these bytes a transaction that has copied events is told to commit."""
        self._unread += data
        found = False
        while (message := self._next()) is not None:
            found |= self._understand(*message)
        return found

    def _next(self) -> tuple[bytes, bytes] | None:
        """The next whole message: its type and its text."""
        head = 1 if self._started else 0
        if len(self._unread) < head + 4:
            return None
        (length,) = struct.unpack_from("!i", self._unread, head)
        if len(self._unread) < head + length:
            return None
        kind, text = bytes(self._unread[:head]), bytes(self._unread[head + 4 : head + length])
        del self._unread[: head + length]
        return kind, text

    def _understand(self, kind: bytes, text: bytes) -> bool:
        if not self._started:
            self._started = int.from_bytes(text[:2], "big") == PROTOCOL  # else: is SSL spoken?
        elif kind == COPY_DATA:
            self._copied = True
        elif kind in (QUERY, PARSE):
            statement = text.split(b"\0")[0 if kind == QUERY else 1]
            self._committing |= self._copied and statement.removeprefix(NAMED) == b"COMMIT"
            self._copied &= statement not in (b"BEGIN", b"ROLLBACK")
        elif kind == TERMINATE:
            self.said_farewell = True
        if self._committing and kind in (QUERY, SYNC):
            self._committing = self._copied = False
            return True
        return False
