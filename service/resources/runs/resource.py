"""/runs: a run by id, or by agent and name; its timeline and its trace."""

from functools import partial

import falcon

from service.api.body import read_document
from service.api.errors import CONSTRAINTS, ApiError
from service.api.middleware.authorization import actor_of
from service.api.parameters import allow_parameters
from service.api.policy import ADMIN, READ, Policy
from service.api.resource import DatabaseResource
from service.api.response_headers import set_commit_lsn
from service.core.validation import MAX_NAME, name_problem, path_problem, to_uuid
from service.db import audit_log
from service.db.queries import Connection, Row, is_distributed, queries
from service.resources.runs.views import VIEWS, view_of
from service.resources.scores.search import scores_of
from service.resources.trace.ties import in_order
from service.writer.run_names import generated_number

MAX_BODY_BYTES = 65_536
EVENTS = "events"  # /runs/{run_id}/events/{event_id}: no view has the name of an id


class RunById(DatabaseResource):
    """A run by its id."""

    policy = Policy({"GET": READ, "DELETE": ADMIN})

    def read(self, req: falcon.Request, resp: falcon.Response, key: str) -> None:
        """Respond with the run, or 404."""
        allow_parameters(req)
        with self._database.snapshot() as conn:
            resp.media = with_scores(conn, found(find_by_id(conn, key)))

    def on_delete(self, req: falcon.Request, resp: falcon.Response, key: str) -> None:
        """Delete the run and its events, or 404."""
        with self._database.changing(partial(set_commit_lsn, resp)) as conn:
            resp.media = delete(conn, found(find_by_id(conn, key)), actor_of(req))


class RunByName(DatabaseResource):
    """A run by agent and name; or, where `key` is a run's id, its timeline or trace."""

    policy = Policy({"GET": READ, "PATCH": ADMIN, "DELETE": ADMIN})

    def read(self, req: falcon.Request, resp: falcon.Response, key: str, run_name: str) -> None:
        """Respond with the run (it may be named `timeline`), or with the view of a run's id."""
        view = view_of(req, run_name)
        with self._database.snapshot() as conn:
            run = find_by_id(conn, key) if view else None
            if view and run:
                resp.data = view(conn, with_scores(conn, run))
            else:
                named = found(find_by_name(conn, key, run_name))
                allow_parameters(req)  # a run that is named like a view takes none
                resp.media = with_scores(conn, named)

    def on_patch(self, req: falcon.Request, resp: falcon.Response, key: str, run_name: str) -> None:
        """Rename, {"new_run_name": text}; respond with the run, 409 when the name is taken."""
        new_name = check_name(read_document(req, MAX_BODY_BYTES).get("new_run_name"))
        with self._database.changing(partial(set_commit_lsn, resp)) as conn:
            agent = queries.agents.lock(conn, names=[key]).fetchone()
            run = found(find_by_name(conn, key, run_name))
            if agent and new_name != run["run_name"]:
                refuse_taken(conn, agent, new_name)
            queries.runs.rename(conn, run_id=run["run_id"], new_name=new_name)
            subject = f"{audit_name(run)} to {new_name}"
            audit_log.record(conn, actor_of(req), "rename run", subject)
            number = generated_number(new_name)
            if number is not None:  # so that ingest generates no such name
                queries.agents.count_runs(conn, names=[key], counters=[str(number)])
            resp.media = with_scores(conn, found(find_by_id(conn, str(run["run_id"]))))

    def on_delete(
        self, req: falcon.Request, resp: falcon.Response, key: str, run_name: str
    ) -> None:
        """Delete the run and its events, or 404."""
        with self._database.changing(partial(set_commit_lsn, resp)) as conn:
            resp.media = delete(conn, found(find_by_name(conn, key, run_name)), actor_of(req))


class RunView(DatabaseResource):
    """The timeline or trace of a run by agent and name; or, below a run's id, one of its events."""

    policy = Policy({"GET": READ})

    def read(
        self, req: falcon.Request, resp: falcon.Response, key: str, run_name: str, view: str
    ) -> None:
        """Respond with the view or the event, or 404."""
        if view not in VIEWS:
            run_id, event_id = to_uuid(key), to_uuid(view)
            if run_name != EVENTS or run_id is None or event_id is None:
                raise falcon.HTTPRouteNotFound
            allow_parameters(req)
            with self._database.reading() as conn:
                resp.media = find_event(conn, run_id, event_id)
            return
        render = VIEWS[view](req)
        with self._database.snapshot() as conn:
            resp.data = render(conn, with_scores(conn, found(find_by_name(conn, key, run_name))))


