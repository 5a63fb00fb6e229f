"""Anthropic's SDK, watched by OpenLLMetry: a message, a stream, one that fails."""

import contextlib

from anthropic import Anthropic, RateLimitError
from opentelemetry import trace
from opentelemetry.instrumentation.anthropic import AnthropicInstrumentor
from tracing import start_tracing


def main() -> None:
    """Three calls below a span of the program's own."""
    provider = start_tracing()
    AnthropicInstrumentor().instrument()
    client = Anthropic(max_retries=0)
    asked = {"max_tokens": 100, "messages": [{"role": "user", "content": "weather?"}]}
    with trace.get_tracer("app").start_as_current_span("my app run"):
        client.messages.create(model="claude-sonnet-4-5", **asked)
        for _ in client.messages.create(model="claude-sonnet-4-5", stream=True, **asked):
            pass
        with contextlib.suppress(RateLimitError):
            client.messages.create(model="fail-429", **asked)
    provider.shutdown()


if __name__ == "__main__":
    main()
