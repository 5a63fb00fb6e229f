"""What psql and PostgreSQL say against texts of sql/, for edited_queries."""

from pathlib import Path

import psycopg

from service.core.failure import Failure
from service.db.connections import connect
from service.db.queries import Connection, parse
from service.db.query_check import first_fault
from service.db.query_texts import Faults, Texts
from service.db.session_settings import READ
from service.server.edited_queries import not_checked


def faults(url: str, texts: Texts) -> Faults:
    """The fault of each text that has one; of all where PostgreSQL cannot tell now."""
    try:
        with connect(url, READ, "reload") as conn:
            conn.autocommit = True
            found = {path: fault(conn, path, text) for path, text in texts.items()}
    except psycopg.OperationalError as error:
        return not_checked(texts, type(error).__name__)
    return {path: said for path, said in found.items() if said}


def fault(conn: Connection, path: Path, text: bytes) -> str | None:
    """What is said against a text."""
    try:
        return first_fault(conn, [parse(path, text)])
    except Failure as failure:
        return str(failure)
