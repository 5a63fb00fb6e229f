"""The ids of runs and events as those of traces and spans."""

from hashlib import blake2b

from service.ingest.otlp.span import END, SPAN, event_id_of

SPAN_ID_BYTES = 8


def trace_id_of(run_id: str) -> str:
    """A run's id as a trace's: both have 128 bits."""
    return run_id.replace("-", "")


def span_id_of(trace_id: str, event_id: str) -> str:
    """The id of the span that an event came as; else a hash of its id, the same in each export."""
    found = sent_span_id(trace_id, event_id)
    return found or blake2b(event_id.encode(), digest_size=SPAN_ID_BYTES).hexdigest()


def sent_span_id(trace_id: str, event_id: str) -> str | None:
    """The id of the span that an event was made of; None for an event that came as JSON."""
    digits = event_id.replace("-", "")
    span_id = digits[:12] + digits[13:16] + digits[17]
    is_span = event_id in (event_id_of(trace_id, span_id, role) for role in (SPAN, END))
    return span_id if is_span else None
