"""A span that came over OTLP, as it was sent: from what ingest keeps of it in `data`."""

from typing import Any

from service.ingest.otlp.attributes import AGENT_NAME
from service.ingest.otlp.cost_and_error import EXCEPTION
from service.ingest.otlp.span import HAS_IS_REMOTE, IS_REMOTE
from service.ingest.otlp.span_data import KINDS
from service.resources.export.otlp_values import attributes_of, text_of

Data = dict[str, Any]
KIND_NUMBERS = {name: number for number, name in KINDS.items()}


def part(data: Data, name: str) -> Data:
    """An object below a key; an empty one for anything else."""
    found = data.get(name)
    return found if isinstance(found, dict) else {}


def objects(data: Data, name: str) -> list[Data]:
    """The objects of a list below a key."""
    found = data.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def attributes_of_span(data: Data, contents: Data) -> Data:
    """The attributes, with those of input and output put back; `contents` has both."""
    taken = part(part(data, "otel"), "taken")
    put_back = {
        str(source): text_of(contents[key]) for key, source in taken.items() if contents.get(key)
    }
    return {**part(data, "attributes"), **put_back}


def names_agent(attributes: Data) -> bool:
    """Whether a span says which agent it is of."""
    return any(attributes.get(name) for name in AGENT_NAME)


def all_else(data: Data) -> Data:
    """The fields of a span beside its ids, name, times, attributes and status."""
    otel = part(data, "otel")
    found: Data = {
        "kind": KIND_NUMBERS.get(str(otel.get("kind")), 0),
        "traceState": str(otel.get("trace_state") or ""),
        "flags": HAS_IS_REMOTE | (IS_REMOTE if otel.get("parent_is_remote") else 0),
        "events": [
            {
                "name": str(event.get("name")),
                "timeUnixNano": str(event.get("time_unix_nano") or 0),
                "attributes": attributes_of(part(event, "attributes")),
            }
            for event in objects(otel, "events")
        ],
        "links": [
            {
                "traceId": str(link.get("trace_id") or ""),
                "spanId": str(link.get("span_id") or ""),
                "attributes": attributes_of(part(link, "attributes")),
            }
            for link in objects(otel, "links")
        ],
    }
    return {name: value for name, value in found.items() if value}


def message_of(data: Data, is_error: bool) -> str:
    """The message of a span's status; without one that of its error, unless an exception has it."""
    otel = part(data, "otel")
    message = otel.get("status_message")
    if message or not is_error:
        return str(message or "")
    has_exception = any(event.get("name") == EXCEPTION for event in objects(otel, "events"))
    return "" if has_exception else str(data.get("error") or "")
