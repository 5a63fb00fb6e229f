"""Fills a database with N events, quickly, by the service's own write path, over weekly partitions.

Two processes parse batches and store each in a transaction of its own, on the day on which it would
have come in; then the metrics are folded and the tables vacuumed, as they lie in a settled service.
"""

import multiprocessing
import random
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from tqdm import tqdm

from bench.live import batch_from
from service.core.clock import monday_of
from service.db.connections import connect
from service.db.partitions import WEEK, ensure_partitions, ensure_week
from service.db.session_settings import DIRECT, WRITE
from service.ingest.json.batch import parse_batch
from service.metrics.fold import QUARTER_HOUR_DAYS, connect_for_folds, forget_quarter_hours
from service.metrics.leader import fold_once
from service.writer.group_commit import GroupCommitWriter

PROCESSES = 2
TRANSACTION_EVENTS = 5_000
SLICE_EVENTS = 50_000  # a task of one process, one step of the bar
FOLD_EVENTS = 1_000_000  # a fold of more deltas would take minutes
MAX_EVENT_BYTES = 2**20


@dataclass(frozen=True)
class Slice:
    """Events of one week: from number `first` on, `count` of them."""

    url: str
    seed: int
    week: int  # 0 is this week, 1 the one before
    first: int
    count: int


def fill(url: str, first: int, last: int, partitions: int = 1, seed: int = 1) -> int:
    """Store events number `first` to `last` - 1; return the bytes of JSON that they came as.

    `partitions` 1: all in this week. More: evenly over so many weeks, the last of which is this.
    """
    ensure_weeks(url, partitions)
    raw_bytes = 0
    for start in range(first, last, FOLD_EVENTS):
        end = min(start + FOLD_EVENTS, last)
        raw_bytes += store_all(slices(url, start, end, partitions, seed), f"{end:,}")
        settle_metrics(url)
    vacuum(url)
    return raw_bytes


def ensure_weeks(url: str, weeks: int) -> None:
    """Make the partitions of the last `weeks` weeks, and those that the service makes ahead."""
    ensure_partitions(url)
    with connect(url, DIRECT, "bench") as conn:
        for week in range(weeks):
            ensure_week(conn, monday(week))


def slices(url: str, first: int, last: int, partitions: int, seed: int) -> Iterator[Slice]:
    """Cut events into tasks, week by week, the oldest first."""
    for number, week in enumerate(reversed(range(partitions))):
        start = first + (last - first) * number // partitions
        end = first + (last - first) * (number + 1) // partitions
        for at in range(start, end, SLICE_EVENTS):
            yield Slice(url, seed, week, at, min(SLICE_EVENTS, end - at))


def store_all(tasks: Iterator[Slice], size: str) -> int:
    """Store the slices in processes of their own; return the bytes of their JSON."""
    todo = list(tasks)
    spawn = multiprocessing.get_context("spawn")
    total = sum(task.count for task in todo)
    raw_bytes = 0
    with (
        ProcessPoolExecutor(PROCESSES, mp_context=spawn) as pool,
        tqdm(total=total, desc=f"storing up to {size} events", disable=None, leave=False) as bar,
    ):
        for future in as_completed([pool.submit(store, task) for task in todo]):
            stored, slice_bytes = future.result()
            bar.update(stored)
            raw_bytes += slice_bytes
    return raw_bytes


def store(task: Slice) -> tuple[int, int]:
    """Store a slice, in a process of its own; return its events and the bytes of their JSON."""
    rng = random.Random(f"{task.seed} {task.first}")
    day = monday(task.week)
    writer = GroupCommitWriter(lambda: connect(task.url, WRITE, "writer"), lambda: day, "bench")
    raw_bytes = 0
    for at in range(0, task.count, TRANSACTION_EVENTS):
        moment = moment_in(rng, task.week)
        day = moment.date()
        size = min(TRANSACTION_EVENTS, task.count - at)
        batch = batch_from(moment, rng.getrandbits(64), size)
        writer.store(parse_batch(batch, TRANSACTION_EVENTS, MAX_EVENT_BYTES).rows)
        raw_bytes += len(batch)
    writer.close()
    return task.count, raw_bytes


def moment_in(rng: random.Random, week: int) -> datetime:
    """A moment of a week, at the latest now: the events of one transaction lie within an hour."""
    start = datetime.combine(monday(week), time(), UTC)
    return start + (min(start + WEEK, datetime.now(UTC)) - start) * rng.random()


def monday(week: int) -> date:
    """The Monday of this week, or of a week before it."""
    return monday_of(datetime.now(UTC).date()) - week * timedelta(days=7)


def settle_metrics(url: str) -> None:
    """Fold the metrics, and forget what the service would forget, as its leader does."""
    fold_once(url)  # beside the leader of a service that runs already
    with connect_for_folds(url) as conn:
        while forget_quarter_hours(conn, QUARTER_HOUR_DAYS):
            pass


def vacuum(url: str) -> None:
    """Statistics and visibility as autovacuum would leave them, and nothing left to be written."""
    with connect(url, DIRECT, "bench") as conn:
        conn.autocommit = True
        conn.execute("VACUUM (ANALYZE)")
        conn.execute("CHECKPOINT")
