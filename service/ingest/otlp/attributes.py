"""The attributes that hold each fact, of spans and of resources: the first that is there wins.

Sources: OpenTelemetry's semantic conventions for GenAI (`gen_ai.*`, all in development), those of
OpenInference (`llm.*`, `input.*`, `openinference.*`), Langfuse, Vercel's AI SDK (`ai.*`) and
OpenLLMetry (`traceloop.*`). A value of the wrong type counts as absent.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, TypeVar

from service.core.validation import MAX_MODEL, MAX_NAME
from service.ingest.json.fields import MAX_ENVIRONMENT, optional_name

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
# the call of a model or tool, and its usage
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
# Subsets of the tokens above: stored, never added to them.
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
# input and output in one attribute; content.py has the prefixes and span events for others
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
    """The first of the attributes that `read` accepts; None without one."""
    for name in names:
        value = attributes.get(name)
        if value is not None and (found := read(value)) is not None:
            return found
    return None


def anything(value: Any) -> Any:
    """A value of any type."""
    return value


name = partial(optional_name, limit=MAX_NAME)  # of an agent, a run or a tool
model = partial(optional_name, limit=MAX_MODEL)
environment = partial(optional_name, limit=MAX_ENVIRONMENT)
