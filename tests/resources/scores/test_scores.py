"""POST /api/scores and GET: what is stored, replaced, refused and found."""

from typing import Any

import pytest

from service.db.queries import Connection
from tests.client import Client
from tests.events import at, event, new_id
from tests.resources.scores.made import score, send, stored

FIELDS = {
    *("score_id", "run_id", "agent_name", "event_id", "name", "kind", "value", "comment"),
    *("metadata", "source", "timestamp", "created_at", "updated_at"),
}


def test_a_score_is_stored_and_its_id_is_given_back(client: Client) -> None:
    run = new_id()
    client.send(event(run))
    answer = send(client, score(run, 0.25))
    assert answer.status_code == 200, answer.text
    [given] = answer.json["scores"]
    assert (given["index"], given["run_id"]) == (0, run)
    counts = {name: answer.json[name] for name in ("count", "inserted", "replaced", "failed")}
    assert counts == {"count": 1, "inserted": 1, "replaced": 0, "failed": 0}
    [found] = stored(client)
    assert set(found) == FIELDS
    assert found["score_id"] == given["score_id"]
    assert (found["value"], found["kind"], found["agent_name"]) == (0.25, "number", "agent")
    assert (found["source"], found["event_id"], found["comment"]) == ("api", None, None)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        *((1, "number"), (-2.5, "number"), (0, "number"), (1e300, "number"), (2**70, "number")),
        *((True, "boolean"), (False, "boolean"), ("good", "category"), ("1", "category")),
        ("with\nlines", "category"),
    ],
)
def test_a_value_comes_back_as_it_was_sent(client: Client, value: Any, kind: str) -> None:
    assert send(client, score(new_id(), value)).status_code == 200
    [found] = stored(client)
    assert (found["value"], type(found["value"]) is bool) == (value, isinstance(value, bool))
    assert found["kind"] == kind


def test_all_fields_are_kept(client: Client) -> None:
    sent = score(
        new_id(),
        "good",
        score_id="mine",
        event_id=new_id(),
        comment="well done",
        metadata={"judge": "gpt-4o"},
        source="evaluator",
    )
    send(client, sent)
    [found] = stored(client)
    assert {name: found[name] for name in sent if name != "timestamp"} == {
        name: value for name, value in sent.items() if name != "timestamp"
    }


def test_sent_again_with_its_id_it_is_replaced(client: Client) -> None:
    run = new_id()
    send(client, score(run, 1, score_id="a", comment="first"))
    answer = send(client, score(run, "good", score_id="a"), score(run, 3, score_id="b"))
    assert (answer.json["inserted"], answer.json["replaced"]) == (1, 1)
    values = {found["score_id"]: (found["value"], found["comment"]) for found in stored(client)}
    assert values == {"a": ("good", None), "b": (3, None)}


def test_of_one_id_twice_in_a_request_the_last_counts(client: Client) -> None:
    run = new_id()
    answer = send(client, score(run, 1, score_id="a"), score(run, 2, score_id="a"))
    assert (answer.json["count"], answer.json["inserted"], answer.json["replaced"]) == (2, 1, 1)
    assert [found["value"] for found in stored(client)] == [2]


def test_without_an_id_each_is_another(client: Client) -> None:
    run = new_id()
    answer = send(client, score(run, 1), score(run, 1))
    assert len({one["score_id"] for one in answer.json["scores"]}) == 2
    assert len(stored(client)) == 2


