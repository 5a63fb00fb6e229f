"""Scores go by themselves, with their run, with their agent, and by retention."""

import threading
from datetime import timedelta

import pytest

from service.core.clock import today
from service.db.queries import Connection
from service.db.retention import retaining
from tests.client import Client
from tests.db.old import KEEP_DAYS, LONG_AGO, on, one, receive, retain, run_on
from tests.events import event, new_id
from tests.processes.harness import until
from tests.resources.scores.made import score, send, stored

WEEK = timedelta(days=7)


def test_a_score_is_deleted_by_its_id(client: Client, conn: Connection) -> None:
    run = new_id()
    send(client, score(run, score_id="a/b"), score(run, score_id="c"))
    assert client.ok("/api/scores/a%2Fb", "DELETE")["message"] == "Score 'a/b' deleted"
    assert [found["score_id"] for found in stored(client)] == ["c"]
    answer = client.simulate_delete("/api/scores/a%2Fb")
    assert (answer.status_code, answer.json["code"]) == (404, "score_not_found")
    row = one(conn, "SELECT subject FROM audit_log WHERE action = 'delete score'")
    assert row == f"a/b accuracy of {run}"


def test_of_an_id_in_two_runs_one_or_both_go(client: Client) -> None:
    runs = [new_id() for _ in range(3)]
    send(client, *[score(run, score_id="same") for run in runs])
    client.ok(f"/api/scores/same?run_id={runs[0]}", "DELETE")
    assert {found["run_id"] for found in stored(client)} == {*runs[1:]}
    assert client.ok("/api/scores/same", "DELETE")["message"] == "2 scores 'same' deleted"
    assert stored(client) == []


def test_they_go_with_their_run_and_the_answer_says_how_many(client: Client) -> None:
    run, other = new_id(), new_id()
    client.send(event(run), event(other))
    send(client, *[score(run, n) for n in range(3)], score(other))
    assert client.ok(f"/api/runs/{run}", "DELETE")["message"].endswith(
        "and its events and 3 scores deleted"
    )
    assert [found["run_id"] for found in stored(client)] == [other]
    client.ok("/api/agents/agent", "DELETE")
    assert stored(client) == []


@pytest.mark.parametrize("partition", ["weekly", "default"])
def test_retention_removes_them_and_keeps_their_sums(
    client: Client, conn: Connection, database_url: str, partition: str
) -> None:
    old, young = new_id(), new_id()
    if partition == "weekly":
        receive(database_url, LONG_AGO, *run_on(LONG_AGO, old))
    else:
        with Client.of(database_url, today=lambda: LONG_AGO) as before:
            before.send(*run_on(LONG_AGO, old))
    client.send(event(young))
    send(
        client,
        *[score(old, n / 10, timestamp=on(LONG_AGO)) for n in range(3)],
        score(old, "good", timestamp=on(LONG_AGO)),
        score(old, True, name="helpful", timestamp=on(LONG_AGO + WEEK)),
        score(young, 0.7, timestamp=on(LONG_AGO)),
    )
    queries = [
        f"from={LONG_AGO - WEEK}&to={today() + WEEK}&{more}"
        for more in ("", "agent=old", "group_by=agent,day", "name=accuracy&source=api")
    ]
    before_drop = [client.ok("/metrics/scores", query_string=query) for query in queries]
    with retaining(database_url, today(), KEEP_DAYS) as retention:
        assert sum(found.scores for found in retention.partitions()) == 5
    assert retain(database_url)
    assert [client.ok("/metrics/scores", query_string=query) for query in queries] == before_drop
    assert [found["run_id"] for found in stored(client)] == [young]
    assert one(conn, "SELECT sum(scores) FROM retired_scores") == 5
    client.ok("/agents/old", "DELETE")
    assert one(conn, "SELECT count(*) FROM retired_scores") == 0
    left = client.ok("/metrics/scores", query_string=queries[0])["groups"]
    assert [(group["count"], group["sum"]) for group in left] == [(1, 0.7)]


def test_late_scores_of_removed_runs_are_refused(client: Client, database_url: str) -> None:
    old, young = new_id(), new_id()
    receive(database_url, LONG_AGO, *run_on(LONG_AGO, old))
    retain(database_url)
    answer = send(client, score(young), score(old, score_id="late"), {}, score(old))
    assert (answer.json["count"], answer.json["failed"]) == (1, 3)
    errors = [(one["index"], one["score_id"], one["code"]) for one in answer.json["errors"]]
    assert errors[0] == (1, "late", "expired")
    assert [error[0] for error in errors] == [1, 2, 3]
    assert send(client, score(old)).status_code == 422
    assert [found["run_id"] for found in stored(client)] == [young]


def test_scores_whose_runs_never_came_go_in_the_end(
    client: Client, conn: Connection, database_url: str
) -> None:
    lost, waiting, kept = new_id(), new_id(), new_id()
    client.send(event(kept))
    send(client, score(lost), score(waiting), score(kept))
    conn.execute("UPDATE scores SET updated_at = %s WHERE run_id <> %s", [on(LONG_AGO), waiting])
    retain(database_url)
    assert {found["run_id"] for found in stored(client)} == {waiting, kept}


def test_scores_that_come_in_while_retention_drops_their_runs_count_or_are_refused(
    client: Client, other_client: Client, conn: Connection, database_url: str
) -> None:
    """Every score that was answered as stored is in the sums afterwards, and no other."""
    runs = [new_id() for _ in range(20)]
    receive(database_url, LONG_AGO, *[event(run, timestamp=on(LONG_AGO)) for run in runs])
    stored_scores, refused, ended = [], [], threading.Event()

    def keep_sending() -> None:
        while not ended.is_set():
            answer = send(other_client, *[score(run, timestamp=on(LONG_AGO)) for run in runs])
            if answer.status_code != 503:
                stored_scores.append(answer.json["count"])
                refused.append(answer.json["failed"])

    sender = threading.Thread(target=keep_sending)
    sender.start()
    try:
        until(lambda: len(stored_scores) > 3, "no score is stored")
        until(lambda: bool(retain(database_url)), "the week stays")
        until(lambda: sum(refused[-1:]) == len(runs), "late scores are taken")
    finally:
        ended.set()
        sender.join()
    assert one(conn, "SELECT sum(scores) FROM retired_scores") == sum(stored_scores)
    assert stored(client) == []
