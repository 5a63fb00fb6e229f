"""Lines -> rows -> the writer, in batches; the next batch is read while one is stored."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

import psycopg

from service.cli.importing.completeness import Completeness, is_end_of_export
from service.cli.importing.continuation import Continuations
from service.cli.importing.source import Line
from service.config import KILOBYTE, Config
from service.core.failure import Failure
from service.core.overloaded import Overloaded
from service.core.retry_policy import RetryPolicy
from service.db.errors import transient_kind
from service.ingest.json.batch import EXPIRED
from service.ingest.json.event import MAX_DEPTH
from service.ingest.json.fields import BadEvent
from service.ingest.json.ndjson_line import read_line
from service.ingest.rows import EventRow
from service.ingest.scores.ndjson_line import is_score, read_score_line
from service.ingest.scores.rows import ScoreRow
from service.telemetry.logging import reason
from service.writer.group_commit import GroupCommitWriter
from service.writer.scores import ScoreWriter

BATCH_EVENTS = 1_000
BATCH_BYTES = 8 * 1024 * 1024  # two batches are in memory at a time, as lines and as rows
RETRIES = RetryPolicy(5, jitter=False)
OF_THE_DATA = (psycopg.DataError, psycopg.IntegrityError)
TOO_LONG = BadEvent(None, "line_too_long", "The line is longer than MAX_BODY_MB.")

T = TypeVar("T")

Complain = Callable[[str, BadEvent], None]


@dataclass
class Batch:
    """Rows with their positions, rejected events, ends of exports, how far the source is read."""

    rows: list[EventRow] = field(default_factory=list)
    positions: list[str] = field(default_factory=list)
    scores: list[ScoreRow] = field(default_factory=list)
    score_positions: list[str] = field(default_factory=list)
    failed: list[tuple[str, BadEvent]] = field(default_factory=list)
    continued: list[tuple[str, str]] = field(default_factory=list)  # an end's position, and after
    done: int = 0

    def __len__(self) -> int:
        """How many rows are to be stored, and errors to be named."""
        return len(self.rows) + len(self.scores) + len(self.failed)


@dataclass
class Result:
    """Counts of the events of an import, and of its scores: failed are those of both.

    Of the scores that were stored already, those stayed as they were that are not older.
    """

    inserted: int = 0
    duplicates: int = 0
    failed: int = 0
    scores: int = 0
    scores_kept: int = 0

    def __str__(self) -> str:
        counts = f"inserted {self.inserted}, duplicates {self.duplicates}, failed {self.failed}"
        if self.scores or self.scores_kept:
            counts += f", scores {self.scores}"
        return f"{counts}, scores left as stored {self.scores_kept}" if self.scores_kept else counts


class Importer:
    """One import.

    It calls `complain` with each rejected event, and `progress` with how far the source is stored.
    """

    def __init__(
        self,
        writer: GroupCommitWriter,
        score_writer: ScoreWriter,
        config: Config,
        complain: Complain,
        progress: Callable[[int], None],
        *,
        continuations: Continuations,
        stop_on_error: bool = False,
        replace_scores: bool = False,
    ) -> None:
        self._writer = writer
        self._write_scores = score_writer.store if replace_scores else score_writer.store_newer
        self._continuations = continuations
        self._max_bytes = config.max_event_kb * KILOBYTE
        self._batch_events = min(BATCH_EVENTS, config.max_batch_size)
        self._complain = complain
        self._progress = progress
        self._stop_on_error = stop_on_error
        self.result = Result()
        self.completeness = Completeness()

    def run(self, lines: Iterable[Line]) -> None:
        """Store the events; with `stop_on_error`, up to the first rejected one.

        Raises Failure if the database stays unavailable. When interrupted, waits for the batch that
        is being stored.
        """
        with ThreadPoolExecutor(1) as storing:
            stored: Future[None] | None = None
            for batch in self._batches(lines):
                if stored is not None:
                    stored.result()
                    if self._must_stop():
                        return
                stored = storing.submit(self._store, batch)
            if stored is not None:
                stored.result()

    def _must_stop(self) -> bool:
        return self._stop_on_error and self.result.failed > 0

    def _batches(self, lines: Iterable[Line]) -> Iterator[Batch]:
        """Yield the lines in batches; with `stop_on_error` a rejected line ends the last batch."""
        batch, size, ordinals = Batch(), 0, dict[str, int]()
        for line in lines:
            size += len(line.json or b"")
            batch.done = line.done
            self._read(batch, line, ordinals)
            ends = batch.failed and self._stop_on_error
            if len(batch) >= self._batch_events or size >= BATCH_BYTES or ends:
                yield batch
                if ends:
                    return
                batch, size, ordinals = Batch(), 0, {}
        self.completeness.end_file()
        yield batch

    def _read(self, batch: Batch, line: Line, ordinals: dict[str, int]) -> None:
        """Add the event or the score of a line to the batch."""
        try:
            if line.json is None:
                self.completeness.add_event(b"")
                raise TOO_LONG
            if is_end_of_export(line.json):
                if after := self.completeness.end_export(line):
                    batch.continued.append((line.position, after))
                return
            if is_score(line.json):
                self.completeness.add_score(line.json)
                batch.scores.append(read_score_line(line.json))
                batch.score_positions.append(line.position)
                return
            self.completeness.add_event(line.json)
            row = read_line(line.json, self._max_bytes, MAX_DEPTH, ordinals)
        except BadEvent as error:
            batch.failed.append((line.position, error))
        else:
            batch.rows.append(row)
            batch.positions.append(line.position)

    def _store(self, batch: Batch) -> None:
        """Store a batch; report its rejected events and the progress."""
        if batch.rows:
            self._store_rows(batch, batch.rows, batch.positions)
        if batch.scores:
            self._store_scores(batch)
        for position, after in batch.continued:
            self._continuations.check(position, after)
        for position, error in batch.failed:
            self._complain(position, error)
        self.result.failed += len(batch.failed)
        self._progress(batch.done)

    def _store_rows(self, batch: Batch, rows: list[EventRow], positions: list[str]) -> None:
        """Store rows; those that cannot be stored fail, and are found by halves."""
        try:
            counts = store_with_retries(lambda: self._writer.store(rows), positions[0])
        except Failure:
            raise
        except Exception as error:
            if len(rows) == 1:
                batch.failed.append((positions[0], cannot_be_stored(error)))
                return
            half = len(rows) // 2
            self._store_rows(batch, rows[:half], positions[:half])
            self._store_rows(batch, rows[half:], positions[half:])
            return
        self.result.inserted += counts.inserted
        self.result.duplicates += counts.duplicates
        batch.failed += [
            (position, EXPIRED)
            for position, row in zip(positions, rows, strict=True)
            if row.run_id in counts.expired
        ]

    def _store_scores(self, batch: Batch) -> None:
        """Store the scores of a batch."""
        rows, positions = batch.scores, batch.score_positions
        stored = store_with_retries(lambda: self._write_scores(rows), positions[0])
        late = [n for n, row in enumerate(rows) if row.run_id in stored.expired]
        batch.failed += [(positions[n], EXPIRED) for n in late]
        self.result.scores += len(rows) - len(late) - stored.kept
        self.result.scores_kept += stored.kept


def store_with_retries(store: Callable[[], T], first_position: str) -> T:
    """Store rows; retry after transient errors.

    Raises Failure if nothing can be stored, else what is wrong with one of the rows.
    """
    for attempt in RETRIES.attempts():
        try:
            return store()
        except OF_THE_DATA:
            raise
        except (psycopg.Error, Overloaded) as error:
            passes = isinstance(error, Overloaded) or transient_kind(error) is not None
            if attempt == RETRIES.max_attempts or not passes:
                text = f"stopped at {first_position}: {reason(error)}"
                raise Failure(f"{text}; run it again, what is stored stays once") from None
    raise AssertionError("the last attempt returns or raises")


def cannot_be_stored(error: Exception) -> BadEvent:
    """The rejection of an event that the writer or PostgreSQL fails at."""
    cause = getattr(error, "sqlstate", None) or type(error).__name__
    return BadEvent(None, "internal", f"The event cannot be stored ({cause}). Report this.")
