"""What went into the runs of a session first, and what came out last."""

from typing import Any

from service.db.queries import Connection, Row, queries

TEXTS = {"input": "first_input", "output": "last_output"}  # by the field of an event
NO_TEXTS = dict.fromkeys(TEXTS.values())


def texts_of(conn: Connection, runs: list[Row]) -> dict[Any, Row]:
    """The first input and the last output of runs, by run id."""
    rows = queries.sessions.texts(
        conn,
        received_ons=[str(run["received_on"]) for run in runs],
        run_ids=[str(run["run_id"]) for run in runs],
    ).fetchall()
    found: dict[Any, Row] = {row["run_id"]: {**NO_TEXTS} for row in rows}
    for row in rows:
        found[row["run_id"]][TEXTS[row["field"]]] = text_of(conn, row)
    return found


def text_of(conn: Connection, row: Row) -> str:
    """The text of one event's input or output."""
    text = row.pop("text")
    if text is None:
        text = queries.sessions.long_text(conn, **row).fetchall()[0]["text"]
    return str(text)
