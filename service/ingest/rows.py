"""EventRow: one event as it will be stored, whichever source it came from."""

from dataclasses import dataclass
from datetime import datetime

NULL = "\\N"


@dataclass(slots=True)
class EventRow:
    """One event, checked. Ids are lower-case hyphenated UUIDs; `timestamp` is aware, in UTC.

    `run_name`, `environment` and `metadata` concern the run: what this event asks for.
    `cost` is a decimal number as text, `data` and `metadata` are JSON objects as text.
    """

    run_id: str
    event_id: str
    agent_name: str
    event_type: str
    timestamp: datetime
    parent_event_id: str | None
    previous_event_id: str | None
    run_name: str | None
    environment: str | None
    metadata: str | None
    model: str | None
    tokens_in: int | None
    tokens_out: int | None
    cost: str | None
    cost_source: str | None
    latency_us: int | None
    is_error: bool
    data: str

    @property
    def key(self) -> str:
        """The sort key of every write: (run_id, event_id), as text in the order of the bytes."""
        return self.run_id + self.event_id

    def copy_columns(self) -> str:
        """Return the columns of the stage from run_id on, in COPY's text format."""
        escaped = self.data.replace("\\", "\\\\")  # JSON holds no raw tab, newline or return
        return (
            f"{self.run_id}\t{self.event_id}\t{text(self.agent_name)}\t{text(self.event_type)}\t"
            f"{self.timestamp.isoformat()}\t{self.parent_event_id or NULL}\t"
            f"{self.previous_event_id or NULL}\t{text(self.model)}\t{number(self.tokens_in)}\t"
            f"{number(self.tokens_out)}\t{self.cost or NULL}\t{self.cost_source or NULL}\t"
            f"{number(self.latency_us)}\t{'t' if self.is_error else 'f'}\t{escaped}\n"
        )


def text(value: str | None) -> str:
    """Text for COPY; control characters never reach it, a backslash may."""
    return NULL if value is None else value.replace("\\", "\\\\")


def number(value: int | None) -> str:
    """A whole number for COPY."""
    return NULL if value is None else str(value)
