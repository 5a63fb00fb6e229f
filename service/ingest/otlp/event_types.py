"""Which type of event a span is, by whom it is most likely told, in the order of trust."""

from service.ingest.otlp.attributes import (
    INPUT_PREFIXES,
    MODEL,
    OUTPUT_PREFIXES,
    TOOL,
    Attributes,
    first,
    model,
    name,
)
from service.ingest.otlp.span import Span

AGENT, LLM, TOOL_CALL, NODE, STEP = "agent_start", "llm_call", "tool_call", "node_execution", "step"

# `span` says nothing: it is what Langfuse calls whatever has no type.
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
SAID = (
    ("langfuse.observation.type", LANGFUSE),
    ("openinference.span.kind", OPENINFERENCE),
    ("gen_ai.operation.name", GEN_AI),
)
NODES = ("graph.node.id", "graph.node.name", "graph.node.parent_id")
MESSAGES = ("gen_ai.input.messages", "gen_ai.output.messages")
MESSAGE_PREFIXES = tuple(f"{prefix}." for prefix in (*INPUT_PREFIXES, *OUTPUT_PREFIXES))


def kind_of(span: Span) -> str:
    """What a span is, as the type of an event; AGENT stands for `agent_start` and `agent_end`.

    Whatever a root is, its events are those two.
    """
    attributes = span.attributes
    for attribute, types in SAID:
        said = attributes.get(attribute)
        if isinstance(said, str) and said in types:
            return types[said]
    if any(attribute in attributes for attribute in NODES):
        return NODE
    return vercel(attributes) or openllmetry(attributes) or by_content(attributes)


def vercel(attributes: Attributes) -> str | None:
    """What Vercel's AI SDK does: its `do…` call the model, and stand in a span of the whole."""
    operation = attributes.get("ai.operationId") or attributes.get("operation.name")
    if not isinstance(operation, str) or not operation.startswith("ai."):
        return None
    operation = operation.partition(" ")[0]
    if operation == "ai.toolCall":
        return TOOL_CALL
    return LLM if ".do" in operation else STEP


def openllmetry(attributes: Attributes) -> str | None:
    """What OpenLLMetry calls a span that is no call of a model."""
    kind = attributes.get("traceloop.span.kind")
    return OPENLLMETRY.get(kind) if isinstance(kind, str) else None


def by_content(attributes: Attributes) -> str:
    """What a span that nobody names must be, by what it has."""
    if first(attributes, TOOL, name):
        return TOOL_CALL
    if first(attributes, MODEL, model) or any(key in attributes for key in MESSAGES):
        return LLM
    return LLM if any(key.startswith(MESSAGE_PREFIXES) for key in attributes) else STEP
