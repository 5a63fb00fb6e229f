"""Databases on a Citus cluster, one for each test: on every node, copied from a template there.

CITUS_URL is a superuser's, of a database on the coordinator that knows its workers
(citus_add_node). Each node lets that user in from here and from the other nodes.

A tail waits for the oldest transaction of the whole server, also in another's database: run
tests/resources/tail in one process (python -m pytest tests/resources/tail), the others in several.
"""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from types import TracebackType

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

URL = os.environ.get("CITUS_URL")
WHY_NOT = "CITUS_URL is not set: there is no Citus cluster"

NODES = """
SELECT n.nodename AS host, n.nodeport AS port, n.groupid = 0 AS is_coordinator
  FROM pg_dist_node AS n
 WHERE n.noderole = 'primary'
 ORDER BY n.groupid
"""
# Citus's own daemon is connected to every database of its, also to one that is to be copied.
DISCONNECT = "SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity AS a WHERE a.datname = %s"
ATTEMPTS = 50


class ClusterDatabase:
    """One database on every node, made on entering and dropped on leaving."""

    def __init__(self, url: str, name: str, template: str | None) -> None:
        """Without a template, an empty one with the extension, that knows its workers."""
        self._url = url
        self._name = sql.Identifier(name)
        self._plain_name = name
        self._template = template
        with psycopg.connect(url) as conn:
            self._nodes = conn.execute(NODES).fetchall()

    def __enter__(self) -> "ClusterDatabase":
        self.drop()
        if self._template:
            self._close_template(self._template)
        suffix = (
            sql.SQL("TEMPLATE {} STRATEGY FILE_COPY").format(sql.Identifier(self._template))
            if self._template
            else sql.SQL("")
        )
        self._on_each_node(sql.SQL("CREATE DATABASE {} {}").format(self._name, suffix))
        if not self._template:
            self._join_nodes()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.drop()

    def drop(self) -> None:
        """Drop it where it is."""
        drop = sql.SQL("DROP DATABASE IF EXISTS {} (FORCE)").format(self._name)
        for _ in range(ATTEMPTS):
            with suppress(psycopg.errors.ObjectInUse):  # Citus's daemon came back just now
                self._on_each_node(drop)
                return
        raise AssertionError(f"{self._plain_name} cannot be dropped")

    def _on_each_node(self, statement: sql.Composed) -> None:
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda node: self._run(statement, *node[:2]), self._nodes))

    def _run(self, statement: sql.Composed, host: str, port: int) -> None:
        with self._connect(host, port) as conn:
            conn.execute(statement)

    def _join_nodes(self) -> None:
        for host, port, _ in self._nodes:
            with self._connect(host, port, self._plain_name) as conn:
                conn.execute("CREATE EXTENSION citus")
        host, port, _ = next(node for node in self._nodes if node[2])
        with self._connect(host, port, self._plain_name) as conn:
            for name, number, is_coordinator in self._nodes:
                function = "citus_set_coordinator_host" if is_coordinator else "citus_add_node"
                conn.execute(f"SELECT {function}(%s, %s)", [name, number])

    def _close_template(self, name: str) -> None:
        """Let nobody connect to the template, whose copy would wait for them."""
        closed = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(sql.Identifier(name))
        self._on_each_node(closed)
        for host, port, _ in self._nodes:
            with self._connect(host, port) as conn:
                for _ in range(ATTEMPTS):
                    if not conn.execute(DISCONNECT, [name]).fetchall():
                        break
                    time.sleep(0.02)

    def _connect(self, host: str, port: int, name: str = "postgres") -> psycopg.Connection:
        url = make_conninfo(self._url, host=host, port=port, dbname=name)
        return psycopg.connect(url, autocommit=True)
