"""A run as a trace of Chrome, which Perfetto and speedscope open: a slice for each event.

Viewers nest the slices of a thread by their times. So an event is on the thread of its parent where
it lies within that, and on another one beside siblings that overlap, or where it outlasts it.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import orjson

from service.api.answer_size import check_count
from service.core.cooperative import paced_if_many
from service.db.database import Database
from service.db.queries import Row
from service.resources.export.formats import SPACE, in_parts
from service.resources.export.lanes import Lanes
from service.resources.trace.summary import read_rows

US_PER_MS = 1_000
PROCESS = 1
FIGURES = (
    "event_id", "status", "model", "cost", "tokens_in", "tokens_out", "cached_tokens",
    "cache_write_tokens", "reasoning_tokens", "is_error", "self_time_ms", "on_critical_path",
)  # fmt: skip


def chrome_trace(database: Database, run: Row) -> Iterator[bytes]:
    """The JSON of a run, in parts; ApiError 413 for a run of too many events."""
    check_count(run["run_id"], run["event_count"])
    return in_parts(pieces(database, run), SPACE)


def pieces(database: Database, run: Row) -> Iterator[bytes]:
    """The JSON, cut between its tokens."""
    with database.snapshot() as conn:
        rows, _ = read_rows(conn, run["run_id"])
    first = min((row["started_at"] for row in rows), default=run["started_at"])
    about = {
        "run_id": run["run_id"],
        "run_name": run["run_name"],
        "agent_name": run["agent_name"],
        "status": run["status"],
        "ts_0": first,
    }
    yield b'{"displayTimeUnit":"ms","otherData":%b,"traceEvents":[' % orjson.dumps(about)
    title = f"{run['agent_name']} · {run['run_name']}"
    yield orjson.dumps(named("process_name", 1, title))
    lanes = Lanes()
    for row, start, end in in_order(rows, first):
        lane = lanes.place(row["event_id"], row["tree_parent_id"], start, end)
        yield b"," + orjson.dumps(slice_of(row, start, end, lane + 1))
    for lane in range(1, lanes.count + 1):
        yield b"," + orjson.dumps(named("thread_name", lane, f"lane {lane}"))
    yield b"]}\n"


def in_order(rows: list[Row], first: datetime) -> Iterator[tuple[Row, int, int]]:
    """The events with their start and end in microseconds: by start, the longer one first."""
    found: list[tuple[int, int, int, int, Row]] = []
    for row in paced_if_many(rows, len(rows)):
        start = (row["started_at"] - first) // timedelta(microseconds=1)
        end = start + max(0, round(row["duration_ms"] * US_PER_MS))
        found.append((start, -end, row["depth"], len(found), row))
    found.sort(key=lambda each: each[:4])
    for start, less_end, _, _, row in paced_if_many(found, len(found)):
        yield row, start, -less_end


def slice_of(row: Row, start: int, end: int, thread: int) -> dict[str, Any]:
    """An event as a complete event of the trace."""
    return {
        "ph": "X",
        "name": row["name"] or row["event_type"],
        "cat": row["event_type"],
        "ts": start,
        "dur": end - start,
        "pid": PROCESS,
        "tid": thread,
        "args": {name: row[name] for name in FIGURES if row[name] is not None},
    }


def named(kind: str, thread: int, name: str) -> dict[str, Any]:
    """The name of a process or a thread."""
    return {"ph": "M", "name": kind, "pid": PROCESS, "tid": thread, "args": {"name": name}}
