"""Numbers of runs that are reserved ahead: none is given to two transactions that commit."""

from service.db.queries import Connection, queries
from service.writer.run_numbers import Numbers, RunNumbers


def taken(numbers: RunNumbers, conn: Connection) -> Numbers:
    """The number of one new run of the agent."""
    found = numbers.take(conn, {"agent": 1}, lambda: None)
    conn.rollback()
    return found


def test_what_was_rolled_back_is_taken_again_and_what_was_committed_is_not(
    conn: Connection,
) -> None:
    queries.agents.add(conn, names=["agent"])
    conn.commit()
    numbers = RunNumbers()
    assert taken(numbers, conn) == {"agent": [1]}
    numbers.give_back()
    assert taken(numbers, conn) == {"agent": [1]}
    numbers.used()
    numbers.give_back()  # of a transaction that took none
    assert taken(numbers, conn) == {"agent": [2]}
