"""A PostgreSQL that is gone without a word: the service does not wait for it for ever."""

import subprocess
import sys

from tests.faults.conftest import Through
from tests.operations.harness import REPOSITORY, environment

PROGRAM = """
from gevent import monkey; monkey.patch_all()
import sys, psycopg
from service.database import READ, connect, pool
settings = READ | {"statement_timeout": "1s"}
readers = pool(sys.argv[1], settings, "read", 1)
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


def test_greenlets_give_a_silent_server_up_after_what_a_statement_may_take(
    through: Through,
) -> None:
    proxy, conninfo = through
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, conninfo],
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
