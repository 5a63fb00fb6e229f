"""The body of POST /v1/traces -> rows, and the errors of the spans that have none."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from service.ingest.json.batch import EXPIRED
from service.ingest.json.fields import BadEvent
from service.ingest.otlp.agents import Agents
from service.ingest.otlp.json_decoder import read_json
from service.ingest.otlp.protobuf_decoder import read_protobuf
from service.ingest.otlp.rows import AGENT_END, rows_of
from service.ingest.otlp.span import Span
from service.ingest.rows import EventRow

NAMED_REASONS = 5
MAX_REASON = 200  # characters

Reader = Callable[[bytes, int, int], list[Span | BadEvent]]


@dataclass
class SpanBatch:
    """The rows of one request. `reasons` holds those of the first few `rejected` spans."""

    spans: int = 0
    rows: list[EventRow] = field(default_factory=list)
    rejected: int = 0
    reasons: list[str] = field(default_factory=list)

    def reject(self, error: BadEvent, span_id: str | None) -> None:
        """Note a span that is not stored."""
        self.rejected += 1
        if len(self.reasons) < NAMED_REASONS:
            reason = f"span {span_id or '?'}: {error} ({error.code})"
            self.reasons.append(reason[:MAX_REASON])

    def reject_expired(self, run_ids: Collection[str]) -> None:
        """Remove the rows of runs that retention removed; the transaction left them out."""
        for row in self.rows:
            # An agent's end belongs to the same span as its start.
            if row.run_id in run_ids and row.event_type != AGENT_END:
                self.reject(EXPIRED, f"of run {row.run_id}")
        self.rows = [row for row in self.rows if row.run_id not in run_ids]

    @property
    def error_message(self) -> str:
        """The error message for the client; empty when no span was rejected."""
        if not self.rejected:
            return ""
        more = "; …" if self.rejected > len(self.reasons) else ""
        head = f"{self.rejected} of {self.spans} spans were rejected: "
        return head + "; ".join(self.reasons) + more


def parse_spans(
    body: bytes, is_json: bool, max_spans: int, max_bytes: int, max_depth: int
) -> SpanBatch:
    """Read a request. Raises Malformed when it is none, TooManySpans beyond `max_spans`."""
    read: Reader = read_json if is_json else read_protobuf
    found = read(body, max_spans, max_bytes)
    agents = Agents(span for span in found if isinstance(span, Span))
    batch = SpanBatch(len(found))
    for span in found:
        if isinstance(span, BadEvent):
            batch.reject(span, span.event_id)
            continue
        try:
            batch.rows += rows_of(span, agents.name_of(span), max_bytes, max_depth)
        except BadEvent as error:
            batch.reject(error, span.span_id)
    return batch
