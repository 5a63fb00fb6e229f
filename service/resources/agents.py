"""/agents: the agents, and the runs of each."""

from datetime import datetime
from functools import partial
from typing import Any

import falcon

from service.api.body import read_document
from service.api.cursors import decode_cursor, encode_cursor, pack, to_moment
from service.api.errors import ApiError
from service.api.middleware.authorization import actor_of
from service.api.pagination import listing
from service.api.pagination.page import set_next
from service.api.parameters import MAX_OFFSET, allow_parameters, bad_parameter, integer
from service.api.policy import ADMIN, READ, Policy
from service.api.resource import DatabaseResource
from service.api.response_headers import set_commit_lsn
from service.db import audit_log
from service.db.queries import Connection, Cursor, Row, queries
from service.resources.runs.resource import delete_runs, present

DEFAULT_LIMIT, MAX_LIMIT = 50, 1000
RUNS_PER_TRANSACTION, EVENTS_PER_TRANSACTION = 100, 20_000  # but a larger run goes whole
MAX_BODY_BYTES = 65_536
MAX_DESCRIPTION = 10_000


def last_run_at(value: Any) -> datetime | None:
    """The time in a cursor; None of an agent without a run."""
    return None if value is None else to_moment(value)


class Agents(DatabaseResource):
    """All agents."""

    policy = Policy({"GET": READ})

    def read(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer with agents and their totals, the latest run first: all, or a page of them."""
        allow_parameters(req, listing.PARAMETERS)
        page = listing.read_listing(req, last_run_at)
        after_at, after_name = page.after or (None, None)
        with self._database.reading() as conn:
            agents = queries.agents.list(
                conn, row_limit=page.row_limit, after_name=after_name, after_at=after_at
            ).fetchall()
        agents = page.take(req, resp, agents, lambda row: pack(row["last_run_at"], row["name"]))
        for agent in agents:
            del agent["last_run_at"]
        resp.media = agents


class Agent(DatabaseResource):
    """One agent."""

    policy = Policy({"GET": READ, "PATCH": ADMIN, "DELETE": ADMIN})

    def read(self, req: falcon.Request, resp: falcon.Response, agent_name: str) -> None:
        """Answer with the agent and its totals, or 404."""
        allow_parameters(req)
        with self._database.reading() as conn:
            resp.media = find_agent(conn, agent_name)

    def on_patch(self, req: falcon.Request, resp: falcon.Response, agent_name: str) -> None:
        """Set the description, {"description": text or null}; answer with the agent."""
        document = read_document(req, MAX_BODY_BYTES)
        description = document.get("description")
        if "description" not in document or not valid_description(description):
            raise ApiError(
                falcon.HTTP_400,
                "invalid_description",
                f"`description` is text of up to {MAX_DESCRIPTION} characters, or null.",
            )
        with self._database.changing(partial(set_commit_lsn, resp)) as conn:
            queries.agents.describe(conn, agent_name=agent_name, description=description)
            resp.media = find_agent(conn, agent_name)

    def on_delete(self, req: falcon.Request, resp: falcon.Response, agent_name: str) -> None:
        """Delete the agent with all its runs, some at a time: each run goes whole or stays."""
        actor: str | None = actor_of(req)
        before: datetime | None = None
        while before := self._delete_runs(resp, agent_name, actor, before):
            actor = None
        while self._delete_rest(resp, agent_name, actor):
            actor = None
        resp.media = {
            "status": "success",
            "message": f"Agent '{agent_name}' and all its runs deleted",
        }

    def _delete_runs(
        self, resp: falcon.Response, agent_name: str, actor: str | None, before: datetime | None
    ) -> datetime | None:
        """Delete some runs from `before` some moment; None: the present one, so that it ends.

        They alone are locked. Were the agent, all that is sent to it meanwhile would wait, and what
        shares a transaction of the writer with that. Returns the moment, or None when none is left.
        """
        with self._database.changing(partial(set_commit_lsn, resp)) as conn:
            found = queries.agents.exists(conn, agent_name=agent_name).fetchone()
            if found is None:
                raise agent_not_found()
            moment: datetime = before or found["asked_at"]
            runs = self._lock_runs(conn, agent_name, moment)
            if not runs:
                return None
            record(conn, actor, agent_name)
            delete_runs(conn, runs)
            return moment

    def _delete_rest(self, resp: falcon.Response, agent_name: str, actor: str | None) -> bool:
        """Delete runs that came meanwhile, or, when none is left, the agent.

        Returns whether there is more to do.
        """
        with self._database.changing(partial(set_commit_lsn, resp)) as conn:
            if queries.agents.lock_for_delete(conn, agent_name=agent_name).fetchone() is None:
                raise agent_not_found()
            record(conn, actor, agent_name)
            runs = self._lock_runs(conn, agent_name)
            if runs:
                delete_runs(conn, runs)
            # None is left when the agent itself goes; else some moved away while their locks were
            # waited for, and the next look finds what is still there.
            if queries.agents.has_runs(conn, agent_name=agent_name).fetchone() is not None:
                return True
            queries.agents.delete(conn, agent_name=agent_name)
            queries.metrics.add_run_deltas(conn, agent_name=agent_name, sign=-1)
            queries.retention.delete_retired(conn, agent_name=agent_name)
            queries.retention.delete_retired_versions(conn, agent_name=agent_name)
            queries.retention.delete_retired_scores(conn, agent_name=agent_name)
            return False

    def _lock_runs(
        self, conn: Connection, agent_name: str, before: datetime | None = None
    ) -> list[Row]:
        """Lock some of the agent's runs; with `before` none that was stored later."""
        return queries.runs.lock_some_for_delete(
            conn,
            agent_name=agent_name,
            row_limit=RUNS_PER_TRANSACTION,
            event_limit=EVENTS_PER_TRANSACTION,
            created_before=before,
        ).fetchall()


def record(conn: Connection, actor: str | None, agent_name: str) -> None:
    """Say in the audit log who deletes the agent, in the first transaction that has an `actor`."""
    if actor:
        audit_log.record(conn, actor, "delete agent", agent_name)


class AgentRuns(DatabaseResource):
    """The runs of an agent, by pages."""

    policy = Policy({"GET": READ})

    def read(self, req: falcon.Request, resp: falcon.Response, agent_name: str) -> None:
        """Answer with runs, newest first; Link rel="next" stays right while runs come in."""
        allow_parameters(req, {"limit", "offset", "cursor"})
        limit = integer(req, "limit", DEFAULT_LIMIT, low=1, clamp=MAX_LIMIT)
        with self._database.snapshot() as conn:
            agent = queries.agents.find(conn, agent_name=agent_name)
            page = read_page(conn, req, agent_name, limit + 1)
            if agent.fetchone() is None:
                raise agent_not_found()
            runs = page.fetchall()
        if len(runs) > limit:
            cursor = encode_cursor(runs[limit - 1]["started_at"], runs[limit - 1]["run_id"])
            set_next(resp, {"limit": limit, "cursor": cursor})
        resp.media = [present(run) for run in runs[:limit]]


def read_page(conn: Connection, req: falcon.Request, agent_name: str, rows: int) -> Cursor:
    """Up to `rows` runs, behind the cursor or the offset that the request names."""
    cursor = req.params.get("cursor")
    if cursor is None:
        offset = integer(req, "offset", 0, low=0, clamp=MAX_OFFSET)
        return queries.runs.of_agent(conn, agent_name=agent_name, row_limit=rows, row_offset=offset)
    if "offset" in req.params:
        raise bad_parameter("offset", "does not go with cursor")
    started_at, run_id = decode_cursor(str(cursor))
    return queries.runs.of_agent_after(
        conn, agent_name=agent_name, started_at=started_at, run_id=run_id, row_limit=rows
    )


def find_agent(conn: Connection, agent_name: str) -> Row:
    """The agent with its totals; raise ApiError 404 when there is none."""
    agent = queries.agents.find(conn, agent_name=agent_name).fetchone()
    if agent is None:
        raise agent_not_found()
    return agent


def agent_not_found() -> ApiError:
    """The error for an unknown agent."""
    return ApiError(falcon.HTTP_404, "agent_not_found", "There is no such agent.")


def valid_description(value: Any) -> bool:
    """Text that PostgreSQL can store, within the limit, or None."""
    return value is None or (
        isinstance(value, str) and len(value) <= MAX_DESCRIPTION and "\x00" not in value
    )
