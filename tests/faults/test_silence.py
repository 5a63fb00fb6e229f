"""A PostgreSQL that is gone without a word: the service does not wait for it for ever."""

import logging
import socket
import subprocess
import sys
from datetime import date

import pytest
from psycopg.conninfo import make_conninfo

from service.db.connections import connect
from service.db.queries import Connection
from service.db.session_settings import READ, WRITE
from service.db.statement_timeout import ServerSilent
from service.writer.lock_backoff import LockBackoff
from service.writer.transaction_runner import TransactionRunner
from tests.faults.conftest import Through
from tests.processes.harness import REPOSITORY, environment

GREEN = "from gevent import monkey; monkey.patch_all()\n"
PROGRAM = """
import sys, psycopg
from service.db.connections import connect
from service.db.pools import PoolSettings, create_pool
from service.db.session_settings import READ
settings = READ | {"statement_timeout": "1s"}
readers = create_pool(PoolSettings("read", lambda: sys.argv[1], settings, 1))
readers.open()
conns = [connect(sys.argv[1], settings, "test"), readers.getconn()]
for conn in conns:
    conn.execute("SELECT 1")
print("connected", flush=True)
input()
for conn in conns:
    try:
        conn.execute("SELECT 1")
    except psycopg.OperationalError as error:
        print(error, conn.closed, flush=True)
readers.putconn(conns[1])
readers.close()
"""


@pytest.mark.parametrize("preamble", ["", GREEN], ids=["threads", "greenlets"])
def test_a_silent_server_is_given_up_after_what_a_statement_may_take(
    through: Through, preamble: str
) -> None:
    proxy, conninfo = through
    with subprocess.Popen(
        [sys.executable, "-c", preamble + PROGRAM, conninfo],
        cwd=REPOSITORY,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as program:
        try:
            assert program.stdout is not None
            assert program.stdout.readline() == "connected\n", program.stdout.read()
            proxy.half_open()
            printed = program.communicate("\n", timeout=30)[0]
        finally:
            program.kill()
    assert printed == "silent for 3 s True\n" * 2


@pytest.mark.parametrize(("given", "expected"), [({}, 3000), ({"tcp_user_timeout": 9000}, 9000)])
def test_a_machine_that_acknowledges_nothing_is_given_up_by_tcp(
    through: Through, given: dict[str, int], expected: int
) -> None:
    with (
        connect(make_conninfo(through[1], **given), READ, "test") as conn,
        socket.socket(fileno=conn.fileno()) as looked_at,
    ):
        found = looked_at.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
        kept_alive = looked_at.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        looked_at.detach()
    assert (found, kept_alive) == (expected, 1)


def test_a_transaction_that_met_silence_is_retried_once_and_told(
    through: Through, caplog: pytest.LogCaptureFixture
) -> None:
    proxy, conninfo = through
    opened: list[Connection] = []

    def connect_to_silence() -> Connection:
        opened.append(connect(conninfo, WRITE | {"statement_timeout": "1s"}, "writer"))
        proxy.half_open()
        return opened[-1]

    runner = TransactionRunner(connect_to_silence, date.today, "test", LockBackoff())
    with caplog.at_level(logging.WARNING), pytest.raises(ServerSilent):
        runner.run([[]])
    assert [conn.closed for conn in opened] == [True, True]
    assert caplog.messages == ["a transaction of 1 requests ended: silent for 3 s"] * 2
