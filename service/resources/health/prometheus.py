"""/metrics: the service's own figures, for Prometheus."""

import falcon

from service.api.policy import READ, Policy
from service.api.resource import Resource
from service.db.replicas import Replicas
from service.resources.health.health import look
from service.resources.health.probe import Probe
from service.resources.health.scrape import scrape


class Prometheus(Resource):
    """What operators watch. It takes a key of scope `read`: it tells how much is sent, and when."""

    policy = Policy({"GET": READ}, answers_without_database=True)

    def __init__(self, probe: Probe, replicas: Replicas) -> None:
        self._probe = probe
        self._replicas = replicas

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer in Prometheus' text format, or as OpenMetrics where that is asked for.

        Also while PostgreSQL is away: then what only it knows is left out, after 2.5 s at the most.
        """
        accept = req.get_header("Accept") or ""
        resp.data, resp.content_type = scrape(look(self._probe), self._replicas.all, accept)

    on_head = on_get
