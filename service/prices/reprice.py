"""Reprice: recompute the computed costs of stored events from the current prices.

Reprice works in batches, one transaction each: the events, the totals of their runs and the metric
deltas change together, so metrics stay exact. It takes locks in the order of ingest: the runs in
key order, the prices, the events. It skips events whose cost is right already, so a second run
after an interruption does only the rest.
"""

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal

import psycopg

from service.core.failure import Failure
from service.core.progress import progress
from service.core.retry_policy import RetryPolicy
from service.db import audit_log
from service.db.connections import connect
from service.db.queries import Connection, Row, is_distributed, queries
from service.db.session_settings import WRITE
from service.prices.price_list import CurrentPrices, Found, PriceList, PriceName
from service.prices.window import Repriced, Window

EVENTS_PER_TRANSACTION = 2_000
LOWEST_ID = "00000000-0000-0000-0000-000000000000"
SETTINGS = WRITE | {
    "statement_timeout": "0",
    # A page comes in the order of the primary key. Of a partition without statistics a bitmap of
    # all that is left would be sorted, for each page: 64 ms in place of 3, at 50,000 events.
    "enable_bitmapscan": "off",
    # A plan for the very day locks its partition alone, and waits for no other that is dropped.
    "plan_cache_mode": "force_custom_plan",
}
# Deadlock, serialization failure, lock timeout: another transaction held the runs.
TRANSIENT = frozenset({"40P01", "40001", "55P03"})
RETRIES = RetryPolicy(40)  # over about 20 s, and the time for which each waits
AGAIN = "run it again, it does what is left"

# An event as it was read, its cost, and from which price.
Change = tuple[Row, Decimal | None, PriceName | None]


def reprice(
    url: str, window: Window, dry_run: bool, agree: Callable[[Repriced], None] | None = None
) -> Repriced:
    """Recompute the costs of a window; with `dry_run`, only count what would change.

    With `agree` it counts first, and calls that before it takes a cost away; it may raise Failure.
    Raises Failure if prices are loaded meanwhile, or if runs stay locked. Committed batches stay,
    and another call does the rest.
    """
    with connect(url, SETTINGS, "prices") as conn:
        conn.autocommit = True
        repricer = Repricer(conn, window, dry_run)
        if agree and not dry_run and (found := repricer.look()).lost:
            agree(found)
        if not dry_run:
            audit_log.record(conn, audit_log.COMMAND, "reprice", str(window))
        repricer.run()
        if not dry_run:
            audit_log.record(conn, audit_log.COMMAND, "repriced", f"{window}: {repricer.done}")
        return repricer.done


