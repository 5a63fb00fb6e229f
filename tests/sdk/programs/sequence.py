"""An agent that runs several times, each run sent whole before the next begins."""

from gati import observe
from gati.decorators import track_agent

from tests.sdk.programs.recording import record

RUNS = 4


@track_agent(name="Counter/ü")
def count(number: int) -> int:
    """Do next to nothing."""
    return number + 1


def main() -> None:
    """Flush after each run."""
    record()
    observe.init(name="counting app", telemetry=False, batch_size=100, flush_interval=60.0)
    for number in range(RUNS):
        count(number)
        observe.flush()


if __name__ == "__main__":
    main()
