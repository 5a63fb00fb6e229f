"""/, /livez, /readyz and /health: the state of the process, the service and its database."""

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
    "schema_ahead": "The database has migrations of a newer version: run that version.",
    "no_leader": "No process is folding metric deltas. Results stay exact but queries get slower.",
}


class Root(Resource):
    """The service's name and version, and links."""

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
    """Liveness: 200 as long as this process answers, whatever the state of the database."""

    policy = PUBLIC_POLICY

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer 200."""
        resp.media = {"status": "alive", "version": __version__}

    on_head = on_get


class Ready(Resource):
    """Readiness: 200 if this process should get requests, else 503 with every reason."""

    policy = PUBLIC_POLICY

    def __init__(self, probe: Probe, config: Config) -> None:
        self._probe = probe
        self._folds = config.refresh_interval_seconds > 0

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Query the database; answer with the reasons, none if ready."""
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
    """Health: 200 if the database answers, else 503; with the reasons of /readyz."""

    policy = PUBLIC_POLICY

    def __init__(self, probe: Probe, config: Config, replicas: Replicas) -> None:
        self._probe = probe
        self._folds = config.refresh_interval_seconds > 0
        self._replicas = replicas

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Query the database; answer with the fold leader, its last fold and the waiting deltas."""
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
    """The state of a replica in this worker, without its address, which only /metrics has."""
    state = replica.state
    return {
        "number": replica.number,
        "status": state.reason or "in use",
        "lag_seconds": state.lag_seconds,
    }


def look(probe: Probe) -> HealthSnapshot | None:
    """The snapshot of the database; None if it is unavailable, which is no error here."""
    try:
        return probe.ask()
    except AWAY:
        return None


def find_reasons(found: HealthSnapshot | None, folds: bool) -> list[dict[str, Any]]:
    """The reasons against sending requests here. `folds`: whether a leader is expected."""
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
    """Answer 503 with Retry-After."""
    resp.status = falcon.HTTP_503
    resp.set_header("Retry-After", str(RETRY_AFTER_SECONDS))
