"""Langfuse's scores -> rows: a score or a list of them, and the events of its batches.

SDKs before version 5 send each score as an event `score-create` of a batch, later ones lists.
A trace's id is the run's, as in spans. An own text in its place stands for the id that Langfuse's
`create_trace_id(seed=…)` makes of it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import msgspec
from msgspec import Raw, Struct

from service.core.cooperative import Pacer
from service.core.validation import is_number, to_uuid
from service.ingest.elements import NULL, Element
from service.ingest.json.batch import utf8_of
from service.ingest.json.fields import BadEvent, missing
from service.ingest.otlp.span import SPAN, event_id_of, is_span_id, run_id_of
from service.ingest.repairs import Repairs
from service.ingest.scores.batch import ScoreBatch, note_bytes, read_elements, shown_id
from service.ingest.scores.score import SentScore, bad_value, decoded, read_score

SCORE_CREATE = "score-create"
SDK_LOG = "sdk-log"  # what an SDK says of itself; nothing is to be stored
SOURCES = {"API": "api", "ANNOTATION": "user", "EVAL": "evaluator"}
TEXTS = ("CATEGORICAL", "TEXT", "CORRECTION")
ONLY_SCORES = "Only scores are taken here. Send traces with OTLP to /api/public/otel/v1/traces."
NO_TRACE = "Only scores of traces are kept: send `traceId`."


class LangfuseScore(Struct, rename="camel", gc=False):
    """The fields that are read of a score of Langfuse."""

    id: Any = None
    trace_id: Any = None
    observation_id: Any = None
    name: Any = None
    value: Any = None
    data_type: Any = None
    comment: Any = None
    metadata: Raw = NULL
    source: Any = None
    timestamp: Any = None


class LangfuseEvent(Struct, gc=False):
    """The fields that are read of an event of a batch."""

    id: Any = None
    type: Any = None
    timestamp: Any = None
    body: Raw = NULL


class Head(Struct, gc=False):
    """What an event of a batch is, whatever its body, which may be large."""

    id: str | None = None
    type: str | None = None


begins_a_list = re.compile(rb"\s*+\[").match
decode_score: Callable[[Element], Any] = msgspec.json.Decoder(LangfuseScore).decode
decode_event: Callable[[Element], Any] = msgspec.json.Decoder(LangfuseEvent).decode
decode_head: Callable[[Element], Head] = msgspec.json.Decoder(Head).decode


@dataclass
class LangfuseBatch(ScoreBatch):
    """The scores of a request, and what its answer needs of each of its elements."""

    is_list: bool = True  # False: one score by itself
    event_ids: dict[int, str | None] = field(default_factory=dict)  # by index, of events
    logs: list[int] = field(default_factory=list)  # the indexes of events that need no storing
    refused: dict[int, BadEvent] = field(default_factory=dict)  # every error, by index

    def note(self, index: int, event_id: str | None, error: BadEvent) -> None:
        """Note the error of an element."""
        super().note(index, event_id, error)
        self.refused[index] = error


def parse_list(body: bytes) -> LangfuseBatch:
    """Read the body of POST /public/scores: one score, or a list. Raises as parse_scores does."""
    is_list = begins_a_list(body) is not None
    batch, pacer = LangfuseBatch(is_list=is_list), Pacer()
    body, mark = utf8_of(body)
    for index, element in enumerate(read_elements(body) if is_list else [body]):
        pacer.pause()
        add(batch, index, element, mark, score_of)
    return batch


def parse_events(body: bytes) -> LangfuseBatch:
    """Read the body of POST /public/ingestion. Raises as parse_scores does."""
    batch, pacer = LangfuseBatch(), Pacer()
    body, mark = utf8_of(body)
    for index, element in enumerate(read_elements(body, "batch")):
        pacer.pause()
        head = decode_head_of(element)
        batch.event_ids[index] = shown_id(head.id)
        if head.type == SDK_LOG:
            batch.logs.append(index)
        elif head.type != SCORE_CREATE:
            batch.note(index, None, BadEvent("type", "not_a_score", ONLY_SCORES))
        else:
            add(batch, index, element, mark, event_of)
    return batch


def decode_head_of(element: Element) -> Head:
    """What an event is; of what cannot be read, a score, which is then refused by its error."""
    try:
        return decode_head(element)
    except (msgspec.MsgspecError, RecursionError):
        return Head(type=SCORE_CREATE)


Read = Callable[[Element, Repairs], tuple[LangfuseScore, Any]]


def score_of(element: Element, repairs: Repairs) -> tuple[LangfuseScore, Any]:
    """A score by itself, which has no other time than its own."""
    return decoded(element, decode_score, repairs), None


def event_of(element: Element, repairs: Repairs) -> tuple[LangfuseScore, Any]:
    """The score of an event, and the event's time."""
    event: LangfuseEvent = decoded(element, decode_event, repairs)
    return decoded(event.body, decode_score, repairs), event.timestamp


