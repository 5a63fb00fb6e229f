"""DatabaseSettings: how one process connects to PostgreSQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from service.config import Config
from service.db.pools import MAX_WAITING
from service.db.roles.logins import Logins

INGEST_CONNECTIONS = 2  # scores and log messages: two, so that no client holds all of them
RESERVED_CONNECTIONS = INGEST_CONNECTIONS + 4  # writer, attacher, changes by hand, metrics leader


@dataclass(frozen=True)
class DatabaseSettings:
    """URLs, sizes and timeouts. `url` is the owner's; without `logins` it serves all connections.

    `connections` counts those to the primary. Reads of requests go to `replica_urls`, if any.
    """

    url: str
    connections: int
    logins: Logins | None = None
    replica_urls: Sequence[str] = ()
    pgbouncer: bool = False  # the replicas are reached through PgBouncer
    max_replica_lag_seconds: int = 10
    read_timeout_seconds: int = 10
    write_timeout_seconds: int = 30
    most_reads_per_client: int = MAX_WAITING // 2
    most_writes_per_client: int = MAX_WAITING // 2  # of scores and log messages

    @classmethod
    def from_config(cls, config: Config, url: str, logins: Logins) -> Self:
        """The settings of one worker, which gets its share of DATABASE_POOL_SIZE."""
        return cls(
            url=url,
            connections=config.database_pool_size // config.workers,
            logins=logins,
            replica_urls=config.database_read_url,
            pgbouncer=config.database_read_pgbouncer,
            max_replica_lag_seconds=config.max_replica_lag_seconds,
            read_timeout_seconds=config.read_timeout_seconds,
            write_timeout_seconds=config.write_timeout_seconds,
            most_reads_per_client=most_per_client(config, 2),
            most_writes_per_client=most_per_client(config, 4),
        )

    @property
    def read_connections(self) -> int:
        """The size of each pool of reads: at least 2, so that no client holds all of it."""
        return max(2, self.connections - RESERVED_CONNECTIONS)

    def owner_url(self) -> str:
        """The owner's URL."""
        return self.url

    def settings_of_owner(self) -> dict[str, str]:
        """The owner's settings that the roles' sessions get; empty without roles."""
        return self.logins.of_owner if self.logins else {}

    def ingest_url(self) -> str:
        """The URL for the writer's next connection."""
        return self.logins.ingest() if self.logins else self.url

    def read_url(self) -> str:
        """The URL for the next connection that reads from the primary."""
        return self.logins.read() if self.logins else self.url


def most_per_client(config: Config, part: int) -> int:
    """How many requests of one client may run and wait together in a worker.

    Under gthread each of them holds a thread, so they are a `part` of the threads: a half for
    reads and a quarter for writes leave a quarter to other clients.
    """
    if config.worker_class == "gthread":
        return max(1, config.threads // part)
    return MAX_WAITING // 2
