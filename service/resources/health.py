"""/ and /health: whether the service and its database are there."""

from typing import Any

import falcon
import psycopg
from psycopg_pool import PoolTimeout, TooManyRequests

from service import __version__
from service.config import Config
from service.database import Database
from service.errors import RETRY_AFTER_SECONDS
from service.queries import queries
from service.refresh import COUNTED_DELTAS


class Root:
    """What this is, and where to go from here."""

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
            },
        }

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer with name, version, status and links."""
        resp.media = self._answer


class Health:
    """Whether the database answers: 200 or 503."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Ask the database; tell who folds the metrics, when that was last, and how much waits.

        This is the one resource that answers the database's absence itself.
        """
        try:
            with self._database.reading() as conn:
                metrics = queries.refresh.status(conn, row_limit=COUNTED_DELTAS).fetchone()
        except (psycopg.Error, PoolTimeout, TooManyRequests):
            resp.status = falcon.HTTP_503
            resp.set_header("Retry-After", str(RETRY_AFTER_SECONDS))
            resp.media = self._state("unhealthy", "disconnected")
        else:
            resp.media = self._state("healthy", "connected") | {"metrics": metrics}

    def _state(self, status: str, database: str) -> dict[str, Any]:
        return {"status": status, "version": __version__, "database": database}
