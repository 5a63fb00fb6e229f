"""Cursors of keyset pagination: the sort key of a page's last row, as text that fits into a URL.

A key holds the values that the list is sorted by. So a cursor stays right while rows are inserted,
and after its own row is deleted. A run whose start moves meanwhile may be on two pages or on none.
"""

import base64
import binascii
import re
import uuid
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson

from service.api.errors import ApiError
from service.api.parameters import bad_parameter

# The output of numeric, with every digit; a float would round it.
TOTAL = re.compile(r"\d{1,40}(\.\d{1,400})?", re.ASCII)


class RunKey(NamedTuple):
    """The key of a run in a list sorted by its start."""

    started_at: datetime
    run_id: str


class TotalKey(NamedTuple):
    """The key of a run in a list sorted by one of its totals."""

    total: str  # every digit of it
    run_id: str


class EventKey(NamedTuple):
    """The key of an event of a run; without an event, it follows the run's last."""

    started_at: datetime  # of the run
    run_id: str
    timestamp: datetime | None = None
    tie: int = 0
    event_id: str | None = None


def encode_cursor(started_at: datetime, run_id: str) -> str:
    """The cursor of a run in an agent's list."""
    return pack(started_at, run_id)


def decode_cursor(text: str) -> RunKey:
    """Read a cursor of an agent's list; raise ApiError 400 for an invalid one."""
    started_at, run_id = unpack(text, 2)
    return RunKey(to_moment(started_at), to_id(run_id))


def pack(*values: Any) -> str:
    """The values as base64 of JSON."""
    return base64.urlsafe_b64encode(orjson.dumps(values)).decode().rstrip("=")


def unpack(text: str, *counts: int) -> list[Any]:
    """The values of a cursor that `pack` made, so many; raise ApiError 400 for any other text."""
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        values = orjson.loads(packed)
    except (ValueError, binascii.Error):
        raise invalid_cursor() from None
    if not isinstance(values, list) or len(values) not in counts:
        raise invalid_cursor()
    return values


def to_event_key(started_at: Any, run_id: Any, timestamp: Any, tie: Any, event_id: Any) -> EventKey:
    """The key of an event, or of a run's end, in a cursor."""
    run = EventKey(to_moment(started_at), to_id(run_id))
    if timestamp is None and event_id is None:
        return run
    return run._replace(timestamp=to_moment(timestamp), tie=to_tie(tie), event_id=to_id(event_id))


def to_moment(value: Any) -> datetime:
    """A time in a cursor, in UTC."""
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError("a cursor's time has an offset")
        return moment.astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        raise invalid_cursor() from None


def to_id(value: Any) -> str:
    """An id in a cursor."""
    try:
        return str(uuid.UUID(value))
    except (ValueError, TypeError, AttributeError):
        raise invalid_cursor() from None


def to_tie(value: Any) -> int:
    """A tie in a cursor: an integer of 31 bits."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**31:
        raise invalid_cursor()
    return value


def to_total(value: Any) -> str:
    """A total in a cursor: a number, as text."""
    if not isinstance(value, str) or not TOTAL.fullmatch(value):
        raise invalid_cursor()
    return value


def to_text(value: Any) -> str:
    """A name in a cursor."""
    if not isinstance(value, str) or "\x00" in value:
        raise invalid_cursor()
    return value


def invalid_cursor() -> ApiError:
    """The error for a cursor that this service never made."""
    return bad_parameter("cursor", "is not a cursor of this service")
