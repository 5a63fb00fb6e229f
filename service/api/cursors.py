"""Cursors: the place in a list behind which the next page begins, as text that fits into a URL.

A place is made of what never changes of the row there, or of the very values by which a list of
what does change is sorted: it stays right while rows come in, and when the row itself is gone.
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

# What numeric prints: it keeps every digit, which a float would not.
TOTAL = re.compile(r"\d{1,40}(\.\d{1,400})?", re.ASCII)


class RunKey(NamedTuple):
    """Behind a run, in a list by when runs were made."""

    created_at: datetime
    run_id: str


class TotalKey(NamedTuple):
    """Behind a run, in a list by one of its totals."""

    total: str  # every digit of it
    run_id: str


class EventKey(NamedTuple):
    """Behind an event of a run, or behind the run's last where it names none."""

    created_at: datetime  # of the run
    run_id: str
    timestamp: datetime | None = None
    event_id: str | None = None


def encode_cursor(created_at: datetime, run_id: str) -> str:
    """The cursor behind a run of an agent's list."""
    return pack(created_at, run_id)


def decode_cursor(text: str) -> RunKey:
    """Read a cursor of an agent's list back; raise ApiError 400 for one that was never given."""
    created_at, run_id = unpack(text, 2)
    return RunKey(to_moment(created_at), to_id(run_id))


def pack(*values: Any) -> str:
    """The values as one word."""
    return base64.urlsafe_b64encode(orjson.dumps(values)).decode().rstrip("=")


def unpack(text: str, count: int) -> list[Any]:
    """So many values of `pack`; raise ApiError 400 for what it cannot have made."""
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        values = orjson.loads(packed)
    except (ValueError, binascii.Error):
        raise never_given() from None
    if not isinstance(values, list) or len(values) != count:
        raise never_given()
    return values


def to_moment(value: Any) -> datetime:
    """A time of a cursor, in UTC."""
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError("a cursor's time has an offset")
        return moment.astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        raise never_given() from None


def to_id(value: Any) -> str:
    """An id of a cursor."""
    try:
        return str(uuid.UUID(value))
    except (ValueError, TypeError, AttributeError):
        raise never_given() from None


def to_total(value: Any) -> str:
    """A total of a cursor: a number, as text."""
    if not isinstance(value, str) or not TOTAL.fullmatch(value):
        raise never_given()
    return value


def never_given() -> ApiError:
    """The error for a cursor that this service never gave."""
    return bad_parameter("cursor", "is not one that this service gave")
