"""The events that a reprice covers, and its result."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

MOST_UNKNOWN = 1_000  # names of models to remember


@dataclass(frozen=True)
class Window:
    """Events by timestamp, from `since` up to before `until`, and by model."""

    since: datetime
    until: datetime | None = None
    model: str | None = None

    def __str__(self) -> str:
        until = f" until {self.until.isoformat()}" if self.until else ""
        model = f" of {self.model}" if self.model else ""
        return f"since {self.since.isoformat()}{until}{model}"


@dataclass
class Repriced:
    """The result: events read, events changed, and the change of their cost in dollars."""

    events: int = 0
    changed: int = 0
    dollars: Decimal = Decimal(0)
    unknown: Counter[str] = field(default_factory=Counter)  # models without a price, by events

    def note_unknown(self, model: str) -> None:
        """Count an event whose model has no price."""
        if model in self.unknown or len(self.unknown) < MOST_UNKNOWN:
            self.unknown[model] += 1

    def __str__(self) -> str:
        return f"{self.changed} of {self.events} events, {self.dollars:+f} dollars"
