"""Scores in NDJSON: beside their runs, by the filters, and back by import."""

import json
from pathlib import Path
from typing import Any

import pytest

from service.db.queries import Connection
from service.resources.export import scores as exporting
from tests.client import Client
from tests.databases import janitor, url_of
from tests.db.old import LONG_AGO, receive, retain, run_on
from tests.events import at, event, new_id
from tests.processes.harness import run
from tests.resources.export.reading import export
from tests.resources.scores.made import score, send, stored


def lines(client: Client, **params: str) -> list[dict[str, Any]]:
    """The lines of an export."""
    return [json.loads(line) for line in export(client, **params).text.splitlines()]


def exported(client: Client, **params: str) -> list[Any]:
    """The values of the exported scores, in their order."""
    return [line["score"]["value"] for line in lines(client, **params) if "score" in line]


def test_they_come_before_the_events_of_their_run_and_are_counted(client: Client) -> None:
    runs = sorted(new_id() for _ in range(3))
    client.send(*[event(one) for one in runs])
    send(client, *[score(one, n) for n, one in enumerate(runs)], score(new_id(), "lost"))
    found = lines(client)
    assert found[-1] == {"export": {"complete": True, "events": 3, "scores": 4}}
    places = {
        (kind, line[kind]["run_id"] if kind == "score" else line["run_id"]): place
        for place, line in enumerate(found[:-1])
        for kind in ["score" if "score" in line else "event"]
    }
    assert all(places["score", one] < places["event", one] for one in runs)
    assert exported(client) == [0, 1, 2, "lost"]


