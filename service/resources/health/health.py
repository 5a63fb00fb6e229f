"""/, /livez, /readyz and /health: whether the process, the service and its database are there."""

from typing import Any

import falcon
import psycopg
from psycopg_pool import PoolTimeout, TooManyRequests

from service import __version__
from service.api.errors import RETRY_AFTER_SECONDS
from service.api.policy import PUBLIC_POLICY
from service.api.resource import Resource
from service.config import Config
from service.core.worker_process import process
from service.db.replica import Replica
from service.db.replicas import Replicas
from service.resources.health.probe import HealthSnapshot, Probe

AWAY = (psycopg.Error, PoolTimeout, TooManyRequests, TimeoutError)
REASONS = {
    "stopping": "This process is stopping.",
    "database_unavailable": "The database cannot be reached, or does not answer in time.",
    "schema_behind": "The database lacks migrations: run python -m service migrate up.",
    "schema_ahead": "The database has migrations that this version does not know: run the newer.",
    "no_leader": "Nobody folds the metrics; they stay exact, and grow dearer to read.",
}


class Root(Resource):
    """What this is, and where to go from here."""

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
            },
        }

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer with name, version, status and links."""
        resp.media = self._answer

    on_head = on_get


class Live(Resource):
    """Whether this process answers, whatever the database does: 200, or it is to be killed."""

    policy = PUBLIC_POLICY

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer."""
        resp.media = {"status": "alive", "version": __version__}

    on_head = on_get


class Ready(Resource):
    """Whether requests should be sent here: 200, or 503 with every reason why not."""

    policy = PUBLIC_POLICY

    def __init__(self, probe: Probe, config: Config) -> None:
        self._probe = probe
        self._folds = config.refresh_interval_seconds > 0

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Ask the database, and answer with the reasons: none when it is ready."""
        reasons = find_reasons(look(self._probe), self._folds)
        resp.media = {
            "status": "unready" if reasons else "ready",
            "version": __version__,
            "reasons": reasons,
        }
        if reasons:
            refuse(resp)

    on_head = on_get


class Health(Resource):
    """Whether the database answers: 200 or 503; and beside it all that /readyz looks at."""

    policy = PUBLIC_POLICY

    def __init__(self, probe: Probe, config: Config, replicas: Replicas) -> None:
        self._probe = probe
        self._folds = config.refresh_interval_seconds > 0
        self._replicas = replicas

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Ask the database; tell who folds the metrics, when that was last, and how much waits."""
        found = look(self._probe)
        resp.media = {
            "status": "healthy" if found else "unhealthy",
            "version": __version__,
            "database": "connected" if found else "disconnected",
            "reasons": find_reasons(found, self._folds),
        }
        if self._replicas.all:
            resp.media["replicas"] = [describe(replica) for replica in self._replicas.all]
        if found:
            resp.media["metrics"] = found.metrics
        else:
            refuse(resp)

    on_head = on_get


def describe(replica: Replica) -> dict[str, Any]:
    """A replica as this worker sees it; which server that is, only /metrics tells."""
    state = replica.state
    return {
        "number": replica.number,
        "status": state.reason or "in use",
        "lag_seconds": state.lag_seconds,
    }


def look(probe: Probe) -> HealthSnapshot | None:
    """What the database says; None when it is away. Only here its absence is an answer."""
    try:
        return probe.ask()
    except AWAY:
        return None


def find_reasons(found: HealthSnapshot | None, folds: bool) -> list[dict[str, Any]]:
    """Why no request should be sent here: codes and texts. `folds`: whether a leader is wanted."""
    codes = ["stopping"] if process.is_stopping else []
    if found is None:
        codes.append("database_unavailable")
    else:
        if found.gap and found.gap.lacking:
            codes.append("schema_behind")
        if found.gap and found.gap.unknown:
            codes.append("schema_ahead")
        if folds and not (found.metrics and found.metrics["leader"]):
            codes.append("no_leader")
    return [{"code": code, "description": REASONS[code]} for code in codes]


def refuse(resp: falcon.Response) -> None:
    """Answer 503, to be asked again."""
    resp.status = falcon.HTTP_503
    resp.set_header("Retry-After", str(RETRY_AFTER_SECONDS))
