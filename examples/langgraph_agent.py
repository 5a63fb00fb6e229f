"""A graph of LangGraph that writes and reviews until it is content, by OpenTelemetry.

    pip install langgraph openinference-instrumentation-langchain
    pip install opentelemetry-sdk opentelemetry-exporter-otlp-proto-http
    export OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:8000 OTEL_SERVICE_NAME="example langgraph"
    python examples/langgraph_agent.py

The model only pretends: put your own in place of `MODEL`, such as ChatOpenAI(model="gpt-4o").
"""

from typing import TypedDict

from langchain_core.language_models import FakeListChatModel
from langgraph.graph import END, START, StateGraph
from openinference.instrumentation.langchain import LangChainInstrumentor
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

MODEL = FakeListChatModel(responses=["a draft", "a better draft"])
ROUNDS = 2


class State(TypedDict, total=False):
    """What the nodes hand on."""

    subject: str
    draft: str
    rounds: int


def write(state: State) -> State:
    """Let the model write."""
    draft = MODEL.invoke(f"Write about {state['subject']}.").content
    return {"draft": str(draft), "rounds": state.get("rounds", 0) + 1}


def review(state: State) -> State:
    """Mark what was read."""
    return {"draft": f"{state['draft']}, reviewed"}


def is_good(state: State) -> str:
    """Write again until there were enough rounds."""
    return END if state["rounds"] >= ROUNDS else "write"


def main() -> None:
    """One run of the graph."""
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    LangChainInstrumentor().instrument()
    graph = StateGraph(State)
    graph.add_node("write", write)
    graph.add_node("review", review)
    graph.add_edge(START, "write")
    graph.add_edge("write", "review")
    graph.add_conditional_edges("review", is_good, {"write": "write", END: END})
    print(graph.compile(name="writer").invoke({"subject": "falcons"})["draft"])
    provider.shutdown()


if __name__ == "__main__":
    main()
