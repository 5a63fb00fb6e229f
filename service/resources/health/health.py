"""/, /livez, /readyz and /health: the state of the process, the service and its database."""

from typing import Any

import falcon

from service import __version__
from service.api.errors import RETRY_AFTER_SECONDS
from service.api.policy import PUBLIC_POLICY
from service.api.resource import Resource
from service.config import Config
from service.db.queries import Row
from service.db.replica import Replica
from service.resources.health.reasons import UNHEALTHY, Sources


class Root(Resource):
    """The service's name and version, and links; a browser is led to the page."""

    policy = PUBLIC_POLICY

    def __init__(self, config: Config) -> None:
        api = config.api_prefix
        self._answer = {
            "name": "GATI Backend",
            "version": __version__,
            "status": "running",
            "links": {
                "health": "/health",
                "events": f"{api}/events",
                "agents": f"{api}/agents",
                "metrics": f"{api}/metrics/summary",
                "docs": "/docs",
                "ui": "/ui/",
            },
        }

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer with name, version, status and links; 302 where HTML is asked for."""
        resp.append_header("Vary", "Accept")
        if falcon.MEDIA_HTML.partition(";")[0] in req.accept:
            raise falcon.HTTPFound("ui/")  # relative: a proxy may have taken away a prefix
        resp.media = self._answer

    on_head = on_get


class Live(Resource):
    """Liveness: 200 as long as this process answers, whatever the state of the database."""

    policy = PUBLIC_POLICY

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer 200."""
        resp.media = {"status": "alive", "version": __version__}

    on_head = on_get


class Ready(Resource):
    """Readiness: 200 if this process should get requests, else 503 with every reason against it."""

    policy = PUBLIC_POLICY

    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Query the database; answer with the reasons, none if ready."""
        reasons = self._sources.look().against_requests
        resp.media = {
            "status": "unready" if reasons else "ready",
            "version": __version__,
            "reasons": [reason.describe() for reason in reasons],
        }
        if reasons:
            refuse(resp)

    on_head = on_get


class Health(Resource):
    """Health: 200 if the database answers, else 503; with everything that is wrong.

    Everybody may read it: it names no model, host or error text.
    """

    policy = PUBLIC_POLICY

    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Query the database; answer with the reasons, the fold leader and the waiting deltas."""
        found = self._sources.look()
        resp.media = {
            "status": found.status,
            "version": __version__,
            "database": "connected" if found.snapshot else "disconnected",
            "reasons": [reason.describe() for reason in found.reasons],
        }
        replicas = self._sources.replicas.all
        if replicas:
            resp.media["replicas"] = [describe(replica) for replica in replicas]
        if found.snapshot:
            resp.media["metrics"] = found.snapshot.folds and describe_folds(found.snapshot.folds)
        if found.status == UNHEALTHY:
            refuse(resp)

    on_head = on_get


def describe(replica: Replica) -> dict[str, Any]:
    """The state of a replica in this worker, without its address, which only /metrics has."""
    state = replica.state
    return {
        "number": replica.number,
        "status": state.reason or "in use",
        "lag_seconds": state.lag_seconds,
    }


def describe_folds(folds: Row) -> dict[str, Any]:
    """The state of the folds; the leader without the name of its host."""
    leader = folds["leader"]
    return {
        "leader": leader and leader.rpartition("/")[2],
        "refreshed_at": folds["refreshed_at"],
        "deltas_waiting": folds["deltas_waiting"],
    }


def refuse(resp: falcon.Response) -> None:
    """Answer 503 with Retry-After."""
    resp.status = falcon.HTTP_503
    resp.set_header("Retry-After", str(RETRY_AFTER_SECONDS))