class Repricer:
    """Recomputes the events of a window; `conn` is in autocommit."""

    def __init__(self, conn: Connection, window: Window, dry_run: bool) -> None:
        self._conn = conn
        self._window = window
        self._dry_run = dry_run
        self._current = CurrentPrices()
        with conn.transaction():
            self._prices = self._read_prices()
        self.done = Repriced()

    def look(self) -> Repriced:
        """Count what would change by the same prices, before anything does."""
        before, self._dry_run = self._dry_run, True
        self.run()
        found, self.done = self.done, Repriced()
        self._dry_run = before
        return found

    def run(self) -> None:
        """Recompute all days; show progress on a terminal."""
        window = {"since": self._window.since, "until": self._window.until}
        days = queries.prices.days(self._conn, **window).fetchall()
        with progress(sum(day["events"] for day in days), "events") as advance:
            for day in days:
                others = day["events"]
                for page in self._pages(day["received_on"]):
                    self._reprice(day["received_on"], page)
                    advance(len(page))
                    others -= len(page)
                advance(max(0, others))

    def _pages(self, day: date) -> Iterator[list[Row]]:
        """Yield pages of a day's events whose cost may be computed."""
        run_id = event_id = LOWEST_ID
        while True:
            page = queries.prices.events(
                self._conn,
                received_on=day,
                run_id=run_id,
                event_id=event_id,
                since=self._window.since,
                until=self._window.until,
                model=self._window.model,
                row_limit=EVENTS_PER_TRANSACTION,
            ).fetchall()
            if not page:
                return
            yield page
            run_id, event_id = page[-1]["run_id"], page[-1]["event_id"]

    def _reprice(self, day: date, page: list[Row]) -> None:
        """Store the new costs of a page of events."""
        self.done.events += len(page)
        now = [(event, *self._cost(event)) for event in page]
        if self._dry_run:
            for event, cost, _ in now:
                self._note(event, cost)
        elif changes := [
            (event, cost, name)
            for event, cost, name in now
            if (cost, name and name.value) != (event["cost"], event["priced_as"])
        ]:
            changed = self._store(day, changes)
            self.done.changed += changed["events"]
            self.done.dollars += changed["cost"]

    def _note(self, event: Row, cost: Decimal | None) -> None:
        """Count what would become of an event's cost."""
        before = event["cost"]
        if cost != before:
            self.done.changed += 1
            self.done.dollars += (cost or 0) - (before or 0)
            if cost is None:
                self.done.note_lost(event["model"], before)

    def _cost(self, event: Row) -> tuple[Decimal | None, PriceName | None]:
        """The computed cost of an event, and from which price; None without one on its day."""
        found = self._price(event, "model") or self._price(event, "requested_model")
        if found is None:
            self.done.note_unknown(event["model"])
            return None, None
        cost = found.price.cost(
            event["tokens_in"] or 0,
            event["tokens_out"] or 0,
            event["cached_tokens"] or 0,
            event["cache_write_tokens"] or 0,
        )
        return (None, None) if cost is None else (Decimal(cost), found.name)

    def _price(self, event: Row, column: str) -> Found | None:
        """The price of the model that a column names."""
        name, day = event[column], event["timestamp"].date()
        return self._prices.look_up(name, day, event["tokens_in"] or 0) if name else None

    def _store(self, day: date, changes: list[Change]) -> Row:
        """Store changed costs with totals and deltas; retry while the runs are locked."""
        for _ in RETRIES.attempts():
            try:
                with self._conn.transaction():
                    return self._store_now(day, changes)
            except psycopg.Error as error:
                if error.sqlstate not in TRANSIENT:
                    raise
        raise Failure(f"runs of {day} are in use all the time: {AGAIN}")

    def _store_now(self, day: date, changes: list[Change]) -> Row:
        run_ids = dict.fromkeys(str(event["run_id"]) for event, _, _ in changes)
        if is_distributed(self._conn):
            queries.runs.take_turns(self._conn, run_ids=list(run_ids))
        held = queries.runs.hold(self._conn, run_ids=list(run_ids), longest=0)
        agents = {row["run_id"]: row["agent_name"] for row in held}
        changes = [change for change in changes if change[0]["run_id"] in agents]
        if self._read_prices() is not self._prices:
            raise Failure(f"other prices were loaded meanwhile: {AGAIN}")
        [changed] = queries.prices.set_costs(
            self._conn,
            received_on=day,
            run_ids=[str(event["run_id"]) for event, _, _ in changes],
            agent_names=[agents[event["run_id"]] for event, _, _ in changes],
            event_ids=[str(event["event_id"]) for event, _, _ in changes],
            old_costs=[as_text(event["cost"]) for event, _, _ in changes],
            costs=[as_text(cost) for _, cost, _ in changes],
            priced_as=[name and name.encoded for _, _, name in changes],
        )
        return changed

    def _read_prices(self) -> PriceList:
        """The prices of the transaction."""
        return self._current.at(self._conn, queries.prices.loaded(self._conn).fetchone())


def as_text(cost: Decimal | None) -> str | None:
    """A cost as PostgreSQL reads it, never with an exponent."""
    return None if cost is None else f"{cost:f}"
