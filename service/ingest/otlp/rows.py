"""A span -> its events: one, or the start and the end of an agent.

Of such a pair the end has latency, model, tokens, cost and output, and the start all else. The
error of a local root is at its end, because an agent_end that failed fails the run. The error of an
agent inside is at its start, because its run may still end well. An open span has no end yet: it
comes with the ended version of the span, whose start is stored already.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from msgspec import Struct

from service.ingest.cutting import within_depth
from service.ingest.error_fingerprint import fingerprint_of
from service.ingest.error_text import ErrorText
from service.ingest.json import numbers
from service.ingest.json.data import check_encoded, check_nesting, decode_data, read_run_fields
from service.ingest.json.data_repair import repaired, without_nul
from service.ingest.json.error_said import error_in
from service.ingest.json.fields import FIRST_YEAR, LAST_YEAR, BadEvent, tool_of
from service.ingest.nesting import count
from service.ingest.otlp.attributes import Facts
from service.ingest.otlp.content import input_of, output_of
from service.ingest.otlp.conventions import EVENT_TYPE, WHOLE_AGENT
from service.ingest.otlp.cost_and_error import error_of
from service.ingest.otlp.event_types import AGENT, LLM, event_type_of
from service.ingest.otlp.origin import to_json
from service.ingest.otlp.run_metadata import fields_of_span
from service.ingest.otlp.run_names import run_name_of
from service.ingest.otlp.span import END, OK_STATUS, SPAN, Span, check_ids, event_id_of, run_id_of
from service.ingest.otlp.span_columns import NOTHING, Columns, column_data, read_columns
from service.ingest.otlp.span_data import describe, present
from service.ingest.repairs import Repairs
from service.ingest.rows import PLACE_BITS, EventRow
from service.ingest.run_fields import RunFields, with_error

AGENT_END = "agent_end"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NS_PER_US = 1_000

Data = dict[str, Any]


def rows_of(
    span: Span, said: Facts, max_bytes: int, max_depth: int, repairs: Repairs
) -> list[EventRow]:
    """Make the rows of a span, without agent; raise BadEvent where it cannot be known what it is.

    Content that cannot be stored is repaired.
    """
    check_ids(span)
    fields = fields_of_span(span, said, repairs)
    maker = RowMaker(span, said, fields, (max_bytes, max_depth), repairs)
    own_type = event_type_of(span, said)
    event_type, is_call = (AGENT if span.is_local_root else own_type), own_type == LLM
    is_one_event = False
    if EVENT_TYPE in span.attributes:  # exported from here: as it was, with its figures
        is_one_event, is_call = own_type != WHOLE_AGENT, True
        event_type = own_type if is_one_event else AGENT
        if is_one_event and span.end_ns == span.start_ns:
            span.end_ns = 0  # it had no latency
    columns = read_columns(span, said, is_call)
    contents = input_of(span, said, max_depth - 1), output_of(span, said, max_depth - 1)
    start_data = describe(span, said, event_type, contents, max_depth - 1)
    if fields is not None:
        start_data |= fields
    end_data = column_data(span, said, columns, contents[1].value, is_call)
    outcome, is_error = outcome_of(span, said)
    if event_type != AGENT or is_one_event:
        return [maker.start(event_type, {**outcome, **end_data, **start_data}, columns, is_error)]
    if span.is_open:
        return [maker.start(AGENT, start_data, NOTHING, False)]
    if span.is_local_root:
        start_row = maker.start(AGENT, start_data, NOTHING, False)
        end_row = maker.end({**outcome, **end_data}, columns, is_error)
    else:
        start_row = maker.start(AGENT, {**outcome, **start_data}, NOTHING, is_error)
        end_row = maker.end(end_data, columns, False)
    start_row.is_of_ended_agent = True
    return [start_row, end_row]


class RowMaker(Struct, gc=False):
    """Makes the rows of one span."""

    span: Span
    said: Facts
    fields: RunFields | None
    limits: tuple[int, int]
    repairs: Repairs

    @property
    def event_id(self) -> str:
        """The event that represents the span."""
        return event_id_of(self.span.trace_id, self.span.span_id, SPAN)

    def start(self, event_type: str, data: Data, columns: Columns, is_error: bool) -> EventRow:
        """The event that represents the span: its children have it as their parent."""
        span, parent = self.span, self.span.parent_span_id
        at, encoded = moment(span.start_ns), self._encode(data)
        error = error_in(encoded) if is_error else None
        return EventRow(
            run_id=run_id_of(span.trace_id),
            event_id=self.event_id,
            agent_name="",
            event_type=event_type,
            timestamp=at,
            timestamp_text=as_text(at),
            parent_event_id=event_id_of(span.trace_id, parent, SPAN) if parent else None,
            awaits_parent=not span.is_local_root,
            run_name=run_name_of(span, self.said),
            metadata=self._metadata(data, encoded) if "metadata" in data else None,
            environment=data.get("environment"),
            run_fields=self._stored(self.fields, encoded, error),
            model=columns.model,
            tool=tool_of(event_type, data.get("tool_name"), span.name),
            tokens_in=columns.tokens_in,
            tokens_out=columns.tokens_out,
            token_parts=columns.token_parts,
            cost=columns.cost,
            cost_source=columns.cost_source,
            latency_us=columns.latency_us,
            stamped_at_end=False,
            tie=tie_of(span.start_ns),
            is_error=is_error,
            error_fingerprint=fingerprint_of(error),
            data=encoded,
            call=columns.call,
        )

    def end(self, data: Data, columns: Columns, is_error: bool) -> EventRow:
        """The end of an agent. It has no parent, and follows its start."""
        span = self.span
        at, encoded = moment(max(span.start_ns, span.end_ns)), self._encode(data)
        error = error_in(encoded) if is_error else None
        return EventRow(
            run_id=run_id_of(span.trace_id),
            event_id=event_id_of(span.trace_id, span.span_id, END),
            agent_name="",
            event_type=AGENT_END,
            timestamp=at,
            timestamp_text=as_text(at),
            previous_event_id=self.event_id,
            run_fields=self._stored(None, encoded, error),
            model=columns.model,
            tokens_in=columns.tokens_in,
            tokens_out=columns.tokens_out,
            token_parts=columns.token_parts,
            cost=columns.cost,
            cost_source=columns.cost_source,
            latency_us=columns.latency_us,
            stamped_at_end=True,
            tie=tie_of(max(span.start_ns, span.end_ns)),
            is_error=is_error,
            error_fingerprint=fingerprint_of(error),
            data=encoded,
            call=columns.call,
        )

    def _encode(self, data: Data) -> bytes:
        if self.span.name:
            data["name"] = self.span.name
        return encode(data, *self.limits, self.repairs)

    def _stored(
        self, fields: RunFields | None, encoded: bytes, error: ErrorText | None
    ) -> RunFields | None:
        """What the event says of its run, as it is stored in `data`."""
        if fields is not None and self.repairs:
            return read_run_fields(decode_data(encoded), error, None)
        return fields if error is None else with_error(fields, error)

    def _metadata(self, data: Data, encoded: bytes) -> str | None:
        """The run's metadata as they are stored in `data`, where something was repaired."""
        found = data["metadata"]
        if self.repairs:
            found = numbers.loads(encoded).get("metadata")
        return to_json(found).decode() if isinstance(found, dict) else None


