"""Which attributes say what: one line per fact, the first hit wins. Resources are asked likewise.

Sources: OpenTelemetry's semantic conventions for GenAI (`gen_ai.*`, all in development), those of
OpenInference (`llm.*`, `input.*`, `openinference.*`), Langfuse, Vercel's AI SDK (`ai.*`) and
OpenLLMetry (`traceloop.*`). A value of the wrong type counts as absent, and the next is asked.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from service.core.validation import MAX_MODEL, MAX_NAME, name_problem
from service.ingest.json.fields import MAX_ENVIRONMENT

Attributes = Mapping[str, Any]
T = TypeVar("T")

# agents and runs
AGENT_NAME = ("gen_ai.agent.name", "agent.name", "gen_ai.workflow.name")
SERVICE_NAME = ("service.name",)
RUN_NAME = ("langfuse.trace.name",)
ENVIRONMENT = ("deployment.environment.name", "deployment.environment", "langfuse.environment")
SESSION = ("session.id", "gen_ai.conversation.id")
USER = "user.id"
TAGS = ("tag.tags", "langfuse.trace.tags")
METADATA = "metadata"
# what was called, and what it took
MODEL = (
    "gen_ai.response.model",
    "ai.model.id",
    "gen_ai.request.model",
    "llm.response.model_name",
    "llm.model_name",
)
PROVIDER = ("gen_ai.provider.name", "gen_ai.system", "llm.provider")
TOKENS_IN = (
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.prompt_tokens",
    "llm.token_count.prompt",
)
TOKENS_OUT = (
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.completion_tokens",
    "llm.token_count.completion",
)
# Subsets of the tokens above: kept, never added to them.
CACHE_READ = (
    "gen_ai.usage.cache_read.input_tokens",
    "llm.token_count.prompt_details.cache_read",
)
CACHE_WRITE = (
    "gen_ai.usage.cache_creation.input_tokens",
    "llm.token_count.prompt_details.cache_write",
)
REASONING = (
    "gen_ai.usage.reasoning.output_tokens",
    "llm.token_count.completion_details.reasoning",
)
COST_DETAILS = ("langfuse.observation.cost_details",)
COST = ("gen_ai.usage.cost", "llm.cost.total")
COST_PARTS = ("llm.cost.prompt", "llm.cost.completion")
TOOL = ("gen_ai.tool.name", "tool.name")
TOOL_CALL_ID = "gen_ai.tool.call.id"
# what went in and came out; where it is many attributes, or events of the span: see content.py
INPUT = (
    "gen_ai.tool.call.arguments",
    "gen_ai.input.messages",
    "input.value",
    "traceloop.entity.input",
)
OUTPUT = (
    "gen_ai.tool.call.result",
    "gen_ai.output.messages",
    "output.value",
    "traceloop.entity.output",
)
SYSTEM = "gen_ai.system_instructions"
INPUT_PREFIXES = ("llm.input_messages", "gen_ai.prompt")
OUTPUT_PREFIXES = ("llm.output_messages", "gen_ai.completion")
NODE_ID = "graph.node.id"
NODE_NAME = "graph.node.name"
NODE_PARENT = "graph.node.parent_id"
FIRST_CHUNK_SECONDS = ("gen_ai.response.time_to_first_chunk",)


def first(
    attributes: Attributes, names: Iterable[str], read: Callable[[Any], T | None]
) -> T | None:
    """The first of the attributes that is there and can be read; None where there is none."""
    for name in names:
        value = attributes.get(name)
        if value is not None and (found := read(value)) is not None:
            return found
    return None


def anything(value: Any) -> Any:
    """Whatever is there."""
    return value


def name(value: Any) -> str | None:
    """The name of an agent, a run or a tool: printable, of 1 to 255 characters."""
    return value if isinstance(value, str) and not name_problem(value, MAX_NAME) else None


def model(value: Any) -> str | None:
    """The name of a model."""
    return value if isinstance(value, str) and not name_problem(value, MAX_MODEL) else None


def environment(value: Any) -> str | None:
    """The name of an environment."""
    return value if isinstance(value, str) and not name_problem(value, MAX_ENVIRONMENT) else None