def find_by_id(conn: Connection, key: str) -> Row | None:
    """The run with this id; None if it does not exist, or if `key` is not a UUID."""
    run_id = to_uuid(key)
    return None if run_id is None else queries.runs.find(conn, run_id=run_id).fetchone()


def find_by_name(conn: Connection, agent_name: str, run_name: str) -> Row | None:
    """The agent's run with this name, or None."""
    return queries.runs.find_by_name(conn, agent_name=agent_name, run_name=run_name).fetchone()


def find_event(conn: Connection, run_id: str, event_id: str) -> Row:
    """An event of a run, as the timeline has it; raise ApiError 404 where the run has no such."""
    events = queries.events.one(conn, run_id=run_id, event_id=event_id).fetchall()
    if not events:
        raise ApiError(falcon.HTTP_404, "event_not_found", "This run has no such event.")
    return in_order(events)[0]


def found(run: Row | None) -> Row:
    """Return the run; raise ApiError 404 for None."""
    if run is None:
        raise ApiError(falcon.HTTP_404, "run_not_found", "This run does not exist.")
    return run


def present(run: Row) -> Row:
    """A run as clients see it: without its partition key, received_on."""
    return {name: value for name, value in run.items() if name != "received_on"}


def with_scores(conn: Connection, run: Row) -> Row:
    """A run as clients see it by itself: with its newest scores, which lists leave out."""
    return {**present(run), **scores_of(conn, run["run_id"])}


def audit_name(run: Row) -> str:
    """The name of a run in the audit log."""
    return f"{run['run_id']} {run['agent_name']}/{run['run_name']}"


def refuse_taken(conn: Connection, agent: Row, name: str) -> None:
    """Raise ApiError 409 where a run of the agent has this name, for Citus has no such unique key.

    On Citus, a generated name is refused too while ingest may still assign its reserved number. The
    agent is locked.
    """
    number = generated_number(name)
    if (
        is_distributed(conn) and number is not None and number <= agent["run_counter"]
    ) or queries.runs.taken_names(conn, agent_names=[agent["name"]], run_names=[name]).fetchone():
        raise ApiError(falcon.HTTP_409, *CONSTRAINTS["runs_agent_name_run_name_key"])


def delete(conn: Connection, run: Row, actor: str) -> dict[str, str]:
    """Lock the run in a separate statement, so that ingest adds nothing to it, then delete it."""
    locked = queries.runs.lock_for_delete(conn, run_id=run["run_id"]).fetchall()
    if not locked:
        raise ApiError(falcon.HTTP_404, "run_not_found", "This run does not exist.")
    scores = delete_runs(conn, locked)
    audit_log.record(conn, actor, "delete run", audit_name(run))
    what = f"its events and {scores} scores" if scores else "its events"
    return {
        "status": "success",
        "message": f"Run '{run['run_name']}' of agent '{run['agent_name']}' and {what} deleted",
    }


def delete_runs(conn: Connection, locked: list[Row]) -> int:
    """Delete locked runs with their events and scores; return how many scores there were.

    The metrics decrease by exactly their share.
    """
    run_ids = [str(run["run_id"]) for run in locked]
    with conn.pipeline():
        queries.metrics.add_run_deltas(conn, run_ids=run_ids, sign=-1)
        queries.runs.delete(
            conn, run_ids=run_ids, received_ons=[str(run["received_on"]) for run in locked]
        )
        scores = queries.scores.delete_of_runs(conn, run_ids=run_ids)
    return int(scores.fetchall()[0]["scores"])


def check_name(name: object) -> str:
    """Return the name; raise ApiError 400 for an invalid one."""
    if not isinstance(name, str):
        raise ApiError(falcon.HTTP_400, "invalid_run_name", "`new_run_name` must be text.")
    problem = name_problem(name, MAX_NAME) or path_problem(name)
    if problem:
        raise ApiError(falcon.HTTP_400, "invalid_run_name", f"`new_run_name` {problem[1]}.")
    return name
