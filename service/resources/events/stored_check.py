"""/events/check: which of some events are stored, for clients that make sure nothing was lost."""

from typing import Any

import falcon

from service.api.body import read_json_body
from service.api.body_budget import BodyBudget
from service.api.middleware.client_name import client_of
from service.api.policy import ANY_KEY, Policy
from service.api.resource import Resource
from service.config import KILOBYTE, MEGABYTE, Config
from service.db.database import Database
from service.db.queries import Row, queries
from service.ingest.json.event_keys import Keys, parse_keys


class StoredCheck(Resource):
    """Events that a client has sent, against those that are stored.

    A read, so a key of scope `read` will do, and it waits for no writer. Being a POST, one of scope
    `ingest` will do, too: who sends events has to be able to find out whether they came, and learns
    of them nothing that it did not know.
    """

    policy = Policy({"POST": ANY_KEY})

    def __init__(self, database: Database, config: Config, budget: BodyBudget) -> None:
        """`budget` is its own: no key that only reads holds up ingest."""
        self._database = database
        self._budget = budget
        self._proxies = config.trusted_proxies
        self._max_body_bytes = config.max_body_mb * MEGABYTE
        self._max_event_bytes = config.max_event_kb * KILOBYTE
        self._max_batch_size = config.max_batch_size

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer with what is missing; 422 when nothing that was asked for is a key."""
        with self._budget.share(client_of(req, self._proxies)) as body_share:
            keys = parse_keys(
                read_json_body(req, self._max_body_bytes, body_share),
                self._max_batch_size,
                self._max_event_bytes,
            )
            missing = self._find_missing(keys) if keys.indexes else []
        resp.status = falcon.HTTP_200 if keys.indexes else falcon.HTTP_422
        resp.media = describe(keys, missing)

    def _find_missing(self, keys: Keys) -> list[Row]:
        with self._database.primary.looking_up() as conn:
            return queries.events.missing(
                conn, run_ids=keys.run_ids, event_ids=keys.event_ids
            ).fetchall()


def describe(keys: Keys, missing: list[Row]) -> dict[str, Any]:
    """What became of the keys: those of runs that have expired are not worth sending again."""
    places = [row["position"] - 1 for row in missing if not row["is_expired"]]
    expired = [keys.run_ids[row["position"] - 1] for row in missing if row["is_expired"]]
    return {
        "checked": len(keys.indexes),
        "stored": len(keys.indexes) - len(missing),
        "missing": len(places),
        "expired": len(expired),
        "missing_events": [
            {
                "index": keys.indexes[place],
                "run_id": keys.run_ids[place],
                "event_id": keys.event_ids[place],
            }
            for place in places
        ],
        "expired_runs": list(dict.fromkeys(expired)),
        **keys.describe(),
    }
