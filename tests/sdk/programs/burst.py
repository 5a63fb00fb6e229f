"""An agent that does much at once: EVENTS events in batches of BATCH, all sent in a moment."""

from gati import observe
from gati.decorators import track_agent, track_tool

from tests.sdk.programs.recording import record

BATCH = 10
TOOLS = 58
EVENTS = TOOLS + 2  # and the agent's start and end


@track_tool(name="peck")
def peck(number: int) -> int:
    """Do next to nothing."""
    return number


@track_agent(name="Woodpecker")
def hammer(times: int) -> int:
    """Use a tool again and again."""
    return sum(peck(number) for number in range(times))


def main() -> None:
    """Send, and wait until the SDK has sent or given up."""
    record()
    observe.init(name="burst", telemetry=False, batch_size=BATCH, flush_interval=60.0)
    hammer(TOOLS)
    observe.flush()


if __name__ == "__main__":
    main()
