"""Everything at once on one database: writes, deletes, prices, folds, kills, refreshes, reads."""

import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from urllib.parse import quote

import psycopg

from service.db.connections import connect
from service.db.queries import Connection, queries
from service.db.session_settings import READ, WRITE
from service.prices.load import load
from service.prices.reprice import reprice
from tests.client import Client
from tests.events import new_id
from tests.ingest.otlp.spans import post, request
from tests.metrics.churn import AGENTS, Churn
from tests.metrics.nested_calls import batches
from tests.metrics.truth import VIEWS, View, compare
from tests.prices.truth import EVER, FIRST, SECOND, prices, wrong_costs
from tests.processes.harness import REPOSITORY, environment, until

FOLD_SECONDS = 0.1
PATIENCE_SECONDS = 120.0  # for enough to happen, once the time is over
FOLDERS = ("leader", "anarchist", "anarchist")
MATERIALIZED = ("agent_totals", "model_totals")
SHOWN = 5  # differences of each comparison
REPRICE = ("prices", "reprice", "--since", "1970-01-01", "--yes")
LAST_REPRICE = "SELECT max(audit_id) AS audit_id FROM audit_log WHERE action = 'reprice'"
LONGEST_REPRICE_SECONDS = 0.2  # until one is killed
# What the API says of scores, beside a recount from the tables, in one snapshot.
SCORE_SUMS = """
SELECT s.name, s.kind, r.agent_name, count(*) AS scores, sum(s.value_number) AS value_sum
  FROM scores AS s
  JOIN runs   AS r
    ON r.run_id = s.run_id
 GROUP BY s.name, s.kind, r.agent_name
 ORDER BY s.name, s.kind, r.agent_name
"""
SCORE_VALUES = (0.1, 0.2, -3, True, False, "good", "bad")
A_RUN = "SELECT run_id, agent_name, run_name FROM runs ORDER BY random() LIMIT 1"
METRICS = ("events", "runs", "cost", "tokens_in", "errors", "latency_p95")
PATHS = (
    "/api/agents",
    "/api/metrics/summary",
    "/api/metrics/cost-timeline?days=365",
    "/api/metrics/tokens-timeline",
    "/api/metrics/agents-comparison",
    "/api/metrics/models",
    "/api/metrics/models?from=2026-01-01",
    "/api/metrics/latency",
    "/api/scores",
    "/api/metrics/scores?group_by=agent,day&from=1970-01-01",
    "/api/metrics/tools",
    "/api/metrics/tools?agent=agent%201",
    "/api/metrics/timeseries?metric=errors&group_by=tool",
    "/api/metrics/latency?agent=agent%201&model=gpt-4o",
    *(
        f"/api/metrics/timeseries?metric={metric}&group_by=agent&{window}"
        for metric in METRICS
        for window in ("interval=hour", "interval=day", "interval=day&tz=Asia/Kolkata")
    ),
)


