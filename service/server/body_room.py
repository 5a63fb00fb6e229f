"""What the event loop of a gthread worker keeps of bodies that are not whole yet."""

from service.api.body_budget import BodyBudget
from service.config import MEGABYTE
from service.core.overloaded import Overloaded
from service.server.gthread_connection import Connection

MAX_BYTES = MEGABYTE  # of one request; a larger body must come fast (api/body_pace.py)
PART = 4  # of MAX_IN_FLIGHT_MB, beside the bodies that threads hold
PROXY = ""  # the name of all trusted proxies


class BodyRoom:
    """Counts the bytes of requests while they are received; one address may have half of them."""

    def __init__(self, max_in_flight_mb: int) -> None:
        self._budget = BodyBudget(max_in_flight_mb * MEGABYTE // PART)
        self._held: dict[Connection, int] = {}

    def keep(self, conn: Connection) -> bool:
        """Count what has arrived of a request; False where it may not be received here."""
        if conn.length is None or conn.length > MAX_BYTES:
            return False
        held = self._held.get(conn, 0)
        try:
            self._budget.hold(conn.address or PROXY, conn.received - held, held)
        except Overloaded:
            return False
        self._held[conn] = conn.received
        return True

    def release(self, conn: Connection) -> None:
        """Count the connection's bytes no more."""
        held = self._held.pop(conn, 0)
        if held:
            self._budget.hold(conn.address or PROXY, -held, held)
