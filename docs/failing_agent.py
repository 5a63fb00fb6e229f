"""An agent that really fails, traced by OpenTelemetry: the run of the README's picture."""

import json
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, StatusCode, Tracer

ASKED = "My parcel 7741 came broken. I want my money back, 24.90 EUR."
FOUND = {"order": 7741, "paid": "24,90", "currency": "EUR", "state": "delivered"}
MODEL = "gpt-4o"
HERE = f"{Path(__file__).parents[1]}/"
RESOURCE = {
    "service.name": "support",
    "service.version": "1.4.0",
    "deployment.environment.name": "production",
}


def main(url: str) -> None:
    """Run the agent once, and send its spans."""
    provider = TracerProvider(resource=Resource.create(RESOURCE))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{url}/v1/traces")))
    with suppress(ValueError):
        Agent(provider.get_tracer("support")).answer(ASKED)
    provider.shutdown()


class Agent:
    """Reads a complaint, looks the order up, and pays back: in commas, which no float reads."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    def answer(self, question: str) -> str:
        """Answer one customer."""
        about = {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.name": "support",
            "session.id": "chat-7741",
            "user.id": "anna@example.org",
            "gen_ai.input.messages": messages("user", question),
        }
        with self._span("invoke_agent support", about):
            order = self._plan(question)
            policy = self._look_up(question)
            self._think(f"{question} {order} {policy}", "call refund", 2_140, 64, 0.62)
            paid = self._tool("refund", order, 0.08, lambda: float(str(FOUND["paid"])))
            return self._think(f"{paid} was paid back", "Your money is on its way.", 2_260, 40, 0.3)

    def _plan(self, question: str) -> dict[str, Any]:
        with self._span("plan", {"gen_ai.operation.name": "chain"}):
            self._think(question, "call get_order for 7741", 1_310, 38, 0.41)
            return dict(self._tool("get_order", {"order": 7741}, 0.13, lambda: FOUND))

    def _look_up(self, question: str) -> str:
        with self._span("read the policy", {"gen_ai.operation.name": "chain"}):
            found = self._tool("search", {"q": "refund broken"}, 0.22, lambda: "within 30 days")
            return self._think(f"{question} {found}", "It may be paid back.", 1_780, 51, 0.37)

    def _think(
        self, asked: str, answered: str, tokens_in: int, tokens_out: int, took: float
    ) -> str:
        about = {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": MODEL,
            "gen_ai.input.messages": messages("user", asked),
        }
        with self._span(f"chat {MODEL}", about) as span:
            time.sleep(took)
            span.set_attribute("gen_ai.output.messages", messages("assistant", answered))
            span.set_attribute("gen_ai.usage.input_tokens", tokens_in)
            span.set_attribute("gen_ai.usage.output_tokens", tokens_out)
        return answered

    def _tool(self, name: str, arguments: Any, took: float, work: Any) -> Any:
        about = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": name,
            "gen_ai.tool.call.arguments": json.dumps(arguments),
        }
        with self._span(f"execute_tool {name}", about) as span:
            time.sleep(took)
            result = work()
            span.set_attribute("gen_ai.tool.call.result", json.dumps(result))
        return result

    @contextmanager
    def _span(self, name: str, attributes: dict[str, str]) -> Iterator[Span]:
        with self._tracer.start_as_current_span(
            name, attributes=attributes, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield span
            except ValueError as error:
                stack = "".join(traceback.format_exception(error)).replace(HERE, "")
                span.record_exception(error, {"exception.stacktrace": stack})
                span.set_status(StatusCode.ERROR, f"ValueError: {error}")
                raise


def messages(role: str, text: str) -> str:
    """One message as OpenTelemetry's conventions write it."""
    return json.dumps([{"role": role, "parts": [{"type": "text", "content": text}]}])


if __name__ == "__main__":
    main(sys.argv[1])
