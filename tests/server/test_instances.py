"""Several instances on one database: three of two workers each, and the accounts at the end.

One story, played once: they start at the same moment on an empty database; clients send through all
of them, the same events among them; a key is revoked; an old week goes and new ones are made; the
instance that leads is killed. Each test holds one thing against what came of it.
"""

import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import cycle

import pytest

from service.auth import key_admin
from service.auth.key_cache import FRESH_SECONDS
from service.auth.scopes import Scope
from service.core.clock import Today, today
from service.db import partitions
from service.db.connections import connect
from service.db.partitions import WEEK, PartitionKeeper
from service.db.queries import Connection
from service.db.session_settings import WRITE
from service.metrics.verify import verify
from tests.databases import janitor, url_of
from tests.db.old import KEEP_DAYS, LONG_AGO, name_of, receive, run_on
from tests.db.old import one as value
from tests.events import differences, event, new_id
from tests.faults.accounting import Account, Ledger
from tests.faults.clients import Client, sending
from tests.leaks import TRACEBACK, look_through_log
from tests.processes.harness import until
from tests.processes.instances import Instances, leases, running, send_until_stored

pytestmark = pytest.mark.slow

OLD_RUNS = 4
OLD_EVENTS = OLD_RUNS * len(run_on(LONG_AGO))
BATCHES, RUNS_IN_A_BATCH = 30, 4
DAY = today()  # of the whole story, also if it is told around midnight
AHEAD = DAY + 10 * WEEK  # the day that it becomes for those who make partitions
NEWEST_WEEK = name_of(AHEAD + partitions.WEEKS_AHEAD * WEEK)
SEED = "instances"


@dataclass
class Story:
    """What came of it. Of instances: their URLs; of workers: their pids."""

    url: str
    account: Account
    refused: set[int]  # what reads with a revoked key were answered by all
    welcome: set[int]  # and those with one that was made after an instance was gone
    killed: tuple[str, int]  # who led: the instance and its worker
    heirs: dict[str, set[int]]  # the workers of those that were left
    leaders: list[tuple[str, int]]  # whoever held the lease, in order
    folds: dict[str, float]  # by instance, before one was killed
    summaries: list[int]  # events, as each that was left counts them in the end
    exit_codes: list[int]
    output: str


