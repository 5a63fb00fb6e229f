"""What must hold of every outcome, whatever was sent."""

import json

from tests.http.raw.case import EITHER, KEPT_OPEN, Case
from tests.http.raw.player import Outcome

PROBED = (404,)


def judge(one: Case, outcome: Outcome, before: set[int]) -> None:
    """Fail when an outcome is not what its case says, or the service was hurt."""
    expected = [*one.answers, *([PROBED] if one.kept is KEPT_OPEN else [])]
    statuses = [answer.status for answer in outcome.answers]
    if one.kept is EITHER and len(statuses) > len(expected):
        expected.append(PROBED)
    if statuses or not (len(expected) == 1 and 0 in expected[0]):
        assert len(statuses) == len(expected), (statuses, expected)
        for status, allowed in zip(statuses, expected, strict=True):
            assert status in allowed, (statuses, expected)
    assert outcome.closed, "the connection was left open"
    assert outcome.next_status == 200
    assert outcome.workers == before
    for answer in outcome.answers:
        if answer.status >= 400:
            assert answer.headers["content-type"].startswith("application/json"), answer
            shape = {"title", "description", "code", "request_id", "detail"}
            assert shape <= set(json.loads(answer.body)), answer
            assert "x-request-id" in answer.headers


def judge_stored(listed: bytes, cases: list[Case]) -> None:
    """Fail when something that was smuggled is among the agents, or something good is not."""
    names = {agent["name"] for agent in json.loads(listed)}
    assert [name for name in names if name.startswith("never ")] == []
    sent = b"".join(step for one in cases for step in one.steps if isinstance(step, bytes))
    good = {name for name in names if name.startswith("stored ")}
    assert good, "nothing was stored at all"
    assert all(name.encode() in sent for name in good)