def test_filters_hold_for_them(client: Client) -> None:
    runs = sorted(new_id() for _ in range(2))
    client.send(*[event(one, agent_name=f"agent {n}") for n, one in enumerate(runs)])
    send(client, *[score(one, n, 10 * n) for n, one in enumerate(runs)], score(new_id(), "lost", 5))
    assert exported(client, agent="agent 1") == [1]
    assert exported(client, run_id=runs[0]) == [0]
    assert exported(client, event_type="step") == []
    assert exported(client, **{"from": at(1), "to": at(9)}) == ["lost"]
    assert exported(client, **{"from": at(1)}) == [1, "lost"]


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_pages_of_any_size_have_each_once(
    client: Client, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    monkeypatch.setattr(exporting, "ROWS_PER_PAGE", rows)
    monkeypatch.setattr(exporting, "SLICE", rows)
    runs = [new_id() for _ in range(3)]
    client.send(*[event(one) for one in runs])
    send(client, *[score(runs[n % 3], n) for n in range(7)], *[score(new_id(), n) for n in (7, 8)])
    assert sorted(exported(client)) == list(range(9))


def test_what_was_cut_short_goes_on_without_losing_one(client: Client) -> None:
    runs = sorted(new_id() for _ in range(4))
    client.send(*[event(one) for one in runs])
    send(client, *[score(one, n) for n, one in enumerate(runs)])
    whole = lines(client)
    for cut in range(1, len(whole)):
        kept = whole[:cut]
        events = [line for line in kept if "event_id" in line]
        rest = (
            exported(client, after=f"{events[-1]['run_id']}/{events[-1]['event_id']}")
            if (events)
            else exported(client)
        )
        before = [line["score"]["value"] for line in kept if "score" in line]
        assert {*before, *rest} == {0, 1, 2, 3}


def test_an_import_elsewhere_gives_the_same_scores(
    client: Client, server_url: str, template: str, tmp_path: Path
) -> None:
    one = new_id()
    client.send(event(one))
    values = [0.1, 1e300, 5e-324, 2**70, -3, True, False, "good", "with\nlines"]
    send(
        client,
        *[score(one, value, n) for n, value in enumerate(values)],
        score(
            one,
            event_id=new_id(),
            comment="\x01é" * 2_000,
            metadata={f"k{n}": n for n in range(600)},
            source="user",
        ),
        score(new_id(), "lost"),
    )
    (tmp_path / "events.ndjson").write_text(export(client).text)
    sent = [{k: v for k, v in one.items() if k != "created_at"} for one in stored(client)]
    name = "gati_test_scores_elsewhere"
    with janitor(server_url, name, template):
        url = url_of(server_url, name)
        for said in (
            "inserted 1, duplicates 0, failed 0, scores 11",
            "inserted 0, duplicates 1, failed 0, scores 0, scores left as stored 11",
        ):
            done = run(tmp_path, "import", "events.ndjson", DATABASE_URL=url)
            assert done.stdout == f"{said}\n", done.stderr
            with Client.of(url) as elsewhere:
                found = stored(elsewhere)
            assert [{k: v for k, v in one.items() if k != "created_at"} for one in found] == sent


@pytest.mark.parametrize("earlier", [False, True], ids=["as it is", "of an earlier version"])
def test_an_older_export_puts_no_corrected_score_back(
    client: Client, database_url: str, tmp_path: Path, earlier: bool
) -> None:
    one = new_id()
    client.send(event(one))
    send(client, score(one, 1, score_id="a"), score(one, 2, score_id="b"))
    old = lines(client)
    send(client, score(one, 3, score_id="a"))
    new = lines(client)
    send(client, score(one, 4, score_id="b"))
    for line in old if earlier else []:
        line.get("score", {}).pop("updated_at", None)
    for content, options, said, left in (
        (old, [], "scores 0, scores left as stored 2", [3, 4]),
        (old + new, ["--replace-scores"], "scores 4", [3, 2]),
        (old, ["--replace-scores"], "scores 2", [1, 2]),
        (new, [], "scores 0, scores left as stored 2", [1, 2]),
    ):
        (tmp_path / "s.ndjson").write_text("".join(json.dumps(line) + "\n" for line in content))
        done = run(tmp_path, "import", *options, "s.ndjson", DATABASE_URL=database_url)
        assert done.stdout.endswith(f", failed 0, {said}\n"), done.stderr
        assert exported(client) == left


def test_a_newer_export_replaces_and_the_newest_of_one_file_counts(
    client: Client, server_url: str, template: str, tmp_path: Path
) -> None:
    one = new_id()
    client.send(event(one))
    exports = []
    for value in (1, 2, 3):
        send(client, score(one, value, score_id="a"))
        exports.append(export(client).text)
    first, second, third = exports
    with janitor(server_url, "gati_test_scores_newer", template):
        url = url_of(server_url, "gati_test_scores_newer")
        for content, said, value in (
            (second, "scores 1", 2),
            (first, "scores 0, scores left as stored 1", 2),
            (third + first, "scores 1, scores left as stored 1", 3),
        ):
            (tmp_path / "s.ndjson").write_text(content)
            done = run(tmp_path, "import", "s.ndjson", DATABASE_URL=url)
            assert done.stdout.endswith(f", failed 0, {said}\n"), done.stderr
            with Client.of(url) as elsewhere:
                assert [found["value"] for found in stored(elsewhere)] == [value]


def test_bad_and_late_scores_of_a_file_are_named(
    client: Client, conn: Connection, database_url: str, tmp_path: Path
) -> None:
    old, young = new_id(), new_id()
    receive(database_url, LONG_AGO, *run_on(LONG_AGO, old))
    retain(database_url)
    content = [
        {"score": score(young)},
        {"score": score(old)},
        {"score": score(young, None)},
        {"score": score(young, comment="x" * 5_000)},
        {"score": 3, **event(young)},
    ]
    (tmp_path / "s.ndjson").write_text("".join(json.dumps(line) + "\n" for line in content))
    done = run(tmp_path, "import", "s.ndjson", DATABASE_URL=database_url)
    assert done.returncode == 1
    assert done.stdout == "inserted 1, duplicates 0, failed 3, scores 1\n"
    told = [line.split(":")[:2] for line in done.stderr.splitlines()]
    assert sorted(told) == [
        ["line 2", " expired"],
        ["line 3", " missing"],
        ["line 4", " too_long"],
    ]
