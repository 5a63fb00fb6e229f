"""LangGraph with a fake chat model and a tool: a loop, a node that fails, a chain in an agent.

Which instrumentation watches it is told as the first argument.
"""

import contextlib
import sys
from typing import TypedDict

from langchain_core.runnables import RunnableLambda
from langchain_core.tools import tool
from langgraph.graph import END, START, StateGraph
from openinference.instrumentation.langchain import LangChainInstrumentor as OpenInference
from opentelemetry.instrumentation.langchain import LangchainInstrumentor as OpenLLMetry
from opentelemetry.sdk.trace import TracerProvider

from tests.ingest.otlp.programs.tracing import traced
from tests.sdk.programs.model import MODEL, TOKENS_IN, TOKENS_OUT, FakeModel

INSTRUMENTATIONS = {"openinference": OpenInference, "openllmetry": OpenLLMetry}


class State(TypedDict, total=False):
    """What the nodes hand on."""

    question: str
    draft: str
    rounds: int


@tool
def search(query: str) -> str:
    """Look something up."""
    return f"about {query}: 🦅"


@tool
def broken(query: str) -> str:
    """Fail."""
    raise LookupError(f"no source for {query}")


def main() -> None:
    """Run the graphs under the instrumentation that is asked for."""
    which = sys.argv[1]
    with traced(f"{which} app") as provider:
        INSTRUMENTATIONS[which]().instrument(tracer_provider=provider)
        run_graphs()
        run_chain(which, provider)


def run_chain(which: str, provider: TracerProvider) -> None:
    """A chain inside of an agent that says what its one call took, as frameworks of agents do."""
    attributes: dict[str, str | int] = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": which,
        "gen_ai.request.model": MODEL,
        "gen_ai.usage.input_tokens": TOKENS_IN,
        "gen_ai.usage.output_tokens": TOKENS_OUT,
    }
    tracer = provider.get_tracer("framework")
    with tracer.start_as_current_span(f"invoke_agent {which}", attributes=attributes):
        (RunnableLambda(ask) | FakeModel(responses=["said"])).invoke("hello")


def ask(what: str) -> str:
    """The first link of a chain."""
    return f"Say {what}"


def run_graphs() -> None:
    """One with a loop, one that fails."""
    model = FakeModel(responses=["a draft", "a better draft", "last"])

    def write(state: State) -> State:
        found = search.invoke({"query": state["question"]})
        return {"draft": str(model.invoke(found).content), "rounds": state.get("rounds", 0) + 1}

    def fail(state: State) -> State:
        broken.invoke({"query": state["question"]})
        return {}

    def again(state: State) -> str:
        return "write" if state["rounds"] < 2 else END

    graph = StateGraph(State)
    graph.add_node("write", write)
    graph.add_edge(START, "write")
    graph.add_conditional_edges("write", again, {"write": "write", END: END})
    graph.compile(name="Writer").invoke({"question": "falcons"})

    failing = StateGraph(State)
    failing.add_node("write", write)
    failing.add_node("fail", fail)
    failing.add_edge(START, "write")
    failing.add_edge("write", "fail")
    failing.add_edge("fail", END)
    with contextlib.suppress(LookupError):
        failing.compile(name="Failer").invoke({"question": "phoenixes"})


if __name__ == "__main__":
    main()
