"""Origin: what the spans of one scope share, derived and encoded once.

It is stored with each span, so its size counts once per span, and has a limit of its own.
"""

import sys
from typing import Any

import orjson

from service.ingest.json.fields import BadEvent
from service.ingest.otlp import attributes as names
from service.ingest.otlp.attributes import (
    ENVIRONMENT,
    PROJECT_NAME,
    SERVICE_NAME,
    VERSION,
    Attributes,
    first,
)

NO_SERVICE = "unknown_service"  # what OpenTelemetry calls a service without a name
# The attributes of a resource that identify a service and its place; not its command line.
IDENTIFYING = (
    "service.",
    "deployment.",
    "host.name",
    "cloud.",
    "k8s.",
    "container.",
    "openinference.",
)
MAX_SHARED_BYTES = 16 * 1024  # of a resource, and of a scope, as JSON


class Service:
    """What a resource says of the service whose spans follow."""

    def __init__(self, attributes: Attributes) -> None:
        self.attributes = attributes
        self.name = name_of(attributes)
        self.environment = first(attributes, ENVIRONMENT, names.environment)
        self.version = first(attributes, VERSION, names.anything)
        identity = {key: v for key, v in attributes.items() if key.startswith(IDENTIFYING)}
        stored = within_limit(identity)
        self.kept = encode(stored)
        self.omitted = len(identity) - len(stored)


def name_of(attributes: Attributes) -> str:
    """The name of a service, else of its project; SDKs call one without a name unknown."""
    found = first(attributes, SERVICE_NAME, names.agent_name) or NO_SERVICE
    if found.startswith(NO_SERVICE):
        return first(attributes, PROJECT_NAME, names.agent_name) or found
    return found


class Origin:
    """A resource's service, and the scope of its spans; `kept` is stored with each of them."""

    def __init__(
        self, service: Service, name: str | None, version: str | None, attributes: Attributes
    ) -> None:
        """`name`, `version` and `attributes` are those of the scope."""
        self.service = service
        self.scope = name
        identity = within_limit({"name": name, "version": version})
        stored = within_limit(attributes)
        scope = {key: v for key, v in {**identity, "attributes": stored}.items() if v}
        self.omitted = service.omitted + 2 - len(identity) + len(attributes) - len(stored)
        shared = {
            "scope": encode(scope),
            "resource": service.kept,
            "attributes_omitted": self.omitted,
        }
        self.kept = {key: value for key, value in shared.items() if value}


def encode(values: Attributes) -> orjson.Fragment | None:
    """Values as JSON that orjson writes as it is; None for none."""
    return orjson.Fragment(to_json(values)) if values else None


def within_limit(values: Attributes) -> Attributes:
    """The values, if they fit within MAX_SHARED_BYTES as JSON; else the smallest of them."""
    if not values or len(to_json(values)) <= MAX_SHARED_BYTES:
        return values
    sizes = {key: len(to_json({key: value})) for key, value in values.items()}
    kept, left = {}, MAX_SHARED_BYTES
    for key in sorted(sizes, key=lambda key: sizes[key]):
        left -= sizes[key]
        if left < 0:
            break
        kept[key] = values[key]
    return kept


def to_json(value: Any, max_copied: int = sys.maxsize) -> bytes:
    """A value as JSON; raise BadEvent where it is nested too deep for orjson.

    orjson's own bytes hold up to ten times their size, so they are copied, up to `max_copied`.
    """
    try:
        encoded = orjson.dumps(value)
    except TypeError:
        raise too_deep() from None
    return b"%b" % encoded if len(encoded) <= max_copied else encoded


def too_deep() -> BadEvent:
    """The error for attributes that no reader could read back."""
    return BadEvent("attributes", "too_deep", "The attributes are nested too deep.")
