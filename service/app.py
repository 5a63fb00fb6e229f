"""create_app: the route table, nothing else."""

import time
from typing import Any

import falcon
import orjson
from falcon.media import JSONHandler

from service.access import Access
from service.admission import Admission
from service.config import MEGABYTE, Config
from service.database import Database
from service.errors import add_error_handlers
from service.gate import Gate
from service.keys import KeyRing
from service.middleware import Identity, RawPath, Reload, cors
from service.parameters import NameConverter
from service.probe import Probe
from service.rate_limit.buckets import Clock
from service.rate_limit.middleware import RateLimit
from service.reader import Readers
from service.request_log import RequestLog
from service.resources import (
    agents,
    check,
    description,
    docs,
    events,
    export,
    health,
    metrics,
    percentiles,
    run_search,
    runs,
    tail,
    telemetry,
    timeseries,
    traces,
)
from service.second_try import Forget, with_second_try
from service.slots import Slots, shared_places
from service.telemetry.requests import RequestMeter
from service.writer import Writer

MAX_STREAMS = 4  # in each worker


def create_app(
    config: Config, database: Database, writer: Writer, clock: Clock = time.monotonic_ns
) -> Gate:
    """Build the application. Each path answers with the prefix and, for old clients, without."""
    app = falcon.App()
    rate_limit = RateLimit(config, clock)
    access = Access(KeyRing(database), config)
    for middleware in (
        Forget(),
        RequestMeter(config.api_prefix),
        RequestLog(config.debug or config.log_requests == "all", config.trusted_proxies),
        Identity(),
        RawPath(),
        cors(config.cors_origins),
        access,
    ):
        app.add_middleware(middleware)
    if rate_limit.is_on:
        app.add_middleware(rate_limit)  # behind Access, which finds out who asks
    if config.debug:
        app.add_middleware(Reload())
    app.router_options.converters["name"] = NameConverter
    app.resp_options.media_handlers[falcon.MEDIA_JSON] = JSONHandler(dumps=orjson.dumps)
    add_error_handlers(app)

    probe = Probe(database)
    can_stream = config.worker_class != "meinheld"
    shared = shared_places(config)
    readers = Readers(access, config.stream_stall_seconds)
    exports = Slots(config.max_exports, "exports", shared)
    streams = Slots(MAX_STREAMS, "streams", shared)
    admission = Admission(config.max_in_flight_mb * MEGABYTE)
    routes: dict[str, Any] = {
        "/events": events.Events(writer, database, config, rate_limit, admission),
        "/events/check": check.Check(database, config, admission),
        "/events/stream": tail.Tail(database, streams, readers, can_stream),
        # Exporters add this path to their endpoint, which may end in the prefix or not.
        "/v1/traces": traces.Traces(writer, config, rate_limit, admission),
        "/events/{event_id:name}/children": events.Children(database),
        "/agents": agents.Agents(database),
        "/agents/{agent_name:name}": agents.Agent(database),
        "/agents/{agent_name:name}/runs": agents.AgentRuns(database),
        "/agents/{agent_name:name}/metrics": metrics.AgentMetrics(database),
        "/metrics/summary": metrics.Summary(database),
        "/metrics/cost-timeline": metrics.CostTimeline(database),
        "/metrics/tokens-timeline": metrics.TokensTimeline(database),
        "/metrics/agents-comparison": metrics.AgentsComparison(database),
        "/metrics/timeseries": timeseries.Timeseries(database),
        "/metrics/models": percentiles.Models(database),
        "/metrics/latency": percentiles.Latency(database),
        "/export/events.ndjson": export.EventsNdjson(database, exports, readers, can_stream),
        "/export/events.csv": export.EventsCsv(database, exports, readers, can_stream),
        "/export/runs.csv": export.RunsCsv(database, exports, readers, can_stream),
        "/runs": run_search.Runs(database),
        "/runs/{key:name}": runs.RunById(database),
        "/runs/{key:name}/{run_name:name}": runs.RunByName(database),
        "/runs/{key:name}/{run_name:name}/{view:name}": runs.RunView(database),
    }
    of_the_service: dict[str, Any] = {
        "/health": health.Health(probe, config, database.replicas),
        "/livez": health.Live(),
        "/readyz": health.Ready(probe, config),
        "/metrics": telemetry.Telemetry(probe, database.replicas),
        "/openapi.json": description.Description(config),
        "/docs": docs.Docs(),
        "/docs/{name:name}": docs.Asset(),
    }
    root = health.Root(config)
    for resource in routes.values():
        if hasattr(resource, "on_get"):
            resource.on_get = with_second_try(resource.on_get, database)
    routes |= of_the_service
    for resource in (root, *routes.values()):
        if hasattr(resource, "on_get"):
            resource.on_head = resource.on_get  # monitors ask so; falcon leaves the body out
    for prefix in {config.api_prefix, ""}:
        for path, resource in routes.items():
            app.add_route(prefix + path, resource)
    app.add_route("/", root)
    return Gate(app, writer.has_room)
