"""The names of attributes in use, by what they mean and by who sends them.

docs/reference/conventions.md shows this table, and a test compares the two. The sources stand in
the order of trust: where several attributes of a span mean the same, the first with a value that
can be read wins. An attribute may have several meanings.
"""

GENAI, VERCEL, OPENINFERENCE = "OpenTelemetry GenAI", "Vercel AI SDK", "OpenInference"
PYDANTIC, ADK, CLAUDE_CODE = "pydantic-ai and logfire", "Google ADK", "Claude Code"
GATI = "GATI Backend, of an event that it exports as a span"
EVENT_TYPE, RUN_NAME = "gati.event_type", "gati.run_name"
WHOLE_AGENT = "agent_start agent_end"  # the type of two events that are one span
# Types of spans that Mastra names the content by, from version 1 on; others have GenAI's names.
MASTRA_TYPES = ("agent_run", "workflow_run", "workflow_step", "model_generation", "model_step")

# meaning -> source -> attributes
CONVENTIONS: dict[str, dict[str, tuple[str, ...]]] = {
    # agents and runs
    "service": {"OpenTelemetry, of the resource": ("service.name",)},
    "project": {OPENINFERENCE + ", of the resource": ("openinference.project.name",)},
    "agent": {
        GENAI: ("gen_ai.agent.name",),
        OPENINFERENCE: ("agent.name",),
        "OpenTelemetry GenAI, a workflow": ("gen_ai.workflow.name",),
    },
    "inner agent": {OPENINFERENCE: ("graph.node.id",), "OpenLLMetry": ("traceloop.entity.name",)},
    "agent of an unnamed service": {
        "OpenLLMetry": ("traceloop.workflow.name",),
        VERCEL: ("ai.telemetry.functionId",),
        GENAI: ("gen_ai.agent.id",),
        "Mastra": ("agent.id",),
    },
    "agent_id": {GENAI: ("gen_ai.agent.id",), "Mastra": ("agent.id",)},
    "run name": {
        GATI: (RUN_NAME,),
        "Langfuse": ("langfuse.trace.name",),
        "LangSmith": ("langsmith.trace.name",),
    },
    "message of a template": {PYDANTIC: ("logfire.msg",)},
    "environment": {
        "OpenTelemetry": ("deployment.environment.name", "deployment.environment"),
        "Langfuse": ("langfuse.environment", "environment"),
    },
    "session_id": {
        "OpenTelemetry": ("session.id",),
        "Langfuse": ("langfuse.session.id",),
        GENAI: ("gen_ai.conversation.id",),
        VERCEL: ("ai.telemetry.metadata.sessionId",),
        "OpenLLMetry": ("traceloop.association.properties.session_id",),
        "MLflow": ("mlflow.trace.session",),
        "Mastra": ("sessionId", "mastra.metadata.sessionId"),
        "LangSmith": ("langsmith.metadata.session_id", "langsmith.metadata.thread_id"),
        ADK: ("gcp.vertex.agent.session_id",),
    },
    "user_id": {
        "OpenTelemetry": ("user.id", "enduser.id"),
        "Langfuse": ("langfuse.user.id",),
        VERCEL: ("ai.telemetry.metadata.userId",),
        "OpenLLMetry": ("traceloop.association.properties.user_id",),
        "MLflow": ("mlflow.trace.user",),
        "Mastra": ("userId", "mastra.metadata.userId"),
        "LangSmith": ("langsmith.metadata.user_id",),
    },
    "tags": {
        OPENINFERENCE: ("tag.tags",),
        "Langfuse": ("langfuse.trace.tags",),
        VERCEL: ("ai.telemetry.metadata.tags",),
        "LangSmith": ("langsmith.span.tags",),
    },
    "version": {
        "Langfuse": ("langfuse.version", "version"),
        GENAI: ("gen_ai.agent.version",),
    },
    "release": {"Langfuse": ("langfuse.release", "release")},
    "version of the service": {
        "Langfuse, of the resource": ("langfuse.release",),
        "OpenTelemetry, of the resource": ("service.version",),
    },
    "metadata": {OPENINFERENCE: ("metadata",)},
    # calls of a model, and what they used
    "model": {
        "Langfuse": ("langfuse.observation.model.name",),
        "OpenTelemetry GenAI, of the answer": ("gen_ai.response.model",),
        VERCEL: ("ai.response.model", "ai.model.id"),
        GENAI: ("gen_ai.request.model",),
        OPENINFERENCE: ("llm.response.model_name", "llm.model_name", "embedding.model_name"),
        "MLflow": ("mlflow.llm.model",),
    },
    "model of a call": {
        "MLflow": ("model",),
        OPENINFERENCE: ("llm.invocation_parameters",),
    },
    "provider": {
        GENAI: ("gen_ai.provider.name", "gen_ai.system"),
        OPENINFERENCE: ("llm.provider", "llm.system"),
        VERCEL: ("ai.model.provider",),
    },
    "response_id": {GENAI: ("gen_ai.response.id",), VERCEL: ("ai.response.id",)},
    "usage in parts": {"Langfuse": ("langfuse.observation.usage_details",)},
    "usage": {"MLflow": ("mlflow.chat.tokenUsage",)},
    "tokens_in": {
        GENAI: ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"),
        OPENINFERENCE: ("llm.token_count.prompt",),
        VERCEL: ("ai.usage.inputTokens", "ai.usage.promptTokens", "ai.usage.tokens"),
        "OpenLLMetry": ("llm.usage.prompt_tokens",),
    },
    "tokens_in without cached": {CLAUDE_CODE: ("input_tokens",)},
    "tokens_out": {
        GENAI: ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"),
        OPENINFERENCE: ("llm.token_count.completion",),
        VERCEL: ("ai.usage.outputTokens", "ai.usage.completionTokens"),
        "OpenLLMetry": ("llm.usage.completion_tokens",),
        CLAUDE_CODE: ("output_tokens",),
    },
    "cached_tokens": {
        GENAI: (
            "gen_ai.usage.cache_read.input_tokens",
            "gen_ai.usage.cache_read_input_tokens",
            "gen_ai.usage.cached_input_tokens",
            "gen_ai.usage.input_cached_tokens",
            "gen_ai.usage.cached_tokens",
            "gen_ai.usage.prompt_tokens_details.cached_tokens",
            "gen_ai.usage.input_tokens_details.cached_tokens",
        ),
        PYDANTIC: ("gen_ai.usage.details.cache_read_tokens", "gen_ai.usage.details.cached_tokens"),
        OPENINFERENCE: ("llm.token_count.prompt_details.cache_read",),
        VERCEL: ("ai.usage.inputTokenDetails.cacheReadTokens", "ai.usage.cachedInputTokens"),
        "OpenLLMetry": ("llm.usage.cache_read_input_tokens",),
        CLAUDE_CODE: ("cache_read_tokens", "cache_read_input_tokens"),
    },
    "cache_write_tokens": {
        GENAI: (
            "gen_ai.usage.cache_creation.input_tokens",
            "gen_ai.usage.cache_creation_input_tokens",
            "gen_ai.usage.cache_write.input_tokens",
            "gen_ai.usage.cache_write_input_tokens",
        ),
        PYDANTIC: ("gen_ai.usage.details.cache_write_tokens",),
        OPENINFERENCE: ("llm.token_count.prompt_details.cache_write",),
        VERCEL: ("ai.usage.inputTokenDetails.cacheWriteTokens",),
        "OpenLLMetry": ("llm.usage.cache_creation_input_tokens",),
        CLAUDE_CODE: ("cache_creation_tokens", "cache_creation_input_tokens"),
    },
    "reasoning_tokens": {
        GENAI: (
            "gen_ai.usage.reasoning.output_tokens",
            "gen_ai.usage.reasoning_tokens",
            "gen_ai.usage.completion_tokens_details.reasoning_tokens",
            "gen_ai.usage.output_tokens_details.reasoning_tokens",
        ),
        PYDANTIC: ("gen_ai.usage.details.reasoning_tokens",),
        OPENINFERENCE: ("llm.token_count.completion_details.reasoning",),
        VERCEL: ("ai.usage.outputTokenDetails.reasoningTokens", "ai.usage.reasoningTokens"),
    },
    "cost of parts": {"Langfuse": ("langfuse.observation.cost_details",)},
    "cost": {
        GENAI: ("gen_ai.usage.cost",),
        "LiteLLM": ("gen_ai.cost.total_cost",),
        PYDANTIC: ("operation.cost",),
        OPENINFERENCE: ("llm.cost.total",),
    },
    "cost of the input": {
        OPENINFERENCE: ("llm.cost.prompt",),
        "LiteLLM": ("gen_ai.cost.input_cost",),
    },
    "cost of the output": {
        OPENINFERENCE: ("llm.cost.completion",),
        "LiteLLM": ("gen_ai.cost.output_cost",),
    },
    "seconds to the first token": {
        GENAI: (
            "gen_ai.response.time_to_first_chunk",
            "gen_ai.client.operation.time_to_first_chunk",
            "gen_ai.server.time_to_first_token",
        ),
    },
    "milliseconds to the first token": {VERCEL: ("ai.response.msToFirstChunk",)},
    "time of the first token": {"Langfuse": ("langfuse.observation.completion_start_time",)},
    # tools, and what went in and out
    "tool_name": {
        GENAI: ("gen_ai.tool.name",),
        OPENINFERENCE: ("tool.name",),
        VERCEL: ("ai.toolCall.name",),
    },
    "tool_name of a tool": {"OpenLLMetry": ("traceloop.entity.name",)},
    "tool_call_id": {GENAI: ("gen_ai.tool.call.id",), VERCEL: ("ai.toolCall.id",)},
    "input": {
        "Langfuse": ("langfuse.observation.input", "langfuse.trace.input"),
        GENAI: ("gen_ai.tool.call.arguments", "gen_ai.tool.input", "gen_ai.input.messages"),
        OPENINFERENCE: ("input.value",),
        VERCEL: ("ai.prompt.messages", "ai.prompt", "ai.toolCall.args", "ai.value", "ai.values"),
        "OpenLLMetry": ("traceloop.entity.input",),
        PYDANTIC: ("pydantic_ai.all_messages",),
        "MLflow": ("mlflow.spanInputs",),
        "Mastra": ("input", *(f"mastra.{kind}.input" for kind in MASTRA_TYPES)),
        ADK: ("gcp.vertex.agent.tool_call_args", "gcp.vertex.agent.llm_request"),
    },
    "output": {
        "Langfuse": ("langfuse.observation.output", "langfuse.trace.output"),
        GENAI: ("gen_ai.tool.call.result", "gen_ai.tool.output", "gen_ai.output.messages"),
        OPENINFERENCE: ("output.value",),
        VERCEL: (
            "ai.response.text",
            "ai.response.object",
            "ai.response.toolCalls",
            "ai.response.reasoning",
            "ai.toolCall.result",
            "ai.embedding",
            "ai.embeddings",
        ),
        "OpenLLMetry": ("traceloop.entity.output",),
        PYDANTIC: ("final_result",),
        "MLflow": ("mlflow.spanOutputs",),
        "Mastra": ("output", *(f"mastra.{kind}.output" for kind in MASTRA_TYPES)),
        ADK: ("gcp.vertex.agent.tool_response", "gcp.vertex.agent.llm_response"),
    },
    "system_instructions": {GENAI: ("gen_ai.system_instructions",)},
    "node_id": {OPENINFERENCE: ("graph.node.id",)},
    "node_name": {OPENINFERENCE: ("graph.node.name",)},
    "node_parent_id": {OPENINFERENCE: ("graph.node.parent_id",)},
    # types and errors
    "type": {
        GATI: (EVENT_TYPE,),
        "Langfuse": ("langfuse.observation.type",),
        OPENINFERENCE: ("openinference.span.kind",),
        GENAI: ("gen_ai.operation.name",),
        VERCEL: ("ai.operationId", "operation.name"),
        "OpenLLMetry": ("traceloop.span.kind",),
        "MLflow": ("mlflow.spanType",),
        "LangSmith": ("langsmith.span.kind",),
    },
    "kind of a notice": {PYDANTIC: ("logfire.span_type",)},
    "level": {"Langfuse": ("langfuse.observation.level",)},
    "error": {
        "Langfuse": ("langfuse.observation.status_message",),
        "OpenTelemetry": ("error.type",),
    },
    "type of an error": {"OpenTelemetry": ("error.type",)},
}
# Keys of a run's metadata, each below its prefix.
METADATA_PREFIXES = {
    "Langfuse": "langfuse.trace.metadata.",
    VERCEL: "ai.telemetry.metadata.",
    "OpenLLMetry": "traceloop.association.properties.",
    "LangSmith": "langsmith.metadata.",
}
# Messages in numbered attributes, such as llm.input_messages.0.message.content.
INPUT_PREFIXES = {OPENINFERENCE: "llm.input_messages", "OpenLLMetry": "gen_ai.prompt"}
OUTPUT_PREFIXES = {OPENINFERENCE: "llm.output_messages", "OpenLLMetry": "gen_ai.completion"}


def names_of(meaning: str) -> tuple[str, ...]:
    """The attributes with a meaning, the most trusted first."""
    return tuple(name for names in CONVENTIONS[meaning].values() for name in names)
