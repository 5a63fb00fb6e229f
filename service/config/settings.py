"""The one table of settings: each variable's name, default, kind and meaning, by section.

Config has a field for each. `--help`, .env.example and docs/reference/configuration.md repeat the
table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from service.config.values import (
    BOOLEAN,
    DATABASE_URL,
    DATABASE_URLS,
    DIRECTORY,
    HOST_NAMES,
    ORIGINS,
    PREFIX,
    PROXIES,
    TEXT,
    Kind,
    integer,
    one_of,
)

LOCAL_DASHBOARD = "http://localhost:3000,http://127.0.0.1:3000"
WORKER_CLASSES = ("gevent", "gthread", "meinheld")


class ConfigError(Exception):
    """A variable with a value that cannot be used; the text is one line that names it."""


@dataclass(frozen=True)
class Setting:
    """One environment variable."""

    name: str
    default: str
    kind: Kind
    meaning: str

    @property
    def field(self) -> str:
        """The name of the field of Config."""
        return self.name.lower()

    def read(self, variables: Mapping[str, str]) -> Any:
        """Return the converted value, or raise ConfigError."""
        # An empty value means the default, as in `PORT= make run` or `DATABASE_URL=` in .env.
        text = variables.get(self.name, "").strip() or self.default
        try:
            return self.kind.convert(text)
        except ValueError as error:
            shown = "" if self.kind.is_secret else f"={text!r}"
            raise ConfigError(f"{self.name}{shown}: {error}") from None


SECTIONS = {
    "Address and access": (
        Setting("HOST", "127.0.0.1", TEXT, "address to listen on; 0.0.0.0 means every network"),
        Setting("PORT", "8000", integer(1, 65535), "port to listen on"),
        Setting("API_PREFIX", "/api", PREFIX, "path prefix of the API; / means no prefix"),
        Setting("CORS_ORIGINS", LOCAL_DASHBOARD, ORIGINS, "web pages that may call the service"),
        Setting(
            "ALLOWED_HOSTS",
            "",
            HOST_NAMES,
            "Host header names accepted besides localhost while no key exists",
        ),
        Setting(
            "INSECURE_PUBLIC",
            "false",
            BOOLEAN,
            "accept requests from every network while no key exists",
        ),
        Setting(
            "TRUSTED_PROXIES",
            "",
            PROXIES,
            "proxies whose X-Forwarded-For header names the client; unix: a Unix socket",
        ),
    ),
    "Processes": (
        Setting("WORKERS", "2", integer(1, 64), "worker processes; about one per CPU core"),
        Setting(
            "WORKER_CLASS",
            "gevent",
            one_of(WORKER_CLASSES),
            "gevent, or gthread or meinheld (only behind nginx)",
        ),
        Setting("THREADS", "32", integer(1, 512), "threads of each gthread worker"),
        Setting("DEBUG", "false", BOOLEAN, "log every request; reload SQL files at each request"),
    ),
    "Database": (
        Setting("DATA_DIR", ".data", DIRECTORY, "data directory of the embedded PostgreSQL"),
        Setting(
            "DATABASE_URL",
            "",
            DATABASE_URL,
            "PostgreSQL 15 to 18 to use; empty: the embedded PostgreSQL",
        ),
        Setting(
            "DATABASE_INGEST_URL",
            "",
            DATABASE_URL,
            "connection for ingest; empty: DATABASE_URL with the role gati_ingest",
        ),
        Setting(
            "DATABASE_READ_URL",
            "",
            DATABASE_URLS,
            "replicas for reads; empty: DATABASE_URL with the role gati_read",
        ),
        Setting(
            "DATABASE_READ_PGBOUNCER",
            "false",
            BOOLEAN,
            "DATABASE_READ_URL is a PgBouncer in transaction mode",
        ),
        Setting(
            "MAX_REPLICA_LAG_SECONDS",
            "10",
            integer(1, 3600),
            "largest replication lag at which a replica still serves reads",
        ),
        Setting(
            "DATABASE_POOL_SIZE",
            "20",
            integer(2, 1000),
            "connections to PostgreSQL of all workers together",
        ),
        # Below the 60 s after which nginx closes a request and gunicorn replaces a blocked worker.
        Setting(
            "READ_TIMEOUT_SECONDS", "10", integer(1, 50), "statement timeout of reads; then 504"
        ),
        Setting(
            "WRITE_TIMEOUT_SECONDS", "30", integer(1, 50), "statement timeout of writes; then 503"
        ),
    ),
    "Limits": (
        Setting("MAX_BODY_MB", "64", integer(1, 1024), "size of a request body, unpacked"),
        Setting("MAX_BATCH_SIZE", "10000", integer(1, 100_000), "events in one request"),
        Setting("MAX_EVENT_KB", "1024", integer(1, 65_536), "size of the data of one event"),
        Setting(
            "MAX_IN_FLIGHT_MB",
            "96",
            integer(1, 65_536),
            "size of all request bodies in one worker at a time; beyond: 503",
        ),
        Setting(
            "BODY_TIMEOUT_SECONDS",
            "10",
            integer(1, 3600),
            "seconds a client slower than 1000 bytes/s has for a request body or response",
        ),
        Setting(
            "STREAM_STALL_SECONDS",
            "60",
            integer(1, 3600),
            "the same for the client of an export or live tail",
        ),
        Setting(
            "MAX_EVENTS_PER_SECOND",
            "0",
            integer(0, 1_000_000),
            "events per second and client, per worker; 0 disables the limit",
        ),
        Setting(
            "MAX_READS_PER_SECOND",
            "0",
            integer(0, 1_000_000),
            "reads per second and client, per worker; 0 disables the limit",
        ),
    ),
    "Data": (
        Setting("ENVIRONMENT", "development", TEXT, "environment of runs whose events name none"),
        Setting(
            "REFRESH_INTERVAL_SECONDS",
            "5",
            integer(0, 86_400),
            "seconds between two folds of metric deltas; 0: the service folds none",
        ),
        Setting(
            "RETENTION_DAYS",
            "0",
            integer(0, 36_500),
            "days after which whole weeks of runs and events are dropped; 0: never",
        ),
    ),
}
SETTINGS = tuple(setting for section in SECTIONS.values() for setting in section)
