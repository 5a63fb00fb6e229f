"""All servers for reads: which of them answers a request."""

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from service.db.reads import Reads
from service.db.replica import Replica
from service.db.request_routing import read_routing
from service.db.server_monitor import LagMonitor
from service.db.wal_progress import PrimaryPositions


class Replicas:
    """The servers of DATABASE_READ_URL, and the primary for what they cannot answer."""

    def __init__(
        self,
        urls: Sequence[str],
        primary: Reads,
        size: int,
        *,
        max_lag_seconds: int = 10,
        pgbouncer: bool = False,
    ) -> None:
        """`size` is how many connections each pool may have; `pgbouncer`: all go through one."""
        self._primary = primary
        self._progress = PrimaryPositions()
        self.all = [
            Replica(
                number,
                url,
                primary.settings,
                size,
                self._progress,
                max_lag_seconds=max_lag_seconds,
                pgbouncer=pgbouncer,
            )
            for number, url in enumerate(each_host(urls), 1)
        ]
        self._turns = count()
        self._lookout = LagMonitor(
            "progress", primary.find_url, primary.settings, found=self._note_primary
        )

    def open(self) -> None:
        """Begin to look; until something is known, the primary answers."""
        if self.all:
            self._lookout.open()
        for replica in self.all:
            replica.open()

    def close(self) -> None:
        """End it."""
        self._lookout.close()
        for replica in self.all:
            replica.close()

    def server(self) -> Reads:
        """Who answers: one server for all that a request reads, so that it never goes back in time.

        Where nobody could ask again, as in the service's own threads, the primary does.
        """
        who = read_routing.get()
        if who is None or not self.all:
            return self._primary
        if who.server is None:
            who.replica = self._choose(who.lsn)
            who.server = who.replica.reads if who.replica else self._primary
        return who.server

    def in_place_of_primary(self) -> Reads | None:
        """A replica, where nobody answered at the last look for the primary, and one is usable."""
        chosen = self._choose(None) if self._lookout.is_gone else None
        return chosen.reads if chosen else None

    def _choose(self, lsn: str | None) -> Replica | None:
        """The next that may be asked, and has come as far as the request has seen; None: nobody."""
        usable = [replica for replica in self.all if replica.is_usable]
        if not usable:
            return None
        chosen = usable[next(self._turns) % len(usable)]
        return chosen if lsn is None or chosen.has_replayed(lsn) else None

    def _note_primary(self, position: int | None, at: float) -> None:
        """Note how far the primary is; a server that has nothing replayed yet is none."""
        if position is not None:
            self._progress.note(position, at)


def each_host(urls: Sequence[str]) -> Iterator[str]:
    """A URL for each host: what libpq would try one after the other are servers of their own."""
    for url in urls:
        parts = conninfo_to_dict(url)
        several = {
            name: str(parts[name]).split(",")
            for name in ("host", "hostaddr", "port")
            if parts.get(name)
        }
        for n in range(max(map(len, several.values()), default=1)):
            one: dict[str, Any] = {name: found[n % len(found)] for name, found in several.items()}
            yield make_conninfo(**{**parts, **one})
