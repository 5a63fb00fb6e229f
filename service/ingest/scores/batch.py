"""The body of POST /scores -> rows, and an error for each bad score, which rejects no other."""

from collections.abc import Collection
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

import msgspec

from service.core.cooperative import Pacer
from service.ingest.elements import Element, cut
from service.ingest.json.batch import EXPIRED, BadBatch, BatchTooLarge, utf8_of
from service.ingest.json.event_errors import EventErrors
from service.ingest.json.fields import BadEvent
from service.ingest.repairs import Repairs, note_text
from service.ingest.scores.rows import ScoreRow
from service.ingest.scores.score import MAX_ID, decode_score, decoded, read_score

MAX_SCORES = 1_000


class TooManyScores(BatchTooLarge):
    """More scores than one request may hold."""

    def __init__(self, limit: int = MAX_SCORES) -> None:
        super().__init__(limit)
        self.args = (f"The request has more than {limit} scores. Send it in parts.",)


@dataclass
class ScoreBatch(EventErrors):
    """The rows of one request, each with its index there, and the errors of its other scores."""

    id_field = "score_id"

    rows: list[ScoreRow] = field(default_factory=list)
    indexes: list[int] = field(default_factory=list)

    def add(self, index: int, row: ScoreRow, repairs: Repairs) -> None:
        """Add a good score."""
        self.warn_of(index, row.score_id, repairs)
        self.rows.append(row)
        self.indexes.append(index)

    def reject_expired(self, run_ids: Collection[str]) -> None:
        """Remove the rows of runs that retention removed; they were not stored."""
        for index, row in zip(self.indexes, self.rows, strict=True):
            if row.run_id in run_ids:
                self.note(index, row.score_id, EXPIRED)
        kept = [n for n, row in enumerate(self.rows) if row.run_id not in run_ids]
        self.indexes = [self.indexes[n] for n in kept]
        self.rows = [self.rows[n] for n in kept]
        self.errors.sort(key=itemgetter("index"))


def parse_scores(body: bytes) -> ScoreBatch:
    """Read the body of POST /scores. Raises BadBatch when it is no batch, TooManyScores."""
    batch, pacer = ScoreBatch(), Pacer()
    body, mark = utf8_of(body)
    for index, element in enumerate(read_elements(body, "scores")):
        pacer.pause()
        repairs = Repairs()
        sent = None
        try:
            sent = decoded(element, decode_score, repairs)
            row = read_score(sent, repairs)
        except BadEvent as error:
            batch.note(index, shown_id(sent and sent.score_id), error)
        else:
            note_bytes(mark, element, repairs)
            batch.add(index, row, repairs)
    return batch


def read_elements(body: bytes, name: str = "") -> list[Element]:
    """The elements of a list, or of an object's, none of them read.

    Raises BadBatch, TooManyScores.
    """
    try:
        elements = cut(body, name, MAX_SCORES + 1).elements
    except msgspec.ValidationError:
        elements = None
    except (msgspec.MsgspecError, RecursionError) as error:
        raise BadBatch("invalid_json", f"The body is not JSON: {error}.") from None
    if elements is None:
        raise BadBatch("invalid_batch", f'Send a JSON object such as {{"{name}": [{{…}}]}}.')
    if not elements:
        empty = f"`{name}`" if name else "The list"
        raise BadBatch("empty_batch", f"{empty} is empty; send at least one score.")
    if len(elements) > MAX_SCORES:
        raise TooManyScores
    return elements


def note_bytes(mark: bytes, element: Element, repairs: Repairs) -> None:
    """Note a score with bytes that were not UTF-8, in whose place `mark` stands."""
    if mark and mark in bytes(element):
        note_text(repairs, None)


def shown_id(value: Any) -> str | None:
    """The id of a bad score as an answer names it; None where it is no text."""
    return value[:MAX_ID] if isinstance(value, str) else None
