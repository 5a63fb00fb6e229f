"""The checked values of all environment variables: one field for each setting."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from service.config.settings import SETTINGS
from service.core.addresses import TrustedProxies


@dataclass(frozen=True)
class Config:
    """The values of the settings, in the order of their table.

    Sizes carry their unit in the name. `database_url` None means: start the embedded PostgreSQL
    under `data_dir`. `database_pool_size` is the total of the service, split over its workers.
    """

    host: str
    port: int
    api_prefix: str
    cors_origins: tuple[str, ...]
    allowed_hosts: tuple[str, ...]
    insecure_public: bool
    trusted_proxies: TrustedProxies
    workers: int
    worker_class: str
    threads: int
    debug: bool
    data_dir: Path
    database_url: str | None
    database_ingest_url: str | None
    database_read_url: tuple[str, ...]
    database_read_pgbouncer: bool
    max_replica_lag_seconds: int
    database_pool_size: int
    read_timeout_seconds: int
    write_timeout_seconds: int
    max_body_mb: int
    max_batch_size: int
    max_event_kb: int
    max_in_flight_mb: int
    body_timeout_seconds: int
    stream_stall_seconds: int
    max_events_per_second: int
    max_reads_per_second: int
    environment: str
    refresh_interval_seconds: int
    retention_days: int

    @classmethod
    def from_environment(
        cls, environ: Mapping[str, str] | None = None, env_file: Path | None = None
    ) -> "Config":
        """Read the settings from `environ` (by default the process's) and the `.env` file.

        Raises ConfigError for the first value that cannot be used.
        """
        return cls.from_variables(read_variables(environ, env_file))

    @classmethod
    def from_variables(cls, variables: Mapping[str, str]) -> "Config":
        """Read the settings from `variables` alone. Raises ConfigError as from_environment does."""
        return cls(**{setting.field: setting.read(variables) for setting in SETTINGS})


def read_variables(
    environ: Mapping[str, str] | None = None, env_file: Path | None = None
) -> dict[str, str]:
    """Merge the `.env` file and the environment; the environment wins."""
    from dotenv import dotenv_values  # noqa: PLC0415 -- so that a bare Python gets one line

    file = Path(".env") if env_file is None else env_file
    from_file = {name: value or "" for name, value in dotenv_values(file).items()}
    return {**from_file, **(os.environ if environ is None else environ)}
