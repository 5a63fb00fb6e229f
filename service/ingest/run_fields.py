"""What an event says of its run: session, user, tags, version, and its own error.

sql/schema/event_fields.sql reads the same of the events that are stored.
"""

from contextlib import suppress
from functools import lru_cache
from typing import Any

from service.ingest.error_text import ErrorText
from service.ingest.repairs import Repairs

MAX_TEXT = 200  # characters, of a session, a user or a version
MAX_TAGS, MAX_TAG = 50, 100
MOST_DIGITS = 10**15  # up to here a float tells whole numbers apart
FIRST_ERROR = "first_error"

RunFields = dict[str, Any]  # by name, those that the event has


def fields_of(
    session_id: Any, user_id: Any, tags: Any, version: Any, repairs: Repairs | None
) -> RunFields | None:
    """The fields that an event has of these values; None for none."""
    if session_id is None and user_id is None and tags is None and version is None:
        return None
    if tags is None:
        with suppress(TypeError):
            return short_texts(session_id, user_id, version)
    read = {
        "session_id": text_of(session_id, "session_id", MAX_TEXT, repairs),
        "user_id": text_of(user_id, "user_id", MAX_TEXT, repairs),
        "tags": tags_of(tags, repairs),
        "version": text_of(version, "version", MAX_TEXT, repairs),
    }
    return {name: value for name, value in read.items() if value} or None


@lru_cache(maxsize=4_096)
def short_texts(session_id: Any, user_id: Any, version: Any) -> RunFields:
    """These fields where they are texts, of which none has to be cut; raise TypeError for others.

    The events of a run say the same, and share what is found: 0.1 µs in place of 1.4. An error is
    not kept, and so no long text is.
    """
    found = {"session_id": session_id, "user_id": user_id, "version": version}
    sent = {name: value for name, value in found.items() if value is not None}
    for name, text in sent.items():
        if not isinstance(text, str) or not 0 < len(text) <= MAX_TEXT:
            raise TypeError(name)
    return sent


def with_error(fields: RunFields | None, error: ErrorText) -> RunFields:
    """The fields of an event that failed."""
    said = {"type": error.type or None, "text": error.text}
    return {**(fields or {}), FIRST_ERROR: said}


def text_of(value: Any, name: str, limit: int, repairs: Repairs | None) -> str | None:
    """A text that is not empty, or a whole number as text, cut at the limit; None for all else."""
    if not isinstance(value, str):
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            return None
        return str(int(value)) if abs(value) < MOST_DIGITS and value == int(value) else None
    if len(value) <= limit:
        return value or None
    if repairs is not None:
        repairs.note(name, "too_long", f"The run's {name} is cut at {limit} characters.")
    return value[:limit]


def tags_of(value: Any, repairs: Repairs | None) -> list[str]:
    """The tags of a list, or the one that a text is."""
    sent = value if isinstance(value, list) else [value]
    texts = [tag for tag in sent if isinstance(tag, str) and tag]
    if len(texts) > MAX_TAGS and repairs is not None:
        repairs.note("tags", "too_many_tags", f"Of the run's tags the first {MAX_TAGS} are kept.")
    return [text_of(tag, "tags", MAX_TAG, repairs) or "" for tag in texts[:MAX_TAGS]]
