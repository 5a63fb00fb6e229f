"""The command line: python -m service COMMAND."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from service import __version__
from service.config import SETTINGS, Config, ConfigError
from service.failure import Failure

WRONG_VALUE = 2
FAILED = 1
INTERRUPTED = 130

Command = Callable[[Config, argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code: 2 for a wrong value, 1 for what failed."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    # psql's own options are its own business: argparse would take them for ours.
    psql_arguments = given[1:] if given[:1] == ["psql"] else []
    options = parser().parse_args(given[:1] if psql_arguments else given)
    options.psql_arguments = psql_arguments
    command: Command = options.command
    try:
        return command(Config.from_environment(), options)
    except ConfigError as error:
        return complain(error, WRONG_VALUE)
    except Failure as failure:
        return complain(failure, FAILED)
    except KeyboardInterrupt:
        return INTERRUPTED


def complain(error: Exception, code: int) -> int:
    """Print one line and return the exit code."""
    print(f"gati-backend: {error}", file=sys.stderr, flush=True)
    return code


def parser() -> argparse.ArgumentParser:
    """Describe every command and every variable."""
    root = argparse.ArgumentParser(
        prog="python -m service",
        description="GATI Backend receives what AI agents did and answers dashboards about it.",
        epilog=variables(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    root.add_argument("--version", action="version", version=f"GATI Backend {__version__}")
    commands = root.add_subparsers(metavar="COMMAND", required=True)

    def add(name: str, text: str, command: Command) -> argparse.ArgumentParser:
        found = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        found.set_defaults(command=command)
        return found

    served = add("serve", "run the service: database, migrations, web server", serve)
    served.add_argument(
        "--insecure-public",
        action="store_true",
        help="let whoever can connect in while no key exists, from everywhere",
    )
    migrations(commands.add_parser("migrate", help="change the database's schema"))
    keys(commands.add_parser("keys", help="make, list and revoke the keys that clients send"))
    prices(commands.add_parser("prices", help="what models cost, where clients do not say"))
    add("psql", "open a shell on the service's database; arguments go to psql", psql)
    explained = add("explain", "print the plan of one of the service's queries", explain)
    explained.add_argument("query", metavar="AREA/NAME", help="such as runs/trace")
    explained.add_argument("pairs", metavar="KEY=VALUE", nargs="*", help="the query's parameters")
    refreshed = add("refresh", "fold the metrics' deltas, again and again, beside serve", refresh)
    refreshed.add_argument("--once", action="store_true", help="fold once, now, and end")
    verified = add("verify", "recompute every metric; exit 1 when one differs", verify)
    verified.add_argument("--agent", metavar="NAME", help="the runs of one agent alone")
    verified.add_argument("--repair", action="store_true", help="rebuild what differs")
    dumped = add("dump", "write the database to a file, as pg_dump does", dump)
    dumped.add_argument("file", metavar="FILE", help="- is standard output")
    restored = add("restore", "fill an empty database from such a file", restore)
    restored.add_argument("file", metavar="FILE", help="- is standard input")
    imported = add("import", "store the events of a file: NDJSON, or GATI's SQLite", import_events)
    imported.add_argument("file", metavar="FILE", help="also packed by gzip; - is standard input")
    imported.add_argument(
        "--stop-on-error", action="store_true", help="end at the first event that is bad"
    )
    retained = add(
        "retention", "drop old weeks of events; metrics keep what they counted", retention
    )
    retained.add_argument(
        "--keep", type=days, metavar="DAYS", help="such as 90d (default: RETENTION_DAYS)"
    )
    retained.add_argument("--dry-run", action="store_true", help="print what would go")
    add("dashboard", "serve the released GATI dashboard against the service", dashboard)
    return root


def migrations(group: argparse.ArgumentParser) -> None:
    """Describe the commands below `migrate`."""
    commands = group.add_subparsers(metavar="ACTION", required=True)

    def add(name: str, text: str, command: Command) -> argparse.ArgumentParser:
        found = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        found.set_defaults(command=command)
        return found

    up = add("up", "apply every migration that the database lacks", migrate_up)
    up.add_argument("--wait", type=int, default=0, metavar="SECONDS", help="for the database")
    up.add_argument("--quiet", action="store_true", help="say nothing when there is nothing to do")
    down = add("down", "roll back the last N migrations, with their data", migrate_down)
    down.add_argument("count", metavar="N", type=at_least_one)
    add("status", "list the migrations; exit 1 when some are not applied", migrate_status)
    add("history", "list what was applied and rolled back, and when", migrate_history)
    created = add("new", "make the two files of the next migration", migrate_new)
    created.add_argument("name", metavar="NAME", help="such as create-agent-totals")


def keys(group: argparse.ArgumentParser) -> None:
    """Describe the commands below `keys`."""
    commands = group.add_subparsers(metavar="ACTION", required=True)
    created = commands.add_parser("create", help="make a key, which is shown this once")
    created.set_defaults(command=keys_create)
    created.add_argument("name", metavar="NAME", help="whose it is, such as laptop")
    created.add_argument("--scope", choices=["ingest", "read", "admin"], required=True)
    created.add_argument(
        "--expires", type=days, metavar="DAYS", help="such as 90d (default: never)"
    )
    listed = commands.add_parser("list", help="list every key; exit 1 when there is none")
    listed.set_defaults(command=keys_list)
    revoked = commands.add_parser("revoke", help="end a key")
    revoked.set_defaults(command=keys_revoke)
    revoked.add_argument("key", metavar="NAME|ID", help="as in the list")


def prices(group: argparse.ArgumentParser) -> None:
    """Describe the commands below `prices`."""
    commands = group.add_subparsers(metavar="ACTION", required=True)
    loaded = commands.add_parser("load", help="put a file's prices in the place of all there are")
    loaded.set_defaults(command=prices_load)
    loaded.add_argument("file", metavar="FILE", help="as prices.csv; - is standard input")
    loaded.add_argument("--dry-run", action="store_true", help="print what would change")
    listed = commands.add_parser("list", help="write every price, as a file that can be loaded")
    listed.set_defaults(command=prices_list)
    repriced = commands.add_parser("reprice", help="compute the costs of stored events anew")
    repriced.set_defaults(command=prices_reprice)
    repriced.add_argument(
        "--since", type=moment, metavar="DATE", required=True, help="such as 2026-11-01 (UTC)"
    )
    repriced.add_argument("--until", type=moment, metavar="DATE", help="up to, without it")
    repriced.add_argument("--model", metavar="NAME", help="events of one model alone")
    repriced.add_argument("--dry-run", action="store_true", help="print what would change")


def at_least_one(text: str) -> int:
    """Read a whole number from 1 on."""
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def days(text: str) -> int:
    """Read a number of days from 1 on, with or without its `d`."""
    return at_least_one(text.removesuffix("d"))


def moment(text: str) -> datetime:
    """Read a day or time in ISO 8601, in UTC where it does not say."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def variables() -> str:
    """List the environment variables with their defaults, as Config knows them."""
    lines = [
        f"  {setting.name:26}{setting.meaning} (default: {setting.default or 'none'})"
        for setting in SETTINGS
    ]
    return "\n".join(["environment variables, also read from .env:", *lines])


