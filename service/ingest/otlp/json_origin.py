"""The resource and the scope of spans in OTLP/JSON; one that cannot be read is left out."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

import msgspec

from service.ingest.elements import Element
from service.ingest.json.fields import BadEvent
from service.ingest.otlp.json_messages import Resource, Scope
from service.ingest.otlp.json_parts import decode_mended, decode_part
from service.ingest.otlp.json_values import read_attributes
from service.ingest.otlp.origin import Origin, Service
from service.ingest.repairs import Repairs

T = TypeVar("T")

decode_resource = msgspec.json.Decoder(Resource | None, strict=False).decode
decode_scope = msgspec.json.Decoder(Scope | None, strict=False).decode


def cut_service(sent: Element, max_bytes: int, repairs: Repairs) -> Service:
    """As read_service, of a resource that was cut out."""
    try:
        return read_service(decode_part(sent, decode_resource, max_bytes, repairs), repairs)
    except (BadEvent, msgspec.ValidationError, RecursionError) as problem:
        return leave_out("resource", problem, repairs, Service({}))


def cut_origin(service: Service, sent: Element, max_bytes: int, repairs: Repairs) -> Origin:
    """As read_origin, of a scope that was cut out."""
    try:
        return read_origin(service, decode_part(sent, decode_scope, max_bytes, repairs), repairs)
    except (BadEvent, msgspec.ValidationError, RecursionError) as problem:
        return leave_out("scope", problem, repairs, Origin(service, None, None, {}))


def read_service(resource: Resource | None, repairs: Repairs) -> Service:
    """What a resource says; nothing where it cannot be read."""
    try:
        return Service(mended_attributes(resource, decode_resource, repairs) if resource else {})
    except (BadEvent, msgspec.ValidationError, RecursionError) as problem:
        return leave_out("resource", problem, repairs, Service({}))


def read_origin(service: Service, scope: Scope | None, repairs: Repairs) -> Origin:
    """What the spans of a scope share; without the scope where it cannot be read."""
    nothing = Origin(service, None, None, {})
    if scope is None:
        return nothing
    try:
        attributes = mended_attributes(scope, decode_scope, repairs)
        return Origin(service, scope.name, scope.version, attributes)
    except (BadEvent, msgspec.ValidationError, RecursionError) as problem:
        return leave_out("scope", problem, repairs, nothing)


def mended_attributes(
    sent: Resource | Scope, decode: Callable[[Element], Any], repairs: Repairs
) -> dict[str, Any]:
    """The attributes; those of the wrong type are left out alone."""
    with suppress(msgspec.ValidationError):
        return read_attributes(sent.attributes, repairs)
    mended = decode_mended(msgspec.json.encode(sent), decode, repairs)
    return read_attributes(mended.attributes, repairs)


def leave_out(what: str, problem: Exception, repairs: Repairs, nothing: T) -> T:
    """Note that a resource or a scope cannot be read, so that its spans are stored without it."""
    code = problem.code if isinstance(problem, BadEvent) else "malformed"
    repairs.note(what, code, f"The {what} could not be read and was left out.")
    return nothing
