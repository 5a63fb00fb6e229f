"""Config: every environment variable of the service, read once, with its default and its error."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from service.rate_limit.proxies import TrustedProxies

LOCAL_DASHBOARD = "http://localhost:3000,http://127.0.0.1:3000"
LOG_REQUESTS = ("problems", "all")
KILOBYTE = 1024
MEGABYTE = 1024 * 1024
WORKER_CLASSES = ("gevent", "gthread", "meinheld")


class ConfigError(Exception):
    """A variable with a value that cannot be used; the text is one line that names it."""


@dataclass(frozen=True)
class Config:
    """What the environment says, checked.

    Sizes carry their unit in the name. `database_url` None means: start the embedded PostgreSQL
    under `data_dir`. `database_pool_size` is the total of the service, split over its workers.
    """

    host: str
    port: int
    data_dir: Path
    database_url: str | None
    database_ingest_url: str | None
    database_read_url: tuple[str, ...]
    database_read_pgbouncer: bool
    max_replica_lag_seconds: int
    database_pool_size: int
    workers: int
    threads: int
    worker_class: str
    cors_origins: tuple[str, ...]
    debug: bool
    log_requests: str
    environment: str
    api_prefix: str
    max_batch_size: int
    max_body_mb: int
    max_in_flight_mb: int
    max_event_kb: int
    max_event_depth: int
    max_headers: int
    max_header_kb: int
    body_timeout_seconds: int
    stream_stall_seconds: int
    read_timeout_seconds: int
    write_timeout_seconds: int
    max_events_per_second: int
    max_reads_per_second: int
    max_exports: int
    trusted_proxies: TrustedProxies
    refresh_interval_seconds: int
    quarter_hour_days: int
    retention_days: int
    dashboard_port: int
    dashboard_key: str
    allowed_hosts: tuple[str, ...]
    insecure_public: bool

    @classmethod
    def from_environment(
        cls, environ: Mapping[str, str] | None = None, env_file: Path | None = None
    ) -> "Config":
        """Read the variables; those of the process win over those of the `.env` file.

        Raises ConfigError for the first value that cannot be used.
        """
        file = Path(".env") if env_file is None else env_file
        from_file = {name: value or "" for name, value in dotenv_values(file).items()}
        variables = {**from_file, **(os.environ if environ is None else environ)}
        return cls(**{setting.name.lower(): setting.read(variables) for setting in SETTINGS})


def integer(low: int, high: int) -> Callable[[str], int]:
    """Make a converter to a whole number in low..high."""

    def convert(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not low <= int(text[:10]) <= high:
            raise ValueError(f"expected a whole number from {low} to {high}")
        return int(text)

    return convert


def one_of(choices: tuple[str, ...]) -> Callable[[str], str]:
    """Make a converter to one of the words in `choices`."""

    def convert(text: str) -> str:
        if text not in choices:
            raise ValueError(f"expected one of {', '.join(choices)}")
        return text

    return convert


def boolean(text: str) -> bool:
    """Read `true`, `1`, `yes`, `on` and their opposites, in any case."""
    word = text.lower()
    if word in ("true", "1", "yes", "on"):
        return True
    if word in ("false", "0", "no", "off"):
        return False
    raise ValueError("expected true or false")


def origins(text: str) -> tuple[str, ...]:
    """Read a comma-separated list of origins (`https://host:port`), or `*`."""
    found = tuple(origin.strip().rstrip("/") for origin in text.split(",") if origin.strip())
    for origin in found:
        if origin != "*" and not origin.startswith(("http://", "https://")):
            raise ValueError(f"expected * or origins such as http://localhost:3000, not {origin!r}")
    if "*" in found and len(found) > 1:
        raise ValueError("expected either * or a list of origins")
    return found


def names(text: str) -> tuple[str, ...]:
    """Read a comma-separated list of host names, without ports."""
    return tuple(name.strip().lower() for name in text.split(",") if name.strip())


def prefix(text: str) -> str:
    """Read a path such as `/api`, without its trailing slash; `/` means no prefix."""
    if not text.startswith("/") or "//" in text or any(mark in text for mark in "{}?#% "):
        raise ValueError("expected a path that begins with a slash, such as /api")
    return text.rstrip("/")


def database_url(text: str) -> str | None:
    """Read a PostgreSQL URL; nothing means the embedded server."""
    if text and not text.startswith(("postgresql://", "postgres://")):
        raise ValueError("expected postgresql://user:password@host:port/database")
    # What libpq would say of these quotes the password.
    authority = text.partition("://")[2].partition("/")[0].partition("?")[0]
    if re.search(r"%(?![0-9A-Fa-f]{2})", text):
        raise ValueError("a % in the user or the password is written as %25")
    if authority.count("@") > 1 or authority.count("[") != authority.count("]"):
        raise ValueError("@, [ and ] in the user or the password are written as %40, %5B and %5D")
    return text or None


def database_urls(text: str) -> tuple[str, ...]:
    """Read the URLs of several servers, separated by commas; so are hosts within one."""
    urls = re.split(r",\s*(?=postgres(?:ql)?://)", text)
    return tuple(url for each in urls if (url := database_url(each)) is not None)


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
