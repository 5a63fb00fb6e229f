"""create_app builds the WSGI application; middleware() and routes() name its parts."""

import time
from functools import partial
from typing import Any

import falcon
import orjson
from falcon.media import JSONHandler

from service.api.answer_budget import AnswerBudget, HoldingApp
from service.api.body_budget import BodyBudget
from service.api.errors import add_error_handlers
from service.api.ingest_shares import IngestShares
from service.api.load_shedding import LoadShedder
from service.api.middleware.authorization import Authorization
from service.api.middleware.basics import RawPath, ReloadQueries, RequestId, cors
from service.api.middleware.client_shares import ClientShares
from service.api.middleware.rate_limit import RateLimit
from service.api.middleware.replica_fallback import ResetReplicaRouting
from service.api.middleware.request_log import RequestLog
from service.api.middleware.request_metrics import RequestMeter
from service.api.middleware.token_buckets import Clock
from service.api.parameters import NameConverter
from service.api.resource import Resource, with_checked_policy
from service.api.streaming.client import StreamClient
from service.auth.key_cache import KeyCache
from service.config import MEGABYTE, Config
from service.db.database import Database
from service.postgres.storage import Storage
from service.resources import agents, otlp, prices, sessions
from service.resources.docs import openapi
from service.resources.docs import page as docs
from service.resources.errors import events as error_events
from service.resources.errors import groups
from service.resources.events import ingest, stored_check
from service.resources.export import resource as export
from service.resources.export import run_resource as run_export
from service.resources.health import health, prometheus
from service.resources.health.probe import Probe
from service.resources.health.reasons import Sources
from service.resources.metrics import (
    changes,
    percentiles,
    runs_over_time,
    summary,
    timeseries,
    tools,
    versions,
)
from service.resources.metrics import scores as score_metrics
from service.resources.runs import resource as runs
from service.resources.runs import search_resource
from service.resources.scores import langfuse
from service.resources.scores import resource as scores
from service.resources.scores.ingest import ScoreIntake
from service.resources.tail import resource as tail
from service.resources.ui import resource as ui
from service.writer.group_commit import GroupCommitWriter
from service.writer.scores import ScoreWriter


def create_app(
    config: Config,
    database: Database,
    writer: GroupCommitWriter,
    clock: Clock = time.monotonic_ns,
    storage: Storage | None = None,
) -> LoadShedder:
    """Build the WSGI application: Falcon behind a LoadShedder.

    The rate limits read `clock`; `storage` is the database's.
    """
    keys = KeyCache(database)
    access = Authorization(keys, config)
    rate_limit = RateLimit(config, clock)
    passed = middleware(config, database, access, rate_limit)
    # meinheld sends nothing but lists whole, and nginx before it takes each answer at once.
    holds = config.worker_class != "meinheld"
    app = HoldingApp(AnswerBudget(), passed) if holds else falcon.App(middleware=passed)
    app.router_options.converters["name"] = NameConverter
    app.resp_options.media_handlers[falcon.MEDIA_JSON] = JSONHandler(dumps=orjson.dumps)
    add_error_handlers(app)
    sources = Sources(Probe(database), config, writer, database.replicas, storage or Storage())
    budget = BodyBudget(config.max_in_flight_mb * MEGABYTE)
    for path, resource in routes(database, access, rate_limit, sources, budget).items():
        app.add_route(path, with_checked_policy(resource))
    return LoadShedder(
        app, lambda: writer.has_room(budget.received), keys.id_of_known, IngestShares()
    )


def middleware(
    config: Config, database: Database, access: Authorization, rate_limit: RateLimit
) -> list[Any]:
    """The middleware in the order in which each request passes it."""
    return [
        ResetReplicaRouting(),
        RequestMeter(config.api_prefix),
        RequestLog(config.debug, config.trusted_proxies),
        RequestId(),
        RawPath(),
        cors(config.cors_origins),
        access,
        *([rate_limit] if rate_limit.is_on else []),  # after `access`, which identifies the client
        ClientShares(config),
        *([ReloadQueries(database)] if config.debug else []),
    ]


