"""The body of POST /v1/traces -> rows, and the errors of the spans that have none."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

from service.core.cooperative import Pacer
from service.ingest.json.batch import EXPIRED, LONG_NUMBERS
from service.ingest.json.fields import BadEvent
from service.ingest.long_numbers import REPAIRED, shorten
from service.ingest.otlp.agents import Agents
from service.ingest.otlp.attributes import facts_of
from service.ingest.otlp.json_decoder import is_empty_json, read_json
from service.ingest.otlp.origin import MAX_SHARED_BYTES
from service.ingest.otlp.protobuf_decoder import is_empty_protobuf, read_protobuf
from service.ingest.otlp.rows import AGENT_END, rows_of
from service.ingest.otlp.span import Span
from service.ingest.repairs import Repairs
from service.ingest.row_bytes import RowBytes
from service.ingest.rows import EventRow

NAMED_REASONS = 5
MAX_REASON = 200  # characters

OMITTED = (
    f"Attributes of a resource or scope were left out: more than {MAX_SHARED_BYTES} bytes of them "
    "are not stored with each span."
)

ODD_TIMES = BadEvent(
    "start_time_unix_nano",
    "unlikely_time",
    "The span begins before 2000 (are its times nanoseconds?), or ends before its start, which "
    "counts as no time.",
)

OPERATION, CREATE_AGENT = "gen_ai.operation.name", "create_agent"
NO_RUN = BadEvent(
    None, "no_run", "That an agent was created is no run, so its span is not stored by itself."
)

NOTHING = BadEvent(
    None,
    "no_spans",
    'The body holds no span that is understood: send {"resourceSpans": [{"scopeSpans": '
    '[{"spans": [{…}]}]}]} with keys in camelCase, or the same in protobuf.',
)

Reader = Callable[[bytes, int, int, Repairs], Iterator[Span | BadEvent]]


@dataclass
class SpanBatch:
    """The rows of one request.

    `reasons` holds those of the first few `rejected` spans, `warnings` those of the first few spans
    that were repaired, and `repaired` counts the repairs by code. `omitted` counts attributes of a
    resource or scope that are too large to be stored with a span.
    """

    spans: int = 0
    rows: list[EventRow] = field(default_factory=list)
    rejected: int = 0
    reasons: list[str] = field(default_factory=list)
    omitted: int = 0
    nothing: bool = False  # of a body that is not empty was understood
    warnings: list[str] = field(default_factory=list)
    repaired: Counter[str] = field(default_factory=Counter)
    warned: int = 0

    def reject(self, error: BadEvent, span_id: str | None) -> None:
        """Note a span that is not stored."""
        self.rejected += 1
        if len(self.reasons) < NAMED_REASONS:
            self.reasons.append(reason(error, span_id))

    def warn_of(self, span_id: str, repairs: Repairs) -> None:
        """Note what was repaired in a span."""
        for warning in repairs.take():
            self.repaired[warning.code] += 1
            self.warned += 1
            if len(self.warnings) < NAMED_REASONS:
                self.warnings.append(reason(warning, span_id))

    def leave_out(self, created: Mapping[str, list[EventRow]]) -> None:
        """Leave out the spans that made an agent and are all of their traces: that is no run."""
        alone = {row.event_id for rows in created.values() for row in rows}
        runs = {row.run_id for row in self.rows if row.event_id not in alone}
        for span_id, rows in created.items():
            if rows and rows[0].run_id not in runs:
                repairs = Repairs()
                repairs.add(NO_RUN, str(NO_RUN))
                self.warn_of(span_id, repairs)
        self.rows = [row for row in self.rows if row.run_id in runs]

    def reject_expired(self, run_ids: Collection[str]) -> None:
        """Remove the rows of runs that retention removed; the transaction left them out."""
        for row in self.rows:
            # An agent's end belongs to the same span as its start.
            if row.run_id in run_ids and row.event_type != AGENT_END:
                self.reject(EXPIRED, f"of run {row.run_id}")
        self.rows = [row for row in self.rows if row.run_id not in run_ids]

    def _sentences(self) -> Iterator[str]:
        """What was not stored, or otherwise than it was sent."""
        if self.rejected:
            more = "; …" if self.rejected > len(self.reasons) else ""
            head = f"{self.rejected} of {self.spans} spans were rejected: "
            yield head + "; ".join(self.reasons) + more
        if self.warnings:
            more = "; …" if self.warned > len(self.warnings) else ""
            yield "Stored with repairs: " + "; ".join(self.warnings) + more
        if self.nothing:
            yield f"{NOTHING} ({NOTHING.code})"
        if self.omitted:
            yield OMITTED

    @property
    def error_message(self) -> str:
        """The error message for the client, or a warning; empty when everything was stored."""
        return " ".join(self._sentences())


def reason(problem: BadEvent, span_id: str | None) -> str:
    """An error or a warning of a span as clients see it."""
    return f"span {span_id or '?'}: {problem} ({problem.code})"[:MAX_REASON]


def parse_spans(
    body: bytes, is_json: bool, max_spans: int, max_bytes: int, max_depth: int
) -> SpanBatch:
    """Read a request.

    Raises Malformed when it is none, TooManySpans beyond `max_spans`, RowsTooLarge.

    The rows of a span are made before the next span is read. The names of the agents come last,
    because a span's ancestors may follow it.
    """
    read: Reader = read_json if is_json else read_protobuf
    batch, agents, row_bytes = SpanBatch(), Agents(), RowBytes(len(body), max_bytes)
    repairs, pacer = Repairs(), Pacer()
    created: dict[str, list[EventRow]] = {}
    for span in read(body, max_spans, max_bytes, repairs):
        pacer.pause()
        batch.spans += 1
        if isinstance(span, BadEvent):
            batch.reject(span, span.event_id)
            continue
        batch.omitted += span.origin.omitted
        rows: list[EventRow] = []
        said = facts_of(span.attributes)
        try:
            rows = rows_of(span, said, max_bytes, max_depth, repairs)
        except BadEvent as error:
            repairs.take()
            batch.reject(error, span.span_id)
        if rows and span.has_odd_times:
            repairs.add(ODD_TIMES, str(ODD_TIMES))
        agents.add(span, said, rows)
        for row in rows:
            if shorten(row, max_bytes):
                repairs.add(LONG_NUMBERS, REPAIRED)
            row_bytes.add(row)
            row.tie |= batch.spans
            batch.rows.append(row)
        if span.attributes.get(OPERATION) == CREATE_AGENT and span.is_local_root:
            created[span.span_id] = rows
        if repairs:
            batch.warn_of(span.span_id, repairs)
    if created:
        batch.leave_out(created)
    if not batch.spans and not (is_empty_json if is_json else is_empty_protobuf)(body):
        batch.nothing = True
        batch.repaired[NOTHING.code] += 1
    agents.set_names()
    row_bytes.add_names(batch.rows)
    return batch
