"""From the command line to what each command does.

Each imports what it needs when it runs: the supervisor stays in memory for as long as the service,
and needs neither psycopg nor yoyo.
"""
# ruff: noqa: PLC0415

import argparse
import os
from collections.abc import Callable

from service.config import Config

Command = Callable[[Config, argparse.Namespace], int]


def serve(config: Config, options: argparse.Namespace) -> int:
    """Run the service until it is told to stop."""
    from service.server.serve import serve as run

    if options.insecure_public:
        os.environ["INSECURE_PUBLIC"] = "true"  # gunicorn reads the environment again
        config = Config.from_environment()
    return run(config)


def migrate_up(config: Config, options: argparse.Namespace) -> int:
    """Apply migrations."""
    from service.cli import migrate

    return migrate.up(config, options.wait, options.quiet)


def migrate_down(config: Config, options: argparse.Namespace) -> int:
    """Roll migrations back."""
    from service.cli import migrate

    return migrate.down(config, options.count)


def migrate_status(config: Config, _options: argparse.Namespace) -> int:
    """List migrations."""
    from service.cli import migrate

    return migrate.status(config)


def migrate_citus(config: Config, _options: argparse.Namespace) -> int:
    """Distribute tables."""
    from service.cli import migrate

    return migrate.citus(config)


def migrate_history(config: Config, _options: argparse.Namespace) -> int:
    """List what was done."""
    from service.cli import migrate

    return migrate.history(config)


def migrate_new(_config: Config, options: argparse.Namespace) -> int:
    """Make a migration's files."""
    from service.cli import migrate

    return migrate.new(options.name)


def keys_create(config: Config, options: argparse.Namespace) -> int:
    """Make a key."""
    from service.auth.scopes import Scope
    from service.cli import keys

    return keys.create(config, options.name, Scope(options.scope), options.expires)


def keys_list(config: Config, _options: argparse.Namespace) -> int:
    """List keys."""
    from service.cli import keys

    return keys.show(config)


def keys_revoke(config: Config, options: argparse.Namespace) -> int:
    """End a key."""
    from service.cli import keys

    return keys.revoke(config, options.key)


def prices_load(config: Config, options: argparse.Namespace) -> int:
    """Load prices."""
    from service.cli import prices

    return prices.load(config, options.file, options.dry_run)


def prices_list(config: Config, _options: argparse.Namespace) -> int:
    """List prices."""
    from service.cli import prices

    return prices.show(config)


def prices_reprice(config: Config, options: argparse.Namespace) -> int:
    """Compute costs anew."""
    from service.cli import prices
    from service.prices.window import Window

    window = Window(options.since, options.until, options.model)
    return prices.recompute(config, window, options.dry_run)


def psql(config: Config, options: argparse.Namespace) -> int:
    """Open a shell."""
    from service.cli import shell

    return shell.psql(config, options.psql_arguments)


def explain(config: Config, options: argparse.Namespace) -> int:
    """Print a plan."""
    from service.cli import shell

    return shell.explain(config, options.query, options.pairs)


def refresh(config: Config, options: argparse.Namespace) -> int:
    """Fold."""
    from service.cli import metrics

    return metrics.refresh(config, options.once)


def verify(config: Config, options: argparse.Namespace) -> int:
    """Recompute the metrics."""
    from service.cli import metrics

    return metrics.verify(config, options.agent, options.repair)


def dump(config: Config, options: argparse.Namespace) -> int:
    """Write a dump."""
    from service.cli import backup

    return backup.dump(config, options.file)


def restore(config: Config, options: argparse.Namespace) -> int:
    """Read a dump."""
    from service.cli import backup

    return backup.restore(config, options.file)


def import_events(config: Config, options: argparse.Namespace) -> int:
    """Store events."""
    from service.cli.importing.command import run

    return run(config, options.file, options.stop_on_error)


def retention(config: Config, options: argparse.Namespace) -> int:
    """Drop old partitions."""
    from service.cli.retention import run

    return run(config, options.keep or config.retention_days, options.dry_run)


def capacity(config: Config, options: argparse.Namespace) -> int:
    """Plan machines."""
    from service.cli.capacity.command import run

    return run(config, options)


def dashboard(config: Config, _options: argparse.Namespace) -> int:
    """Serve the dashboard."""
    from service.cli.dashboard import run

    return run(config)
