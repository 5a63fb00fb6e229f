"""Langfuse's SDK: an agent, a tool that is observed, a call with its own figures and OpenAI's."""

from langfuse import get_client, observe, propagate_attributes
from langfuse.openai import OpenAI

MODEL = "gpt-4o-2024-08-06"
MESSAGES = [{"role": "user", "content": "weather?"}]


@observe(as_type="tool")
def lookup(city: str) -> dict[str, int]:
    """Look the weather up."""
    return {"t": len(city) * 4}


def main() -> None:
    """One trace."""
    langfuse = get_client()
    with (
        langfuse.start_as_current_observation(as_type="agent", name="support") as agent,
        propagate_attributes(
            trace_name="support-trace", session_id="s-1", user_id="u-1", tags=["paid"]
        ),
    ):
        lookup("Paris")
        with langfuse.start_as_current_observation(
            as_type="generation", name="answer", model=MODEL, input=MESSAGES
        ) as call:
            call.update(
                output="hello",
                usage_details={
                    "input": 600,
                    "input_cached_tokens": 400,
                    "output": 30,
                    "output_reasoning_tokens": 20,
                },
                cost_details={"input": 0.002, "output": 0.001},
            )
        OpenAI().chat.completions.create(model="gpt-4o", messages=MESSAGES)
        agent.update(input="weather?", output="done")
    langfuse.flush()


if __name__ == "__main__":
    main()
