"""What a span says of its run: its session, user, tags and version, and its metadata."""

from typing import Any

from service.ingest.otlp.attributes import IDENTITIES, METADATA, Facts, anything
from service.ingest.otlp.conventions import names_of
from service.ingest.otlp.json_text import parsed
from service.ingest.otlp.span import Span
from service.ingest.repairs import Repairs
from service.ingest.run_fields import RunFields, fields_of

MEANINGS = frozenset({"metadata", *IDENTITIES})
# They stand below a prefix too, and have a key of their own.
NAMED = frozenset(name for meaning in IDENTITIES for name in names_of(meaning))


def fields_of_span(span: Span, said: Facts, repairs: Repairs) -> RunFields | None:
    """The fields of the run; the version is that of the call or agent, else of the program."""
    version = span.origin.service.version
    if not said.shape.identities:
        return None if version is None else fields_of(None, None, None, version, repairs)
    found = identities_of(said)
    version = found.get("version") or found.get("release") or version
    return fields_of(
        found.get("session_id"), found.get("user_id"), found.get("tags"), version, repairs
    )


def identities_of(said: Facts) -> dict[str, Any]:
    """What the attributes say of IDENTITIES; what they do not name is left out."""
    return {
        meaning: said.first(meaning, tags_of if meaning == "tags" else identity)
        for meaning in said.shape.identities
    }


def metadata_of(said: Facts) -> dict[str, Any] | None:
    """What a span says of its run; None where it says nothing."""
    below = below_prefixes(said)
    if not below and said.has_none(MEANINGS):
        return None
    own = parsed(said.first("metadata", anything))
    metadata = {
        **(own if isinstance(own, dict) else {"metadata": own}),
        **below,
        **identities_of(said),
    }
    return {key: value for key, value in metadata.items() if value is not None} or None


def below_prefixes(said: Facts) -> dict[str, Any]:
    """The attributes below the prefixes of metadata, by the rest of their names."""
    return {
        key.removeprefix(next(filter(key.startswith, METADATA))): parsed(said.attributes[key])
        for key in said.shape.metadata
        if key not in NAMED
    }


def identity(value: Any) -> Any:
    """An id or a version; MLflow writes it as JSON text."""
    if isinstance(value, str):
        return parsed(value) if value.startswith('"') else value or None
    return value


def tags_of(value: Any) -> Any:
    """Tags: a list, a list as JSON text, or names between commas."""
    if not isinstance(value, str):
        return value
    found = parsed(value)
    if isinstance(found, list):
        return found
    return [tag for part in value.split(",") if (tag := part.strip())] or None
