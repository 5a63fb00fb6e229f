"""The event type of a span, by the attributes of each convention in the order of trust."""

from collections.abc import Callable
from functools import partial
from typing import Any

from service.ingest.json.fields import MAX_EVENT_TYPE, optional_name
from service.ingest.otlp.attributes import Facts, anything, model, name
from service.ingest.otlp.conventions import EVENT_TYPE
from service.ingest.otlp.json_text import parsed
from service.ingest.otlp.span import Span

AGENT, LLM, TOOL_CALL, NODE, STEP = "agent_start", "llm_call", "tool_call", "node_execution", "step"

# Without `span`: Langfuse gives that type to every observation without one.
LANGFUSE = {
    "agent": AGENT,
    "generation": LLM,
    "embedding": LLM,
    "tool": TOOL_CALL,
    "chain": NODE,
    "retriever": STEP,
    "evaluator": STEP,
    "guardrail": STEP,
    "event": STEP,
}
OPENINFERENCE = {
    "AGENT": AGENT,
    "LLM": LLM,
    "EMBEDDING": LLM,
    "TOOL": TOOL_CALL,
    "CHAIN": NODE,
    "RETRIEVER": STEP,
    "RERANKER": STEP,
    "GUARDRAIL": STEP,
    "EVALUATOR": STEP,
    "PROMPT": STEP,
    "UNKNOWN": STEP,
}
GEN_AI = {
    "invoke_agent": AGENT,
    "invoke_workflow": AGENT,
    "create_agent": AGENT,
    "chat": LLM,
    "text_completion": LLM,
    "generate_content": LLM,
    "embeddings": LLM,
    "execute_tool": TOOL_CALL,
    "retrieval": STEP,
}
OPENLLMETRY = {"workflow": AGENT, "agent": AGENT, "tool": TOOL_CALL, "task": NODE}
MLFLOW = {
    "AGENT": AGENT,
    "CHAT_MODEL": LLM,
    "LLM": LLM,
    "EMBEDDING": LLM,
    "TOOL": TOOL_CALL,
    "CHAIN": NODE,
    "RETRIEVER": STEP,
    "RERANKER": STEP,
    "PARSER": STEP,
}
LANGSMITH = {
    "llm": LLM,
    "embedding": LLM,
    "tool": TOOL_CALL,
    "chain": NODE,
    "retriever": STEP,
    "prompt": STEP,
    "parser": STEP,
}
NODES = frozenset({"node_id", "node_name", "node_parent_id"})
MESSAGES = ("gen_ai.input.messages", "gen_ai.output.messages")
# The first word of the names of spans that have no attributes where the call failed (Google ADK).
NAMES = {"call_llm": LLM, "execute_tool": TOOL_CALL}
NOTICES, NOTICE = ("kind of a notice", anything), "pending_span"  # logfire's, of a start


def in_table(types: dict[str, str]) -> Callable[[Any], str | None]:
    """A reader of the values of one convention."""

    def read(value: Any) -> str | None:
        return types.get(value) if isinstance(value, str) else None

    return read


def vercel(value: Any) -> str | None:
    """The type by Vercel's AI SDK: `do…` operations call the model, inside a span of the whole."""
    if not isinstance(value, str) or not value.startswith("ai."):
        return None
    operation = value.partition(" ")[0]
    if operation == "ai.toolCall":
        return TOOL_CALL
    return LLM if ".do" in operation else STEP


def mlflow(value: Any) -> str | None:
    """The type by MLflow, whose attributes are JSON texts."""
    kind = parsed(value)
    return MLFLOW.get(kind) if isinstance(kind, str) else None


# Attributes that say more than that a span is a node of a graph.
BEFORE_NODES = frozenset(
    {
        EVENT_TYPE,
        "langfuse.observation.type",
        "openinference.span.kind",
        "gen_ai.operation.name",
    }
)
# One for each attribute that says a type. OpenLLMetry names all spans but calls of a model.
READERS: dict[str, Callable[[Any], str | None]] = {
    EVENT_TYPE: partial(optional_name, limit=MAX_EVENT_TYPE),
    "langfuse.observation.type": in_table(LANGFUSE),
    "openinference.span.kind": in_table(OPENINFERENCE),
    "gen_ai.operation.name": in_table(GEN_AI),
    "ai.operationId": vercel,
    "operation.name": vercel,
    "traceloop.span.kind": in_table(OPENLLMETRY),
    "mlflow.spanType": mlflow,
    "langsmith.span.kind": in_table(LANGSMITH),
}


def event_type_of(span: Span, said: Facts) -> str:
    """The event type of a span; AGENT stands for the pair `agent_start` and `agent_end`.

    A root has that pair, whatever type it has here, unless it is an event that was exported.
    """
    if "kind of a notice" in said.by_meaning and said.first(*NOTICES) == NOTICE:
        return STEP
    attributes, is_node = span.attributes, not said.has_none(NODES)
    for attribute in said.names("type"):
        if is_node and attribute not in BEFORE_NODES:
            break
        found = READERS[attribute](attributes[attribute])
        if found is not None:
            return found
    return NODE if is_node else by_content(span, said)


def by_content(span: Span, said: Facts) -> str:
    """The type of a span without a type attribute, by its other attributes and its name."""
    attributes = span.attributes
    if said.first("tool_name", name):
        return TOOL_CALL
    if said.first("model", model) or any(key in attributes for key in MESSAGES):
        return LLM
    if said.shape.numbered:
        return LLM
    return NAMES.get(span.name.partition(" ")[0], STEP)
