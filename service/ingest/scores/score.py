"""One score as it came -> the row that is stored.

A score is rejected where it cannot be known what it says: its run, event, name, value, source or
time. Its comment and its metadata are repaired.
"""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from math import isfinite
from typing import Any

import msgspec
from msgspec import Raw, Struct

from service.core.validation import is_number
from service.ingest.cutting import cut_text
from service.ingest.elements import NULL, Element, unreadable
from service.ingest.json.data_repair import repaired as repaired_data
from service.ingest.json.event import MAX_DEPTH
from service.ingest.json.fields import (
    BadEvent,
    invalid_number,
    missing,
    read_name,
    read_timestamp,
    read_uuid,
)
from service.ingest.long_numbers import LARGEST_EXPONENT, NUMBERS_AS_TEXT, within
from service.ingest.repairs import Repairs
from service.ingest.scores.rows import BOOLEAN, CATEGORY, NUMBER, ScoreRow
from service.ingest.text_repair import repaired

MAX_SCORE_BYTES = 65_536
MAX_NAME, MAX_ID = 200, 200
MAX_CATEGORY = 500
MAX_COMMENT = 4_000
KEPT_OF_COMMENT = MAX_COMMENT - 40  # and the mark of what was cut
MAX_METADATA_BYTES = 8_192
METADATA_NUMBERS = (
    f"The numbers of `metadata` with an exponent beyond {LARGEST_EXPONENT} are stored as text: "
    f"with their digits written out it would exceed {MAX_METADATA_BYTES} bytes."
)
SOURCES = ("api", "user", "evaluator")
NUL = "\x00"


class SentScore(Struct, gc=False):
    """The fields that are read of a score; msgspec passes over all others."""

    score_id: Any = None
    run_id: Any = None
    event_id: Any = None
    name: Any = None
    value: Any = None
    comment: Any = None
    metadata: Raw = NULL
    source: Any = None
    timestamp: Any = None


Decode = Callable[[Element], Any]
decode_score: Decode = msgspec.json.Decoder(SentScore).decode


def decoded(element: Element, decode: Decode, repairs: Repairs) -> Any:
    """An element as `decode` reads it, with halves of surrogate pairs repaired.

    Raises BadEvent for what is too large, no object or no JSON.
    """
    if len(element) > MAX_SCORE_BYTES:
        text = f"The score has {len(element)} bytes; the limit is {MAX_SCORE_BYTES}."
        raise BadEvent(None, "score_too_large", text)
    try:
        return decode(element)
    except msgspec.ValidationError:  # no field has a type: else it is a number beyond 1e308
        if bytes(element).lstrip().startswith(b"{"):
            raise invalid_number("score") from None
        raise BadEvent(None, "not_an_object", "A score is a JSON object.") from None
    except (msgspec.MsgspecError, RecursionError):
        problem = unreadable(element, "score")
    if problem.code != "invalid_text":
        raise problem
    try:
        return decode(repaired(element, repairs))
    except (msgspec.MsgspecError, RecursionError):
        raise problem from None


def read_score(sent: SentScore, repairs: Repairs) -> ScoreRow:
    """Check a score and make its row; raise BadEvent for what cannot be stored."""
    kind, number, text = read_value(sent.value)
    run_id = read_uuid(sent.run_id, "run_id") or missing("run_id")
    return ScoreRow(
        run_id=run_id,
        score_id=text_field(sent.score_id, "score_id", MAX_ID) or str(uuid.uuid4()),
        event_id=read_uuid(sent.event_id, "event_id"),
        name=text_field(sent.name, "name", MAX_NAME) or missing("name"),
        kind=kind,
        number=number,
        text=text,
        comment=read_comment(sent.comment, repairs),
        metadata=read_metadata(sent.metadata, repairs),
        source=read_source(sent.source),
        timestamp=read_time(sent.timestamp),
    )


def text_field(value: Any, name: str, limit: int) -> str | None:
    """A name within the limit, or None without one; raise BadEvent for anything else."""
    if value is not None and not isinstance(value, str):
        raise BadEvent(name, "wrong_type", f"`{name}` is text.")
    found: str | None = read_name(value, name, limit)
    return found


def read_value(value: Any) -> tuple[str, str | None, str | None]:
    """The kind of a value, and the value as a number or as text."""
    if value is None:
        missing("value")
    if isinstance(value, bool):
        return BOOLEAN, str(int(value)), None
    if is_number(value):
        return NUMBER, read_number(value), None
    if isinstance(value, str):
        return CATEGORY, None, read_category(value)
    raise bad_value("wrong_type", "is a number, true, false, or the name of a category as text")


def read_number(value: float) -> str:
    """A number as decimal text, with all its digits."""
    try:
        if isfinite(float(value)):
            return repr(value)
    except OverflowError:
        pass
    raise bad_value("invalid_number", "is beyond 1e308")


def read_category(value: str) -> str:
    """The name of a category."""
    if not value:
        raise bad_value("empty", "is empty")
    if NUL in value:
        raise bad_value("nul_character", "holds U+0000, which PostgreSQL cannot store")
    if len(value) > MAX_CATEGORY:
        raise bad_value("too_long", f"has {len(value)} characters; the limit is {MAX_CATEGORY}")
    return value


def bad_value(code: str, problem: str) -> BadEvent:
    """The error for a value."""
    return BadEvent("value", code, f"`value` {problem}.")


def read_comment(value: Any, repairs: Repairs) -> str | None:
    """The comment, cut at the limit; what is no text is left out."""
    if value is None:
        return None
    if not isinstance(value, str):
        repairs.note("comment", "wrong_type", "`comment` is no text: it was left out.")
        return None
    if NUL in value:
        repairs.note("comment", "nul_character", "U+0000 is stored as U+FFFD.")
    comment = value.replace(NUL, "\ufffd")
    if len(comment) <= MAX_COMMENT:
        return comment
    text = f"`comment` has {len(comment)} characters and the limit is {MAX_COMMENT}: it was cut."
    repairs.note("comment", "too_long", text)
    return cut_text(comment, KEPT_OF_COMMENT)


def read_metadata(value: Raw, repairs: Repairs) -> str | None:
    """The metadata as JSON, cut at the limits; what is no object is left out."""
    encoded = bytes(value)
    if encoded == b"null":
        return None
    if not encoded.startswith(b"{"):
        repairs.note("metadata", "not_an_object", "`metadata` is no object: it was left out.")
        return None
    changes = Repairs()
    stored = repaired_data(encoded, MAX_METADATA_BYTES, MAX_DEPTH, changes)
    for change in changes.take():
        repairs.note("metadata", change.code, str(change).replace("`data`", "`metadata`"))
    short = within(stored, MAX_METADATA_BYTES)
    if short is not stored:
        repairs.note("metadata", NUMBERS_AS_TEXT, METADATA_NUMBERS)
    return short.decode()


def read_source(value: Any) -> str:
    """Who made the score; without a word about it, a program through this API."""
    if value is None:
        return SOURCES[0]
    if value not in SOURCES:
        raise BadEvent("source", "invalid_source", f"`source` is one of {', '.join(SOURCES)}.")
    return str(value)


def read_time(value: Any) -> str:
    """When the score was made, in ISO 8601; without a word about it, now."""
    moment = datetime.now(UTC) if value is None else read_timestamp(value)
    return moment.isoformat()
