"""The cost and the error of a span."""

from decimal import Decimal, InvalidOperation
from typing import Any

import orjson

from service.core.validation import MAX_COST_DOLLARS
from service.ingest.json import numbers
from service.ingest.otlp.attributes import COST, COST_DETAILS, COST_PARTS, Attributes, first
from service.ingest.otlp.span import ERROR_STATUS, OK_STATUS, Span

EXCEPTION = "exception"
LEVEL, STATUS_MESSAGE = "langfuse.observation.level", "langfuse.observation.status_message"
MAX_CONTAINERS = 5_000  # of a JSON text; its strings may count as several


def cost_of(attributes: Attributes) -> str | None:
    """US dollars as decimal text; None without a cost: gen_ai.* has no attribute for it."""
    found = first(attributes, COST_DETAILS, cost_of_details) or first(
        attributes, COST, numbers.cost
    )
    return found or sum_of([attributes.get(part) for part in COST_PARTS])


def cost_of_details(value: Any) -> str | None:
    """The cost in Langfuse's {"input": …, "output": …, "total": …}, an object or JSON text."""
    details = parsed(value)
    if not isinstance(details, dict):
        return None
    if "total" in details:
        return numbers.cost(details["total"])
    return sum_of(list(details.values()))


def sum_of(parts: list[Any]) -> str | None:
    """The exact sum of the parts that are costs; None without any."""
    costs = [cost for cost in map(numbers.cost, parts) if cost is not None]
    try:
        total = sum(map(Decimal, costs), Decimal(0))
    except InvalidOperation:
        return None
    return str(total) if costs and total <= MAX_COST_DOLLARS else None


def error_of(span: Span) -> str | None:
    """The error message of a span; None where it did not fail.

    The last exception goes before the status, in which OpenInference puts a traceback. Without a
    status an exception that did not leave the span is none.
    """
    if span.status_code == OK_STATUS:
        return None
    exceptions = [event["attributes"] for event in span.events if event["name"] == EXCEPTION]
    if span.status_code != ERROR_STATUS:
        exceptions = [each for each in exceptions if has_escaped(each)]
        if not exceptions and span.attributes.get(LEVEL) != "ERROR":
            return None
    last = exceptions[-1] if exceptions else {}
    parts = (last.get("exception.type"), last.get("exception.message"))
    text = ": ".join(part for part in parts if isinstance(part, str) and part)
    kind = span.attributes.get("error.type")
    said = first(span.attributes, (STATUS_MESSAGE,), text_of)
    return text or span.status_message or said or (text_of(kind) or "error")


def has_escaped(exception: Attributes) -> bool:
    """Whether an exception left the span, as one does that does not say otherwise."""
    return exception.get("exception.escaped") not in (False, "false", "False")


def text_of(value: Any) -> str | None:
    """A text that is not empty."""
    return value if isinstance(value, str) and value else None


def parsed(value: Any) -> Any:
    """The value of JSON text in an attribute; any other value, and one of many parts, unchanged."""
    if not isinstance(value, str) or value.count("{") + value.count("[") > MAX_CONTAINERS:
        return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return value
