"""/metrics: the service's own metrics, for Prometheus."""

import falcon

from service.api.policy import READ, Policy
from service.api.resource import Resource
from service.resources.health.reasons import Sources
from service.resources.health.scrape import scrape


class Prometheus(Resource):
    """The metrics of all workers. They need a key of scope `read`, because they show traffic."""

    policy = Policy({"GET": READ}, answers_without_database=True)

    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer in Prometheus' text format, or as OpenMetrics if the client asks for it.

        Without PostgreSQL the answer comes within 2.5 s and lacks the database's metrics.
        """
        accept = req.get_header("Accept") or ""
        resp.data, resp.content_type = scrape(self._sources, accept)

    on_head = on_get
