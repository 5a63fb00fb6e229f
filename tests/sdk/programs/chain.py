"""LangChain: a prompt and a fake chat model, instrumented by observe.init alone.

Outside of an agent the SDK sends llm_calls and no agent_start.
"""

from gati import observe
from gati.decorators import track_agent
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate

from tests.sdk.programs.model import FakeModel
from tests.sdk.programs.recording import record


def main() -> None:
    """Run a chain, a model on its own, and both inside of an agent."""
    record()
    observe.init(name="chain app", telemetry=False, batch_size=3, flush_interval=1.0)
    model = FakeModel(responses=["an answer", "another 🦅", "a third", "a fourth"])
    chain = ChatPromptTemplate.from_template("Tell me about {subject}") | model | StrOutputParser()
    chain.invoke({"subject": "falcons"})
    model.invoke("And owls?")

    @track_agent(name="Talker")
    def talk(subject: str) -> str:
        return str(chain.invoke({"subject": subject})) + str(model.invoke("More?").content)

    talk("eagles")
    observe.flush()


if __name__ == "__main__":
    main()
