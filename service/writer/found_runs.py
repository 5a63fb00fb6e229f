"""The runs of a transaction, before it locks them and afterwards."""

from dataclasses import dataclass

from service.ingest.rows import Times
from service.writer.incoming import Incoming
from service.writer.run_changes import Runs, Types


@dataclass(frozen=True)
class Found:
    """The runs as they were before any lock."""

    incoming: Incoming  # without the rows of expired runs
    known: Runs
    expired: frozenset[str]
    longest: int  # lists of events that a run waits for, so that they are read


@dataclass(frozen=True)
class Held:
    """The runs under lock, and what they hold already."""

    runs: Runs
    added: frozenset[str]  # the ids of runs that this transaction inserted
    times: dict[str, Times]  # of the events of new runs
    types: Types  # of events that were stored before: incoming ones, and those that they name
    open_spans: frozenset[str]  # the keys of those that are spans which had not ended

    @property
    def stored(self) -> set[str]:
        """The keys of the events that were stored before."""
        return {run_id + event_id for run_id, types in self.types.items() for event_id in types}