def routes(
    database: Database,
    access: Authorization,
    rate_limit: RateLimit,
    sources: Sources,
    budget: BodyBudget,
) -> dict[str, Resource]:
    """Map every path to its resource, with and without the prefix.

    Health checks and old clients use no prefix.
    """
    config, writer = sources.config, sources.writer
    check_budget = BodyBudget(config.max_in_flight_mb * MEGABYTE // 4)
    new_stream_client = partial(StreamClient, access, config.stream_stall_seconds)
    can_stream = config.worker_class != "meinheld"  # one stream would occupy the whole worker
    traces = otlp.OtlpTraces(writer, config, rate_limit, budget)
    score_writer = ScoreWriter(database.storing_scores, sources.storage)
    intake = ScoreIntake(score_writer, config, rate_limit, budget)
    prefixed: dict[str, Resource] = {
        "/events": ingest.Events(writer, database, config, rate_limit, budget),
        "/events/check": stored_check.StoredCheck(database, config, check_budget),
        "/events/stream": tail.Tail(database, new_stream_client, can_stream),
        # OTLP exporters append /v1/traces to their endpoint.
        "/v1/traces": traces,
        "/v1/metrics": otlp.OtlpNotKept(config, budget),
        "/v1/logs": otlp.OtlpLogs(database, config, rate_limit, budget),
        # Langfuse's SDKs append /api/public/otel/v1/traces to their host.
        "/public/otel/v1/traces": traces,
        "/events/{event_id:name}/children": ingest.Children(database),
        "/agents": agents.Agents(database),
        "/agents/{agent_name:name}": agents.Agent(database),
        "/agents/{agent_name:name}/runs": agents.AgentRuns(database),
        "/agents/{agent_name:name}/metrics": summary.AgentMetrics(database),
        "/sessions": sessions.Groups(database, sessions.SESSION, "sessions"),
        "/sessions/{session_id:name}": sessions.Session(database),
        "/users": sessions.Groups(database, sessions.USER, "users"),
        "/metrics/summary": summary.Summary(database),
        "/metrics/cost-timeline": summary.CostTimeline(database),
        "/metrics/tokens-timeline": summary.TokensTimeline(database),
        "/metrics/agents-comparison": summary.AgentsComparison(database),
        "/metrics/timeseries": timeseries.Timeseries(database),
        "/metrics/changes": changes.Changes(database),
        "/metrics/models": percentiles.Models(database),
        "/metrics/versions": versions.Versions(database),
        "/metrics/tools": tools.Tools(database),
        "/metrics/runs": runs_over_time.RunsOverTime(database),
        "/metrics/latency": percentiles.Latency(database),
        "/metrics/scores": score_metrics.ScoreMetrics(database),
        "/errors": groups.ErrorGroups(database),
        "/errors/{fingerprint:name}": error_events.ErrorEvents(database),
        "/scores": scores.Scores(database, intake),
        "/scores/{score_id:name}": scores.Score(database),
        # Langfuse's SDKs send scores there, and nothing else since version 3.
        "/public/scores": langfuse.LangfuseScores(intake),
        "/public/ingestion": langfuse.LangfuseIngestion(intake),
        "/prices": prices.Prices(database),
        "/prices/missing": prices.MissingPrices(database),
        "/export/events.ndjson": export.EventsNdjson(database, new_stream_client, can_stream),
        "/export/events.csv": export.EventsCsv(database, new_stream_client, can_stream),
        "/export/runs.csv": export.RunsCsv(database, new_stream_client, can_stream),
        "/export/otlp.jsonl": run_export.Otlp(database, new_stream_client, can_stream),
        "/export/chrome.json": run_export.Chrome(database, new_stream_client, can_stream),
        "/runs": search_resource.Runs(database),
        "/runs/{key:name}": runs.RunById(database),
        "/runs/{key:name}/{run_name:name}": runs.RunByName(database),
        "/runs/{key:name}/{run_name:name}/{view:name}": runs.RunView(database),
        "/health": health.Health(sources),
        "/livez": health.Live(),
        "/readyz": health.Ready(sources),
        "/metrics": prometheus.Prometheus(sources),
        "/openapi.json": openapi.OpenApi(config),
        "/docs": docs.Docs(),
        "/docs/{name:name}": docs.Asset(),
        "/ui": ui.Ui(),
        "/ui/assets/{version:name}/{name:path}": ui.Asset(),
        "/ui/{address:path}": ui.Ui(),
    }
    return {
        "/": health.Root(config),
        **prefixed,
        **{config.api_prefix + path: resource for path, resource in prefixed.items()},
    }
