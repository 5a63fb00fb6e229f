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
    lost: int = 0  # events whose cost goes, because nothing known replaces it
    lost_dollars: Decimal = Decimal(0)
    losing: Counter[str] = field(default_factory=Counter)  # their models, by events

    def note_unknown(self, model: str) -> None:
        """Count an event whose model has no price."""
        count(self.unknown, model)

    def note_lost(self, model: str, cost: Decimal) -> None:
        """Count an event whose cost goes."""
        self.lost += 1
        self.lost_dollars += cost
        count(self.losing, model)

    def __str__(self) -> str:
        return f"{self.changed} of {self.events} events, {self.dollars:+f} dollars"


def count(models: Counter[str], model: str) -> None:
    """Count an event of a model, of the first MOST_UNKNOWN models."""
    if model in models or len(models) < MOST_UNKNOWN:
        models[model] += 1
