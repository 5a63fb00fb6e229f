"""Every variable: its name, default, how it is read, and what it means."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.config.values import (
    boolean,
    database_url,
    database_urls,
    integer,
    names,
    one_of,
    origins,
    prefix,
)
from service.core.addresses import TrustedProxies

LOCAL_DASHBOARD = "http://localhost:3000,http://127.0.0.1:3000"
LOG_REQUESTS = ("problems", "all")
WORKER_CLASSES = ("gevent", "gthread", "meinheld")


class ConfigError(Exception):
    """A variable with a value that cannot be used; the text is one line that names it."""


@dataclass(frozen=True)
class Setting:
    """One variable: its name, default, converter, and what it means (shown by `--help`)."""

    name: str
    default: str
    convert: Callable[[str], Any]
    meaning: str

    def read(self, variables: Mapping[str, str]) -> Any:
        """Return the converted value, or raise ConfigError."""
        # An empty value means the default, as in `PORT= make run` or `DATABASE_URL=` in .env.
        text = variables.get(self.name, "").strip() or self.default
        try:
            return self.convert(text)
        except ValueError as error:
            # A URL may hold a password.
            shown = "" if self.convert in (database_url, database_urls) else f"={text!r}"
            raise ConfigError(f"{self.name}{shown}: {error}") from None


# Every variable of the service: Config has a field of the same name in lower case.
SETTINGS = (
    Setting("HOST", "127.0.0.1", str, "address to listen on; 0.0.0.0 means every network"),
    Setting("PORT", "8000", integer(1, 65535), "port to listen on"),
    Setting(
        "DATA_DIR",
        ".data",
        lambda text: Path(text).expanduser().absolute(),
        "where the embedded PostgreSQL keeps its data",
    ),
    Setting(
        "DATABASE_URL", "", database_url, "a PostgreSQL 15 to 18 to use instead of the embedded one"
    ),
    Setting(
        "DATABASE_INGEST_URL",
        "",
        database_url,
        "how ingest connects; empty: as DATABASE_URL, by the role gati_ingest",
    ),
    Setting(
        "DATABASE_READ_URL",
        "",
        database_urls,
        "replicas to read from, separated by commas; empty: as DATABASE_URL, by the role gati_read",
    ),
    Setting(
        "DATABASE_READ_PGBOUNCER",
        "false",
        boolean,
        "DATABASE_READ_URL leads through a PgBouncer in transaction mode",
    ),
    Setting(
        "MAX_REPLICA_LAG_SECONDS",
        "10",
        integer(1, 3600),
        "by which a replica may be behind the primary; beyond it, it is not asked",
    ),
    Setting("DATABASE_POOL_SIZE", "12", integer(2, 1000), "connections, over all workers together"),
    Setting("WORKERS", "2", integer(1, 64), "processes that answer requests"),
    Setting("THREADS", "32", integer(1, 512), "threads of each of them, where they are gthread"),
    Setting(
        "WORKER_CLASS",
        "gevent",
        one_of(WORKER_CLASSES),
        "gevent, gthread, or meinheld (only behind nginx)",
    ),
    Setting("CORS_ORIGINS", LOCAL_DASHBOARD, origins, "web pages that may call the service, or *"),
    Setting("DEBUG", "false", boolean, "log each request, re-read SQL files at each request"),
    Setting(
        "LOG_REQUESTS",
        "problems",
        one_of(LOG_REQUESTS),
        "problems (401, 403, 5xx, above 1 s) or all; DEBUG means all",
    ),
    Setting("ENVIRONMENT", "development", str, "the environment of runs that name none"),
    Setting("API_PREFIX", "/api", prefix, "path under which the API stands"),
    Setting("MAX_BATCH_SIZE", "10000", integer(1, 100_000), "events in one request"),
    Setting("MAX_BODY_MB", "64", integer(1, 1024), "size of a request's body, unpacked"),
    Setting(
        "MAX_IN_FLIGHT_MB",
        "96",
        integer(1, 65_536),
        "size of all bodies that one worker holds at a moment; beyond it: 503",
    ),
    Setting("MAX_EVENT_KB", "1024", integer(1, 65_536), "size of one event"),
    # A trace nests events 400 deep, which is 802 levels of JSON, around the data of the innermost;
    # Python's own parser gives up at about 990, orjson at 1,024.
    Setting("MAX_EVENT_DEPTH", "64", integer(1, 128), "objects and lists within one another"),
    # Browsers and proxies send about 20. At the most 16 MB of a connection are read as its head.
    Setting("MAX_HEADERS", "100", integer(20, 500), "headers of a request; more: 431"),
    Setting("MAX_HEADER_KB", "8", integer(1, 32), "size of one header; larger: 431"),
    Setting(
        "BODY_TIMEOUT_SECONDS",
        "10",
        integer(1, 3600),
        "that a client may stand still in a body, or in taking an answer",
    ),
    Setting(
        "STREAM_STALL_SECONDS",
        "60",
        integer(1, 3600),
        "that a client of an export or a live tail may take nothing of it",
    ),
    # Below the 60 s after which nginx gives up and gunicorn replaces a worker that stands still.
    Setting("READ_TIMEOUT_SECONDS", "10", integer(1, 50), "for a read in PostgreSQL; then 504"),
    Setting("WRITE_TIMEOUT_SECONDS", "30", integer(1, 50), "for a write in PostgreSQL; then 503"),
    Setting(
        "MAX_EVENTS_PER_SECOND",
        "0",
        integer(0, 1_000_000),
        "events of one client, a key or else an address, in each worker; 0: no limit",
    ),
    Setting(
        "MAX_READS_PER_SECOND",
        "0",
        integer(0, 1_000_000),
        "its reads, likewise; 0: no limit",
    ),
    Setting(
        "MAX_EXPORTS", "2", integer(1, 64), "exports that one worker serves at a time; more: 503"
    ),
    Setting(
        "TRUSTED_PROXIES",
        "",
        TrustedProxies.parse,
        "addresses and networks, or unix, whose X-Forwarded-For says who the client is",
    ),
    Setting(
        "REFRESH_INTERVAL_SECONDS",
        "5",
        integer(0, 86_400),
        "between two folds of the metrics; 0: the service folds none",
    ),
    Setting(
        "QUARTER_HOUR_DAYS",
        "93",
        integer(1, 3660),
        "days for which metrics by hour and time zone are kept",
    ),
    Setting(
        "RETENTION_DAYS",
        "0",
        integer(0, 36_500),
        "days after which whole weeks of events are removed; 0: never",
    ),
    Setting(
        "ALLOWED_HOSTS",
        "",
        names,
        "names beside localhost by which it may be called while no key exists",
    ),
    Setting(
        "INSECURE_PUBLIC",
        "false",
        boolean,
        "serve whoever connects, from everywhere, while no key exists",
    ),
    Setting("DASHBOARD_PORT", "3000", integer(1, 65535), "port of `python -m service dashboard`"),
    Setting("DASHBOARD_KEY", "", str, "a key of scope read that it adds to what its page asks"),
)
