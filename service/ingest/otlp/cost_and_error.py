"""The cost and the error of a span."""

from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from service.core.validation import MAX_COST_DOLLARS
from service.ingest.failure import is_failed
from service.ingest.json import numbers
from service.ingest.otlp.attributes import Facts
from service.ingest.otlp.json_text import figures
from service.ingest.otlp.span import ERROR_STATUS, OK_STATUS, Span

EXCEPTION = "exception"
ESCAPED = "exception.escaped"
PARTS = ("cost of the input", "cost of the output")
TOTAL = "total"
COSTS = frozenset({"cost of parts", "cost", *PARTS})


def cost_of(said: Facts) -> str | None:
    """US dollars as decimal text; None where the client says no cost."""
    if said.has_none(COSTS):
        return None
    found = said.first("cost of parts", cost_of_details) or said.first("cost", numbers.cost)
    if found is not None:
        return found
    return sum_of([said.first(part, numbers.cost) for part in PARTS])


def cost_of_details(value: Any) -> str | None:
    """The cost in Langfuse's {"input": …, "output": …, "total": …}, an object or JSON text."""
    details = figures(value)
    if not isinstance(details, dict):
        return None
    total = numbers.cost(details.get(TOTAL))
    parts = (part for name, part in details.items() if name != TOTAL)
    return sum_of(list(map(numbers.cost, parts))) if total is None else total


def sum_of(parts: list[str | None]) -> str | None:
    """The exact sum of the costs; None without any."""
    costs = [cost for cost in parts if cost is not None]
    try:
        total = sum(map(Decimal, costs), Decimal(0))
    except InvalidOperation:
        return None
    return str(total) if costs and total <= MAX_COST_DOLLARS else None


class Error(NamedTuple):
    """The error of a span: its message, and its type where there is one."""

    message: str
    type: str | None


def error_of(span: Span, said: Facts) -> Error | None:
    """The error of a span; None where it did not fail.

    A status of OK wins over exceptions, which were handled; so was one that did not escape. The
    last exception goes before the status, in which OpenInference puts a traceback.
    """
    if span.status_code == OK_STATUS:
        return None
    exceptions = [event["attributes"] for event in span.events if event["name"] == EXCEPTION]
    if span.status_code != ERROR_STATUS:
        exceptions = [found for found in exceptions if has_escaped(found)]
        level = said.first("level", text)
        if not exceptions and not (level and is_failed(level)):
            return None
    last = exceptions[-1] if exceptions else {}
    kind = text(last.get("exception.type"))
    message = ": ".join(part for part in (kind, text(last.get("exception.message"))) if part)
    message = message or span.status_message or said.first("error", text) or "error"
    return Error(message, kind or said.first("type of an error", text))


def has_escaped(exception: dict[str, Any]) -> bool:
    """Whether an exception left its span: unless it says that it did not."""
    escaped = exception.get(ESCAPED)
    return not (escaped is False or (isinstance(escaped, str) and escaped.lower() == "false"))


def text(value: Any) -> str | None:
    """A text that is not empty."""
    return value if isinstance(value, str) and value else None
