"""The attributes of a run that its events decide: owner, name, environment.

Each is a minimum over the run's events, so the order in which events and batches arrive does not
matter, but for the owner of large runs:

owner        the root agent_start (the earliest one without a parent in the run; a span whose parent
             is of the same process waits for it), or while there is none the earliest event; it
             gives the run its agent, a root also its metadata
             A run of more than LARGE_RUN_EVENTS events keeps its owner but for a root, because
             a move to another agent counts all its events again, for an event of any size: the
             first root takes it, and an earlier root does if it has the same agent or the run never
             moved; a parent that comes for its root does not. There the order matters.
             A run of more than UNMOVED_EVENTS events stays with its agent, also for its first
             root: a move counts all its events in one statement
             One transaction moves runs of up to MOVED_EVENTS events in all, those that moved before
             of up to MOVED_AGAIN_EVENTS, and MOVED_AGAIN_EACH for each new event, and to their
             first roots runs of up to FIRST_ROOT_EVENTS; it looks for other roots among
             DEMOTED_EVENTS events, once the parents of roots come; the others keep their owner
name         the run_name of the earliest agent_start without a parent that asks for one, else of
             the earliest event that does
environment  that of the earliest event that has one
"""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from service.ingest.rows import EventRow
from service.writer.run_fields import PLACE_IN_TIME, Fields, find_fields
from service.writer.wishes import Wish, earlier, earliest_name, is_of, wish

LARGE_RUN_EVENTS = 1_000
UNMOVED_EVENTS = 100_000
MOVED_EVENTS = 20_000
MOVED_AGAIN_EVENTS = 2_000
MOVED_AGAIN_EACH = 20
FIRST_ROOT_EVENTS = 100_000  # 1 s, where each has a quarter hour or a name of its own 4 s
DEMOTED_EVENTS = 20_000  # 0.3 s


class Owner(Struct, frozen=True, gc=False):
    """The event that owns a run."""

    is_root: bool
    at: datetime
    tie: int
    event_id: str
    parent_id: str | None
    agent_name: str
    metadata: str | None = None  # of a root that was just read; runs.metadata keeps it

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> "Owner":
        """Read a row of events/owner."""
        return cls(
            is_root=row["is_root"],
            at=row["timestamp"],
            tie=row["tie"],
            event_id=str(row["event_id"]),
            parent_id=optional_id(row["parent_event_id"]),
            agent_name=row["agent_name"],
            metadata=row["metadata"] if row["is_root"] else None,
        )

    @property
    def rank(self) -> tuple[bool, datetime, int, str]:
        """The sort key of owners; the lowest wins: roots first, then the earliest."""
        return (not self.is_root, self.at, self.tie, self.event_id)


class RunState(Struct, frozen=True, gc=False):  # a dataclass takes five times as long to make
    """The decided attributes of a run, as stored or as its events require."""

    run_id: str
    received_on: date
    owner: Owner
    requested: Wish | None  # the earliest for a name, those of roots before all others
    environment: Wish | None  # None: the service's own
    run_name: str = ""  # as stored; empty while the run has none
    stored_environment: str = ""
    renamed: bool = False
    started_at: datetime | None = None  # as stored, as are status and duration
    status: str = "active"
    duration_us: int = 0
    event_count: int = 0
    has_moved: bool = False  # from one agent to another
    pending_ends: str = ""  # events that an agent_end names and the run lacks, as an array
    awaited_spans: str = ""  # spans around calls that the run lacks, likewise
    are_waits_read: bool = True  # both; unread ones stay as they are stored
    fields: Fields = field(default_factory=dict)  # those that change
    field_sources: str | None = None  # as stored: the events that they are from, as JSON

    @property
    def agent_name(self) -> str:
        """The agent of the run."""
        return self.owner.agent_name

    @property
    def is_large(self) -> bool:
        """Whether the run holds so many events that moving it must not be repeated."""
        return self.event_count > LARGE_RUN_EVENTS

    @property
    def root_id(self) -> str | None:
        """The id of the root agent_start; None without one."""
        return self.owner.event_id if self.owner.is_root else None

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> "RunState":
        """Read a row of runs/states or runs/hold."""
        return cls(
            run_id=str(row["run_id"]),
            received_on=row["received_on"],
            owner=Owner(
                is_root=row["owner_is_root"],
                at=row["owner_at"],
                tie=row["owner_tie"],
                event_id=str(row["owner_event_id"]),
                parent_id=optional_id(row["owner_parent_id"]),
                agent_name=row["agent_name"],
            ),
            requested=wish(row["requested_at"], row["requested_name"]),
            environment=wish(row["environment_at"], row["environment"]),
            started_at=row["started_at"],
            run_name=row["run_name"],
            stored_environment=row["environment"],
            renamed=row["renamed"],
            status=row["status"],
            duration_us=row["duration_us"],
            event_count=row["event_count"],
            has_moved=row["has_moved"],
            pending_ends=row.get("pending_ends") or "",
            awaited_spans=row.get("awaited_spans") or "",
            are_waits_read=row.get("are_waits_read", False),
            field_sources=row["field_sources"],
        )


