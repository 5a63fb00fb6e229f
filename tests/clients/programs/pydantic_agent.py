"""pydantic-ai: an agent with a tool, on OpenAI."""

from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel
from tracing import start_tracing


def main() -> None:
    """One run of the agent: a call, the tool, a call."""
    provider = start_tracing()
    Agent.instrument_all()
    agent = Agent(OpenAIChatModel("gpt-4o"), name="weather_agent")

    @agent.tool_plain
    def get_weather(city: str) -> str:
        """Tell the weather."""
        return f"sunny in {city}"

    agent.run_sync("weather?")
    provider.shutdown()


if __name__ == "__main__":
    main()
