"""The rows of several requests as one ordered batch, and each request's counts afterwards."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from service.ingest.otlp.span import end_of
from service.ingest.rows import AGENT_START, EventRow
from service.writer.run_changes import Rows, Types


@dataclass(frozen=True)
class Counts:
    """What became of one request's rows."""

    inserted: int
    duplicates: int
    expired: frozenset[str] = frozenset()  # runs that retention removed: their rows are rejected
    lsn: str | None = None  # the log position that a replica must replay to show the rows


@dataclass(frozen=True)
class Incoming:
    """The rows of some requests, each key once, with the request that sent it first."""

    requests: Sequence[Sequence[EventRow]]
    first: dict[str, tuple[int, EventRow]]  # by key, sorted
    runs: Rows  # by run_id, sorted, since the keys begin with it

    @classmethod
    def of(cls, requests: Sequence[Sequence[EventRow]]) -> "Incoming":
        """Order the rows; a later row of the same key is a duplicate.

        Of a span that is open in one row and has ended in another one the ended version is kept.
        """
        first: dict[str, tuple[int, EventRow]] = {}
        for request_no, rows in enumerate(requests):
            for row in rows:
                entry = request_no, row
                known = first.setdefault(row.key, entry)
                if known is not entry and row.replaces(known[1]):
                    first[row.key] = known[0], row
        ordered = {key: first[key] for key in sorted(first)}
        return cls(requests, ordered, by_run(row for _, row in ordered.values()))

    def without_runs(self, run_ids: Collection[str]) -> "Incoming":
        """The same without the rows of these runs."""
        return Incoming.of(
            [[row for row in rows if row.run_id not in run_ids] for rows in self.requests]
        )

    def without_stored(self, stored: Collection[str]) -> Rows:
        """The rows whose keys are not stored yet, by run."""
        if not stored:
            return dict(self.runs)
        return by_run(row for key, (_, row) in self.first.items() if key not in stored)

    def ended(self, open_spans: Collection[str]) -> Rows:
        """The rows that end spans which are stored open, by run."""
        found = (self.first[key][1] for key in sorted(open_spans) if key in self.first)
        return by_run(row for row in found if not row.is_open)

    def open_agents(self, types: Types) -> Iterator[str]:
        """The keys of stored agents without an end, whose ended versions are among the rows."""
        for run_id, of_run in types.items():
            for event_id, event_type in of_run.items():
                entry = self.first.get(run_id + event_id) if event_type == AGENT_START else None
                if entry and entry[1].is_of_ended_agent and end_of(event_id) not in of_run:
                    yield run_id + event_id

    def counts(
        self, stored: Collection[str], expired: frozenset[str], lsn: str | None = None
    ) -> list[Counts]:
        """Each request's counts; rows with a key in `stored` were duplicates."""
        inserted = Counter(no for key, (no, _) in self.first.items() if key not in stored)
        return [
            Counts(inserted[no], len(rows) - inserted[no], expired, lsn)
            for no, rows in enumerate(self.requests)
        ]


def by_run(rows: Iterable[EventRow]) -> Rows:
    """The rows of each run."""
    runs: Rows = defaultdict(list)
    for row in rows:
        runs[row.run_id].append(row)
    return runs
