"""An event of `POST /api/events` as a span, under names that OpenTelemetry's tools read.

`gati.event_type` makes this service read it back as the event that it was. What no convention names
is an attribute `gati.data.<key>`, of a list or an object as JSON text.
"""

from decimal import Decimal
from typing import Any

from service.db.queries import Row
from service.ingest.json import numbers
from service.ingest.json.error_said import error_in
from service.ingest.json.fields import GENERATED_NAME
from service.ingest.otlp.content import PLAIN_TEXT
from service.ingest.otlp.conventions import RUN_NAME
from service.ingest.otlp.json_text import CONTAINERS
from service.ingest.otlp.span import ERROR_STATUS, OK_STATUS
from service.resources.export.otlp_values import attributes_of, text_of

Data = dict[str, Any]
KINDS = {"llm_call": "LLM", "tool_call": "TOOL", "agent_start": "AGENT", "node_execution": "CHAIN"}
OPERATIONS = {"llm_call": "chat", "tool_call": "execute_tool", "agent_start": "invoke_agent"}
NAMES = ("name", "tool_name", "step_name", "node_name")
# Keys of data that stand elsewhere in a span.
TAKEN = frozenset(
    {
        "name", "tool_name", "input", "output", "error", "error_type", "error_message", "metadata",
        "model", "cost", "latency_ms", "tokens_in", "tokens_out", "cached_tokens",
        "cache_read_tokens", "cache_write_tokens", "reasoning_tokens", "session_id", "user_id",
        "tags", "version", "environment",
    }
)  # fmt: skip
COUNTS = {
    "cache_read_tokens": "gen_ai.usage.cache_read.input_tokens",
    "cache_write_tokens": "gen_ai.usage.cache_write.input_tokens",
    "reasoning_tokens": "gen_ai.usage.reasoning_tokens",
}


def name_of(event: Row, data: Data) -> str:
    """The name of a span: that of the event, else its type."""
    found = (data.get(key) for key in NAMES)
    return next((name for name in found if isinstance(name, str) and name), event["event_type"])


def attributes_of_event(event: Row, data: Data, run: Row) -> Data:
    """What an event says, but for its figures; None stands for what is absent."""
    event_type, agent = event["event_type"], event["agent_name"]
    is_root = event["parent_event_id"] is None or event_type == "agent_start"
    names_agent = event_type == "agent_start" or agent != run["agent_name"]
    return {
        "openinference.span.kind": KINDS.get(event_type, "UNKNOWN"),
        "gen_ai.operation.name": OPERATIONS.get(event_type),
        "gen_ai.agent.name": agent if names_agent else None,
        "gen_ai.tool.name": data.get("tool_name"),
        **(of_run(run) if is_root else {}),
        **content(data, "input"),
        **content(data, "output"),
        "metadata": text_of(data.get("metadata")),
        **{f"gati.data.{key}": text_of(data[key]) for key in data if key not in TAKEN},
    }


def of_run(run: Row) -> Data:
    """What a span says of its run."""
    return {
        RUN_NAME: run["run_name"] if run["is_named"] else GENERATED_NAME,
        "session.id": run["session_id"],
        "user.id": run["user_id"],
        "tag.tags": run["tags"] or None,
        "gen_ai.agent.version": run["version"],
    }


def content(data: Data, name: str) -> Data:
    """The input or the output; a text that would be read as JSON is called plain."""
    value = data.get(name)
    is_odd = isinstance(value, str) and value.startswith(CONTAINERS)
    return {f"{name}.value": text_of(value), f"{name}.mime_type": PLAIN_TEXT if is_odd else None}


def figures(event: Row, data: Data) -> Data:
    """What metrics add up. A cost that the service computed is left to who reads the span."""
    counts = {name: data.get(key) for key, name in COUNTS.items()}
    if counts["gen_ai.usage.cache_read.input_tokens"] is None:
        counts["gen_ai.usage.cache_read.input_tokens"] = data.get("cached_tokens")
    return {
        "gen_ai.request.model": event["model"],
        "gen_ai.usage.input_tokens": event["tokens_in"],
        "gen_ai.usage.output_tokens": event["tokens_out"],
        **counts,
        "gen_ai.usage.cost": dollars(event["cost"]) if event["cost_source"] == "client" else None,
    }


def added(start: Row, end: Row) -> Row:
    """The end of an agent with the figures of its start, which mostly has none."""
    both = (start, end)
    counts = {name: total([one[name] for one in both]) for name in ("tokens_in", "tokens_out")}
    sent = [Decimal(str(one["cost"])) for one in both if one["cost_source"] == "client"]
    cost = {"cost": total(sent), "cost_source": "client" if sent else None}
    return {**end, "model": end["model"] or start["model"], **counts, **cost}


def total(values: list[Any]) -> Any:
    """The sum of what is there; None for nothing."""
    found = [value for value in values if value is not None]
    return sum(found) if found else None


def dollars(cost: Any) -> float | str:
    """A cost as a number, or as text where no float has all its digits."""
    number = float(cost)
    return number if Decimal(repr(number)) == Decimal(str(cost)) else str(cost)


def outcome(is_error: bool, data: Data) -> Data:
    """The status of a span, and its exception where it failed."""
    if not is_error:
        return {"status": {"code": OK_STATUS}} if isinstance(data.get("status"), str) else {}
    said = error_in(numbers.dumps(data))
    exception = {
        "exception.type": said.type or None,
        "exception.message": said.text or None,
        "exception.stacktrace": data.get("traceback"),
    }
    return {
        "status": {"code": ERROR_STATUS, "message": said.sentence},
        "exception": attributes_of({key: text_of(one) for key, one in exception.items()}),
    }
