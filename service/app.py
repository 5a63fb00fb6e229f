"""create_app: the route table, nothing else."""

import time
from typing import Any

import falcon
import orjson
from falcon.media import JSONHandler

from service.api.body_budget import BodyBudget
from service.api.errors import add_error_handlers
from service.api.load_shedding import LoadShedder
from service.api.middleware.authorization import Authorization
from service.api.middleware.basics import RawPath, ReloadQueries, RequestId, cors
from service.api.middleware.rate_limit import RateLimit
from service.api.middleware.replica_fallback import ResetReplicaRouting, with_replica_fallback
from service.api.middleware.request_log import RequestLog
from service.api.middleware.request_metrics import RequestMeter
from service.api.middleware.token_buckets import Clock
from service.api.parameters import NameConverter
from service.api.streaming.client import StreamClients
from service.api.streaming.slots import StreamLimiter, shared_slots
from service.auth.key_cache import KeyCache
from service.config import MEGABYTE, Config
from service.db.database import Database
from service.resources import agents, otlp
from service.resources.docs import openapi
from service.resources.docs import page as docs
from service.resources.events import ingest, stored_check
from service.resources.export import resource as export
from service.resources.health import health, prometheus
from service.resources.health.probe import Probe
from service.resources.metrics import percentiles, summary, timeseries
from service.resources.runs import resource as runs
from service.resources.runs import search_resource
from service.resources.tail import resource as tail
from service.writer.group_commit import GroupCommitWriter

# In each worker; more get 503. An export or a live tail takes a share of its worker's time.
MAX_EXPORTS = 2
MAX_STREAMS = 4


def create_app(
    config: Config, database: Database, writer: GroupCommitWriter, clock: Clock = time.monotonic_ns
) -> LoadShedder:
    """Build the application. Each path answers with the prefix and, for old clients, without."""
    app = falcon.App()
    rate_limit = RateLimit(config, clock)
    access = Authorization(KeyCache(database), config)
    for middleware in (
        ResetReplicaRouting(),
        RequestMeter(config.api_prefix),
        RequestLog(config.debug, config.trusted_proxies),
        RequestId(),
        RawPath(),
        cors(config.cors_origins),
        access,
    ):
        app.add_middleware(middleware)
    if rate_limit.is_on:
        app.add_middleware(rate_limit)  # behind Authorization, which finds out who asks
    if config.debug:
        app.add_middleware(ReloadQueries())
    app.router_options.converters["name"] = NameConverter
    app.resp_options.media_handlers[falcon.MEDIA_JSON] = JSONHandler(dumps=orjson.dumps)
    add_error_handlers(app)

    probe = Probe(database)
    can_stream = config.worker_class != "meinheld"
    shared = shared_slots(config)
    readers = StreamClients(access, config.stream_stall_seconds)
    exports = StreamLimiter(MAX_EXPORTS, "exports", shared)
    streams = StreamLimiter(MAX_STREAMS, "streams", shared)
    admission = BodyBudget(config.max_in_flight_mb * MEGABYTE)
    routes: dict[str, Any] = {
        "/events": ingest.Events(writer, database, config, rate_limit, admission),
        "/events/check": stored_check.StoredCheck(database, config, admission),
        "/events/stream": tail.Tail(database, streams, readers, can_stream),
        # Exporters add this path to their endpoint, which may end in the prefix or not.
        "/v1/traces": otlp.OtlpTraces(writer, config, rate_limit, admission),
        "/events/{event_id:name}/children": ingest.Children(database),
        "/agents": agents.Agents(database),
        "/agents/{agent_name:name}": agents.Agent(database),
        "/agents/{agent_name:name}/runs": agents.AgentRuns(database),
        "/agents/{agent_name:name}/metrics": summary.AgentMetrics(database),
        "/metrics/summary": summary.Summary(database),
        "/metrics/cost-timeline": summary.CostTimeline(database),
        "/metrics/tokens-timeline": summary.TokensTimeline(database),
        "/metrics/agents-comparison": summary.AgentsComparison(database),
        "/metrics/timeseries": timeseries.Timeseries(database),
        "/metrics/models": percentiles.Models(database),
        "/metrics/latency": percentiles.Latency(database),
        "/export/events.ndjson": export.EventsNdjson(database, exports, readers, can_stream),
        "/export/events.csv": export.EventsCsv(database, exports, readers, can_stream),
        "/export/runs.csv": export.RunsCsv(database, exports, readers, can_stream),
        "/runs": search_resource.Runs(database),
        "/runs/{key:name}": runs.RunById(database),
        "/runs/{key:name}/{run_name:name}": runs.RunByName(database),
        "/runs/{key:name}/{run_name:name}/{view:name}": runs.RunView(database),
    }
    of_the_service: dict[str, Any] = {
        "/health": health.Health(probe, config, database.replicas),
        "/livez": health.Live(),
        "/readyz": health.Ready(probe, config),
        "/metrics": prometheus.Prometheus(probe, database.replicas),
        "/openapi.json": openapi.OpenApi(config),
        "/docs": docs.Docs(),
        "/docs/{name:name}": docs.Asset(),
    }
    root = health.Root(config)
    for resource in routes.values():
        if hasattr(resource, "on_get"):
            resource.on_get = with_replica_fallback(resource.on_get, database)
    routes |= of_the_service
    for resource in (root, *routes.values()):
        if hasattr(resource, "on_get"):
            resource.on_head = resource.on_get  # monitors ask so; falcon leaves the body out
    for prefix in {config.api_prefix, ""}:
        for path, resource in routes.items():
            app.add_route(prefix + path, resource)
    app.add_route("/", root)
    return LoadShedder(app, writer.has_room)
