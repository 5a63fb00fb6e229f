"""Routing of one request's reads: which server serves them, and how recent it must be.

The context variable belongs to the thread or greenlet that answers, until its next request. A
stream, which outlives its responder, keeps it too.
"""

from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from service.db.reads import Reads
    from service.db.replica import Replica


@dataclass
class ReadRouting:
    """The server that was chosen for a request, and the WAL position that it must have replayed."""

    lsn: str | None = None
    server: "Reads | None" = None
    replica: "Replica | None" = None  # the replica of `server`; None: the primary


class ReplicaMissing(Exception):
    """A replica lacks a row that the request names. It may be new, so the primary must answer."""


read_routing: ContextVar[ReadRouting | None] = ContextVar("read_routing", default=None)


def require_primary() -> None:
    """Raise ReplicaMissing if a replica has served this request; the primary's answer is final."""
    routing = read_routing.get()
    if routing is not None and routing.replica is not None:
        raise ReplicaMissing
