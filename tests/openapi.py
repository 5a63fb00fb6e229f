"""The served description, made strict: what it does not name, no answer may have."""

from typing import Any

# What a client sends: what else it holds is ignored.
SENT = {
    "Batch", "Event", "Keys", "Key", "Description", "NewRunName",
    "Spans", "Span", "Attributes", "AnyValue",
    "Scores", "Score", "LangfuseScore", "LangfuseBatch",
}  # fmt: skip


def close(document: dict[str, Any]) -> dict[str, Any]:
    """Forbid in every answer the fields that are not described; clients are told to expect more."""
    components = document["components"]
    schemas = {
        name: schema if name in SENT else inside_closed(schema)
        for name, schema in components["schemas"].items()
    }
    paths = {
        path: {method: with_closed_answers(operation) for method, operation in item.items()}
        for path, item in document["paths"].items()
    }
    responses = closed_parts(components["responses"])
    return {
        **document,
        "paths": paths,
        "components": {**components, "schemas": schemas, "responses": responses},
    }


def with_closed_answers(operation: Any) -> Any:
    """An operation, or what else stands beside it in a path."""
    if not isinstance(operation, dict):
        return operation
    return {**operation, "responses": closed_parts(operation["responses"])}


def inside_closed(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema whose parts are closed; itself it is closed where it is referred to."""
    return {
        name: value if name == "allOf" else closed_parts(value) for name, value in schema.items()
    }


def closed_parts(part: Any) -> Any:
    """Close what is referred to and what has properties, but for the parts of an allOf."""
    if isinstance(part, list):
        return [closed_parts(item) for item in part]
    if not isinstance(part, dict):
        return part
    found = inside_closed(part)
    if is_schema_reference(part) or ("properties" in part and part.get("type") == "object"):
        found["unevaluatedProperties"] = False
    return found


def is_schema_reference(part: dict[str, Any]) -> bool:
    """Whether it is a $ref to a schema."""
    return str(part.get("$ref", "")).startswith("#/components/schemas/")
