"""Calls of OpenAI's SDK below a span of the program's own, by OpenTelemetry.

    pip install openai openinference-instrumentation-openai
    pip install opentelemetry-sdk opentelemetry-exporter-otlp-proto-http
    export OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:8000 OTEL_SERVICE_NAME="example openai"
    export OPENAI_API_KEY=…
    python examples/openai_calls.py

The span around the calls makes them one run. Its session and user are attributes.
"""

from openai import OpenAI
from openinference.instrumentation.openai import OpenAIInstrumentor
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

MODEL = "gpt-4o"
QUESTIONS = ("What is the weather in Paris?", "And in Rome?")


def main() -> None:
    """Ask each question, with what was said before."""
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    OpenAIInstrumentor().instrument()
    client, messages = OpenAI(), []
    about = {"session.id": "example-session", "user.id": "example-user"}
    with trace.get_tracer("example").start_as_current_span("talk about weather", attributes=about):
        for question in QUESTIONS:
            messages.append({"role": "user", "content": question})
            answer = client.chat.completions.create(model=MODEL, messages=messages)
            text = answer.choices[0].message.content
            messages.append({"role": "assistant", "content": text})
            print(text)
    provider.shutdown()


if __name__ == "__main__":
    main()
