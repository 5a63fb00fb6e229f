"""Events of a run as spans of OTLP/JSON: one for each event; an agent and its end are one."""

from typing import Any

from service.db.queries import Row
from service.ingest.otlp.conventions import EVENT_TYPE, WHOLE_AGENT
from service.ingest.otlp.cost_and_error import EXCEPTION
from service.ingest.otlp.span import ERROR_STATUS, OK_STATUS
from service.resources.export import otlp_native as native
from service.resources.export import otlp_sent as sent
from service.resources.export.otlp_ids import sent_span_id, span_id_of, trace_id_of
from service.resources.export.otlp_times import nanoseconds, times_of
from service.resources.export.otlp_values import attributes_of, data_of

Json = dict[str, Any]


def span_of(run: Row, event: Row, end: Row | None) -> tuple[Json, Json, Json]:
    """The resource, the scope and the span of an event; `end` is that of an agent's end."""
    data, end_data = data_of(event), {} if end is None else data_of(end)
    trace_id = trace_id_of(event["run_id"])
    started, ended = times_of(event, end, data.get("latency_ms"))
    parent = event["parent_event_id"]
    span: Json = {
        "traceId": trace_id,
        "spanId": span_id_of(trace_id, event["event_id"]),
        "parentSpanId": span_id_of(trace_id, parent) if parent else None,
        "startTimeUnixNano": str(started),
    }
    if sent_span_id(trace_id, event["event_id"]) and isinstance(data.get("otel"), dict):
        resource, scope, rest = as_sent(run, event, data, end, end_data)
    else:
        resource, scope, rest = as_event(run, event, data, end, end_data)
        ended = started if ended is None else ended  # a point in time
    span["endTimeUnixNano"] = None if ended is None else str(ended)
    return resource, scope, {key: value for key, value in {**span, **rest}.items() if value}


def as_sent(
    run: Row, event: Row, data: Json, end: Row | None, end_data: Json
) -> tuple[Json, Json, Json]:
    """A span that came over OTLP."""
    otel = sent.part(data, "otel")
    resource, scope = sent.part(otel, "resource"), sent.part(otel, "scope")
    contents = {"input": data.get("input"), "output": {**data, **end_data}.get("output")}
    attributes = sent.attributes_of_span(data, contents)
    if not sent.names_agent(attributes) and event["agent_name"] != resource.get("service.name"):
        attributes["gen_ai.agent.name"] = event["agent_name"]
    is_error = bool(event["is_error"] or (end and end["is_error"]))
    is_ok = "ok" in (data.get("status"), end_data.get("status"))
    status = {
        "code": ERROR_STATUS if is_error else OK_STATUS * is_ok,
        "message": sent.message_of({**end_data, **data}, is_error),
    }
    named = {"name": scope.get("name"), "version": scope.get("version")}
    return (
        {"attributes": attributes_of(resource)},
        {**named, "attributes": attributes_of(sent.part(scope, "attributes"))},
        {
            "name": str(data.get("name") or ""),
            "attributes": attributes_of(attributes),
            "status": {key: value for key, value in status.items() if value},
            **sent.all_else(data),
        },
    )


def as_event(
    run: Row, event: Row, data: Json, end: Row | None, end_data: Json
) -> tuple[Json, Json, Json]:
    """An event that came as JSON."""
    both = {**end_data, **data, "output": end_data.get("output", data.get("output"))}
    attributes = {
        **native.attributes_of_event(event, both, run),
        EVENT_TYPE: event["event_type"] if end is None else WHOLE_AGENT,
        **native.figures(event if end is None else native.added(event, end), both),
    }
    is_error = bool(event["is_error"] or (end and end["is_error"]))
    outcome = native.outcome(is_error, {**data, **end_data})
    exception = outcome.pop("exception", None)
    exceptions = [*exception_of_start(event, data, end, exception), (end or event, exception)]
    outcome["events"] = [
        {"name": EXCEPTION, "timeUnixNano": str(nanoseconds(of)), "attributes": attributes}
        for of, attributes in exceptions
        if attributes
    ]
    resource = {
        "service.name": run["agent_name"],
        "deployment.environment.name": run["environment"],
    }
    return (
        {"attributes": attributes_of(resource)},
        {"name": "gati"},
        {
            "name": native.name_of(event, data),
            "kind": 1,
            "attributes": attributes_of(attributes),
            **outcome,
        },
    )


def exception_of_start(
    event: Row, data: Json, end: Row | None, exception: list[Json] | None
) -> list[tuple[Row, list[Json]]]:
    """The exception of an agent's start, where its end failed by another, which then counts."""
    if end is None or not event["is_error"] or not end["is_error"]:
        return []
    first = native.outcome(True, data)["exception"]
    return [] if first == exception else [(event, first)]
