"""One line of NDJSON with a score, {"score": {…}} -> its row."""

from typing import Any

import msgspec
from msgspec import Raw, Struct

from service.ingest.json.fields import BadEvent
from service.ingest.repairs import Repairs
from service.ingest.scores.rows import ScoreRow
from service.ingest.scores.score import SentScore, decoded, read_score, read_time

START = b'{"score":'


class ScoreLine(Struct, forbid_unknown_fields=True, gc=False):
    """A line as exports write it."""

    score: Raw


class ExportedScore(SentScore):
    """A score as exports write it; earlier ones had no `updated_at`."""

    updated_at: Any = None


decode_line = msgspec.json.Decoder(ScoreLine).decode
decode_exported = msgspec.json.Decoder(ExportedScore).decode


def is_score(line: bytes) -> bool:
    """Whether a line holds a score, as exports write it; an event may begin so, too."""
    if not line.startswith(START):
        return False
    try:
        decode_line(line)
    except (msgspec.MsgspecError, RecursionError):
        return False
    return True


def read_score_line(line: bytes) -> ScoreRow:
    """The row of a score; raise BadEvent for what cannot be stored as it is."""
    try:
        line.decode()
    except UnicodeDecodeError:
        raise BadEvent(None, "invalid_json", "The line is not UTF-8.") from None
    repairs = Repairs()
    sent = decoded(decode_line(line).score, decode_exported, repairs)
    row = read_score(sent, repairs)
    row.updated_at = row.timestamp if sent.updated_at is None else read_time(sent.updated_at)
    for problem in repairs.take():
        raise problem
    return row
