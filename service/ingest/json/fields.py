"""The fields of an event: what each may hold, and the error for what it must not."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NoReturn

from service.core.validation import (
    MAX_NAME,
    is_plain_name,
    is_plain_uuid,
    name_problem,
    path_problem,
    to_uuid,
)

TOOL_CALL = "tool_call"
MAX_EVENT_TYPE = 50
MAX_ENVIRONMENT = 255
FIRST_YEAR, LAST_YEAR = 1970, 2199
DATE_LENGTH = len("2026-11-22")
END_OF_DAY = re.compile(r"(?<=[T ])24:00(?::00(?:[.,]0+)?)?(?![\d:.,])", re.ASCII)
LEAP_SECOND = re.compile(r"(?<=:\d\d:)60(?!\d)", re.ASCII)
GENERATED_NAME = "temp_"  # the SDK's prefix for a run that the service is to name


class BadEvent(Exception):
    """An event that cannot be stored: the field, a stable code, and what to do."""

    def __init__(
        self, field: str | None, code: str, message: str, event_id: str | None = None
    ) -> None:
        super().__init__(message)
        self.field = field
        self.code = code
        self.event_id = event_id


def missing(name: str) -> NoReturn:
    """Reject an event without a required field."""
    raise BadEvent(name, "missing", f"`{name}` is required.")


def invalid_number(what: str = "event") -> BadEvent:
    """The error for a number that no float holds."""
    text = f"The {what} holds NaN, Infinity or a number beyond 1e308."
    return BadEvent(None, "invalid_number", text)


def wrong_value(what: str = "event") -> BadEvent:
    """The error for JSON that holds a value that is not of its field's type."""
    text = f"The {what} holds a value that is not of its field's type."
    return BadEvent(None, "wrong_type", text)


def invalid_text(what: str = "event") -> BadEvent:
    """The error for text that no UTF-8 can write."""
    text = f"The {what} holds half of a surrogate pair: no UTF-8 can write it."
    return BadEvent(None, "invalid_text", text)


def read_uuid(value: str | bool | None, name: str) -> str | None:
    """A UUID in any usual form, as lower-case hyphenated text; None when absent."""
    if value is None or (isinstance(value, str) and is_plain_uuid(value)):
        return value
    found = to_uuid(value)
    if found is None:
        raise BadEvent(name, "invalid_uuid", f"`{name}` is a UUID as text.")
    return found


# Events of a batch share ids and names: 0.1 µs in place of 0.3. Errors are not cached.
read_repeated_uuid = lru_cache(maxsize=16_384)(read_uuid)


@lru_cache(maxsize=4_096)
def read_name(value: str | bool | None, name: str, limit: int) -> str | None:
    """Printable text of 1 to `limit` characters; None when absent."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise BadEvent(name, "wrong_type", f"`{name}` is text.")
    if is_plain_name(value, limit):
        return value
    problem = name_problem(value, limit)
    if problem:
        raise BadEvent(name, problem[0], f"`{name}` {problem[1]}.")
    return value


@lru_cache(maxsize=4_096)
def read_name_in_path(value: str | bool | None, name: str) -> str | None:
    """A name that stands in paths of the API, as one of its segments; None when absent."""
    found = read_name(value, name, MAX_NAME)
    problem = path_problem(found) if found is not None else None
    if problem:
        raise BadEvent(name, problem[0], f"`{name}` {problem[1]}.")
    return found


def optional_name(value: Any, limit: int) -> str | None:
    """Printable text within the limit, or None for anything else."""
    if isinstance(value, str) and (is_plain_name(value, limit) or not name_problem(value, limit)):
        return value
    return None


def optional_agent(value: Any) -> str | None:
    """The name of an agent, or None for anything else."""
    found = optional_name(value, MAX_NAME)
    return None if found is None or path_problem(found) else found


def tool_of(event_type: str, tool_name: Any, name: Any) -> str | None:
    """The tool that a tool_call calls, by `tool_name` and `name` of its data; None without one."""
    if event_type != TOOL_CALL:
        return None
    return optional_name(tool_name, MAX_NAME) or optional_name(name, MAX_NAME)


def parse_timestamp(value: str) -> datetime:
    """Read ISO 8601 as UTC. Raises TypeError, ValueError, OverflowError."""
    try:
        return parse_usual_timestamp(value)
    except ValueError:
        return parse_rare_timestamp(value)


def parse_rare_timestamp(value: str) -> datetime:
    """Read what RFC 3339 and ISO 8601 allow beside: a small z, 24:00, the 60 of a leap second."""
    text, days = END_OF_DAY.subn("00:00", value.upper())
    text, seconds = LEAP_SECOND.subn("59", text)
    parsed = parse_usual_timestamp(text)
    if seconds and (parsed.hour, parsed.minute) != (23, 59):
        raise ValueError(value)  # leap seconds are the last of a day in UTC
    return parsed + timedelta(days=days, seconds=seconds)


def parse_usual_timestamp(value: str) -> datetime:
    """Read what Python reads."""
    parsed = datetime.fromisoformat(value)
    if parsed.tzinfo is UTC:
        return parsed
    if parsed.tzinfo is not None:
        return parsed.astimezone(UTC)
    if len(value) > DATE_LENGTH:
        return datetime.fromisoformat(value + "Z")  # replace(tzinfo=UTC) takes 5 times as long
    return parsed.replace(tzinfo=UTC)


def read_timestamp(value: Any) -> datetime:
    """ISO 8601; without an offset it is UTC."""
    if value is None:
        missing("timestamp")
    text = "`timestamp` is ISO 8601 text, such as 2026-11-22T10:30:00.123456Z."
    try:
        moment = parse_timestamp(value)
        if FIRST_YEAR <= moment.year <= LAST_YEAR:
            return moment
        text = f"`timestamp` is outside {FIRST_YEAR} to {LAST_YEAR}."
    except (TypeError, ValueError, OverflowError):
        pass
    raise BadEvent("timestamp", "invalid_timestamp", text)
