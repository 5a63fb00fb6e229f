"""The cost and the error of a span."""

from decimal import Decimal, InvalidOperation
from typing import Any

import orjson

from service.core.validation import MAX_COST_DOLLARS
from service.ingest.json import numbers
from service.ingest.otlp.attributes import COST, COST_DETAILS, COST_PARTS, Attributes, first
from service.ingest.otlp.span import ERROR_STATUS, Span

EXCEPTION = "exception"
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

    The last exception goes before the status, in which OpenInference puts a traceback.
    """
    exceptions = [event["attributes"] for event in span.events if event["name"] == EXCEPTION]
    if span.status_code != ERROR_STATUS and not exceptions:
        return None
    last = exceptions[-1] if exceptions else {}
    parts = (last.get("exception.type"), last.get("exception.message"))
    text = ": ".join(part for part in parts if isinstance(part, str) and part)
    kind = span.attributes.get("error.type")
    return text or span.status_message or (kind if isinstance(kind, str) and kind else "error")


def parsed(value: Any) -> Any:
    """The value of JSON text in an attribute; any other value, and one of many parts, unchanged."""
    if not isinstance(value, str) or value.count("{") + value.count("[") > MAX_CONTAINERS:
        return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return value
