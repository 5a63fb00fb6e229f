"""Who asks: what is known, while a request is answered, of where its reads are to go.

It holds for the thread or greenlet that answers, until it answers the next; also for a stream,
which goes on after its responder.
"""

from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from service.db.reads import Reads
    from service.db.replica import Replica


@dataclass
class ReadRouting:
    """One request: up to where its server has to be, and the one that it got for all its reads."""

    lsn: str | None = None
    server: "Reads | None" = None
    replica: "Replica | None" = None  # whose server that is; None: the primary's


class ReplicaMissing(Exception):
    """A replica lacks what a request names, which may be new: the primary is to be asked."""


read_routing: ContextVar[ReadRouting | None] = ContextVar("read_routing", default=None)


def require_primary() -> None:
    """Raise ReplicaMissing where a replica has answered; of the primary there is no doubt."""
    who = read_routing.get()
    if who is not None and who.replica is not None:
        raise ReplicaMissing
