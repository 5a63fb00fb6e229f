"""What was repaired in an event or span, so that its content costs it no figures.

An event is rejected only where it cannot be known what it is. What else is wrong with it is stored
so that it can be read, and a warning says what was changed.
"""

from math import isfinite, isnan

from service.ingest.json.fields import BadEvent

REPLACEMENT = "\ufffd".encode()


class Repairs(dict[str, BadEvent]):
    """The repairs of one event or span: a warning for each code, however often it applied."""

    def note(self, field: str | None, code: str, message: str) -> None:
        """Note a repair."""
        self.setdefault(code, BadEvent(field, code, message))

    def add(self, problem: BadEvent, message: str) -> None:
        """Note the repair of what would have been an error."""
        self.note(problem.field, problem.code, message)

    def take(self) -> list[BadEvent]:
        """The repairs since the last call."""
        found = list(self.values())
        self.clear()
        return found


def note_numbers(repairs: Repairs, field: str) -> None:
    """Note numbers that no JSON holds."""
    text = "NaN, infinities and numbers beyond 1e308 are stored as text."
    repairs.note(field, "invalid_number", text)


def note_text(repairs: Repairs, field: str | None) -> None:
    """Note text that no UTF-8 can write."""
    text = (
        "Bytes that are not UTF-8, and halves of surrogate pairs, are stored as U+FFFD, "
        "or as `?` where they are many."
    )
    repairs.note(field, "invalid_text", text)


def number_of(value: float, repairs: Repairs) -> float | str:
    """A number, or what JSON cannot hold as its name."""
    if isfinite(value):
        return value
    note_numbers(repairs, "attributes")
    return "NaN" if isnan(value) else "Infinity" if value > 0 else "-Infinity"
