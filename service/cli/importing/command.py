"""python -m service import."""

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from typing import Any

from tqdm import tqdm

from service.cli.database import database_in_use
from service.cli.exit_codes import FAILED, OK
from service.cli.importing.continuation import Continuations
from service.cli.importing.importer import Importer
from service.cli.importing.source import Source, opened
from service.config import MEGABYTE, Config
from service.core.clock import today
from service.core.visible import visible
from service.db import partitions
from service.db.connections import connect
from service.db.queries import Connection
from service.db.schema_version import check
from service.db.session_settings import WRITE
from service.ingest.json.fields import BadEvent
from service.writer.group_commit import GroupCommitWriter
from service.writer.scores import ScoreWriter

DESCRIPTION = """Store the events and scores of a file: NDJSON as exports write it, also compressed
with gzip, or the SQLite database of GATI's own backend. Stored events are skipped and stored scores
replaced by newer ones alone, so an interrupted import can be run again. Exit code 1 if one was
rejected, or an export was cut short, or goes on after an event that is not stored."""
MAX_NAMED = 100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("file", metavar="FILE", help="file to read; - is standard input")
    parser.add_argument(
        "--stop-on-error", action="store_true", help="stop at the first event that is rejected"
    )
    parser.add_argument(
        "--replace-scores", action="store_true", help="replace stored scores by older ones, too"
    )


def run(config: Config, options: argparse.Namespace) -> int:
    """Import a file into the database in use."""
    with database_in_use(config, "import") as url:
        return import_events(config, url, options)


def import_events(config: Config, url: str, options: argparse.Namespace) -> int:
    """Import a file; print each rejected event on standard error, then the counts.

    Raises Failure for a file that cannot be read, and for a database that cannot store.
    """
    check(url)
    with opened(options.file, config.max_body_mb * MEGABYTE) as source:
        partitions.ensure_partitions(url)
        writer = GroupCommitWriter(lambda: connect(url, WRITE, "import"), today, config.environment)
        with closing(writer), bar_of(source) as bar:
            complaints = Complaints(bar.write)
            lend = partial(lending, url)
            continuations = Continuations(lend)
            importer = Importer(
                writer,
                ScoreWriter(lend),
                config,
                complaints,
                at(bar),
                continuations=continuations,
                stop_on_error=options.stop_on_error,
                replace_scores=options.replace_scores,
            )
            try:
                importer.run(source.lines)
            finally:  # also after an interruption or failure, because stored batches stay stored
                bar.close()
                complaints.sum_up()
                print(importer.result, flush=True)
    faults = list(filter(None, (importer.completeness.fault, continuations.fault)))
    for fault in faults:
        print(visible(f"gati-backend: {fault}"), file=sys.stderr, flush=True)
    return FAILED if importer.result.failed or faults else OK


@contextmanager
def lending(url: str) -> Iterator[Connection]:
    """Open a connection for scores and for a look at what is stored, in autocommit."""
    with connect(url, WRITE, "import") as conn:
        conn.autocommit = True
        yield conn


class Complaints:
    """Prints rejected events: the first MAX_NAMED one by one, then the number of the rest."""

    def __init__(self, write: Callable[..., None]) -> None:
        self._write = write
        self._count = 0

    def __call__(self, position: str, error: BadEvent) -> None:
        """Print one rejected event, above the progress bar."""
        self._count += 1
        if self._count <= MAX_NAMED:
            self._write(visible(f"{position}: {error.code}: {error}"), file=sys.stderr)

    def sum_up(self) -> None:
        """Print how many rejected events were not printed."""
        if self._count > MAX_NAMED:
            print(f"and {self._count - MAX_NAMED} more", file=sys.stderr, flush=True)


def bar_of(source: Source) -> Any:
    """Return a progress bar, shown on a terminal only."""
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
    """Return a function that moves the bar to a position."""
    return lambda done: bar.update(done - bar.n)
