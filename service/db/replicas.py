"""All servers for reads, and which of them serves a request."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from service.db.database_settings import DatabaseSettings
from service.db.pools import PoolSettings
from service.db.reads import Reads
from service.db.replica import Replica
from service.db.request_routing import read_routing
from service.db.server_monitor import LagMonitor
from service.db.wal_progress import PrimaryPositions


class Replicas:
    """The servers of DATABASE_READ_URL, with the primary as fallback."""

    def __init__(self, primary: Reads, settings: DatabaseSettings) -> None:
        self._primary = primary
        self._positions = PrimaryPositions()
        self.all = [
            Replica(
                number,
                replica_pool(primary.settings, number, url, settings.pgbouncer),
                settings.max_replica_lag_seconds,
                self._positions,
            )
            for number, url in enumerate(split_hosts(settings.replica_urls), 1)
        ]
        self._turns = count()
        self._monitor = LagMonitor(
            "progress",
            primary.settings.find_url,
            primary.settings.session,
            found=self._note_primary,
        )

    def open(self) -> None:
        """Start the monitors. Until a replica's lag is known, the primary serves all reads."""
        if self.all:
            self._monitor.open()
        for replica in self.all:
            replica.open()

    def close(self) -> None:
        """Stop the monitors and close the pools."""
        self._monitor.close()
        for replica in self.all:
            replica.close()

    def server(self) -> Reads:
        """The server for all reads of this request, one for all so that time never goes backwards.

        Outside of requests, as in the service's own threads, it is the primary, because nobody
        could repeat the read there.
        """
        routing = read_routing.get()
        if routing is None or not self.all:
            return self._primary
        if routing.server is None:
            routing.replica = self._choose(routing.lsn)
            routing.server = routing.replica.reads if routing.replica else self._primary
        return routing.server

    def in_place_of_primary(self) -> Reads | None:
        """A usable replica, if the last poll of the primary failed; else None."""
        chosen = self._choose(None) if self._monitor.is_gone else None
        return chosen.reads if chosen else None

    def _choose(self, lsn: str | None) -> Replica | None:
        """The next usable replica, round robin; None without any, or if it lacks `lsn`."""
        usable = [replica for replica in self.all if replica.is_usable]
        if not usable:
            return None
        chosen = usable[next(self._turns) % len(usable)]
        return chosen if lsn is None or chosen.has_replayed(lsn) else None

    def _note_primary(self, position: int | None, at: float) -> None:
        """Record the primary's WAL position; None comes from a standby without any replayed yet."""
        if position is not None:
            self._positions.note(position, at)


def replica_pool(primary: PoolSettings, number: int, url: str, pgbouncer: bool) -> PoolSettings:
    """The settings of a replica's pool: the primary's with another name and URL."""
    name = f"replica {number}"
    return replace(primary, name=name, find_url=lambda: url, pgbouncer=pgbouncer)


def split_hosts(urls: Sequence[str]) -> Iterator[str]:
    """A URL for each host. libpq would treat them as alternatives; here each is a server."""
    for url in urls:
        parts = conninfo_to_dict(url)
        lists = {
            name: str(parts[name]).split(",")
            for name in ("host", "hostaddr", "port")
            if parts.get(name)
        }
        for n in range(max(map(len, lists.values()), default=1)):
            host: dict[str, Any] = {name: found[n % len(found)] for name, found in lists.items()}
            yield make_conninfo(**{**parts, **host})
