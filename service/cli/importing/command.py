"""What `python -m service import` does and prints."""

import sys
from collections.abc import Callable
from contextlib import closing
from typing import Any

from tqdm import tqdm

from service.cli.database import database_in_use
from service.cli.importing.importer import Importer
from service.cli.importing.source import Source, opened
from service.config import MEGABYTE, Config
from service.core.clock import today
from service.db import partitions
from service.db.connections import connect
from service.db.schema_version import check
from service.db.session_settings import WRITE
from service.ingest.json.fields import BadEvent
from service.writer.group_commit import GroupCommitWriter

MAX_NAMED = 100


def run(config: Config, file: str, stop_on_error: bool) -> int:
    """Import a file into the database in use."""
    with database_in_use(config, "import") as url:
        return import_events(config, url, file, stop_on_error)


def import_events(config: Config, url: str, file: str, stop_on_error: bool) -> int:
    """Import a file; print each bad event on standard error, then the counts.

    0, or 1 when an event was bad. Raises Failure for what cannot be read or stored.
    """
    check(url)
    with opened(file, config.max_body_mb * MEGABYTE) as source:
        partitions.ensure_partitions(url)
        writer = GroupCommitWriter(lambda: connect(url, WRITE, "import"), today, config.environment)
        with closing(writer), bar_of(source) as bar:
            complaints = Complaints(bar.write)
            importer = Importer(writer, config, complaints, at(bar), stop_on_error)
            try:
                importer.run(source.lines)
            finally:  # also of one that was interrupted or failed: what is stored stays
                bar.close()
                complaints.sum_up()
                print(importer.result, flush=True)
    return 1 if importer.result.failed else 0


class Complaints:
    """Says which events were bad, the first hundred of them one by one."""

    def __init__(self, write: Callable[..., None]) -> None:
        self._write = write
        self._count = 0

    def __call__(self, place: str, error: BadEvent) -> None:
        """Name one, above the bar."""
        self._count += 1
        if self._count <= MAX_NAMED:
            self._write(f"{place}: {error.code}: {error}", file=sys.stderr)

    def sum_up(self) -> None:
        """Say how many were not named."""
        if self._count > MAX_NAMED:
            print(f"and {self._count - MAX_NAMED} more", file=sys.stderr, flush=True)


def bar_of(source: Source) -> Any:
    """A bar on a terminal, as dump and restore have; nothing elsewhere."""
    is_bytes = source.unit == "B"
    return tqdm(
        total=source.total,
        desc="import",
        unit=source.unit if is_bytes else f" {source.unit}",
        unit_scale=is_bytes,
        disable=None,
        leave=False,
    )


def at(bar: Any) -> Callable[[int], None]:
    """Moves the bar to a place."""
    return lambda done: bar.update(done - bar.n)
