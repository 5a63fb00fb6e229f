"""The bench's events as spans of OpenTelemetry, with the attributes that OpenInference gives them.

A run is a trace; its spans come in the order in which they end, so the root last, and in batches of
the exporter's own size, 512. Nothing knows where a trace begins in a batch.
"""

import random
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from bench.data import LIVE, Event, run

KINDS = {"llm_call": "LLM", "tool_call": "TOOL", "node_execution": "CHAIN", "step": "RETRIEVER"}
RESOURCE = {
    "service.name": "bench",
    "service.version": "1",
    "deployment.environment.name": "bench",
    "telemetry.sdk.language": "python",
    "telemetry.sdk.name": "opentelemetry",
    "telemetry.sdk.version": "1.45.1",
}
NS_PER_MS = 1_000_000


def requests(seed: int, count: int, size: int) -> Iterator[bytes]:
    """Give the bodies of `count` requests of `size` spans each."""
    source = spans(seed)
    return (body(islice(source, size)) for _ in range(count))


def body(of: Iterable[Span]) -> bytes:
    """A request of one service and scope."""
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    group.resource.attributes.extend(pairs(RESOURCE))
    scope = group.scope_spans.add()
    scope.scope.name, scope.scope.version = "openinference.instrumentation.langchain", "0.1.80"
    scope.spans.extend(of)
    return bytes(request.SerializeToString())


def spans(seed: int) -> Iterator[Span]:
    """Give spans without end, trace after trace."""
    rng = random.Random(seed)
    while True:
        root, *inside, end = run(rng, LIVE)
        yield from (span(event, root, rng) for event in inside)
        yield span({**root, "data": root["data"] | end["data"]}, root, rng, end)


def span(event: Event, root: Event, rng: random.Random, end: Event | None = None) -> Span:
    """An event as a span; the root until its end."""
    start_ns = nanoseconds(event)
    took_ns = round(event["data"].get("latency_ms", 1) * NS_PER_MS)
    made = Span(
        trace_id=bytes.fromhex(event["run_id"].replace("-", "")),
        span_id=span_id(event),
        parent_span_id=span_id(root) if end is None else b"",
        name=event["event_type"] if end is None else event["agent_name"],
        kind=Span.SpanKind.SPAN_KIND_INTERNAL,
        start_time_unix_nano=start_ns,
        end_time_unix_nano=start_ns + took_ns if end is None else nanoseconds(end),
        attributes=pairs(attributes(event, rng)),
        status=Status(code=Status.StatusCode.STATUS_CODE_OK),
    )
    if "error" in event["data"]:
        made.status.code = Status.StatusCode.STATUS_CODE_ERROR
        made.status.message = event["data"]["error"]["message"]
    return made


def attributes(event: Event, rng: random.Random) -> dict[str, Any]:
    """What OpenInference says of an event: 8 attributes, of a call of a model 17."""
    said = event["data"]
    asked, answered = said["input"], said["output"]["text"]
    found: dict[str, Any] = {
        "openinference.span.kind": KINDS.get(event["event_type"], "AGENT"),
        "input.value": asked,
        "input.mime_type": "text/plain",
        "output.value": answered,
        "output.mime_type": "text/plain",
        "session.id": f"session {int(rng.random() * 1_000)}",
        "metadata": '{"langgraph_step":1,"langgraph_node":"agent"}',
    }
    if event["event_type"] == "agent_start":
        found["agent.name"] = event["agent_name"]
    if event["event_type"] == "tool_call":
        found["tool.name"] = "search"
    if "model" in said:
        found |= {
            "llm.model_name": said["model"],
            "llm.provider": "openai",
            "llm.invocation_parameters": '{"temperature":0.7}',
            "llm.token_count.prompt": said["tokens_in"],
            "llm.token_count.completion": said["tokens_out"],
            "llm.token_count.total": said["tokens_in"] + said["tokens_out"],
            "llm.cost.total": said["cost"],
            "llm.input_messages.0.message.role": "user",
            "llm.output_messages.0.message.role": "assistant",
        }
    return found


def pairs(said: dict[str, Any]) -> list[KeyValue]:
    """Attributes as protobuf has them."""
    return [KeyValue(key=key, value=any_value(value)) for key, value in said.items()]


def any_value(value: str | float) -> AnyValue:
    """A text or a number."""
    if isinstance(value, str):
        return AnyValue(string_value=value)
    return AnyValue(int_value=value) if isinstance(value, int) else AnyValue(double_value=value)


def span_id(event: Event) -> bytes:
    """The first half of the event's id."""
    return bytes.fromhex(event["event_id"].replace("-", "")[:16])


def nanoseconds(event: Event) -> int:
    """When it was, since 1970."""
    at = datetime.fromisoformat(event["timestamp"]).replace(tzinfo=UTC)
    return round(at.timestamp() * 1_000_000) * 1_000