@pytest.fixture(scope="module")
def story(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Play it, on a database with nothing in it."""
    name = f"gati_test_instances_{os.getpid()}"
    with janitor(server_url, name):
        url = url_of(server_url, name)
        with running(url, tmp_path_factory.mktemp("instances")) as instances:
            for _ in range(OLD_RUNS):
                receive(url, LONG_AGO, *run_on(LONG_AGO))
            found = play(instances)
        yield found


@pytest.fixture
def stored(story: Story) -> Iterator[Connection]:
    """A connection to what they have stored."""
    with connect(story.url, WRITE, "test") as conn:
        conn.autocommit = True
        yield conn


def play(instances: Instances) -> Story:
    """From the first key to the end of all instances."""
    url, ledger = instances.database_url, Ledger(SEED)
    key = key_admin.create(url, "clients", Scope.ADMIN, None)
    leaving = key_admin.create(url, "leaving", Scope.READ, None)
    until(lambda: instances.statuses("") == {401}, "everybody is let in")
    until(lambda: instances.statuses(leaving) == {200}, "a key is not known everywhere")
    with leases(url) as leaders:
        key_admin.revoke(url, key_admin.find_valid(url, "leaving")[0].key_id)
        make_runs(instances, key, "once", instances_each=1)
        with sending(instances.any_url, ledger, SEED, key) as clients, upkeep(url):
            make_runs(instances, key, "twice", instances_each=2)
            refused = until(
                lambda: said if 200 not in (said := instances.statuses(leaving)) else None,
                "a revoked key is still good",
                FRESH_SECONDS + 20,
            )
            until(lambda: is_kept_up(url), "retention and partitions are not kept up")
            leader, worker = until(instances.leader, "nobody leads")
            folds = instances.folds(key)
            instances.kill(leader)
            until(instances.leader, "nobody takes over")
            welcome = instances.statuses(key_admin.create(url, "new", Scope.READ, None))
            served(clients)
    with connect(url, WRITE, "test") as conn:
        account = ledger.account(conn)
    return Story(
        url=url,
        account=account,
        refused=refused,
        welcome=welcome,
        killed=(leader.url, worker),
        heirs={one.url: one.workers for one in instances.alive},
        leaders=[instances.place_of(name) for name in leaders],
        folds=folds,
        summaries=[instances.events(one, key) for one in instances.alive],
        exit_codes=instances.stop(),
        output="".join(one.output for one in instances.all),
    )


def make_runs(instances: Instances, key: str, agent: str, instances_each: int) -> None:
    """Make runs of an agent through all instances: each batch through so many at one moment."""
    urls = cycle([one.url for one in instances.alive])
    with ThreadPoolExecutor(6) as pool:
        sent = []
        for _ in range(BATCHES):
            events = [event(new_id(), agent_name=agent) for _ in range(RUNS_IN_A_BATCH)]
            body = json.dumps({"events": events}).encode()
            for _ in range(instances_each):
                sent.append(pool.submit(send_until_stored, next(urls), body, key))
        for sending_one in sent:
            sending_one.result()


@contextmanager
def upkeep(url: str) -> Iterator[None]:
    """What each instance does once a day, three times at once, on a day that is just over."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(partitions, "CHECK_SECONDS", 0.1)
        keepers = [PartitionKeeper(url, a_day_that_ends(), KEEP_DAYS) for _ in range(3)]
        for keeper in keepers:
            keeper.open()
        try:
            yield
        finally:
            for keeper in keepers:
                keeper.close()


def a_day_that_ends() -> Today:
    """A clock: today when it is first asked, from then on the day AHEAD."""
    return partial(next, iter([DAY]), AHEAD)


def is_kept_up(url: str) -> bool:
    """Whether the old week is gone, and the last of the new ones there."""
    with connect(url, WRITE, "test") as conn:
        newest = value(conn, f"SELECT to_regclass('{NEWEST_WEEK}')")
        return (
            newest is not None and value(conn, f"SELECT to_regclass('{name_of(LONG_AGO)}')") is None
        )


def served(clients: list[Client]) -> None:
    """Return once each client was served after now."""
    counts = [len(client.acknowledged_at) for client in clients]
    until(
        lambda: all(
            len(client.acknowledged_at) > count
            for client, count in zip(clients, counts, strict=True)
        ),
        "a client is not served",
    )


def names(conn: Connection, agent: str) -> list[int]:
    """The numbers of an agent's runs."""
    rows = conn.execute("SELECT run_name FROM runs WHERE agent_name = %s", [agent])
    return sorted(int(str(row["run_name"]).removeprefix("run ")) for row in rows)


def test_every_acknowledged_event_is_stored_once_and_no_batch_in_part(story: Story) -> None:
    assert story.account.problems == []
    assert story.account.acknowledged > 0


def test_every_metric_is_what_a_recount_gives(story: Story, stored: Connection) -> None:
    assert differences(stored) == []
    assert verify(story.url) == []
    counted = value(stored, "SELECT count(*) FROM events")
    assert story.summaries == [counted + OLD_EVENTS] * len(story.heirs)


def test_a_revoked_key_is_refused_and_a_new_one_honoured_by_all(story: Story) -> None:
    assert story.refused == {401}
    assert story.welcome == {200}


def test_one_leads_until_its_instance_is_killed_then_another(story: Story) -> None:
    first, (url, worker) = story.leaders
    assert first == story.killed
    assert worker in story.heirs[url]


def test_nobody_folds_but_the_leader(story: Story) -> None:
    assert [url for url, folds in story.folds.items() if folds] == [story.killed[0]]


def test_numbers_of_runs_have_no_gap(stored: Connection) -> None:
    assert names(stored, "once") == list(range(1, BATCHES * RUNS_IN_A_BATCH + 1))


def test_runs_that_came_through_two_instances_at_once_are_made_once(stored: Connection) -> None:
    found = names(stored, "twice")
    assert len(found) == len(set(found)) == BATCHES * RUNS_IN_A_BATCH


def test_the_old_week_was_retired_once(stored: Connection) -> None:
    drops = f"action = 'drop partition' AND subject LIKE '{name_of(LONG_AGO)}%'"
    assert value(stored, f"SELECT count(*) FROM audit_log WHERE {drops}") == 1
    assert value(stored, "SELECT sum(events) FROM retired_metrics") == OLD_EVENTS
    assert value(stored, "SELECT count(*) FROM expired_runs") == OLD_RUNS


def test_every_week_ahead_has_its_partition(stored: Connection) -> None:
    for week in (*range(partitions.WEEKS_AHEAD + 1), *range(10, 11 + partitions.WEEKS_AHEAD)):
        name = name_of(DAY + timedelta(weeks=week))
        assert value(stored, f"SELECT to_regclass('{name}')") is not None, name


def test_those_that_were_left_end_cleanly_and_none_complained(story: Story) -> None:
    assert story.exit_codes == [0, 0]
    look_through_log(story.output)
    assert not TRACEBACK.search(story.output), story.output
    assert "already exists" not in story.output
