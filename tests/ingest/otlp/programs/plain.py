"""OpenTelemetry's own API and the GenAI conventions: two agents, a cost, and a tool that fails."""

import contextlib

from opentelemetry import trace

from tests.ingest.otlp.programs.tracing import traced


def main() -> None:
    """One trace, whose inner agent fails and is got over."""
    with traced("plain app"):
        tracer = trace.get_tracer("plain", "1")
        agent = {"gen_ai.operation.name": "invoke_agent"}
        # As GenAI's conventions have it, an agent says the sum of its calls.
        total = {"gen_ai.usage.input_tokens": 2_000, "gen_ai.usage.output_tokens": 100}
        session = {"session.id": "s-1", "user.id": "u-1"}
        planner: dict[str, str | int] = {
            **agent,
            **total,
            **session,
            "gen_ai.agent.name": "Planner",
        }
        with tracer.start_as_current_span("invoke_agent Planner", attributes=planner):
            with (
                contextlib.suppress(LookupError),
                tracer.start_as_current_span(
                    "invoke_agent Finder", attributes={**agent, "gen_ai.agent.name": "Finder"}
                ),
                tracer.start_as_current_span(
                    "execute_tool find",
                    attributes={
                        "gen_ai.operation.name": "execute_tool",
                        "gen_ai.tool.name": "find",
                        "gen_ai.tool.call.arguments": '{"what": "🦅"}',
                    },
                ),
            ):
                raise LookupError("nothing there")
            for cost in (0.1, 0.2):
                call(tracer, cost)


def call(tracer: trace.Tracer, cost: float) -> None:
    """A call of a model that says what it cost."""
    with tracer.start_as_current_span("chat gpt-4o", kind=trace.SpanKind.CLIENT) as span:
        span.set_attributes(
            {
                "gen_ai.operation.name": "chat",
                "gen_ai.provider.name": "openai",
                "gen_ai.request.model": "gpt-4o",
                "gen_ai.response.model": "gpt-4o-2026-08-06",
                "gen_ai.usage.input_tokens": 1_000,
                "gen_ai.usage.cache_read.input_tokens": 800,
                "gen_ai.usage.output_tokens": 50,
                "gen_ai.usage.cost": cost,
            }
        )


if __name__ == "__main__":
    main()
