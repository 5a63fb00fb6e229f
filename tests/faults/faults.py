"""The faults: each is made, waited out, and tells when everything that it took away was back.

A fault may note what must not happen (`complain`), and limits that it measured and that were
missed (`missed`): the run's exit code goes by both, tests by the first.
"""

import random
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from service.metrics.verify import verify
from tests.faults.accounting import Ledger
from tests.faults.clients import Client
from tests.faults.probes import refusals
from tests.faults.proxy import HOST, Proxy
from tests.faults.slow import slow_clients
from tests.faults.world import REFRESH_SECONDS, Proxied, World, kill
from tests.processes.harness import is_running, until

AWAY_LIMIT_SECONDS = 3.0
LOCKED_LIMIT_SECONDS = 2.5
SLOW_LIMIT_SECONDS = 0.25
COMMITS = 3  # cut in one round

TERMINATE = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@dataclass
class Scene:
    """Where and among whom a fault happens; `seconds` is how long one lasts that has a length."""

    world: World
    ledger: Ledger
    clients: list[Client]
    rng: random.Random
    seconds: float
    missed: list[str] = field(default_factory=list)

    @property
    def proxy(self) -> Proxy:
        """What stands between service and PostgreSQL."""
        assert isinstance(self.world, Proxied)
        return self.world.proxy

    def limit(self, what: str, seconds: float, limit: float) -> None:
        """Note a limit that was missed."""
        if seconds > limit:
            self.missed.append(f"{what}: {seconds:.2f} s, limit {limit:g} s")


Fault = Callable[[Scene], float]  # makes it; gives when all was back, in monotonic seconds
Kind = tuple[str, Fault]  # a world's name, and what happens there


def worker_killed(scene: Scene) -> float:
    """A worker gets kill -9, while it works."""
    kill(scene.rng.choice(sorted(scene.world.workers)))
    return time.monotonic()


def arbiter_killed(scene: Scene) -> float:
    """Gunicorn's master gets kill -9: the service ends, and is started again."""
    left = scene.world.workers  # they answer on until they notice, and keep the port so long
    kill(scene.world.master)
    scene.world.process.wait()
    until(lambda: not any(is_running(pid) for pid in left), "workers without a master stay")
    began = time.monotonic()
    scene.world.start()
    return began


def postmaster_killed(scene: Scene) -> float:
    """PostgreSQL's first process gets kill -9."""
    kill(scene.world.postmaster)
    scene.world.revive()
    return time.monotonic()


def stopped_immediately(scene: Scene) -> float:
    """`pg_ctl stop -m immediate`: as if the machine had lost its power."""
    scene.world.stop_postgres_immediately()
    scene.world.revive()
    return time.monotonic()


def backends_terminated(scene: Scene) -> float:
    """pg_terminate_backend of every connection of the service."""
    with scene.world.connect() as conn:
        conn.execute(TERMINATE)
    return time.monotonic()


def reloaded(scene: Scene) -> float:
    """SIGHUP: the workers are replaced, one by one."""
    before = scene.world.workers
    scene.world.process.send_signal(signal.SIGHUP)
    until(lambda: scene.world.workers and not before & scene.world.workers, "old workers stay", 60)
    return time.monotonic()


def restarted(scene: Scene) -> float:
    """SIGTERM, and a new start."""
    proxy = scene.world.proxy if isinstance(scene.world, Proxied) else None
    before = proxy.abandoned if proxy else 0
    code = scene.world.stop()
    if code != 0:
        scene.ledger.complain(f"SIGTERM: the service ended with {code}")
    if proxy and proxy.abandoned > before:
        scene.ledger.complain("SIGTERM: connections to PostgreSQL were not closed")
    began = time.monotonic()
    scene.world.start()
    return began


def commit_cut(scene: Scene) -> float:
    """The connection is cut between COMMIT and its answer."""
    before = scene.proxy.cut_commits
    scene.proxy.cut_after_commit(COMMITS)
    until(lambda: scene.proxy.cut_commits >= before + COMMITS, "no commit was cut")
    return time.monotonic()