def test_the_time_is_now_without_one(client: Client, conn: Connection) -> None:
    sent = score(new_id())
    del sent["timestamp"]
    send(client, sent)
    row = conn.execute("SELECT now() - timestamp < interval '1 minute' AS is_now FROM scores")
    assert row.fetchall() == [{"is_now": True}]


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"run_id": None}, "run_id", "missing"),
        ({"run_id": "nobody"}, "run_id", "invalid_uuid"),
        ({"run_id": ["x"]}, "run_id", "invalid_uuid"),
        ({"event_id": 3}, "event_id", "invalid_uuid"),
        ({"score_id": 3}, "score_id", "wrong_type"),
        ({"score_id": ""}, "score_id", "empty"),
        ({"score_id": "x" * 201}, "score_id", "too_long"),
        ({"name": None}, "name", "missing"),
        ({"name": {}}, "name", "wrong_type"),
        ({"name": "x" * 201}, "name", "too_long"),
        ({"name": "a\x00b"}, "name", "nul_character"),
        ({"value": None}, "value", "missing"),
        ({"value": [1]}, "value", "wrong_type"),
        ({"value": ""}, "value", "empty"),
        ({"value": "x" * 501}, "value", "too_long"),
        ({"value": "a\x00b"}, "value", "nul_character"),
        ({"source": "nobody"}, "source", "invalid_source"),
        ({"timestamp": "yesterday"}, "timestamp", "invalid_timestamp"),
        ({"timestamp": 5}, "timestamp", "invalid_timestamp"),
        ({"comment": "x" * 70_000}, None, "score_too_large"),
    ],
)
def test_a_bad_score_is_named_and_the_good_ones_are_stored(
    client: Client, fields: dict[str, Any], field: str | None, code: str
) -> None:
    answer = send(client, score(new_id()), score(new_id(), **fields), score(new_id()))
    assert answer.status_code == 200, answer.text
    assert (answer.json["status"], answer.json["count"]) == ("partial", 2)
    [error] = answer.json["errors"]
    assert (error["index"], error["field"]) == (1, field)
    assert error["code"] == code
    assert len(stored(client)) == 2


@pytest.mark.parametrize("value", ["NaN", "-Infinity", "1e400", "1" + "0" * 400])
def test_what_is_not_finite_is_no_value(client: Client, value: str) -> None:
    text = '{"scores": [{"run_id": "%s", "name": "n", "value": VALUE}]}'
    answer = send_text(client, text.replace("VALUE", value))
    assert answer.status_code == 422
    assert answer.json["errors"][0]["code"] == "invalid_number"


