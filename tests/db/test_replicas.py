"""Reads from streaming replicas that are paused, killed, cancelled, promoted."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Self

import falcon
import orjson
import psycopg
import pytest
import requests

from service.api.middleware.replica_fallback import read_with_fallback
from service.auth.key_cache import LATEST_SECONDS, KeyCache
from service.db.database import Database
from service.db.database_settings import DatabaseSettings
from service.db.replica import is_server_unavailable
from service.db.request_routing import read_routing
from service.db.roles.names import READ
from service.db.wal_progress import PrimaryPositions
from service.metrics import verify
from tests.client import Client
from tests.events import event, new_id
from tests.http.wire import batch
from tests.processes.harness import until
from tests.processes.postgres import ask, do, postmaster_of, stopped
from tests.processes.replication import Server, replicating, several
from tests.service import Service, serving

MAX_LAG = 1
COUNT_RUNS = "SELECT count(*) FROM runs WHERE agent_name = 'goes-on'"


@pytest.fixture(scope="module")
def servers(cluster: Path) -> Iterator[list[Server]]:
    """A primary and two replicas."""
    with replicating(cluster, 2) as servers:
        yield servers


@pytest.fixture
def client(servers: list[Server]) -> Iterator[Client]:
    """A service that reads from the replicas, both in use."""
    with reading(servers, MAX_LAG) as client:
        yield client


@pytest.fixture
def patient(servers: list[Server]) -> Iterator[Client]:
    """One for which no replica is late while a test runs."""
    with reading(servers, 3600) as client:
        yield client


@contextmanager
def reading(servers: list[Server], max_lag: int) -> Iterator[Client]:
    """A service that reads from the replicas, both in use."""
    variables: dict[str, Any] = {
        "DATABASE_READ_URL": ",".join(server.read_url for server in servers[1:]),
        "MAX_REPLICA_LAG_SECONDS": str(max_lag),
    }
    with Client.of(several(servers), **variables) as client:
        until(lambda: statuses(client) == ["in use"] * 2, "the replicas are not used")
        yield client


def statuses(client: Client) -> list[str]:
    """What /health says of each replica."""
    return [replica["status"] for replica in client.ok("/health")["replicas"]]


def send(client: Client, agent: str, seconds: float = 0) -> tuple[str, str]:
    """The run of one event that is stored, and X-Commit-LSN."""
    run_id = new_id()
    answer = client.send(event(run_id, seconds=seconds, agent_name=agent))
    assert answer.status_code == 200, answer.text
    return run_id, answer.headers["X-Commit-LSN"]


def agents(client: Client, **headers: str) -> set[str]:
    """The agents that a read knows."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return {agent["name"] for agent in client.ok("/api/agents", headers=named)}


def pause(servers: list[Server], word: str = "pause") -> None:
    """Let the replicas replay nothing, or go on."""
    for replica in servers[1:]:
        do(replica.url, f"SELECT pg_wal_replay_{word}()")
        if word == "pause":
            until(
                lambda: ask(replica.url, "SELECT pg_get_wal_replay_pause_state()") == "paused",  # noqa: B023
                "it replays on",
            )


def last_queries(server: Server) -> str:
    """What the service has asked a server last, over each connection."""
    question = "SELECT string_agg(query, ' ') FROM pg_stat_activity WHERE usename = 'gati_read'"
    return ask(server.url, question)


def test_reads_are_answered_by_the_replicas_in_turn(client: Client, servers: list[Server]) -> None:
    send(client, "turns")
    for name in ("/api/agents", "/api/agents"):
        assert client.simulate_get(name).status_code == 200
    assert "/* agents.list */" not in last_queries(servers[0])
    for replica in servers[1:]:
        assert "/* agents.list */" in last_queries(replica)


