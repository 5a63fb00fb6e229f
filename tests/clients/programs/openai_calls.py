"""OpenAI's SDK, watched by the instrumentation that is named: a chat, a stream, one that fails."""

import contextlib
import sys
from importlib import import_module

from openai import OpenAI, RateLimitError
from opentelemetry import trace
from tracing import start_logging, start_tracing

INSTRUMENTATIONS = {
    "openinference": "openinference.instrumentation.openai",
    "openllmetry": "opentelemetry.instrumentation.openai",
    "opentelemetry": "opentelemetry.instrumentation.openai_v2",
}


def main() -> None:
    """Three calls below a span of the program's own."""
    providers = start_tracing(), start_logging()
    import_module(INSTRUMENTATIONS[sys.argv[1]]).OpenAIInstrumentor().instrument()
    client = OpenAI(max_retries=0)
    messages = [{"role": "user", "content": "weather?"}]
    with trace.get_tracer("app").start_as_current_span("my app run"):
        client.chat.completions.create(model="gpt-4o", messages=messages)
        stream = client.chat.completions.create(
            model="gpt-4o",
            messages=messages,
            stream=True,
            stream_options={"include_usage": True},
        )
        for _ in stream:
            pass
        with contextlib.suppress(RateLimitError):
            client.chat.completions.create(model="fail-429", messages=messages)
    for provider in providers:
        provider.shutdown()


if __name__ == "__main__":
    main()
