"""One line of NDJSON with a score, {"score": {…}} -> its row."""

import msgspec
from msgspec import Raw, Struct

from service.ingest.json.fields import BadEvent
from service.ingest.repairs import Repairs
from service.ingest.scores.rows import ScoreRow
from service.ingest.scores.score import decode_score, decoded, read_score

START = b'{"score":'


class ScoreLine(Struct, forbid_unknown_fields=True, gc=False):
    """A line as exports write it."""

    score: Raw


decode_line = msgspec.json.Decoder(ScoreLine).decode


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
    row = read_score(decoded(decode_line(line).score, decode_score, repairs), repairs)
    for problem in repairs.take():
        raise problem
    return row
