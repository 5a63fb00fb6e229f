"""A tool that cuts its text inside an emoji: half of a surrogate pair, which no UTF-8 can write."""

import json

from gati import observe
from gati.decorators import track_agent, track_tool

from tests.sdk.programs.recording import record


@track_tool(name="whole")
def whole(text: str) -> str:
    """Answer with all of it."""
    return text


@track_tool(name="cut")
def cut(text: str) -> str:
    """Answer with a text that a program of UTF-16 cut in the middle: JavaScript, Java, Windows."""
    characters: str = json.loads(json.dumps(text)[:7] + '"')
    return characters


@track_agent(name="Cutter")
def work(text: str) -> dict[str, int]:
    """Call one tool on each side of the bad one."""
    return {"length": len(whole(text)) + len(cut(text)) + len(whole(text))}


def main() -> None:
    """Send it all in one batch."""
    record()
    observe.init(name="cutting app", telemetry=False, batch_size=100, flush_interval=60.0)
    work("🦅 falcon")
    observe.flush()


if __name__ == "__main__":
    main()
