"""The size of an answer that holds many events, checked before any of them is read."""

import falcon

from service.api.errors import ApiError
from service.db.queries import Connection, queries

MEGABYTE = 1024 * 1024
MOST_BYTES = 64 * MEGABYTE
BYTES_PER_EVENT = 512  # of an event in an answer, beside its `data`
FEW_EVENTS = 32  # of 1 MB each, by default: not measured


def check_run(conn: Connection, run_id: str, event_count: int) -> None:
    """Raise ApiError 413 where the events of a run would exceed MOST_BYTES."""
    if event_count > FEW_EVENTS:
        check_events(conn, run_id)


def check_events(conn: Connection, run_id: str, parent_event_id: str | None = None) -> None:
    """Raise ApiError 413 where the events of a run, or of one parent, exceed MOST_BYTES."""
    size = queries.runs.exceeds(
        conn,
        run_id=run_id,
        parent_event_id=parent_event_id,
        bytes_per_event=BYTES_PER_EVENT,
        byte_limit=MOST_BYTES,
    ).fetchone()
    if size and size["exceeds"]:
        raise answer_too_large(run_id)


def check_count(run_id: str, event_count: int) -> None:
    """Raise ApiError 413 where so many events would exceed MOST_BYTES without any `data`."""
    if event_count * BYTES_PER_EVENT > MOST_BYTES:
        raise answer_too_large(run_id)


def answer_too_large(run_id: str) -> ApiError:
    """The error for an answer of too many bytes, and the requests that read the same in parts."""
    text = (
        f"The answer would exceed {MOST_BYTES // MEGABYTE} MB. Get the trace with fields=summary, "
        f"which leaves out `data`; the events in pages from /events?run_id={run_id}; or all of "
        f"them from /export/events.ndjson?run_id={run_id}."
    )
    return ApiError(falcon.HTTP_413, "answer_too_large", text, limit_bytes=MOST_BYTES)
