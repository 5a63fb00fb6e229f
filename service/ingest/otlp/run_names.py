"""The name that a span requests for its run."""

from service.core.validation import MAX_NAME, shortened
from service.ingest.json.fields import GENERATED_NAME
from service.ingest.otlp.attributes import Facts
from service.ingest.otlp.conventions import EVENT_TYPE
from service.ingest.otlp.cost_and_error import text
from service.ingest.otlp.span import Span


def run_name_of(span: Span, said: Facts) -> str | None:
    """The name of the run: Langfuse's attribute, else the local root's own name.

    An event that was exported says the name of its run by itself, if that was given one.
    logfire names a span by its template, such as `order {id}`, and has the text beside it.
    """
    found = said.first("run name", text)
    if found is None and span.is_local_root and EVENT_TYPE not in span.attributes:
        is_template = "{" in span.name
        found = (said.first("message of a template", text) if is_template else None) or span.name
    if not found or found.startswith(GENERATED_NAME):
        return None
    return shortened(found, MAX_NAME)