def add(batch: ScoreBatch, index: int, element: Element, mark: bytes, read: Read) -> None:
    """Add one score to the batch, or note what is wrong with it."""
    repairs, sent = Repairs(), None
    try:
        sent, at = read(element, repairs)
        row = read_score(translated(sent, at), repairs)
    except BadEvent as error:
        batch.note(index, shown_id(sent and sent.id), error)
    else:
        note_bytes(mark, element, repairs)
        batch.add(index, row, repairs)


def translated(sent: LangfuseScore, at: Any) -> SentScore:
    """A score in the service's own words; `at` is its time where it has none."""
    run_id = run_of(sent.trace_id)
    return SentScore(
        score_id=sent.id,
        run_id=run_id,
        event_id=event_id(run_id, sent.observation_id),
        name=sent.name,
        value=value_of(sent),
        comment=sent.comment,
        metadata=sent.metadata,
        source=source_of(sent.source),
        timestamp=at if sent.timestamp is None else sent.timestamp,
    )


def run_of(trace_id: Any) -> str:
    """The run of a trace."""
    if trace_id is None:
        raise BadEvent("traceId", "missing", NO_TRACE)
    if not isinstance(trace_id, str) or not trace_id:
        raise BadEvent("traceId", "wrong_type", "`traceId` is text.")
    return to_uuid(trace_id) or run_id_of(sha256(trace_id.encode()).digest()[:16].hex())


def event_id(run_id: str, observation_id: Any) -> str | None:
    """The event that stands for an observation: the one that the span of this id becomes."""
    if observation_id is None:
        return None
    if not isinstance(observation_id, str) or not observation_id:
        raise BadEvent("observationId", "wrong_type", "`observationId` is text.")
    found = to_uuid(observation_id)
    if found is not None:
        return found
    span_id = observation_id.lower()
    if not is_span_id(span_id):
        span_id = sha256(observation_id.encode()).digest()[:8].hex()
    return event_id_of(run_id.replace("-", ""), span_id, SPAN)


def value_of(sent: LangfuseScore) -> Any:
    """The value by its data type: a boolean comes as 0 or 1."""
    value = sent.value
    if value is None:
        missing("value")
    if sent.data_type == "BOOLEAN":
        return boolean(value)
    if sent.data_type == "NUMERIC" and not is_number(value):
        raise bad_value("wrong_type", "is a number where `dataType` is NUMERIC")
    if sent.data_type in TEXTS and not isinstance(value, str):
        raise bad_value("wrong_type", f"is text where `dataType` is {sent.data_type}")
    return value


def boolean(value: Any) -> bool:
    """A boolean that comes as 0 or 1, or as itself."""
    if isinstance(value, bool) or (is_number(value) and value in (0, 1)):
        return bool(value)
    raise bad_value("wrong_type", "is 0 or 1 where `dataType` is BOOLEAN")


def source_of(value: Any) -> str | None:
    """The source in the service's words; None without one."""
    if value is None:
        return None
    if not isinstance(value, str) or value not in SOURCES:
        text = f"`source` is one of {', '.join(SOURCES)}."
        raise BadEvent("source", "invalid_source", text)
    return SOURCES[value]
