"""Edited files of sql/ at a reload: gunicorn's master takes those that PostgreSQL understands.

A child asks PostgreSQL, because the master must not load psycopg before gevent patches workers.
"""

import json
import os
import signal
from logging import Logger
from pathlib import Path

from service.db.query_texts import STAYS, Faults, Texts, held

TIMEOUT_SECONDS = 30


def take_edits(log: Logger) -> None:
    """Put edited files in use, and log why others are not."""
    for fault in held.renew(check):
        log.warning(STAYS, fault)


def check(texts: Texts) -> Faults:
    """What a child finds against the texts; all of them are refused if it comes to no end."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        answer(texts, writing)
    os.close(writing)
    with open(reading, "rb") as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    if not said:
        return not_checked(texts, "no answer")
    return {Path(path): fault for path, fault in json.loads(said).items()}


def answer(texts: Texts, writing: int) -> None:
    """Write the faults as JSON, and end this process, at the latest by its alarm."""
    try:
        signal.alarm(TIMEOUT_SECONDS)
        from service.server.edited_queries_check import faults  # noqa: PLC0415 - loads psycopg

        found = faults(os.environ["DATABASE_URL"], texts)
        with open(writing, "w") as pipe:
            json.dump({str(path): fault for path, fault in found.items()}, pipe)
    finally:
        os._exit(0)


def not_checked(texts: Texts, reason: str) -> Faults:
    """A line for each file that nobody could check."""
    return {path: f"sql/{path.parent.name}/{path.name} was not checked: {reason}" for path in texts}