def answer_cut(scene: Scene) -> float:
    """Connections between clients and service are cut at random moments."""
    usual = scene.world.url
    with Proxy((HOST, scene.world.port)) as front:
        scene.world.url = f"http://{HOST}:{front.port}"
        for _ in range(20):
            time.sleep(scene.rng.uniform(0.02, 0.1))
            front.cut()
        scene.world.url = usual
    return time.monotonic()


def away(scene: Scene) -> float:
    """PostgreSQL cannot be reached for a while: 503, and the workers stay."""
    before = scene.world.workers
    scene.proxy.shut()
    until_when = time.monotonic() + scene.seconds
    while time.monotonic() < until_when:
        _refused(scene, AWAY_LIMIT_SECONDS, {503}, "/health", "/api/agents", "/api/metrics/summary")
    if scene.world.workers != before:
        scene.ledger.complain("workers died while PostgreSQL was away")
    scene.proxy.open()
    return time.monotonic()


def swallowed(scene: Scene) -> float:
    """What is said in either direction gets lost, then the connections break."""
    scene.proxy.swallowing = True
    time.sleep(scene.seconds)
    scene.proxy.swallowing = False
    scene.proxy.cut()
    return time.monotonic()


def half_opened(scene: Scene) -> float:
    """PostgreSQL's ends of the connections are gone; the service learns of it later."""
    scene.proxy.half_open()
    time.sleep(scene.seconds)
    scene.proxy.cut()
    return time.monotonic()


def delayed(scene: Scene) -> float:
    """Each part on its way to or from PostgreSQL takes 50 ms longer."""
    scene.proxy.delay_seconds = 0.05
    time.sleep(scene.seconds)
    scene.proxy.delay_seconds = 0.0
    return time.monotonic()


def locked(scene: Scene) -> float:
    """LOCK TABLE: whatever needs the events is refused."""
    path = f"/api/runs/{scene.ledger.some_run}/timeline"
    with scene.world.connect() as conn:
        with conn.transaction():
            conn.execute("SET LOCAL lock_timeout = '30s'; LOCK TABLE events")
            until_when = time.monotonic() + scene.seconds
            while time.monotonic() < until_when:
                _refused(scene, LOCKED_LIMIT_SECONDS, {503, 504}, *[path] * 10)
        return time.monotonic()


def leader_killed(scene: Scene) -> float:
    """The worker that folds the metrics gets kill -9: they stay exact, and another takes over."""
    first = until(lambda: scene.world.leader, "nobody leads")
    kill(first)
    killed = time.monotonic()
    with ThreadPoolExecutor(1) as beside:  # it takes longer than until another one leads
        found = beside.submit(verify, scene.world.server.url)
        until(lambda: scene.world.leader not in (0, first), "nobody took over")
        led = time.monotonic()
        if found.result():
            scene.ledger.complain(f"without a leader {len(found.result())} metrics are wrong")
    scene.limit("another leader", led - killed, 2 * REFRESH_SECONDS)
    return led


def slow(scene: Scene) -> float:
    """200 idle connections, 20 slow bodies, 20 clients that read nothing: others are served."""
    with slow_clients(scene.world.port):
        began = time.monotonic()
        time.sleep(scene.seconds)
        took = sorted(t for c in scene.clients for at, t in c.latencies if at > began)
    if not took:
        scene.ledger.complain("nobody was served beside slow clients")
    p95 = took[len(took) * 95 // 100] if took else 0.0
    scene.limit("p95 beside slow clients", p95, SLOW_LIMIT_SECONDS)
    return time.monotonic()


def _refused(scene: Scene, limit: float, statuses: set[int], *paths: str) -> None:
    """Hold a write and these reads against what they are to be answered, and how soon."""
    for what, status, seconds in refusals(scene.world.url, scene.ledger, paths):
        if status not in statuses:
            scene.ledger.complain(f"{what} was answered {status}, not one of {statuses}")
        scene.limit(what, seconds, limit)


EVERYWHERE: tuple[Fault, ...] = (
    worker_killed, postmaster_killed, stopped_immediately, backends_terminated, reloaded,
    restarted, locked, leader_killed,
)  # fmt: skip
PROXIED: tuple[Fault, ...] = (
    *EVERYWHERE, arbiter_killed, commit_cut, answer_cut, away, swallowed, half_opened, delayed,
    slow,
)  # fmt: skip
