"""The filters of an export."""

from dataclasses import dataclass
from datetime import datetime

from service.db.queries import Row


@dataclass(frozen=True)
class Filters:
    """The filters, None for no filter; `after` is the position where an earlier export ended.

    `from_at` and `to_at` apply to the time of events, and to the start of runs.
    """

    agent_name: str | None = None
    run_id: str | None = None
    event_type: str | None = None
    from_at: datetime | None = None
    to_at: datetime | None = None
    after_run: str | None = None
    after_event: str | None = None

    @property
    def after(self) -> str | None:
        """The parameter `after`, as it was given."""
        given = [part for part in (self.after_run, self.after_event) if part is not None]
        return "/".join(given) or None

    def has_agent(self, run: Row) -> bool:
        """Whether a run matches the filters of agent and run."""
        return self.agent_name in (None, run["agent_name"]) and self.run_id in (None, run["run_id"])

    def may_have_events(self, run: Row) -> bool:
        """Whether a run may have events in the time range."""
        begins_too_late = self.to_at is not None and run["started_at"] >= self.to_at
        ends_too_soon = self.from_at is not None and run["last_event_at"] < self.from_at
        return not (begins_too_late or ends_too_soon)

    def has_started_in_time(self, run: Row) -> bool:
        """Whether a run started in the time range."""
        return self.is_in_time(run["started_at"])

    def is_in_time(self, moment: datetime) -> bool:
        """Whether a moment is in the time range."""
        too_soon = self.from_at is not None and moment < self.from_at
        return not (too_soon or (self.to_at is not None and moment >= self.to_at))

    @property
    def has_scores(self) -> bool:
        """Whether scores are exported beside events; with a type of events, these alone."""
        return self.event_type is None

    @property
    def has_lost_scores(self) -> bool:
        """Whether scores whose runs are not there are exported: with everything alone."""
        return self.has_scores and self.agent_name is None and self.run_id is None
