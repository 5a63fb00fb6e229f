"""What the environment says, checked: a field for each variable."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dotenv import dotenv_values

from service.config.settings import SETTINGS
from service.core.addresses import TrustedProxies


@dataclass(frozen=True)
class Config:
    """The values of the variables.

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