def encode(found: Data, max_bytes: int, max_depth: int, repairs: Repairs) -> bytes:
    """Data as JSON that can be stored, repaired where it has to be."""
    try:
        encoded = to_json(found, max_bytes)
    except BadEvent as problem:  # very deep
        repairs.add(problem, f"What is nested deeper than {max_depth} levels was cut.")
        encoded = to_json(within_depth(found, max_depth))
    try:
        return checked(encoded, max_bytes, max_depth)
    except BadEvent as problem:
        if problem.code != "nul_character":
            return repaired(encoded, max_bytes, max_depth, repairs)
    encoded = without_nul(encoded, repairs)
    try:
        return checked(encoded, max_bytes, max_depth)
    except BadEvent:
        return repaired(encoded, max_bytes, max_depth, repairs)


def checked(encoded: bytes, max_bytes: int, max_depth: int) -> bytes:
    """The data of a span; raise BadEvent for what cannot be stored."""
    check_encoded(encoded, max_bytes)
    # The brackets bound the depth from above, so few spans need the exact count.
    if count(encoded, b"{") + count(encoded, b"[") > max_depth:
        check_nesting(encoded, max_depth)
    return encoded


def as_text(at: datetime) -> str:
    """A time in ISO 8601; isoformat() takes 3 times as long."""
    return orjson.dumps(at)[1:-1].decode()


def moment(nanoseconds: int) -> datetime:
    """The time, to the microsecond; raise BadEvent outside of what can be stored."""
    try:
        at = EPOCH + timedelta(0, 0, nanoseconds // NS_PER_US)
    except OverflowError:
        at = None
    if not nanoseconds or at is None or not FIRST_YEAR <= at.year <= LAST_YEAR:
        text = f"The span's times are nanoseconds since 1970, none of them 0, up to {LAST_YEAR}."
        raise BadEvent("start_time_unix_nano", "invalid_timestamp", text)
    return at


def tie_of(nanoseconds: int) -> int:
    """What orders the spans of one microsecond, before their place in the request."""
    return nanoseconds % NS_PER_US << PLACE_BITS


def outcome_of(span: Span, said: Facts) -> tuple[Data, bool]:
    """The status and error of the span, for `data`; and whether it failed."""
    error = error_of(span, said)
    if error is not None:
        found = {"status": "error", "error": error.message, "error_type": error.type}
        return present(found), True
    return ({"status": "ok"} if span.status_code == OK_STATUS else {}), False
