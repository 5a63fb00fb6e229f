"""Dumps of the versions before 0.1.0: their rows, without their schema, go into SCHEMA.

Those versions were never released, so no migration leads from their schema to this one. Their
tables have the columns that SCHEMA has, but for the keys that it adds; the migrations after it then
change the rows as those of any database. Two materialized views are gone.
"""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from tempfile import NamedTemporaryFile

from service.db import migrate, partitions
from service.db.queries import queries
from service.postgres import programs

SCHEMA = "0006.roles"  # the migration whose schema takes the rows
# A line of `pg_restore --list`: numbers, the kind of entry, its schema, its name, its owner.
ENTRY = re.compile(r"\d+; \d+ \d+ (TABLE DATA|TABLE|VIEW|SEQUENCE SET) \S+ (\S+) ")
WEEK = re.compile(r"events_(\d{8})")
# Left out: yoyo's tables name other migrations, and the migrations fill the other two.
FILLED = re.compile(r"_?yoyo_\w+|latency_buckets|refresh_leader")


def list_entries(head: bytes) -> list[tuple[str, str, str]] | None:
    """The kind, name and line of each entry of a dump that begins so; None when it is no dump."""
    listed = subprocess.run(
        [programs.newest("pg_restore"), "--list"], input=head, capture_output=True, check=False
    )
    if listed.returncode:
        return None
    lines = listed.stdout.decode(errors="replace").splitlines()
    return [(match[1], match[2], line) for line in lines if (match := ENTRY.match(line))]


def has_events(entries: list[tuple[str, str, str]]) -> bool:
    """Whether the dump has the table that every version of the service has."""
    return any((kind, name) == ("TABLE", "events") for kind, name, _ in entries)


def is_old(entries: list[tuple[str, str, str]]) -> bool:
    """Whether a version before 0.1.0 wrote the dump: those versions had no run_details."""
    names = {(kind, name) for kind, name, _ in entries}
    return ("VIEW", "run_details") not in names


@contextmanager
def selection(url: str, entries: list[tuple[str, str, str]]) -> Iterator[list[str]]:
    """Make the partitions that the dump needs; yield the options of pg_restore for its rows."""
    data = [
        (name, line)
        for kind, name, line in entries
        if kind in ("TABLE DATA", "SEQUENCE SET") and not FILLED.fullmatch(name)
    ]
    with migrate.reach(url) as conn:
        for name, _ in data:
            if week := WEEK.fullmatch(name):
                partitions.ensure_week(conn, datetime.strptime(week[1], "%Y%m%d").date())
    with NamedTemporaryFile("w", suffix=".list") as file:
        file.write("\n".join(line for _, line in data))
        file.flush()
        yield ["--data-only", f"--use-list={file.name}"]


def refresh(url: str) -> None:
    """Fill the materialized views, which a dump holds no rows of."""
    with migrate.reach(url) as conn:
        queries.refresh.refresh_agent_totals(conn)
        queries.refresh.refresh_model_totals(conn)
