"""Texts of a session's runs: the first 2,000 characters, without printing all."""

import random
from typing import Any

import pytest

from service.db.queries import Connection, Row, queries
from tests.client import Client
from tests.events import event, new_id

PAD = random.Random(1).randbytes(80_000).hex()  # hardly compressed: so much data is not printed
PARTS = [{"type": "image", "url": "x" * 50_000}, {"type": "text", "text": "What is it?"}]
SAID = {"role": "user", "content": PARTS}
VALUES: list[Any] = [
    None,
    True,
    0,
    "",
    'é"\\\n' * 1_000,
    [],
    {},
    {"q": "why"},
    [0] * 20_000,
    [[0] * 1_300] * 15,  # each is small, all are not
    [{"a": [{"b": [1.5] * 5_000}]}],
    [{}] * 3_000 + [1],
    {str(n): n for n in range(3_000)},
    {"a": "x" * 20_000, "b": 1},
    {"a": 1, 'é"': {"b": "x" * 20_000}, "c": 2},
    [SAID, SAID],
    {"messages": [SAID]},
    {"messages": [1, "x" * 20_000]},
    {"messages": {"a": "x" * 20_000}},
    [{"messages": [SAID]}, 1],
]
PRINTED = """
SELECT left(CASE jsonb_typeof(m.list -> -1) WHEN 'object' THEN jsonb_build_array(m.list -> -1)::text
                 ELSE e.data ->> 'input' END, 2000) AS text
  FROM events AS e
 CROSS JOIN LATERAL (
       SELECT coalesce(e.data -> 'input' -> 'messages', e.data -> 'input') AS list) AS m
 WHERE e.run_id = %s
"""


def read(client: Client) -> list[Row]:
    """The runs of the session."""
    found: list[Row] = client.ok("/api/sessions/s")["runs"]
    return found


def texts(conn: Connection, runs: list[Row]) -> list[Row]:
    """What sessions/texts says of runs."""
    days = conn.execute("SELECT run_id, received_on FROM runs").fetchall()
    of_run = {str(row["run_id"]): str(row["received_on"]) for row in days}
    ids = [str(run["run_id"]) for run in runs]
    found = queries.sessions.texts(conn, received_ons=[of_run[one] for one in ids], run_ids=ids)
    return found.fetchall()


@pytest.mark.parametrize("pad", ["", PAD], ids=["printed", "not-printed"])
def test_a_text_is_the_beginning_of_what_postgresql_prints(
    client: Client, conn: Connection, pad: str
) -> None:
    for seconds, value in enumerate(VALUES):
        data = {"session_id": "s", "input": value, "pad": pad}
        assert client.send(event(new_id(), "llm_call", seconds, data=data)).status_code == 200
    runs = read(client)
    for run, value in zip(runs, VALUES, strict=True):
        [printed] = conn.execute(PRINTED, [run["run_id"]]).fetchall()
        assert run["first_input"] == printed["text"], str(value)[:100]
    assert pad == "" or {row["text"] for row in texts(conn, runs)} == {None}


@pytest.mark.parametrize("field", ["input", "output"])
def test_a_large_value_is_not_printed_for_a_few_characters_of_it(
    client: Client, conn: Connection, field: str
) -> None:
    data = {"session_id": "s", field: [[0] * 100_000, "x"]}
    client.send(event(new_id(), "llm_call", 1, data={**data}))
    client.send(event(new_id(), "llm_call", 2, data={**data, field: ["small"]}))
    runs = read(client)
    assert [row["text"] for row in texts(conn, runs)].count(None) == 1
    name = {"input": "first_input", "output": "last_output"}[field]
    assert [run[name] for run in runs] == [("[" + "[" + "0, " * 1_000)[:2_000], '["small"]']


def test_what_lies_too_deep_is_left_out_with_a_mark(client: Client) -> None:
    value: Any = [0] * 20_000
    for _ in range(11):
        value = [value]
    client.send(event(new_id(), data={"session_id": "s", "input": value, "pad": PAD}))
    assert [run["first_input"] for run in read(client)] == ["[" * 10 + "…"]
