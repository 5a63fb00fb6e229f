"""What the command line takes: every command with its arguments, and every variable."""

import argparse
import os
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from service import __version__
from service.cli import dispatch
from service.cli.dispatch import Command
from service.config import SETTINGS


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
    add = partial(add_command, commands)
    served = add("serve", "run the service: database, migrations, web server", dispatch.serve)
    served.add_argument(
        "--insecure-public",
        action="store_true",
        help="let whoever can connect in while no key exists, from everywhere",
    )
    migrations(commands.add_parser("migrate", help="change the database's schema"))
    keys(commands.add_parser("keys", help="make, list and revoke the keys that clients send"))
    prices(commands.add_parser("prices", help="what models cost, where clients do not say"))
    add("psql", "open a shell on the service's database; arguments go to psql", dispatch.psql)
    explained = add("explain", "print the plan of one of the service's queries", dispatch.explain)
    explained.add_argument("query", metavar="AREA/NAME", help="such as runs/trace")
    explained.add_argument("pairs", metavar="KEY=VALUE", nargs="*", help="the query's parameters")
    refreshed = add(
        "refresh", "fold the metrics' deltas, again and again, beside serve", dispatch.refresh
    )
    refreshed.add_argument("--once", action="store_true", help="fold once, now, and end")
    verified = add("verify", "recompute every metric; exit 1 when one differs", dispatch.verify)
    verified.add_argument("--agent", metavar="NAME", help="the runs of one agent alone")
    verified.add_argument("--repair", action="store_true", help="rebuild what differs")
    dumped = add("dump", "write the database to a file, as pg_dump does", dispatch.dump)
    dumped.add_argument("file", metavar="FILE", help="- is standard output")
    restored = add("restore", "fill an empty database from such a file", dispatch.restore)
    restored.add_argument("file", metavar="FILE", help="- is standard input")
    imported = add(
        "import", "store the events of a file: NDJSON, or GATI's SQLite", dispatch.import_events
    )
    imported.add_argument("file", metavar="FILE", help="also packed by gzip; - is standard input")
    imported.add_argument(
        "--stop-on-error", action="store_true", help="end at the first event that is bad"
    )
    retained = add(
        "retention", "drop old weeks of events; metrics keep what they counted", dispatch.retention
    )
    retained.add_argument(
        "--keep", type=days, metavar="DAYS", help="such as 90d (default: RETENTION_DAYS)"
    )
    retained.add_argument("--dry-run", action="store_true", help="print what would go")
    capacity(add("capacity", "what a rate and a retention need of machines", dispatch.capacity))
    add("dashboard", "serve the released GATI dashboard against the service", dispatch.dashboard)
    return root


def add_command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    text: str,
    command: Command,
) -> argparse.ArgumentParser:
    """Describe one command, beside others."""
    found = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    found.set_defaults(command=command)
    return found


def capacity(planned: argparse.ArgumentParser) -> None:
    """Describe what `capacity` is asked."""
    add = planned.add_argument
    add("--events-per-second", type=at_least_one, metavar="N", required=True)
    add("--retention-days", type=days, metavar="DAYS", help="such as 30 (default: RETENTION_DAYS)")
    add("--batch", type=at_least_one, default=1_000, metavar="N", help="events in a request (1000)")
    add("--event-bytes", type=at_least_one, metavar="N", help="of JSON (default: as in the bench)")
    add(
        "--cores",
        type=at_least_one,
        default=os.cpu_count() or 1,
        metavar="N",
        help="of one machine (default: this one's)",
    )
    add("--share", type=percent, default=50, metavar="PERCENT", help="of them to plan with (50)")
    add("--disk-tb", type=above_zero, default=8.0, metavar="TB", help="of one machine (8)")
    origin = planned.add_mutually_exclusive_group().add_argument
    origin("--results", type=Path, metavar="FILE", help="of a bench (default: this machine's last)")
    origin("--accepted", action="store_true", help="the figures of bench/README.md instead")
    add("--json", action="store_true", help="every figure by its name")


def migrations(group: argparse.ArgumentParser) -> None:
    """Describe the commands below `migrate`."""
    add = partial(add_command, group.add_subparsers(metavar="ACTION", required=True))
    up = add("up", "apply every migration that the database lacks", dispatch.migrate_up)
    up.add_argument("--wait", type=int, default=0, metavar="SECONDS", help="for the database")
    up.add_argument("--quiet", action="store_true", help="say nothing when there is nothing to do")
    down = add("down", "roll back the last N migrations, with their data", dispatch.migrate_down)
    down.add_argument("count", metavar="N", type=at_least_one)
    add("citus", "spread runs and events over the nodes of Citus", dispatch.migrate_citus)
    add("status", "list the migrations; exit 1 when some are not applied", dispatch.migrate_status)
    add("history", "list what was applied and rolled back, and when", dispatch.migrate_history)
    created = add("new", "make the two files of the next migration", dispatch.migrate_new)
    created.add_argument("name", metavar="NAME", help="such as create-agent-totals")


def keys(group: argparse.ArgumentParser) -> None:
    """Describe the commands below `keys`."""
    add = partial(add_command, group.add_subparsers(metavar="ACTION", required=True))
    created = add("create", "make a key, which is shown this once", dispatch.keys_create)
    created.add_argument("name", metavar="NAME", help="whose it is, such as laptop")
    created.add_argument("--scope", choices=["ingest", "read", "admin"], required=True)
    created.add_argument(
        "--expires", type=days, metavar="DAYS", help="such as 90d (default: never)"
    )
    add("list", "list every key; exit 1 when there is none", dispatch.keys_list)
    revoked = add("revoke", "end a key", dispatch.keys_revoke)
    revoked.add_argument("key", metavar="NAME|ID", help="as in the list")


def prices(group: argparse.ArgumentParser) -> None:
    """Describe the commands below `prices`."""
    add = partial(add_command, group.add_subparsers(metavar="ACTION", required=True))
    loaded = add("load", "put a file's prices in the place of all there are", dispatch.prices_load)
    loaded.add_argument("file", metavar="FILE", help="as prices.csv; - is standard input")
    loaded.add_argument("--dry-run", action="store_true", help="print what would change")
    add("list", "write every price, as a file that can be loaded", dispatch.prices_list)
    repriced = add("reprice", "compute the costs of stored events anew", dispatch.prices_reprice)
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


def percent(text: str) -> int:
    """Read a whole number of percent, 1 to 100."""
    number = at_least_one(text.removesuffix("%"))
    if number > 100:
        raise ValueError(text)
    return number


def above_zero(text: str) -> float:
    """Read a number above 0."""
    number = float(text)
    if not 0 < number < float("inf"):
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
