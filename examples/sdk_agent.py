"""An agent with two tools, one of which fails, watched by the GATI SDK.

    pip install gati
    GATI_BACKEND_URL=http://127.0.0.1:8000 python examples/sdk_agent.py

It only pretends to use a model. GATI_API_KEY is the key, once one exists.
"""

# mypy: disallow-untyped-decorators=False

import contextlib

from gati import observe
from gati.decorators import track_agent, track_step, track_tool

AGENT = "example sdk"


@track_tool(name="search")
def search(query: str) -> list[str]:
    """Find pages about something."""
    return [f"a page about {query}"]


@track_tool(name="translate")
def translate(text: str) -> str:
    """Fail, as a tool may: the page shows the error and groups it with its like."""
    raise TimeoutError(f"no answer for {text!r} in 2.5s")


@track_step(name="plan")
def plan(question: str) -> list[str]:
    """Cut a question into words worth a search."""
    return [word for word in question.split() if len(word) > 3]


@track_agent(name=AGENT)
def answer(question: str) -> str:
    """Search each word; an answer survives a tool that fails."""
    pages = [page for word in plan(question) for page in search(word)]
    with contextlib.suppress(TimeoutError):
        translate(question)
    return "; ".join(pages)


def main() -> None:
    """Answer two questions. Without telemetry=False the SDK counts for its makers."""
    observe.init(name=AGENT, telemetry=False)
    for question in ("what does a falcon hunt", "where do owls sleep"):
        print(answer(question))
    observe.flush()


if __name__ == "__main__":
    main()
