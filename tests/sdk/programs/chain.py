"""LangChain: a prompt, a fake chat model and a tool, instrumented by observe.init alone."""

from gati import observe
from langchain_core.language_models import FakeListChatModel
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.tools import tool

from tests.sdk.programs.recording import record


@tool
def measure(text: str) -> int:
    """Count the characters of a text."""
    return len(text)


def main() -> None:
    """Run a chain, a model on its own, and a tool."""
    record()
    observe.init(name="chain app", telemetry=False, batch_size=10, flush_interval=1.0)
    model = FakeListChatModel(responses=["first answer", "second answer"])
    chain = ChatPromptTemplate.from_template("Tell me about {subject}") | model | StrOutputParser()
    answer = chain.invoke({"subject": "falcons"})
    model.invoke("And owls?")
    measure.invoke({"text": answer})
    observe.flush()


if __name__ == "__main__":
    main()
