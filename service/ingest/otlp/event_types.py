"""The event type of a span, by the attributes of each convention in the order of trust."""

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
TYPE_ATTRIBUTES = (
    ("langfuse.observation.type", LANGFUSE),
    ("openinference.span.kind", OPENINFERENCE),
    ("gen_ai.operation.name", GEN_AI),
)
NODES = ("graph.node.id", "graph.node.name", "graph.node.parent_id")
MESSAGES = ("gen_ai.input.messages", "gen_ai.output.messages")
MESSAGE_PREFIXES = tuple(f"{prefix}." for prefix in (*INPUT_PREFIXES, *OUTPUT_PREFIXES))


def event_type_of(span: Span) -> str:
    """The event type of a span; AGENT stands for the pair `agent_start` and `agent_end`.

    A root has that pair, whatever type it has here. A notice that a span has begun is no call.
    """
    attributes = span.attributes
    if attributes.get("logfire.span_type") == "pending_span":
        return STEP
    for attribute, types in TYPE_ATTRIBUTES:
        value = attributes.get(attribute)
        if isinstance(value, str) and value in types:
            return types[value]
    if any(attribute in attributes for attribute in NODES):
        return NODE
    return vercel(attributes) or openllmetry(attributes) or by_content(attributes)


def vercel(attributes: Attributes) -> str | None:
    """The type by Vercel's AI SDK: `do…` operations call the model, inside a span of the whole."""
    operation = attributes.get("ai.operationId") or attributes.get("operation.name")
    if not isinstance(operation, str) or not operation.startswith("ai."):
        return None
    operation = operation.partition(" ")[0]
    if operation == "ai.toolCall":
        return TOOL_CALL
    return LLM if ".do" in operation else STEP


def openllmetry(attributes: Attributes) -> str | None:
    """The type by OpenLLMetry, which names all spans but calls of a model."""
    kind = attributes.get("traceloop.span.kind")
    return OPENLLMETRY.get(kind) if isinstance(kind, str) else None


def by_content(attributes: Attributes) -> str:
    """The type of a span without a type attribute, by its other attributes."""
    if first(attributes, TOOL, name):
        return TOOL_CALL
    if first(attributes, MODEL, model) or any(key in attributes for key in MESSAGES):
        return LLM
    return LLM if any(key.startswith(MESSAGE_PREFIXES) for key in attributes) else STEP