# Each command imports what it needs when it runs: the supervisor stays in memory for as long as
# the service, and needs neither psycopg nor yoyo.
# ruff: noqa: PLC0415


def serve(config: Config, options: argparse.Namespace) -> int:
    """Run the service until it is told to stop."""
    from service.serve import serve as run

    if options.insecure_public:
        os.environ["INSECURE_PUBLIC"] = "true"  # gunicorn reads the environment again
        config = Config.from_environment()
    return run(config)


def migrate_up(config: Config, options: argparse.Namespace) -> int:
    """Apply migrations."""
    from service import commands

    return commands.migrate_up(config, options.wait, options.quiet)


def migrate_down(config: Config, options: argparse.Namespace) -> int:
    """Roll migrations back."""
    from service import commands

    return commands.migrate_down(config, options.count)


def migrate_status(config: Config, _options: argparse.Namespace) -> int:
    """List migrations."""
    from service import commands

    return commands.migrate_status(config)


def migrate_history(config: Config, _options: argparse.Namespace) -> int:
    """List what was done."""
    from service import commands

    return commands.migrate_history(config)


def migrate_new(_config: Config, options: argparse.Namespace) -> int:
    """Make a migration's files."""
    from service import commands

    return commands.migrate_new(options.name)


def keys_create(config: Config, options: argparse.Namespace) -> int:
    """Make a key."""
    from service.keys import Scope, commands

    return commands.create(config, options.name, Scope(options.scope), options.expires)


def keys_list(config: Config, _options: argparse.Namespace) -> int:
    """List keys."""
    from service.keys import commands

    return commands.show(config)


def keys_revoke(config: Config, options: argparse.Namespace) -> int:
    """End a key."""
    from service.keys import commands

    return commands.revoke(config, options.key)


def prices_load(config: Config, options: argparse.Namespace) -> int:
    """Load prices."""
    from service.prices import commands

    return commands.load(config, options.file, options.dry_run)


def prices_list(config: Config, _options: argparse.Namespace) -> int:
    """List prices."""
    from service.prices import commands

    return commands.show(config)


def prices_reprice(config: Config, options: argparse.Namespace) -> int:
    """Compute costs anew."""
    from service.prices import commands
    from service.prices.span import Span

    span = Span(options.since, options.until, options.model)
    return commands.recompute(config, span, options.dry_run)


def psql(config: Config, options: argparse.Namespace) -> int:
    """Open a shell."""
    from service import commands

    return commands.psql(config, options.psql_arguments)


def explain(config: Config, options: argparse.Namespace) -> int:
    """Print a plan."""
    from service import commands

    return commands.explain(config, options.query, options.pairs)


def refresh(config: Config, options: argparse.Namespace) -> int:
    """Fold."""
    from service import commands

    return commands.refresh(config, options.once)


def verify(config: Config, options: argparse.Namespace) -> int:
    """Recompute the metrics."""
    from service import commands

    return commands.verify(config, options.agent, options.repair)


def dump(config: Config, options: argparse.Namespace) -> int:
    """Write a dump."""
    from service import commands

    return commands.dump(config, options.file)


def restore(config: Config, options: argparse.Namespace) -> int:
    """Read a dump."""
    from service import commands

    return commands.restore(config, options.file)


def import_events(config: Config, options: argparse.Namespace) -> int:
    """Store events."""
    from service import commands

    return commands.import_events(config, options.file, options.stop_on_error)


def retention(config: Config, options: argparse.Namespace) -> int:
    """Drop old partitions."""
    from service import commands

    return commands.retention(config, options.keep or config.retention_days, options.dry_run)


def dashboard(config: Config, _options: argparse.Namespace) -> int:
    """Serve the dashboard."""
    from service.dashboard import run

    return run(config)


if __name__ == "__main__":
    sys.exit(main())