class Fire:
    """What is done to the database until `done` is set, and what the readers found."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.done = threading.Event()
        self.counts: Counter[str] = Counter()
        self.differences: list[str] = []
        self._churn = Churn()
        self._lock = threading.Lock()
        self._began = time.monotonic()

    def burn(
        self, tasks: list[Callable[[], None]], seconds: float, is_enough: Callable[[], bool]
    ) -> None:
        """Run the tasks for that long, and until enough has happened; raise what any raised."""
        with ThreadPoolExecutor(len(tasks)) as pool:
            futures = [pool.submit(self._until_done, task) for task in tasks]
            try:
                self.done.wait(seconds)
                until(
                    lambda: self.done.is_set() or is_enough(),
                    "too little has happened",
                    PATIENCE_SECONDS,
                )
            finally:
                self.done.set()
        for future in futures:
            future.result()

    def _until_done(self, task: Callable[[], None]) -> None:
        """Repeat a task; where it fails, the others end too."""
        try:
            task()
        finally:
            self.done.set()

    def count(self, what: str, number: int = 1) -> None:
        """Add to a count."""
        with self._lock:
            self.counts[what] += number

    def write(self, client: Client, seed: int) -> None:
        """Send batches; 503 means: not now, send it again."""
        rng = random.Random(seed)
        while not self.done.is_set():
            batch = self._churn.batch(rng)
            while (answer := client.send(*batch)).status_code == 503:
                self.count("writes refused")
                if self.done.is_set():
                    return
            assert answer.status_code == 200, answer.text
            self.count("events sent", len(batch))
            self.count("events inserted", answer.json["inserted"])

    def trace(self, client: Client, part: int) -> None:
        """Send every other batch of the same traces; the other writer sends the rest."""
        for number, spans in enumerate(batches(6)):
            if self.done.is_set():
                return
            if number % 2 != part:
                continue
            while (answer := post(client, request(*spans).SerializeToString())).status_code == 503:
                if self.done.is_set():
                    return
            assert answer.status_code == 200, answer.content
            self.count("spans sent", len(spans))

    def score(self, client: Client, seed: int) -> None:
        """Send scores of runs that are there, and of some that never come; some again and again."""
        rng = random.Random(seed)
        while not self.done.is_set():
            scores = [self._make_score(rng) for _ in range(rng.randint(1, 20))]
            answer = client.simulate_post("/api/scores", json={"scores": scores})
            if answer.status_code == 503:
                self.count("scores refused")
                continue
            assert answer.status_code == 200, answer.text
            assert answer.json["count"] == len(scores), answer.text
            self.count("scores sent", len(scores))
            self.count("scores replaced", answer.json["replaced"])

    def _make_score(self, rng: random.Random) -> dict[str, object]:
        run = self._churn.run_id(rng) if rng.random() < 0.9 else new_id()
        return {
            "run_id": run,
            "score_id": f"score {rng.randrange(5)}",
            "name": rng.choice(["accuracy", "thumb"]),
            "value": rng.choice(SCORE_VALUES),
        }

    def change(self, client: Client) -> None:
        """Delete runs and agents and rename runs, as fast as a person with a script."""
        rng = random.Random(2)
        with connect(self.url, READ, "test") as conn:
            conn.autocommit = True
            while not self.done.wait(0.02):
                method, path = self._choose_change(conn, rng)
                body = {"new_run_name": rng.choice(["by hand", "run 7", f"named {rng.random()}"])}
                answer = client.simulate_request(
                    method, path, json=body if method == "PATCH" else None
                )
                assert answer.status_code in (200, 404, 409, 503), answer.text
                self.count(f"{method} {answer.status_code}")

    def _choose_change(self, conn: Connection, rng: random.Random) -> tuple[str, str]:
        chance, run = rng.random(), conn.execute(A_RUN).fetchone()
        if chance > 0.9:
            return "DELETE", f"/api/scores/score%20{rng.randrange(5)}"
        if run is None or chance < 0.05:
            return "DELETE", f"/api/agents/{quote(rng.choice(AGENTS))}"
        if chance < 0.7:
            return "DELETE", f"/api/runs/{run['run_id']}"
        return "PATCH", f"/api/runs/{quote(run['agent_name'])}/{quote(run['run_name'])}"

    def read(self, seed: int) -> None:
        """Compare all live views with a recount, in one snapshot each time."""
        rng = random.Random(seed)
        with connect(self.url, READ, "test") as conn:
            while not self.done.is_set():
                with conn.transaction():
                    for view in rng.sample(VIEWS, len(VIEWS)):
                        self._compare(conn, view)
                    self._compare_scores(conn)

    def _compare(self, conn: Connection, view: View) -> None:
        values, different = compare(conn, view)
        self.count("views")
        self.count("values", values)
        self.count("rows different", len(different))
        if different:
            seconds = time.monotonic() - self._began
            self.differences.append(f"{seconds:.1f} s: {view.name}: {different[:SHOWN]}")

    def _compare_scores(self, conn: Connection) -> None:
        counted = conn.execute(SCORE_SUMS).fetchall()
        rows = queries.metrics.scores(
            conn,
            from_day="1970-01-01",
            to_day="2300-01-01",
            by_agent=True,
            category_limit=20,
            row_limit=1_000,
            byte_limit=2**40,
        ).fetchall()
        found = [{name: row[name] for name in counted[0]} for row in rows] if counted else rows
        self.count("groups of scores", len(rows))
        if found != counted:
            self.differences.append(f"scores: {found[:SHOWN]} beside {counted[:SHOWN]}")

    def ask(self, client: Client) -> None:
        """Ask for all metrics over HTTP."""
        while not self.done.is_set():
            for path in PATHS:
                client.ok(path)
                self.count("answers")

    def refresh_by_hand(self) -> None:
        """What a DBA may do at any time; 40001 says that a fold came first."""
        rng = random.Random(3)
        with connect(self.url, WRITE | {"lock_timeout": "0"}, "test") as conn:
            conn.autocommit = True
            while not self.done.wait(0.01):
                try:
                    conn.execute(
                        f"REFRESH MATERIALIZED VIEW CONCURRENTLY {rng.choice(MATERIALIZED)}"
                    )
                    self.count("refreshes by hand")
                except psycopg.errors.SerializationFailure:
                    self.count("refreshes by hand refused")

    def fold_and_kill(self) -> None:
        """Let processes fold; kill one at random, start another, again and again."""
        rng = random.Random(4)
        folders = [(kind, self._start(kind)) for kind in FOLDERS]
        try:
            while not self.done.wait(0.3 + rng.random()):
                kind, process = folders.pop(rng.randrange(len(folders)))
                assert process.poll() is None, f"the {kind} has ended by itself"
                process.kill()
                process.wait()
                self.count("kills")
                folders.append((kind, self._start(kind)))
        finally:
            for _, process in folders:
                process.kill()
                process.wait()

    def reprice_and_kill(self) -> None:
        """Load prices and compute history anew, by turns of two; kill some of those who do."""
        rng = random.Random(5)
        with connect(self.url, READ, "test") as conn:
            conn.autocommit = True
            for lines, is_killed in cycle(
                [(FIRST, True), (SECOND, False), (FIRST, False), (SECOND, True)]
            ):
                load(self.url, "test.csv", prices(lines))
                if is_killed:
                    self._kill_repricing(conn, rng)
                reprice(self.url, EVER, dry_run=False)
                self.count("reprices")
                wrong = wrong_costs(conn)
                if wrong:
                    self.differences.append(f"after a reprice: {wrong[:SHOWN]}")
                if self.done.wait(rng.random()):
                    return

    def _kill_repricing(self, conn: Connection, rng: random.Random) -> None:
        """Begin, and die on the way."""
        row = conn.execute(LAST_REPRICE).fetchone()
        process = subprocess.Popen(
            [sys.executable, "-m", "service", *REPRICE],
            cwd=REPOSITORY,
            env=environment(DATABASE_URL=self.url),
            stdout=subprocess.DEVNULL,
        )
        until(lambda: conn.execute(LAST_REPRICE).fetchone() != row, "no reprice has begun")
        time.sleep(rng.random() * LONGEST_REPRICE_SECONDS)
        process.kill()
        self.count("reprices killed", process.wait() != 0)

    def _start(self, kind: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, "-m", "tests.metrics.folder", kind, self.url, str(FOLD_SECONDS)],
            cwd=REPOSITORY,
            env=environment(),
        )
