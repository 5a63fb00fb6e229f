"""What clients sent, what was acknowledged, and whether the store agrees.

Batches overlap between clients, so "no batch in part" means: every stored event belongs to a batch
that is stored whole. Where batches share nothing, that is: each is there whole or not at all.
"""

import random
import threading
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field

import orjson

from service.db.queries import Connection
from tests import leaks
from tests.events import Event, event

SHARED_RUNS = 3
LARGE_BATCH = 2_000  # stored in a transaction of its own
OVERLAP = 40  # from how many of the shared events ahead a batch of them begins
TYPES = ("step", "llm_call", "llm_call", "tool_call", "error")

Key = tuple[str, str]  # run, event


@dataclass(eq=False)
class Batch:
    """Events that are sent together. `own`: no other batch has any of them."""

    events: list[Event]
    own: bool
    once: bool  # the client gives up after one attempt, as the SDK does after some
    acknowledged: bool = False

    @property
    def keys(self) -> set[Key]:
        """What its events are known by."""
        return {(event["run_id"], event["event_id"]) for event in self.events}

    @property
    def body(self) -> bytes:
        """As it is sent."""
        return orjson.dumps({"events": self.events})


@dataclass
class Account:
    """What became of a round's batches."""

    acknowledged: int = 0  # events
    ambiguous: int = 0  # own batches that were stored before their client knew
    lost: int = 0  # acknowledged events that are not stored
    problems: list[str] = field(default_factory=list)


class Ledger:
    """The batches of one round, of all clients. The same seed makes the same batches."""

    def __init__(self, seed: str) -> None:
        self.problems: list[str] = []
        self._seed = seed
        self._lock = threading.Lock()
        self._batches: list[Batch] = []
        self._shared_position = 0
        self._repeated = 0  # own batches whose acknowledgement said: stored before

    @property
    def some_run(self) -> str:
        """A run that clients send to."""
        return self._id("shared 0")

    def next(self, client: int, rng: random.Random) -> Batch:
        """Make a client's next batch, and note that it will be sent."""
        size = LARGE_BATCH if rng.random() < 0.005 else rng.choice((1, 10, 10, 25))
        own, once = rng.random() < 0.6, rng.random() < 0.25
        with self._lock:
            self._shared_position += 0 if own else size // 3
            start = self._shared_position + rng.randrange(OVERLAP)
            if own:
                name = f"client {client}" if rng.random() < 0.5 else "all"
                start = len(self._batches) * LARGE_BATCH + 1
                events = [self._event(name, f"own {n}", n) for n in range(start, start + size)]
            else:
                events = [self._event("shared", f"{n}", n) for n in range(start, start + size)]
            batch = Batch(events, own, once)
            self._batches.append(batch)
        return batch

    def probe(self, number: int) -> Batch:
        """Make a batch of one event, to find out whether the service stores it."""
        batch = Batch([self._event("probe", f"probe {number}", number)], own=True, once=True)
        with self._lock:
            self._batches.append(batch)
        return batch

    def acknowledge(self, batch: Batch, answer: dict[str, int]) -> None:
        """Note a 200, and what it says that cannot be."""
        size = len(batch.events)
        with self._lock:
            batch.acknowledged = True
            if (answer["count"], answer["failed"]) != (size, 0):
                self.problems.append(f"a batch of {size} was answered {answer}")
            elif batch.own and answer["inserted"] == 0:
                self._repeated += 1
            elif batch.own and answer["inserted"] != size:
                self.problems.append(f"stored in part: of {size} {answer['inserted']} were new")

    def complain(self, text: str) -> None:
        """Note what must not happen."""
        with self._lock:
            self.problems.append(text)

    def account(self, conn: Connection) -> Account:
        """Hold what is stored now against what was sent and acknowledged."""
        rows = stored(conn, {event["run_id"] for b in self._batches for event in b.events})
        there = set(rows)
        acknowledged = union(batch for batch in self._batches if batch.acknowledged)
        whole = [batch for batch in self._batches if batch.keys <= there]
        lost, partial = acknowledged - there, there - union(whole)
        untold = sum(batch.own and not batch.acknowledged for batch in whole)
        found = Account(len(acknowledged), self._repeated + untold, len(lost), [*self.problems])
        for count, what in (
            (len(lost), "acknowledged events are not stored"),
            (len(rows) - len(there), "events are stored twice"),
            (len(partial), "events are stored without the rest of any of their batches"),
        ):
            if count:
                found.problems.append(f"{count} {what}")
        return found

    def _event(self, run: str, name: str, number: int) -> Event:
        """An event: the same for the same name."""
        if run != "probe":
            run = f"{run} {number % SHARED_RUNS}"
        rng = random.Random(f"{self._seed} {name}")
        kind = "agent_start" if rng.random() < 0.02 else rng.choice(TYPES)
        return event(
            self._id(run),
            kind,
            rng.randrange(3600),
            event_id=self._id(name),
            agent_name=f"agent {rng.randrange(4)}",
            data={
                "input": leaks.EVENT,
                "model": rng.choice(("gpt-4o", "claude")),
                "cost": rng.randrange(1000) / 1e5,
                "tokens_in": rng.randrange(1000),
                "latency_ms": rng.randrange(5000),
            },
        )

    def _id(self, name: str) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self._seed} {name}"))


def union(batches: Iterable[Batch]) -> set[Key]:
    """The events of all these batches."""
    return {key for batch in batches for key in batch.keys}


def stored(conn: Connection, run_ids: set[str]) -> list[Key]:
    """The events of these runs, in whatever partition they lie."""
    rows = conn.execute(
        "SELECT run_id::text, event_id::text FROM events WHERE run_id = ANY(%s::uuid[])",
        [sorted(run_ids)],
    )
    return [(row["run_id"], row["event_id"]) for row in rows]