def test_what_a_replica_does_not_know_yet_is_asked_of_the_primary(
    client: Client, servers: list[Server]
) -> None:
    before, _ = send(client, "early")
    until(lambda: "early" in agents(client) & agents(client), "nothing is replayed")
    pause(servers)
    try:
        run_id, lsn = send(client, "late")
        assert client.run(before)["agent_name"] == "early"
        assert client.run(run_id)["agent_name"] == "late"
        assert client.ok(f"/api/runs/{run_id}/timeline")["events"]
        assert client.simulate_get(f"/api/runs/{new_id()}").status_code == 404
        # A list says nothing of what it lacks: whoever must see it says so.
        assert "late" not in agents(client)
        assert "late" in agents(client, X_Commit_LSN=lsn)
        assert client.ok("/api/events/check", "POST", json=ids_of(run_id))["checked"] == 1
        assert "late" in agents(client, X_Commit_LSN="no place of the log")
        # Metrics are those of the snapshot, and name its moment.
        summary = client.simulate_get("/api/metrics/summary")
        counted = ask(servers[1].url, "SELECT count(*) FROM events")
        assert str(summary.json["total_events"]) == counted
        replayed = ask(servers[1].url, "SELECT pg_last_xact_replay_timestamp() AT TIME ZONE 'UTC'")
        assert summary.headers["X-Metrics-As-Of"].startswith(replayed.replace(" ", "T"))
        until(lambda: statuses(client) == ["lagging"] * 2, "a replica that is late is asked")
        assert "late" in agents(client)
        lags = [replica["lag_seconds"] for replica in client.ok("/health")["replicas"]]
        assert min(lags) > MAX_LAG
    finally:
        pause(servers, "resume")
    until(lambda: statuses(client) == ["in use"] * 2, "they do not come back")
    for _ in servers[1:]:
        assert "late" in agents(client, X_Commit_LSN=lsn)
    for replica in servers[1:]:
        assert "/* agents.list */" in last_queries(replica)


def test_what_goes_on_elsewhere_leaves_nothing_out(patient: Client, servers: list[Server]) -> None:
    """One answer is of a server that is ahead, the next would be of one that is not as far."""
    path = "/api/agents/goes-on/runs"
    early = [send(patient, "goes-on", n)[0] for n in range(2)]
    for replica in servers[1:]:
        until(lambda: ask(replica.url, COUNT_RUNS) == "2", "nothing is replayed")  # noqa: B023
    pause(servers)
    try:
        run_id, event_ids = new_id(), sorted(new_id() for _ in range(3))
        events = [
            event(run_id, seconds=2, event_id=each, agent_name="goes-on") for each in event_ids
        ]
        assert patient.send(*events).status_code == 200
        assert [run["run_id"] for run in patient.ok(path)] == early[::-1]  # the replicas'
        export = f"/api/export/events.ndjson?after={run_id}/{event_ids[0]}&run_id={run_id}"
        for _ in servers[1:]:
            assert exported(patient, export) == event_ids[1:]
            assert exported(patient, f"/api/export/events.ndjson?run_id={run_id}") == event_ids
            assert len(patient.ok(f"/api/events?run_id={run_id}")["events"]) == 3
        runs = {"agent": "goes-on", "order": "asc"}
        oldest = patient.ok("/api/runs", params={**runs, "limit": 1})
        rest = patient.ok("/api/runs", params={**runs, "cursor": oldest["next_cursor"]})["runs"]
        assert [run["run_id"] for run in oldest["runs"] + rest] == [*early, run_id]
        assert [run["run_id"] for run in patient.ok(path)] == early[::-1]
    finally:
        pause(servers, "resume")


def test_who_changed_something_sees_it(patient: Client, servers: list[Server]) -> None:
    run_id, lsn = send(patient, "changes")
    for replica in servers[1:]:
        behind = f"SELECT pg_last_wal_replay_lsn() >= '{lsn}'"
        until(lambda: ask(replica.url, behind) == "True", "nothing is replayed")  # noqa: B023
    name, agent = patient.run(run_id)["run_name"], "/api/agents/changes"
    pause(servers)
    try:
        lsns = [
            patient.simulate_request(method, path, json=body).headers["X-Commit-LSN"]
            for method, path, body in (
                ("PATCH", agent, {"description": "new"}),
                ("PATCH", f"/api/runs/changes/{name}", {"new_run_name": "new"}),
                ("DELETE", f"/api/runs/{run_id}", None),
                ("DELETE", agent, None),
            )
        ]
        assert patient.ok(agent)["description"] is None  # a replica's
        after = [{"X-Commit-LSN": lsn} for lsn in lsns]
        assert patient.simulate_get(f"/api/runs/{run_id}", headers=after[2]).status_code == 404
        assert patient.simulate_get(agent, headers=after[3]).status_code == 404
    finally:
        pause(servers, "resume")


def exported(client: Client, path: str) -> list[str]:
    """The ids of the events of an export that came whole."""
    *lines, last = map(orjson.loads, client.simulate_get(path).text.splitlines())
    assert last["export"]["complete"], last
    return [line["event_id"] for line in lines]


def ids_of(run_id: str) -> dict[str, Any]:
    """The body that asks for an event of a run."""
    return {"events": [{"run_id": run_id, "event_id": new_id()}]}


