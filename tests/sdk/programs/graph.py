"""LangGraph: a graph with a loop and a fake chat model, run twice, and one whose node fails."""

import contextlib
from typing import TypedDict

from gati import observe
from langgraph.graph import END, START, StateGraph

from tests.sdk.programs.model import FakeModel
from tests.sdk.programs.recording import record


class State(TypedDict, total=False):
    """What the nodes hand on."""

    question: str
    draft: str
    rounds: int


def main() -> None:
    """Build the graphs after observe.init, which instruments StateGraph.compile."""
    record()
    observe.init(name="graph app", telemetry=False, batch_size=4, flush_interval=1.0)
    model = FakeModel(responses=["a draft", "a better draft", "🦅", "last"])

    def write(state: State) -> State:
        draft = model.invoke(f"Write about {state['question']}").content
        return {"draft": str(draft), "rounds": state.get("rounds", 0) + 1}

    def review(state: State) -> State:
        return {"draft": state["draft"] + ", reviewed"}

    def fail(state: State) -> State:
        raise LookupError("no source")

    def again(state: State) -> str:
        return "write" if state["rounds"] < 2 else END

    graph = StateGraph(State)
    graph.add_node("write", write)
    graph.add_node("review", review)
    graph.add_edge(START, "write")
    graph.add_edge("write", "review")
    graph.add_conditional_edges("review", again, {"write": "write", END: END})
    compiled = graph.compile()
    compiled.invoke({"question": "falcons"})
    list(compiled.stream({"question": "owls"}))

    failing = StateGraph(State)
    failing.add_node("write", write)
    failing.add_node("fail", fail)
    failing.add_edge(START, "write")
    failing.add_edge("write", "fail")
    failing.add_edge("fail", END)
    with contextlib.suppress(LookupError):
        failing.compile().invoke({"question": "phoenixes"})
    observe.flush()


if __name__ == "__main__":
    main()
