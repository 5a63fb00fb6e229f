"""Lines -> rows -> the writer, a batch at a time; while one is stored, the next is read."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import msgspec
import psycopg

from service.api.errors import find_passing
from service.cli.importing.source import Line
from service.config import KILOBYTE, Config
from service.core.failure import Failure
from service.core.overloaded import Overloaded
from service.core.retry_policy import RetryPolicy
from service.ingest.json.batch import EXPIRED
from service.ingest.json.fields import BadEvent
from service.ingest.json.ndjson_line import read_line
from service.ingest.rows import EventRow
from service.telemetry.logging import reason
from service.writer.group_commit import GroupCommitWriter
from service.writer.transaction import Counts

BATCH_EVENTS = 1_000
BATCH_BYTES = 8 * 1024 * 1024  # two batches are held at a moment, as lines and as rows
RETRIES = RetryPolicy(5, jitter=False)
TOO_LONG = BadEvent(None, "line_too_long", "The line is longer than MAX_BODY_MB.")

Complain = Callable[[str, BadEvent], None]


@dataclass
class Batch:
    """Some events: the rows, where each stood, and what of the source has been read with it."""

    rows: list[EventRow] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    failed: list[tuple[str, BadEvent]] = field(default_factory=list)
    done: int = 0


@dataclass
class Result:
    """What became of the events."""

    inserted: int = 0
    duplicates: int = 0
    failed: int = 0

    def __str__(self) -> str:
        return f"inserted {self.inserted}, duplicates {self.duplicates}, failed {self.failed}"


class Importer:
    """One import. `complain` hears of each bad event, `progress` how far the source is stored."""

    def __init__(
        self,
        writer: GroupCommitWriter,
        config: Config,
        complain: Complain,
        progress: Callable[[int], None],
        stop_on_error: bool = False,
    ) -> None:
        self._writer = writer
        self._max_bytes = config.max_event_kb * KILOBYTE
        self._max_depth = config.max_event_depth
        self._batch_events = min(BATCH_EVENTS, config.max_batch_size)
        self._complain = complain
        self._progress = progress
        self._stop_on_error = stop_on_error
        self.result = Result()

    def run(self, lines: Iterable[Line]) -> None:
        """Store what the lines hold, up to the first bad one where that is to stop it.

        Raises Failure when the database stays away: then run it again. Interrupted, it waits for
        the batch that is being stored.
        """
        with ThreadPoolExecutor(1) as storing:
            stored: Future[None] | None = None
            for batch in self._batches(lines):
                if stored is not None:
                    stored.result()
                    if self._is_to_stop():
                        return
                stored = storing.submit(self._store, batch)
            if stored is not None:
                stored.result()

    def _is_to_stop(self) -> bool:
        return self._stop_on_error and self.result.failed > 0

    def _batches(self, lines: Iterable[Line]) -> Iterator[Batch]:
        """The lines by batches; where it is to stop, the batch with a bad line is the last."""
        batch, size, ordinals = Batch(), 0, dict[str, int]()
        for line in lines:
            size += len(line.json or b"")
            batch.done = line.done
            self._read(batch, line, ordinals)
            ends = batch.failed and self._stop_on_error
            if len(batch.rows) >= self._batch_events or size >= BATCH_BYTES or ends:
                yield batch
                if ends:
                    return
                batch, size, ordinals = Batch(), 0, {}
        yield batch

    def _read(self, batch: Batch, line: Line, ordinals: dict[str, int]) -> None:
        """Add what a line holds to the batch."""
        try:
            if line.json is None:
                raise TOO_LONG
            if is_end_of_export(line.json):
                return
            row = read_line(line.json, self._max_bytes, self._max_depth, ordinals)
        except BadEvent as error:
            batch.failed.append((line.place, error))
        else:
            batch.rows.append(row)
            batch.places.append(line.place)

    def _store(self, batch: Batch) -> None:
        """Store a batch, and tell what became of it."""
        counts = self._store_patiently(batch) if batch.rows else Counts(0, 0)
        expired = [
            (place, EXPIRED)
            for place, row in zip(batch.places, batch.rows, strict=True)
            if row.run_id in counts.expired
        ]
        for place, error in batch.failed + expired:
            self._complain(place, error)
        self.result.inserted += counts.inserted
        self.result.duplicates += counts.duplicates
        self.result.failed += len(batch.failed) + len(expired)
        self._progress(batch.done)

    def _store_patiently(self, batch: Batch) -> Counts:
        """Store rows, again where what stands in the way passes."""
        for attempt in RETRIES.attempts():
            try:
                return self._writer.store(batch.rows)
            except (psycopg.Error, Overloaded) as error:
                passes = isinstance(error, Overloaded) or find_passing(error) is not None
                if attempt == RETRIES.max_attempts or not passes:
                    text = f"stopped at {batch.places[0]}: {reason(error)}"
                    raise Failure(f"{text}; run it again, what is stored stays once") from None
        raise AssertionError("the last attempt returns or raises")


def is_end_of_export(line: bytes) -> bool:
    """Whether it is the line with which an export says that it is whole."""
    if not line.startswith(b'{"export":'):
        return False
    try:
        return list(msgspec.json.decode(line, type=dict[str, msgspec.Raw])) == ["export"]
    except msgspec.MsgspecError:
        return False