def test_lag_is_measured_by_where_the_primary_was() -> None:
    progress = PrimaryPositions()
    assert progress.lag(100) is None
    progress.note(100, 10)
    assert progress.lag(99) is None  # however late that is: nothing is known from before
    progress.note(100, 500)  # idle: what has all that there is has not been late for as long
    progress.note(200, 501)
    progress.note(300, 502)
    assert [progress.lag(position) for position in (100, 199, 200, 299, 300, 400)] == [
        2,
        2,
        1,
        1,
        0,
        0,
    ]
    progress.note(250, 503)  # a failover, and commits were lost
    assert [progress.lag(position) for position in (200, 250, 300)] == [None, 0, 0]


def test_only_what_a_replica_may_lack_is_asked_again(
    client: Client, servers: list[Server], caplog: pytest.LogCaptureFixture
) -> None:
    do(servers[0].url, f"REVOKE SELECT ON agents FROM {READ}")
    try:
        for replica in servers[1:]:
            may = f"SELECT has_table_privilege('{READ}', 'agents', 'select')"
            until(lambda: ask(replica.url, may) == "False", "nothing is replayed")  # noqa: B023
        for _ in range(4):
            assert client.simulate_get("/api/agents").status_code >= 500  # the primary's answer
    finally:
        do(servers[0].url, f"GRANT SELECT ON agents TO {READ}")
    warned = [each for each in caplog.messages if "retried on the primary" in each]
    assert len(warned) == len(servers[1:]), warned
    assert 'gati_reads_asked_again_total{replica="1"}' in client.simulate_get("/metrics").text
    for error, away in ((psycopg.ProgrammingError(), False), (psycopg.OperationalError(), True)):
        assert is_server_unavailable(error) == away


def test_a_post_does_not_inherit_the_server_of_a_get(client: Client, servers: list[Server]) -> None:
    run_id, _ = send(client, "inherits")
    assert client.run(run_id)
    who = read_routing.get()
    assert who is not None
    assert who.server is not None
    assert client.ok("/api/events/check", "POST", json=ids_of(run_id))
    assert read_routing.get() is None


def test_a_replica_that_hangs_keeps_no_request(client: Client, servers: list[Server]) -> None:
    """Reads would wait for it for 12 s each, more for a connection in vain, and get 503."""
    run_id, lsn = send(client, "hangs")
    for _ in range(20):
        assert client.run(run_id)["agent_name"] == "hangs"  # also for the pools' connections
    with stopped(postmaster_of(servers[2].data_dir)), ThreadPoolExecutor(12) as threads:
        seen = {"X-Commit-LSN": lsn}
        asked = [
            threads.submit(client.simulate_get, f"/api/runs/{run_id}", headers=headers)
            for headers in [{}, {}, seen, seen] * 3
        ]
        assert [each.result().status_code for each in asked] == [200] * 12
        until(lambda: statuses(client) == ["in use", "away"], "it is not left out")
    until(lambda: statuses(client) == ["in use"] * 2, "it does not come back")


def test_lag_is_measured_while_all_connections_to_the_primary_are_lent(
    servers: list[Server],
) -> None:
    database = Database(
        DatabaseSettings(
            several(servers), 4, replica_urls=[servers[1].read_url], max_replica_lag_seconds=MAX_LAG
        )
    )
    database.open()
    with closing(database):
        [replica] = database.replicas.all
        until(lambda: replica.is_usable, "it is not used")
        pause(servers)
        try:
            with database.primary.reading():  # its only one
                do(servers[0].url, "SELECT pg_switch_wal()")
                until(lambda: replica.state.reason == "lagging", "it is not found to be late")
        finally:
            pause(servers, "resume")


def test_a_replica_that_dies_is_left_out_and_comes_back(
    client: Client, servers: list[Server]
) -> None:
    run_id, _ = send(client, "dies")
    servers[2].kill()
    for _ in range(8):  # no read fails, also before it is known
        assert client.run(run_id)["agent_name"] == "dies"
    until(lambda: statuses(client) == ["in use", "away"], "it is not left out")
    figures = client.simulate_get("/metrics").text
    assert 'gati_replica_in_use{replica="2"' in figures
    [line] = [line for line in figures.splitlines() if line.startswith("gati_replica_lag")]
    assert line.startswith('gati_replica_lag_seconds{replica="1",server="/')
    servers[2].start()
    until(lambda: statuses(client) == ["in use", "in use"], "it does not come back")
    for _ in range(2):
        assert client.run(run_id)["agent_name"] == "dies"


