"""The WSGI application of a gunicorn worker, built after the fork with its connections."""

import atexit
from dataclasses import replace

import psycopg
from gunicorn.errors import AppImportError

from service.api.load_shedding import LoadShedder
from service.app import create_app
from service.config import Config, held_config
from service.core.addresses import is_loopback
from service.core.clock import today
from service.core.failure import Failure
from service.core.worker_process import process
from service.db.database import Database
from service.db.database_settings import DatabaseSettings
from service.db.partitions import PartitionKeeper
from service.db.roles.logins import Logins
from service.db.roles.names import given_urls
from service.db.schema_version import check
from service.metrics.leader import FoldLeader
from service.postgres.storage import Storage
from service.server import startup_check
from service.server.message_attacher import MessageAttacher
from service.server.sampler import Sampler
from service.telemetry.log_limit import refused
from service.writer.group_commit import GroupCommitWriter


def build() -> LoadShedder:
    """Take the settings of the master, open the connections, and build the application.

    `python -m service serve` sets DATABASE_URL, to the embedded server's if it runs one.
    """
    config = as_bound(held_config.read())
    url = config.database_url
    if url is None:
        raise RuntimeError("DATABASE_URL is not set: start with python -m service serve")
    check_schema(url)
    check_exposure(config, url)
    logins = Logins(url, given_urls(config))
    logins.check()
    storage = Storage.from_environment()
    database = Database(DatabaseSettings.from_config(config, url, logins))
    writer = GroupCommitWriter(database.connect_writer, today, config.environment, storage)
    start(config, url, database, writer, storage)
    return create_app(config, database, writer, storage=storage)


def start(
    config: Config, url: str, database: Database, writer: GroupCommitWriter, storage: Storage
) -> None:
    """Open the pools and start the threads beside requests; all are closed at exit."""
    sampler = Sampler(database, writer, storage)
    keeper = PartitionKeeper(url, today, config.retention_days)
    leader = FoldLeader(url, config.refresh_interval_seconds)
    attacher = MessageAttacher(database, config)
    database.open()
    writer.open()
    sampler.open()
    keeper.open()
    attacher.open()
    if config.refresh_interval_seconds:
        leader.open()
    for opened in (database, sampler, writer, leader, keeper, attacher):
        atexit.register(opened.close)  # atexit runs in reverse order
    atexit.register(refused.flush)


def check_schema(url: str) -> None:
    """Refuse to serve on a schema of another version; gunicorn prints the line and exits with 4."""
    try:
        check(url, process.is_joining)
    except Failure as failure:
        raise AppImportError(f"gati-backend: {failure}") from None


def as_bound(config: Config) -> Config:
    """The settings with the host that gunicorn listens on: its --bind may differ from HOST."""
    public = next((host for host in process.hosts if not is_loopback(host)), None)
    return replace(config, host=public) if public else config


def check_exposure(config: Config, url: str) -> None:
    """Refuse to serve the public without a key, also if gunicorn was started by hand."""
    try:
        startup_check.check(config, url)
    except psycopg.OperationalError:
        return  # PostgreSQL is away: until keys can be read, every request is rejected
    except Failure as failure:
        raise AppImportError(f"gati-backend: {failure}") from None
