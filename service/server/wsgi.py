"""What gunicorn loads in each worker, after the fork: the application with its connections."""

import atexit
from dataclasses import replace

import psycopg
from gunicorn.errors import AppImportError

from service.api.load_shedding import LoadShedder
from service.app import create_app
from service.config import Config
from service.core.addresses import is_loopback
from service.core.clock import today
from service.core.failure import Failure
from service.core.worker_process import process
from service.db.database import Database
from service.db.partitions import PartitionKeeper
from service.db.roles.logins import Logins
from service.db.roles.names import given_urls
from service.db.schema_version import check
from service.metrics.leader import FoldLeader
from service.server import startup_check
from service.server.sampler import Sampler
from service.writer.group_commit import GroupCommitWriter


def build() -> LoadShedder:
    """Read the environment, open the connections, and build the application.

    `python -m service serve` sets DATABASE_URL, to the embedded server's where it runs that.
    """
    config = as_bound(Config.from_environment())
    if config.database_url is None:
        raise RuntimeError("DATABASE_URL is not set: start with python -m service serve")
    check_schema(config.database_url)
    check_exposure(config, config.database_url)
    logins = Logins(config.database_url, given_urls(config))
    logins.look()
    database = Database(
        config.database_url,
        config.database_pool_size // config.workers,
        ingest_url=logins.ingest,
        read_url=logins.read,
        replica_urls=config.database_read_url,
        pgbouncer=config.database_read_pgbouncer,
        max_replica_lag_seconds=config.max_replica_lag_seconds,
        read_timeout_seconds=config.read_timeout_seconds,
        write_timeout_seconds=config.write_timeout_seconds,
    )
    writer = GroupCommitWriter(database.connect_writer, today, config.environment)
    keeper = PartitionKeeper(config.database_url, today, config.retention_days)
    refresher = FoldLeader(config.database_url, config.refresh_interval_seconds)
    sampler = Sampler(database, writer)
    database.open()
    sampler.open()
    keeper.open()
    if config.refresh_interval_seconds:
        refresher.open()
    for close in (database.close, sampler.close, writer.close, refresher.close, keeper.close):
        atexit.register(close)  # run in the reverse order
    return create_app(config, database, writer)


def check_schema(url: str) -> None:
    """Refuse to serve on a schema of another version; gunicorn prints the line, and ends with 4."""
    try:
        check(url, process.is_joining)
    except Failure as failure:
        raise AppImportError(f"gati-backend: {failure}") from None


def as_bound(config: Config) -> Config:
    """The configuration with the host that is really listened on: gunicorn's --bind may differ."""
    public = next((host for host in process.hosts if not is_loopback(host)), None)
    return replace(config, host=public) if public else config


def check_exposure(config: Config, url: str) -> None:
    """Refuse to serve everybody, also where gunicorn was started by hand."""
    try:
        startup_check.check(config, url)
    except psycopg.OperationalError:
        return  # PostgreSQL is away: until the keys can be read, nobody is let in
    except Failure as failure:
        raise AppImportError(f"gati-backend: {failure}") from None