def test_keys_are_read_from_a_replica_while_the_primary_is_away(servers: list[Server]) -> None:
    now = 0.0
    database = Database(
        DatabaseSettings(several(servers[:1]), 4, replica_urls=[servers[1].read_url])
    )
    keys = KeyCache(database, lambda: now)
    database.open()
    with closing(database):
        until(lambda: database.replicas.all[0].is_usable, "it is not used")
        assert keys.is_empty()
        assert "/* keys.all */" not in last_queries(servers[1])
        servers[0].kill()
        try:
            until(database.replicas.in_place_of_primary, "it is not noticed")
            now += LATEST_SECONDS + 1
            assert keys.is_empty()
            assert "/* keys.all */" in last_queries(servers[1])
        finally:
            servers[0].start()
        until(lambda: not database.replicas.in_place_of_primary(), "it does not come back")


def test_a_read_that_replay_cancels_is_asked_of_the_primary(servers: list[Server]) -> None:
    do(servers[1].url, "ALTER SYSTEM SET max_standby_streaming_delay = 0")
    do(servers[1].url, "SELECT pg_reload_conf()")
    database = Database(DatabaseSettings(several(servers), 4, replica_urls=[servers[1].read_url]))
    database.open()
    asked: list[bool] = []
    cancelled: list[str] = []

    def respond(req: falcon.Request, resp: falcon.Response) -> None:
        with database.snapshot() as conn:
            found = conn.execute("SELECT pg_is_in_recovery() AS r, count(*) FROM agents").fetchall()
            asked.append(found[0]["r"])
            if len(asked) == 1:
                do(servers[0].url, "BEGIN; LOCK TABLE agents IN ACCESS EXCLUSIVE MODE; COMMIT")
                try:
                    conn.execute("SELECT pg_sleep(30)").fetchall()
                except psycopg.OperationalError as error:  # or, before it sleeps, it is ended
                    cancelled.append(str(error))
                    raise

    with closing(database):
        until(lambda: database.replicas.all[0].is_usable, "it is not used")
        req = falcon.testing.create_req()
        read_with_fallback(database, respond, req, falcon.Response(), {})
    assert (asked, len(cancelled)) == ([True, False], 1)
    who = read_routing.get()
    assert who is not None
    assert who.replica is None


class Sender(threading.Thread):
    """A client that sends event after event, and keeps what was acknowledged."""

    def __init__(self, service: Service) -> None:
        super().__init__(daemon=True)
        self._service = service
        self._ended = threading.Event()
        self.acknowledged: list[str] = []

    def run(self) -> None:
        """Send until it is told to end; what is refused is lost, as far as this one knows."""
        while not self._ended.is_set():
            event_id = new_id()
            sent = self._service.post(
                batch(event(new_id(), event_id=event_id, agent_name="sender"))
            )
            if sent.status_code == 200:
                self.acknowledged.append(event_id)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *raised: object) -> None:
        """Wait for the last one."""
        self._ended.set()
        self.join()


def test_after_a_failover_every_acknowledged_event_is_there(
    servers: list[Server], tmp_path: Path
) -> None:
    """The last of the tests: it leaves the primary dead."""
    primary, *replicas = servers
    do(primary.url, "ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (*)'")
    do(primary.url, "SELECT pg_reload_conf()")
    until(lambda: ask(primary.url, "SHOW synchronous_standby_names") != "", "it is not set")
    read_urls = ",".join(replica.read_url for replica in replicas)
    with serving(several(servers), tmp_path, DATABASE_READ_URL=read_urls, WORKERS=2) as service:
        until(lambda: in_use(service) == 2, "the replicas are not used")
        with Sender(service) as sender:
            until(lambda: len(sender.acknowledged) > 20, "nothing is sent")
            primary.kill()
            # Reads go on: at once, once a worker has read the keys.
            until(lambda: service.get("/api/agents").status_code == 200, "nobody can read")
            received = "SELECT pg_last_wal_receive_lsn() - '0/0'::pg_lsn"
            first = max(replicas, key=lambda replica: int(ask(replica.url, received)))
            do(first.url, "SELECT pg_promote()")
            before = len(sender.acknowledged)
            until(lambda: len(sender.acknowledged) > before + 20, "it is not back by itself")
        assert service.ok("/health")["status"] == "healthy"
        assert "sender" in [agent["name"] for agent in service.ok("/api/agents")]
    with psycopg.connect(first.url) as conn:
        stored = {str(row[0]) for row in conn.execute("SELECT event_id FROM events")}
    assert set(sender.acknowledged) <= stored
    assert verify.verify(first.url) == []


def in_use(service: Service) -> int:
    """How many replicas the worker that answers reads from."""
    found = requests.get(f"{service.url}/health", timeout=10).json()["replicas"]
    return [replica["status"] for replica in found].count("in use")