def optional_id(value: Any) -> str | None:
    """A UUID as text, or None."""
    return None if value is None else str(value)


def is_start(row: EventRow) -> bool:
    """Whether the event is an agent_start; without a parent in the run it is a root."""
    return row.event_type == "agent_start"


def named_by(row: EventRow) -> list[str]:
    """The events that an event names: the previous one and the parent, where it has them."""
    return [name for name in (row.previous_event_id, row.parent_event_id) if name is not None]


def links_of(rows: list[EventRow]) -> list[str]:
    """The events of which the rows ask whether the run has them, and of which type.

    An agent_start with a parent in the run is no root; an agent_end that names an agent_start may
    be that of an inner agent.
    """
    agents = (row for row in rows if row.event_type in ("agent_start", "agent_end"))
    return [event_id for row in agents for event_id in named_by(row)]


def first_state(
    run_id: str,
    received_on: date,
    rows: list[EventRow],
    stored: Collection[str] = (),
    *,
    is_new: bool = False,
) -> RunState:
    """The state that `rows` alone give their run. `stored`: ids of events that it holds besides.

    The fields are found for a new run: another one's depend on what it has.
    """
    owner = find_owner(rows, stored)
    return RunState(
        run_id=run_id,
        received_on=received_on,
        owner=owner,
        fields=find_fields(rows, owner.event_id if owner.is_root else None) if is_new else {},
        requested=earliest_name(rows),
        environment=min(
            ((r.timestamp, r.environment) for r in rows if r.environment), default=None
        ),
    )


def find_owner(rows: list[EventRow], stored: Collection[str]) -> Owner:
    """The owner among the rows of one run."""
    starts = [row for row in rows if is_start(row)]
    if starts:
        inside = {row.event_id for row in rows}.union(stored)
        starts = [
            row
            for row in starts
            if row.parent_event_id is None
            or (row.parent_event_id not in inside and not row.awaits_parent)
        ]
    owner = min(starts or rows, key=PLACE_IN_TIME)
    return Owner(
        is_root=bool(starts),
        at=owner.timestamp,
        tie=owner.tie,
        event_id=owner.event_id,
        parent_id=owner.parent_event_id,
        agent_name=owner.agent_name,
        metadata=owner.metadata if starts else None,
    )


def merge(stored: RunState, said: RunState) -> RunState:
    """The state of a run after adding the events of `said`."""
    owner = said.owner if takes_over(said.owner, stored) else stored.owner
    is_replaced = owner is said.owner and owner.event_id == stored.owner.event_id
    named = stored.requested
    if is_replaced and said.requested and named and is_of(named, owner.at):
        named = None  # by the open version of the root
    return replace(
        stored,
        owner=owner,
        requested=earlier(named, said.requested),
        environment=earlier(stored.environment, said.environment),
    )


def takes_over(owner: Owner, run: RunState) -> bool:
    """Whether the owner among new events becomes that of the run."""
    if owner.rank > run.owner.rank or owner == run.owner:
        return False
    if run.event_count > UNMOVED_EVENTS and owner.agent_name != run.agent_name:
        return False
    if not run.is_large or not run.owner.is_root:
        return owner.is_root or not run.is_large
    return owner.agent_name == run.agent_name or not run.has_moved


def needs_name(stored: RunState, now: RunState) -> bool:
    """Whether the run needs a new name: its agent or its requested name changes."""
    if stored.agent_name != now.agent_name:
        return True
    return (
        not stored.renamed
        and now.requested is not None
        and (stored.requested is None or stored.requested[1] != now.requested[1])
    )
