"""How many stored events one transaction may read again, of all its runs."""


class ReadingBudget:
    """Events that are left to be read. Ask for the smallest run first."""

    def __init__(self, events: int) -> None:
        self._left = events

    def take(self, events: int) -> bool:
        """Whether a run of so many events may be read again; if so, they are taken."""
        if events > self._left:
            return False
        self._left -= events
        return True
