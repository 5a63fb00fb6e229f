"""Runs that come one after the other."""

from urllib.parse import quote

from tests.sdk.conftest import RunProgram
from tests.sdk.programs.sequence import RUNS
from tests.sdk.recorded import assert_stored_once
from tests.service import Service


def test_runs_one_after_the_other_are_run_1_run_2_and_so_on(
    service: Service, run_program: RunProgram
) -> None:
    sent = run_program("sequence")
    assert_stored_once(service, sent.events)
    agent = quote("Counter/ü", safe="")
    newest_first = service.ok(f"/api/agents/{agent}/runs")
    assert [run["run_name"] for run in newest_first] == [f"run {n}" for n in range(RUNS, 0, -1)]
    assert [run["run_id"] for run in reversed(newest_first)] == list(sent.runs)
    assert {run["status"] for run in newest_first} == {"completed"}
    for number in range(1, RUNS + 1):
        trace = service.ok(f"/api/runs/{agent}/run%20{number}/trace")
        assert trace["execution_tree"][0]["data"]["input"] == {"number": number - 1}
        assert trace["execution_tree"][-1]["data"]["output"] == number
