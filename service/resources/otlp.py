"""/v1/traces, /v1/metrics, /v1/logs: what OpenTelemetry sends over OTLP/HTTP."""

import falcon

from service.api.body import read_body, read_unpacked_body
from service.api.body_budget import BodyBudget
from service.api.errors import ApiError
from service.api.middleware.client_name import client_of
from service.api.middleware.rate_limit import RateLimit
from service.api.otlp_responses import PROTOBUF, media_type_of, write_response
from service.api.policy import INGEST, Policy
from service.api.resource import Resource
from service.api.response_headers import set_commit_lsn
from service.config import KILOBYTE, MEGABYTE, Config
from service.db.database import Database
from service.db.errors import Transient
from service.ingest.json.event import MAX_DEPTH
from service.ingest.otlp.batch import SpanBatch, parse_spans
from service.ingest.otlp.log_messages import LogBatch, SpanMessage, parse_logs
from service.telemetry import metrics
from service.writer.group_commit import GroupCommitWriter
from service.writer.incoming import Counts
from service.writer.message_room import MessageRoom, NoRoom
from service.writer.span_messages import keep

METRICS_NOT_KEPT = (
    "Only traces are kept here; these metrics were not stored. "
    "OTEL_METRICS_EXPORTER=none stops sending them."
)


class OtlpTraces(Resource):
    """Where spans come in."""

    policy = Policy({"POST": INGEST})

    def __init__(
        self,
        writer: GroupCommitWriter,
        config: Config,
        rate_limit: RateLimit,
        budget: BodyBudget,
    ) -> None:
        self._writer = writer
        self._rate_limit = rate_limit
        self._budget = budget
        self._proxies = config.trusted_proxies
        self._max_body_bytes = config.max_body_mb * MEGABYTE
        self._max_event_bytes = config.max_event_kb * KILOBYTE
        self._max_spans = config.max_batch_size

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Store spans. 200 means that all but `rejectedSpans` are committed."""
        is_json = is_json_body(req)
        with self._budget.share(client_of(req, self._proxies)) as body_share:
            batch = self._parse(
                body_share.receive(read_unpacked_body(req, self._max_body_bytes, body_share)),
                is_json,
            )
            self._rate_limit.take_events(req, len(batch.rows) + batch.rejected)
            counts = self._writer.store(batch.rows) if batch.rows else Counts(0, 0)
            if counts.expired:
                batch.reject_expired(counts.expired)
        metrics.count_batch(counts.inserted, counts.duplicates, batch.rejected)
        metrics.count_repairs(batch.repaired)
        set_commit_lsn(resp, counts.lsn)
        write_response(resp, is_json, batch.rejected, batch.error_message)

    def _parse(self, body: bytes, is_json: bool) -> SpanBatch:
        return parse_spans(body, is_json, self._max_spans, self._max_event_bytes, MAX_DEPTH)


class OtlpLogs(Resource):
    """Where log records come in: those that carry messages of spans are kept for their events."""

    policy = Policy({"POST": INGEST})

    def __init__(
        self, database: Database, config: Config, rate_limit: RateLimit, budget: BodyBudget
    ) -> None:
        self._database = database
        self._rate_limit = rate_limit
        self._budget = budget
        self._proxies = config.trusted_proxies
        self._max_body_bytes = config.max_body_mb * MEGABYTE
        self._max_event_bytes = config.max_event_kb * KILOBYTE
        self._max_records = config.max_batch_size
        self._room = MessageRoom()

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Keep messages; 200 means that all but `rejectedLogRecords` are committed."""
        is_json = is_json_body(req)
        client = client_of(req, self._proxies)
        with self._budget.share(client) as body_share:
            batch = self._parse(read_unpacked_body(req, self._max_body_bytes, body_share), is_json)
            self._rate_limit.take_events(req, len(batch.messages))
            if batch.messages:
                self._keep(batch.messages, client)
        metrics.count_repairs(batch.repaired)
        write_response(resp, is_json, 0, batch.error_message, "rejectedLogRecords")

    def _parse(self, body: bytes, is_json: bool) -> LogBatch:
        return parse_logs(body, is_json, self._max_records, self._max_event_bytes, MAX_DEPTH)

    def _keep(self, messages: list[SpanMessage], client: str) -> None:
        """Keep messages; 503, not 429, which exporters do not all send again."""
        try:
            self._room.check(messages, client)
            with self._database.keeping_messages() as conn:
                keep(conn, messages, client, self._room)
        except NoRoom as error:
            text = str(error)
            raise ApiError(falcon.HTTP_503, Transient.OVERLOADED, text, retry=True) from None


class OtlpNotKept(Resource):
    """Metrics of OpenTelemetry: exporters that send them too are told, not refused.

    An error would be logged by the exporter for each batch, beside an application that works.
    """

    policy = Policy({"POST": INGEST})

    def __init__(self, config: Config, budget: BodyBudget) -> None:
        self._proxies = config.trusted_proxies
        self._max_body_bytes = config.max_body_mb * MEGABYTE
        self._budget = budget

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Read and discard the body; 200 with a message in `partialSuccess`."""
        is_json = is_json_body(req)
        with self._budget.share(client_of(req, self._proxies)) as body_share:
            read_body(req, self._max_body_bytes, body_share)
        write_response(resp, is_json, 0, METRICS_NOT_KEPT, "rejectedDataPoints")


def is_json_body(req: falcon.Request) -> bool:
    """Whether the body is JSON, else protobuf; raise ApiError 415 for anything else."""
    media_type = media_type_of(req.content_type)
    if media_type not in (falcon.MEDIA_JSON, PROTOBUF):
        text = f"Send OTLP with Content-Type: {PROTOBUF} or {falcon.MEDIA_JSON}."
        raise ApiError(falcon.HTTP_415, "unsupported_media_type", text)
    return media_type == falcon.MEDIA_JSON
