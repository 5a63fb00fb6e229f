"""/export/otlp.jsonl and /export/chrome.json: one run in the formats of other tools, streamed."""

from collections.abc import Iterator

import falcon

from service.api.parameters import bad_parameter
from service.db.queries import Row, queries
from service.resources.export.chrome import chrome_trace
from service.resources.export.filters import Filters
from service.resources.export.otlp import otlp_lines
from service.resources.export.resource import NDJSON, Export
from service.resources.runs.resource import found

RUN_PARAMETERS = {"run_id"}


class RunExport(Export):
    """The common base of exports of one run."""

    parameters = RUN_PARAMETERS

    def read(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Stream the run."""
        if "run_id" not in req.params:
            raise bad_parameter("run_id", "is required: the run to be exported")
        super().read(req, resp)

    def _run_of(self, filters: Filters) -> Row:
        """The run; raise ApiError 404 for none."""
        with self._database.reading() as conn:
            return found(queries.export.run(conn, run_id=filters.run_id).fetchone())


class Otlp(RunExport):
    """A run as spans, each line a request for POST /v1/traces."""

    content_type, file_name = NDJSON, "run.otlp.jsonl"

    def _parts(self, filters: Filters) -> Iterator[bytes]:
        return otlp_lines(self._database, self._run_of(filters))


class Chrome(RunExport):
    """A run as a trace for Perfetto and speedscope."""

    content_type, file_name = falcon.MEDIA_JSON, "run.trace.json"

    def _parts(self, filters: Filters) -> Iterator[bytes]:
        return chrome_trace(self._database, self._run_of(filters))