def send_text(client: Client, text: str) -> Any:
    """POST a body as it is, with a run's id in it."""
    headers = {"Content-Type": "application/json"}
    return client.simulate_post("/api/scores", body=text % new_id(), headers=headers)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "invalid_json"),
        (b"[]", 400, "invalid_batch"),
        (b'{"scores": 3}', 400, "invalid_batch"),
        (b'{"scores": []}', 400, "empty_batch"),
        (b'{"scores": [%b]}' % b",".join([b"{}"] * 1001), 413, "batch_too_large"),
        (b'{"scores": [3]}', 422, None),
        (b'{"scores": [{"value": %b]}' % (b"[" * 100_000), 400, "invalid_json"),
    ],
)
def test_what_is_no_batch_stores_nothing(
    client: Client, body: bytes, status: int, code: str | None
) -> None:
    headers = {"Content-Type": "application/json"}
    answer = client.simulate_post("/api/scores", body=body, headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.json.get("code") == code
    assert stored(client) == []


def test_comments_and_metadata_are_repaired_with_a_warning(client: Client) -> None:
    answer = send(
        client,
        score(new_id(), score_id="long", comment="x" * 5_000),
        score(new_id(), score_id="nul", comment="a\x00b"),
        score(new_id(), score_id="data", metadata={"a": "\x00"}),
        score(new_id(), score_id="odd", comment=3, metadata=[1]),
        score(new_id(), score_id="big", metadata={"text": "y" * 20_000, "list": [1] * 30}),
    )
    assert answer.json["failed"] == 0
    told = {(one["score_id"], one["field"], one["code"]) for one in answer.json["warnings"]}
    assert told == {
        ("long", "comment", "too_long"),
        ("nul", "comment", "nul_character"),
        ("odd", "comment", "wrong_type"),
        ("big", "metadata", "event_too_large"),
        ("odd", "metadata", "not_an_object"),
        ("data", "metadata", "nul_character"),
    }
    found = {one["score_id"]: one for one in stored(client)}
    assert len(found["long"]["comment"]) <= 4_000
    assert found["long"]["comment"].endswith("characters cut]")
    assert found["nul"]["comment"] == "a\ufffdb"
    assert found["data"]["metadata"] == {"a": "\ufffd"}
    assert (found["odd"]["comment"], found["odd"]["metadata"]) == (None, None)
    assert found["big"]["metadata"]["list"] == [1] * 30
    assert len(found["big"]["metadata"]["text"]) < 8_192


@pytest.mark.parametrize("written", ["1e308", "2e-308"])
def test_numbers_that_would_print_to_more_than_metadata_may_have_are_text(
    client: Client, written: str
) -> None:
    many = ",".join([written] * 1_000)
    text = '{"scores": [{"run_id": "%s", "name": "n", "value": 1, "metadata": {"a": [%s]}}]}'
    answer = send_text(client, text.replace("%s]", many + "]"))
    assert [one["code"] for one in answer.json["warnings"]] == ["numbers_as_text"]
    [found] = stored(client)
    texts = found["metadata"]["a"]
    assert len(texts) == 1_000
    assert all(isinstance(text, str) and float(text) == float(written) for text in texts)


def test_half_a_surrogate_in_a_comment_costs_no_score(client: Client) -> None:
    text = '{"scores": [{"run_id": "%s", "name": "n", "value": 1, "comment": "a\\ud83d"}]}'
    answer = send_text(client, text)
    assert answer.status_code == 200, answer.text
    assert answer.json["warnings"][0]["code"] == "invalid_text"
    assert stored(client)[0]["comment"] == "a\ufffd"


def test_bytes_that_are_no_utf8_cost_no_score(client: Client) -> None:
    body = b'{"scores": [{"run_id": "%b", "name": "n", "value": 1, "comment": "a\xff"}]}'
    headers = {"Content-Type": "application/json"}
    answer = client.simulate_post("/api/scores", body=body % new_id().encode(), headers=headers)
    assert answer.json["warnings"][0]["code"] == "invalid_text"
    assert stored(client)[0]["comment"] == "a\ufffd"


def test_a_score_belongs_to_its_run_as_soon_as_that_comes(client: Client) -> None:
    run = new_id()
    send(client, score(run, 1))
    assert stored(client)[0]["agent_name"] is None
    assert stored(client, "agent=agent") == []
    client.send(event(run))
    assert stored(client, "agent=agent")[0]["agent_name"] == "agent"
    assert client.run(run)["score_count"] == 1


def test_filters_go_together_and_pages_go_on(client: Client) -> None:
    runs, subject = [new_id(), new_id()], new_id()
    for run, agent in zip(runs, ("one", "other"), strict=True):
        client.send(event(run, agent_name=agent))
    scores = [
        score(runs[n % 2], n, n // 2, score_id=f"s{n}", name="even" if n % 4 < 2 else "odd")
        for n in range(10)
    ]
    scores[3] |= {"event_id": subject, "source": "user"}
    send(client, *scores)

    def found(query: str) -> set[Any]:
        return {one["value"] for one in stored(client, query)}

    assert found(f"run_id={runs[0]}") == {0, 2, 4, 6, 8}
    assert found("agent=other&name=odd") == {3, 7}
    assert found(f"event_id={subject}") == found("source=user") == {3}
    assert found(f"from={at(1)}&to={at(3)}".replace("+", "%2B")) == {2, 3, 4, 5}
    values, query = [], "limit=3"
    while query:
        page = client.ok("/api/scores", query_string=query)
        values += [(one["timestamp"], one["run_id"], one["score_id"]) for one in page["scores"]]
        query = page["next_cursor"] and f"limit=3&cursor={page['next_cursor']}"
    assert len(values) == 10
    assert values == sorted(values, reverse=True)


@pytest.mark.parametrize(
    "query", ["run_id=x", "source=nobody", "limit=0", "cursor=x", "from=x", "name=", "value=3"]
)
def test_a_wrong_parameter_is_400(idle_client: Client, query: str) -> None:
    answer = idle_client.simulate_get("/api/scores", query_string=query)
    assert (answer.status_code, answer.json["code"]) == (400, "invalid_parameter")


def test_a_run_shows_its_newest_scores_and_lists_do_not(client: Client) -> None:
    run = new_id()
    client.send(event(run))
    send(client, *[score(run, n, n) for n in range(120)])
    for path in (f"/runs/{run}", f"/runs/{run}/timeline", f"/runs/{run}/trace"):
        shown = client.ok(path)
        assert shown["score_count"] == 120
        assert [one["value"] for one in shown["scores"]] == list(range(119, 19, -1))
    named = client.run(run)
    assert client.ok(f"/runs/agent/{named['run_name']}") == named
    summary = client.ok(f"/runs/{run}/trace?fields=summary")
    assert summary["scores"] == named["scores"]
    assert "scores" not in client.ok("/agents/agent/runs")[0]
    assert "scores" not in client.ok("/runs")["runs"][0]
